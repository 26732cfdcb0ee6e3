#include "expect.hpp"

#include "scripted_desk.hpp"

#include <algorithm>

namespace hotdesk::test {

namespace {

bool begins(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

/// What stands behind the first `count` words.
std::string behind(const std::string& text, int count) {
    std::size_t at = 0;
    for (int i = 0; i < count; ++i) {
        at = text.find(' ', at);
        if (at == std::string::npos) return "";
        at = text.find_first_not_of(' ', at);
    }
    return text.substr(at);
}

}  // namespace

void Expectations::nothing_left() {
    for (std::size_t desk = 0; desk < asked_.size(); ++desk)
        if (!stage_.sent(desk).empty())
            throw Broken("sent to desk " + std::to_string(desk + 1) +
                         " and not expected: " + describe(stage_.sent(desk).front()));
}

void Expectations::check(const Words& words, std::size_t desk, const DeviceId& device, const std::string& order) {
    const std::string& what = words.at(0);
    if (what == "nothing") return nothing_left();
    if (what == "sent") return sent(words, desk);
    if (what == "rule" || what == "result" || what == "decision") return record(words, device);
    if (what == "outcome") return outcome(words, order);
    if (what == "admitted" || what == "objection") return booking(words, desk);
    if (what == "alert") return alert(behind(words.rest, 1), desk);
    if (what == "says") return says(words.at(1), behind(words.rest, 2), desk);
    if (what == "asked") return asked(std::stoi(words.at(1)), desk);
    if (what != "state") throw Broken("unknown expectation: " + what);
    const std::string_view state = state_of(stage_.state(desk), stage_.box());
    if (state != words.at(1)) throw Broken("expected state " + words.at(1) + ", got " + std::string{state});
}

void Expectations::sent(const Words& words, std::size_t desk) {
    std::vector<Command>& queue = stage_.sent(desk);
    const std::string& name = words.at(1);
    if (queue.empty()) throw Broken("expected " + name + ", nothing was sent");
    const Command command = queue.front();
    queue.erase(queue.begin());
    if (command.name != name) throw Broken("expected " + name + ", sent " + describe(command));
    for (const auto& [argument, wanted] : words.ordered) {
        const std::string got = argument_of(command, argument);
        // Words cannot hold blanks: `_` stands for one.
        std::string spaced = wanted;
        std::replace(spaced.begin(), spaced.end(), '_', ' ');
        if (got.empty() || (!begins(got, wanted) && !begins(got, spaced)))
            throw Broken("expected " + argument + "=" + wanted + ", sent " + describe(command));
    }
}

void Expectations::record(const Words& words, const DeviceId& device) {
    std::vector<Record> records = stage_.records();
    std::erase_if(records, [&](const Record& record) { return record.device != device; });
    const std::string& field = words.at(0);
    const std::string wanted = behind(words.rest, 1);
    if (field == "decision" && wanted == "none") {
        if (records.empty()) return;
        throw Broken("expected no decision, got " + records.back().decision + ": " + records.back().reason);
    }
    if (records.empty()) throw Broken("expected the " + field + " " + wanted + ", nothing was decided");
    const Record& last = records.back();
    const std::string& got = field == "rule" ? last.rule : field == "result" ? last.result : last.decision;
    if (field == "rule" ? got != wanted : !begins(got, wanted))
        throw Broken("expected the " + field + " " + wanted + ", got " + got + " (" + last.rule + ": " + last.reason +
                     ")");
    if (last.reason.empty()) throw Broken("the decision has no reason");
}

void Expectations::outcome(const Words& words, const std::string& order) {
    const auto outcome = stage_.outcome(order);
    const std::string& wanted = words.at(1);
    if (!outcome) {
        if (wanted != "none") throw Broken("expected the outcome " + wanted + ", there is none yet");
        return;
    }
    const std::string cause = words.plain.size() > 2 ? behind(words.rest, 2) : "";
    if (outcome->outcome != wanted || !begins(outcome->cause, cause))
        throw Broken("expected the outcome " + wanted + " " + cause + ", got " + outcome->outcome + " " +
                     outcome->cause);
    if (words.has("meeting") && outcome->meeting.value.rfind(words.get("meeting"), 0) != 0)
        throw Broken("expected the meeting " + words.get("meeting") + ", got " + outcome->meeting.value);
}

void Expectations::booking(const Words& words, std::size_t desk) {
    const DeskState state = stage_.state(desk);
    const std::string& meeting = words.at(1);
    const auto known = std::find_if(state.bookings.begin(), state.bookings.end(),
                                    [&](const KnownBooking& one) { return one.booking.ref.meeting.value == meeting; });
    if (known == state.bookings.end()) throw Broken("the booking " + meeting + " is not known");
    if (words.at(0) == "admitted") {
        if (!known->admitted || known->objection) throw Broken("the booking " + meeting + " is not admitted");
    } else if (!known->objection || name_of(known->objection->rule) != words.at(2)) {
        throw Broken("expected an objection of " + words.at(2) + ", got " +
                     (known->objection ? std::string{name_of(known->objection->rule)} : "none"));
    }
}

void Expectations::alert(const std::string& part, std::size_t desk) {
    const std::vector<std::string> alerts = alerts_of(stage_.state(desk));
    if (part == "none" && alerts.empty()) return;
    for (const std::string& text : alerts)
        if (text.find(part) != std::string::npos) return;
    throw Broken("expected an alert with '" + part + "', got " + (alerts.empty() ? "none" : alerts.front()));
}

void Expectations::says(const std::string& rule, const std::string& text, std::size_t desk) {
    std::string got;
    for (const Verdict& verdict : stage_.explain(desk)) {
        if (name_of(verdict.rule) != rule) continue;
        if (begins(verdict.says, text)) return;
        got += (got.empty() ? "" : " | ") + verdict.says;
    }
    throw Broken("expected " + rule + " to say '" + text + "', it says '" + got + "'");
}

void Expectations::asked(int times, std::size_t desk) {
    const int before = std::exchange(asked_[desk], stage_.asked(desk));
    if (asked_[desk] - before != times)
        throw Broken("expected " + std::to_string(times) + " questions, asked " +
                     std::to_string(asked_[desk] - before));
}

}  // namespace hotdesk::test
