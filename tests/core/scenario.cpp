// Plays a scenario file: hotdeskd, a virtual clock, and desks that answer what they are asked.
//
// A scenario is a story in lines. `#` begins a comment; the first ones tell the story. Times are UTC, of one day, or
// have their date in front (2026-03-29T08:00).
//
//   day 2026-03-29                  the day of all times without one; 2026-03-02, a Monday, without this line
//   place DESK KEY=VALUE ...        workspace, name (of the workspace), location. Without it desk-N is alone in wN,
//   named
//                                   Oslo_N. Desks of one workspace are companion devices
//   on DESK                         what the following lines are about; desk-1 to begin with
//   policy KEY=VALUE ...            any key of [policy], lists with commas; also later. The defaults are those of
//                                   hotdeskd.toml, but for end_warning, which is off: most stories are about other
//                                   things
//   override KEY=VALUE ...          workspace, organizer (patterns) and keys of the policy
//   text RULE WORDS                 the [messages] table; without words the rule tells nothing
//   judge_existing                  bookings that are there before hotdeskd are judged like new ones
//   at 09:00[:00]                   hotdeskd starts and learns of the desks
//   desk KEY=VALUE ...              what the desk answers when it is asked, from now on, without pushing it:
//                                   signed_in (yes, no), calls (N, unknown), presence (yes, no, unknown); and how it
//                                   takes commands: obeys, online, tells (pushes what it did), fails (the FailureCause
//                                   of the next booking or edit)
//   who ADDRESS | nobody | refused  whom Webex says is signed in; without any such line the scopes are not granted
//   withhold NAME ...               scopes and paths that Webex has not granted; all others are. Without such a line
//                                   it is not known what is granted, or everything is; also later, and `withhold` alone
//   listed ID ORGANIZER FROM TO     the desk's list has this booking; `unlisted ID` takes it away
//   status KEY=VALUE ... [late=D]   the desk pushes signed_in, calls or presence, and answers so too; `late`: as of D
//   ago full_sync                       the desk pushes all that it is event NAME KEY=VALUE ...        the desk pushes
//   an event; Created, Moved, Deleted change its list as well, unless
//                                   `silent=yes`; `late=D`; `gap` is no event of a desk: messages may have been lost
//   twice LINE                      a status, event or order is heard twice
//   pass D                          time passes; every timer fires when it is due
//   reply CODE [after=D] | lost     the next command is answered so instead of being carried out; `lost`: it is carried
//                                   out and the answer does not arrive
//   clock D                         the clock of hotdeskd's machine is set, ahead or (-D) back; the world's is not
//   crash                           hotdeskd stops and starts again with what was stored
//   order sign_out | book | edit | delete   an administrator's, with organizer, start, end, meeting, force
//   expect sent NAME [KEY=VALUE]    the next command to this desk, in order; a prefix of the value is enough
//   expect nothing                  no command was sent to any desk that was not expected
//   expect rule NAME                the last decision about this desk came from this rule
//   expect decision WORDS, expect result WORDS   what it was and what became of it; a prefix is enough; `expect
//                                   decision none`: nothing was ever decided about this desk
//   expect state WORD               as in `hotdeskd devices`
//   expect outcome WORD [CAUSE]     of the last order; `none`: not yet
//   expect admitted ID, expect objection ID RULE   what hotdeskd thinks of a booking
//   expect says RULE WORDS          of `hotdeskd explain`; a prefix is enough
//   expect alert WORDS | none       among what an administrator should know
//   expect asked N                  how often the desk was asked since the last such line
//   core only                       the story cannot be played through the whole worker, and the comment says why
//
// At the end nothing may be left over.

#include "scenario.hpp"

#include "expect.hpp"
#include "words.hpp"

#include <hotdesk/messages.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace hotdesk::test {

namespace {

using namespace std::chrono_literals;

struct Line {
    int number;
    Words words;
    std::string comment;
};

class Scenario {
public:
    Scenario(const std::vector<Line>& lines, const StageMaker& stage, const ZoneMaker& zone) : zone_(zone) {
        policy_.end_warning = off;
        Opening opening;
        bool begins = false;
        for (const auto& [number, words, comment] : lines) {
            if (words.first == "day") day_ = words.at(0);
            if (words.first == "at") opening.at = clock_time(words.at(0)), begins = true;
            if (words.first == "who") opening.identity = true;
            if (words.first == "on" || words.first == "place") (void)index_of(words.at(0));
            if (words.first == "place") place(words);
        }
        if (!begins) throw Broken("nothing happens: no `at`");
        opening.places = places_;
        stage_ = stage(opening);
        expect_.emplace(*stage_, places_.size());
    }

