#include "sandbox/faults.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace hotdesk::sandbox {

namespace {

constexpr std::array<std::pair<Endpoint, std::string_view>, 12> endpoints = {{{Endpoint::Jwks, "jwks"},
                                                                              {Endpoint::Token, "token"},
                                                                              {Endpoint::App, "app"},
                                                                              {Endpoint::Patch, "patch"},
                                                                              {Endpoint::Poll, "poll"},
                                                                              {Endpoint::Devices, "devices"},
                                                                              {Endpoint::Workspaces, "workspaces"},
                                                                              {Endpoint::Status, "status"},
                                                                              {Endpoint::Command, "command"},
                                                                              {Endpoint::Sessions, "sessions"},
                                                                              {Endpoint::People, "people"},
                                                                              {Endpoint::Unknown, "unknown"}}};

std::optional<long> number(std::string_view text) {
    long value = 0;
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || stop != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

Error refused(const std::string& word) {
    return {ErrorKind::Rejected, "'" + word + "' is no fault and no option of one; see help"};
}

bool read_kind(const std::string& word, Fault& fault) {
    static constexpr std::array<std::pair<std::string_view, FaultKind>, 6> kinds = {{{"html", FaultKind::Html},
                                                                                     {"garbage", FaultKind::Garbage},
                                                                                     {"hang", FaultKind::Hang},
                                                                                     {"drop", FaultKind::Drop},
                                                                                     {"reset", FaultKind::Reset},
                                                                                     {"lost", FaultKind::Lost}}};
    for (const auto& [name, kind] : kinds)
        if (word == name) {
            fault.kind = kind;
            return true;
        }
    if (const auto status = number(word); status && *status >= 200 && *status < 600) {
        fault.kind = FaultKind::Status;
        fault.status = static_cast<int>(*status);
        return true;
    }
    const auto equals = word.find('=');
    if (equals == std::string::npos) return false;
    const std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (name == "body-size") {
        const auto size = number(value);
        fault.kind = FaultKind::BodySize;
        fault.size = static_cast<std::size_t>(size.value_or(0));
        return size.has_value();
    }
    if (name == "delay") {
        const auto ms = value.size() > 2 && value.substr(value.size() - 2) == "ms"
                            ? number(std::string_view(value).substr(0, value.size() - 2))
                            : std::nullopt;
        const auto delay = ms ? std::optional<Millis>(Millis{*ms}) : parse_duration(value);
        fault.kind = FaultKind::Delay;
        fault.delay = delay.value_or(Millis{0});
        return delay.has_value();
    }
    return false;
}

bool read_option(const std::string& word, Fault& fault) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return false;
    const std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (name == "desk") {
        fault.desk = value;
        return true;
    }
    if (name == "name") {
        fault.command = value;
        return true;
    }
    const auto count = number(value);
    if (!count) return false;
    if (name == "times") fault.times = *count;
    if (name == "retry-after") fault.retry_after_s = *count;
    if (name == "skip") fault.skip = *count;
    return name == "times" || name == "retry-after" || name == "skip";
}

/// Lawful JSON of about `size` bytes that is no use to anybody.
std::string padding(std::size_t size) {
    const std::string head = R"({"messages":[],"items":[],"padding":")";
    const std::string tail = "\"}";
    const std::size_t frame = head.size() + tail.size();
    return head + std::string(size > frame ? size - frame : 0, 'x') + tail;
}

}  // namespace

std::string_view name_of(Endpoint endpoint) {
    for (const auto& [known, name] : endpoints)
        if (known == endpoint) return name;
    return "unknown";
}

std::optional<Endpoint> endpoint_of(std::string_view wanted) {
    for (const auto& [known, name] : endpoints)
        if (name == wanted) return known;
    return std::nullopt;
}

std::optional<Fault> Faults::strike(Endpoint endpoint, std::string_view desk, std::string_view command) {
    const auto found = faults_.find(endpoint);
    if (found == faults_.end()) return std::nullopt;
    auto& list = found->second;
    const auto hit = std::find_if(list.begin(), list.end(), [&](Fault& fault) {
        if (!fault.desk.empty() && fault.desk != desk) return false;
        if (!fault.command.empty() && fault.command != command) return false;
        if (fault.skip > 0) {
            --fault.skip;
            return false;
        }
        return fault.times != 0;
    });
    if (hit == list.end()) return std::nullopt;
    Fault struck = *hit;
    if (hit->times > 0 && --hit->times == 0) list.erase(hit);
    if (list.empty()) faults_.erase(found);
    return struck;
}

Result<Fault> parse_fault(const std::vector<std::string>& words) {
    Fault fault;
    if (words.empty()) return Error{ErrorKind::Rejected, "say what goes wrong, e.g. 503 or hang; see help"};
    if (!read_kind(words[0], fault)) return refused(words[0]);
    for (std::size_t i = 1; i < words.size(); ++i)
        if (!read_option(words[i], fault)) return refused(words[i]);
    return fault;
}

Reply faulty_reply(const Fault& fault) {
    Reply reply;
    switch (fault.kind) {
        case FaultKind::Status:
            reply.status = fault.status;
            reply.headers = {{"Content-Type", "application/json"}};
            reply.body = R"({"message":"The sandbox was told to fail.","errors":[{"description":"The sandbox was )"
                         R"(told to fail."}],"trackingId":"{tracking-id}"})";
            if (fault.status == 204 || fault.status == 304) reply.body.clear();
            break;
        case FaultKind::Html:
            reply.headers = {{"Content-Type", "text/html"}};
            reply.body = "<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body></body></html>";
            break;
        case FaultKind::Garbage:
            reply.headers = {{"Content-Type", "application/json"}};
            reply.body = std::string("{\"messages\":[{\"type\":\"sta\x80\xFF\0", 28);
            break;
        case FaultKind::BodySize:
            reply.headers = {{"Content-Type", "application/json"}};
            reply.body = padding(fault.size);
            break;
        case FaultKind::Hang: reply.delivery = Delivery::Hang; break;
        case FaultKind::Drop: reply.delivery = Delivery::Close; break;
        case FaultKind::Reset:
        case FaultKind::Lost:
        case FaultKind::Delay: break;
    }
    if (fault.retry_after_s) reply.headers.emplace_back("Retry-After", std::to_string(*fault.retry_after_s));
    return reply;
}

}  // namespace hotdesk::sandbox
