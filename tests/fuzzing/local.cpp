// What lies on this machine: the configuration, and the state's records.

#include "oracle.hpp"
#include "targets.hpp"

#include "codec/state.hpp"
#include "daemon/config.hpp"

namespace hotdesk::fuzz {

namespace {

constexpr std::string_view file = "hotdeskd.toml";
constexpr Millis longest = std::chrono::days{3660};

/// `hotdeskd.toml:LINE: what is wrong`.
void must_point_to_a_line(const std::string& message) {
    must(message.rfind(std::string{file} + ":", 0) == 0, "what is wrong is in the file");
    const auto end = message.find(": ", file.size());
    must(end != std::string::npos && end > file.size() + 1 && end + 2 < message.size(), "and something is said");
    const auto line = message.substr(file.size() + 1, end - file.size() - 1);
    must(std::all_of(line.begin(), line.end(), [](char c) { return c >= '0' && c <= '9'; }) && line[0] != '0',
         "and it has a line");
}

void must_be_policy(const Policy& policy) {
    for (const Limit& limit : {policy.sign_in_grace, policy.sign_out_grace, policy.max_call_overrun,
                               policy.no_show_release, policy.no_show_warning, policy.no_show_exempt_duration,
                               policy.end_warning, policy.max_duration, policy.max_advance})
        must(!limit || (*limit >= Millis{0} && *limit <= longest), "a duration is from nothing to ten years");
    must(policy.max_bookings_per_day >= 0 && policy.max_bookings_per_day <= 1000000, "a number is in its range");
    constexpr std::chrono::minutes day = std::chrono::hours{24};
    must(policy.booking_from >= std::chrono::minutes{0} && policy.booking_from < day, "hours begin within the day");
    must(policy.booking_to >= std::chrono::minutes{0} && policy.booking_to <= day, "and end within a day");
    must(policy.booking_from != policy.booking_to, "and are some time");
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

/// What was read and is written is read again, and the same is written.
template <class Record>
void must_come_back(std::string_view bytes, Result<Record> (*read)(std::string_view),
                    std::string (*write)(const Record&)) {
    const auto record = read(bytes);
    if (!record.ok()) {
        must_be_lawful(record.error());
        must(record.error().kind == ErrorKind::Corrupt, "a record that cannot be read is corrupt");
        return;
    }
    const std::string stored = write(*record);
    const auto again = read(stored);
    must(again.ok(), "a record that was read can be read again");
    must(write(*again) == stored, "and says the same");
}

}  // namespace

void config(std::string_view bytes) {
    const auto read = read_config(bytes, std::string{file});
    if (!read.ok()) {
        must_be_lawful(read.error());
        must(read.error().kind == ErrorKind::Rejected, "a file that cannot be used is rejected");
        must_point_to_a_line(read.error().message);
        return;
    }
    must_be_policy(read->policy);
    for (const PolicyOverride& each : read->overrides) {
        must(!each.workspace.empty() || !each.organizer.empty(), "an override is of somewhere or somebody");
        Policy policy = read->policy;
        for (const auto& set : each.sets) set(policy);
        must_be_policy(policy);
        must(policy.mode == read->policy.mode && policy.time_zone == read->policy.time_zone,
             "mode and time zone are the same everywhere");
    }
    must(!read->record_keep || (*read->record_keep >= Millis{0} && *read->record_keep <= longest),
         "records are kept for ten years at the most");
    must(read->jwks_url.empty() || lower_case(read->jwks_url).rfind("https://", 0) == 0, "keys come by https");
    must(read->actions_url.empty() || read->actions_url.rfind("https://", 0) == 0, "actions come by https");
    for (const std::string& warning : read->warnings) must(is_line(warning, longest_error), "a warning is one line");
    const PolicyBook book = read->policy_book();
    (void)book.policy_for({WorkspaceId{"w"}, "Oslo 4", LocationId{"l"}, "ada@example.com"});
    (void)book.zone().offset_at(WallTime{});
    const Facts facts{std::string(300, 'o'), "09:00", "10:00", "15m", "desk"};
    for (const Rule rule : all_rules)
        must(characters(book.messages().text(rule, facts)) <= longest_message, "a desk can show every text");
}

void state(std::string_view bytes) {
    must_come_back<DeskState>(bytes, codec::read_desk, codec::write_desk);
    must_come_back<Activation>(bytes, codec::read_activation, codec::write_activation);
    must_come_back<Record>(bytes, codec::read_record, codec::write_record);
    must_come_back<OutboxEntry>(bytes, codec::read_outbox, codec::write_outbox);
    must_come_back<Health>(bytes, codec::read_health, codec::write_health);
    must_come_back<Request>(bytes, codec::read_request, codec::write_request);
    must_come_back<RequestOutcome>(bytes, codec::read_outcome, codec::write_outcome);
    const auto outcome = codec::read_outcome(bytes);
    must(!outcome.ok() || codec::has_outcome(codec::write_outcome(*outcome)), "an answered request stays answered");
    if (const auto health = codec::read_health(bytes); health.ok())
        must(health->clock_offset >= -longest && health->clock_offset <= longest, "no clock is ten years off");
    if (const auto seq = codec::read_seq_key(bytes)) must(codec::seq_key(*seq) == bytes, "a key is its number");
    if (const auto desk = codec::read_desk(bytes); desk.ok()) {
        const WallTime now = *parse_time("2026-03-02T09:00:00Z");
        must(!state_of(*desk, now).empty(), "a desk is in some state");
        for (const std::string& alert : alerts_of(*desk)) must(!alert.empty(), "an alert says something");
        if (const Booking* const booking = current_booking(*desk, now)) must(booking->covers(now), "what runs, runs");
        if (const Booking* const booking = next_booking(*desk, now)) must(booking->start > now, "what is next is next");
    }
}

}  // namespace hotdesk::fuzz