    void play(const Words& words, int times = 1) {
        const std::string& first = words.first;
        if (first == "twice") {
            play(words_of(words.rest), 2);
        } else if (first == "policy" || first == "override" || first == "text") {
            rules(words);
        } else if (first == "judge_existing") {
            judge_existing_ = true;
        } else if (first == "at") {
            if (std::exchange(started_, true)) throw Broken("`at` a second time");
            stage_->begin(book(), judge_existing_);
        } else if (first == "on") {
            desk_ = index_of(words.at(0));
        } else if (first == "expect") {
            expect_->check(words, desk_, DeviceId{places_[desk_].desk}, last_order_);
        } else if (first == "status") {
            push(words, times);
        } else if (first == "event") {
            event(words, times);
        } else if (first == "order") {
            order(words, times);
        } else if (first != "day" && first != "place" && first != "core") {
            world(words);
        }
    }

    void end() { expect_->nothing_left(); }

private:
    /// Desks are numbered in the order in which the file names them, and desk-1 is always there.
    std::size_t index_of(const std::string& desk) {
        for (std::size_t i = 0; i < places_.size(); ++i)
            if (places_[i].desk == desk) return i;
        const std::string number = desk.substr(desk.find_last_of('-') + 1);
        places_.push_back({desk, "w" + number, "Oslo_" + number, ""});
        return places_.size() - 1;
    }

    void place(const Words& words) {
        Place& place = places_[index_of(words.at(0))];
        if (words.has("workspace")) place.workspace = words.get("workspace");
        if (words.has("name")) place.workspace_name = words.get("name");
        if (words.has("location")) place.location = words.get("location");
        std::erase(place.workspace_name, '"');
    }

    WallTime clock_time(const std::string& text) const {
        const std::string full = text.find('T') == std::string::npos ? day_ + "T" + text : text;
        const auto time = parse_time(full + (full.size() == 16 ? ":00Z" : "Z"));
        if (!time) throw Broken("no time: " + text);
        return *time;
    }

    PolicyBook book() const { return {policy_, overrides_, zone_(policy_.time_zone), messages_}; }

    void rules(const Words& words) {
        if (words.first == "policy") {
            for (const auto& [key, value] : words.ordered) set_key(policy_, key, value);
        } else if (words.first == "text") {
            const std::string& rule = words.at(0);
            messages_.texts[rule_named(rule)] = words.rest == rule ? "" : words.rest.substr(rule.size() + 1);
        } else {
            PolicyOverride next{words.get("workspace"), words.get("organizer"), {}};
            for (const auto& [key, value] : words.ordered) {
                if (key == "workspace" || key == "organizer") continue;
                Policy probe;
                set_key(probe, key, value);
                next.sets.emplace_back([key = key, value = value](Policy& policy) { set_key(policy, key, value); });
            }
            overrides_.push_back(std::move(next));
        }
        if (started_) stage_->set_policy(book());
    }

    void world(const Words& words) {
        const std::string& first = words.first;
        if (first == "desk") {
            stage_->pose(desk_, pose_of(words));
        } else if (first == "who") {
            stage_->refuse_who(words.at(0) == "refused");
            Pose pose;
            pose.who = words.at(0) == "refused" || words.at(0) == "nobody" ? "" : words.at(0);
            stage_->pose(desk_, pose);
        } else if (first == "listed") {
            stage_->list(desk_, {{BookingId{words.at(0)}, MeetingId{words.at(0)}},
                                 clock_time(words.at(2)),
                                 clock_time(words.at(3)),
                                 words.at(1),
                                 "",
                                 ""});
        } else if (first == "unlisted") {
            stage_->unlist(desk_, MeetingId{words.at(0)});
        } else if (first == "withhold") {
            stage_->withhold(words.plain);
        } else if (first == "pass") {
            stage_->pass(span_of(words.at(0)));
        } else if (first == "reply") {
            const bool lost = words.at(0) == "lost";
            stage_->reply({lost ? 200 : std::stoi(words.at(0)), lost,
                           words.has("after") ? span_of(words.get("after")) : Millis{0}});
        } else if (first == "clock") {
            stage_->set_clock(span_of(words.at(0)));
        } else if (first == "crash") {
            stage_->crash();
        } else if (first == "full_sync") {
            stage_->full_sync(desk_);
        } else {
            throw Broken("unknown line: " + first);
        }
    }

    static Pose pose_of(const Words& words) {
        Pose pose;
        for (const auto& [key, value] : words.ordered) {
            if (key == "signed_in")
                pose.signed_in = yes(value);
            else if (key == "calls")
                pose.calls = value == "unknown" ? std::optional<int>{} : std::optional{std::stoi(value)};
            else if (key == "presence")
                pose.presence = value == "unknown" ? Presence::Unknown : yes(value) ? Presence::Yes : Presence::No;
            else if (key == "obeys")
                pose.obeys = yes(value);
            else if (key == "online")
                pose.online = yes(value);
            else if (key == "tells")
                pose.tells = yes(value);
            else if (key == "fails")
                pose.fails = value;
            else if (key != "late")
                throw Broken("unknown: " + key);
        }
        return pose;
    }

    void push(const Words& words, int times) {
        const Pose pose = pose_of(words);
        const Millis late = words.has("late") ? span_of(words.get("late")) : Millis{0};
        if (late == 0ms) stage_->pose(desk_, pose);
        StatusReport report;
        if (pose.signed_in) report.personalized = std::optional{*pose.signed_in};
        if (pose.calls) report.active_calls = *pose.calls;
        if (pose.presence) report.presence = std::optional{*pose.presence};
        const WallTime as_of = stage_->wall() - late;
        for (int i = 0; i < times; ++i) stage_->push(desk_, report, as_of);
    }

    Booking booking_of(const Words& words) const {
        Booking booking{{BookingId{words.get("id")}, MeetingId{words.get("meeting")}},
                        stage_->wall(),
                        stage_->wall(),
                        words.get("organizer"),
                        "",
                        ""};
        if (words.has("start")) booking.start = clock_time(words.get("start"));
        booking.end = words.has("end") ? clock_time(words.get("end")) : booking.start;
        return booking;
    }

    /// What the event says, and what has changed in the desk's list with it.
    EventBody body_of(const std::string& name, const Words& words) {
        const Booking booking = booking_of(words);
        const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(booking.end - booking.start);
        const RequestUuid uuid{words.get("uuid")};
        const std::string cause = words.has("cause") ? words.get("cause") : "Deleted";
        const MeetingId original{words.get("original")};
        const bool silent = words.has("silent");
        if (name == "BookingRequested") return BookingRequested{uuid, booking.start, minutes};
        if (name == "BookingFailed") return BookingFailed{uuid, cause};
        if (name == "EditRequested") return EditRequested{booking.ref.meeting};
        if (name == "EditFailed") return EditFailed{booking.ref.meeting, cause};
        if (name == "ExtensionFailed") return ExtensionFailed{original, cause};
        if (name == "Start") return BookingStarted{booking.ref};
        if (name == "CheckedIn") return CheckedIn{booking.ref};
        if (name == "SyncRequired") return BookingsChanged{true};
        if (name == "Updated") return BookingsChanged{false};
        if (name == "BootEvent") return Booted{"Restart"};
        if (name == "ExtensionRequested")
            return ExtensionRequested{booking.ref, original, booking.end,
                                      std::chrono::duration_cast<std::chrono::minutes>(span_of(words.get("by")))};
        if (name == "End")
            return BookingEnded{booking.ref, booking.start, words.has("end") ? booking.end : stage_->wall()};
        if (name == "BookingCreated") {
            if (!silent) stage_->list(desk_, booking);
            return BookingCreated{booking, uuid};
        }
        if (name == "BookingMoved") {
            for (Booking known : stage_->listed(desk_)) {
                if (silent || known.ref.meeting != booking.ref.meeting) continue;
                known.start = booking.start;
                known.end = booking.end;
                stage_->list(desk_, known);
            }
            return BookingMoved{booking.ref, booking.start, minutes};
        }
        if (name != "Deleted") throw Broken("unknown event: " + name);
        if (!silent) stage_->unlist(desk_, booking.ref.meeting);
        return BookingDeleted{booking.ref, cause};
    }

    void event(const Words& words, int times) {
        if (!started_) throw Broken("before `at`");
        if (words.at(0) == "gap") return stage_->gap();
        const WallTime at = stage_->wall() - (words.has("late") ? span_of(words.get("late")) : Millis{0});
        const Event event{body_of(words.at(0), words), at};
        for (int i = 0; i < times; ++i) stage_->happen(desk_, event);
    }

    void order(const Words& words, int times) {
        Request request;
        request.device = DeviceId{places_[desk_].desk};
        request.asked_at = stage_->box();
        request.key = format_time(request.asked_at) + "/" + std::to_string(++orders_);
        request.meeting = MeetingId{words.get("meeting")};
        request.organizer_email = words.get("organizer");
        request.force = words.has("force") && yes(words.get("force"));
        if (words.has("start")) request.start = clock_time(words.get("start"));
        if (words.has("end") && words.has("start"))
            request.duration = std::chrono::duration_cast<std::chrono::minutes>(clock_time(words.get("end")) -
                                                                                clock_time(words.get("start")));
        const std::string& what = words.at(0);
        if (what == "book") {
            request.kind = RequestKind::Book;
            request.uuid = RequestUuid{"order-" + std::to_string(orders_)};
        } else if (what == "edit") {
            request.kind = RequestKind::Edit;
        } else if (what == "delete") {
            request.kind = RequestKind::Delete;
        } else if (what != "sign_out") {
            throw Broken("unknown order: " + what);
        }
        last_order_ = request.key;
        for (int i = 0; i < times; ++i) stage_->order(request);
    }

    const ZoneMaker& zone_;
    std::string day_ = "2026-03-02";  // a Monday
    std::vector<Place> places_{{"desk-1", "w1", "Oslo_1", ""}};
    Policy policy_;
    std::vector<PolicyOverride> overrides_;
    Messages messages_;
    bool judge_existing_ = false, started_ = false;
    std::unique_ptr<Stage> stage_;
    std::optional<Expectations> expect_;
    std::size_t desk_ = 0;
    int orders_ = 0;
    std::string last_order_;
};

std::vector<Line> lines_of(std::istream& in) {
    std::vector<Line> lines;
    int number = 0;
    for (std::string text; std::getline(in, text);) {
        ++number;
        Words words = words_of(text);
        const auto comment = text.find('#');
        if (!words.first.empty())
            lines.push_back({number, std::move(words), comment == std::string::npos ? "" : text.substr(comment + 1)});
    }
    return lines;
}

/// A file, or all scenarios of a folder: none can be forgotten.
std::vector<std::string> files_of(const std::vector<std::string>& names) {
    std::vector<std::string> files;
    for (const std::string& name : names) {
        if (!std::filesystem::is_directory(name)) {
            files.push_back(name);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(name))
            if (entry.path().extension() == ".scn") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

Played run_scenario(const std::string& path, const StageMaker& stage, const ZoneMaker& zone, bool core) {
    std::ifstream in(path);
    if (!in) return {"cannot be read", ""};
    const std::vector<Line> lines = lines_of(in);
    for (const Line& line : lines)
        if (line.words.first == "core" && !core) return {"", line.comment};
    int number = 0;
    try {
        Scenario scenario(lines, stage, zone);
        for (const Line& line : lines) {
            number = line.number;
            scenario.play(line.words);
        }
        scenario.end();
    } catch (const std::exception& failure) {
        return {"line " + std::to_string(number) + ": " + failure.what(), ""};
    }
    return {};
}

int run_scenarios(const std::vector<std::string>& names, const StageMaker& stage, const ZoneMaker& zone, bool core) {
    const std::vector<std::string> files = files_of(names);
    std::printf("1..%zu\n", files.size());
    std::size_t number = 0, failed = 0;
    for (const std::string& file : files) {
        const Played played = run_scenario(file, stage, zone, core);
        const std::string name = std::filesystem::path(file).stem().string();
        std::printf("%s %zu - %s%s%s\n", played.failure.empty() ? "ok" : "not ok", ++number, name.c_str(),
                    played.skipped.empty() ? "" : " # SKIP", played.skipped.c_str());
        if (played.failure.empty()) continue;
        std::printf("# %s: %s\n", name.c_str(), played.failure.c_str());
        ++failed;
    }
    return failed == 0 && !files.empty() ? 0 : 1;
}

}  // namespace hotdesk::test
