#pragma once
// What is written down for people and for other processes: decisions, health, and what the command line asks for.

#include <hotdesk/cloud.hpp>
#include <hotdesk/desk.hpp>
#include <hotdesk/id.hpp>
#include <hotdesk/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hotdesk {

/// One line of the decision record. Source of the names: contract, `log --json`.
struct Record {
    Seq seq = 0;
    WallTime time{};
    DeviceId device;
    std::string rule;      ///< a policy key, or `cli`
    std::string decision;  ///< `sign out`, `release booking`, `tell`
    std::string reason;
    Command command;
    std::string result;  ///< `pending`, `done`, `observed`, `failed: ...`, `dropped: ...`
    std::string tracking_id;

    bool operator==(const Record&) const = default;
};
inline constexpr std::string_view result_pending = "pending";
inline constexpr std::string_view result_done = "done";
inline constexpr std::string_view result_observed = "observed";

/// A committed command that has no answer yet; its record says what it is.
struct OutboxEntry {
    Seq seq = 0;
    std::string request;  ///< the key of the command line's request behind it; empty: a rule's
    bool operator==(const OutboxEntry&) const = default;
};

/// Source: technical details, "Health Check": valid, invalid, unknown.
enum class Tokens { Unknown, Valid, Invalid };
std::string_view name_of(Tokens tokens);
/// Source: technical details, "Health Check": operational, impaired, outage.
enum class Operational { Operational, Impaired, Outage };
std::string_view name_of(Operational operational);

/// What `hotdeskd status` shows beside the desks.
struct Health {
    Tokens tokens = Tokens::Unknown;
    Operational operational = Operational::Operational;
    std::optional<WallTime> last_poll;     ///< the last poll that was answered
    std::optional<WallTime> last_message;  ///< the last message of a desk
    std::uint64_t messages = 0;            ///< taken in since the activation
    std::uint64_t skipped = 0;             ///< not understood, or addressed to somebody else
    std::uint64_t sent = 0;                ///< commands that were answered, well or not
    std::uint64_t failed = 0;              ///< of these, not well
    std::optional<WallTime> last_error_at;
    std::string last_error;  ///< empty: none
    bool operator==(const Health&) const = default;
};

/// What the command line leaves in the store for the worker. Stored by name: add, never rename.
enum class RequestKind {
    SignOut,
    Book,
    Edit,
    Delete,
    Renew,  ///< get a new access token and read appUrl with it; about no desk
};
std::string_view name_of(RequestKind kind);

/// An administrator's wish. Which fields mean something depends on the kind.
struct Request {
    std::string key;  ///< of the record in Table::Request
    RequestKind kind = RequestKind::SignOut;
    DeviceId device;
    WallTime asked_at{};
    RequestUuid uuid;                              ///< Book: BookingRequestUUID, ours; what makes a retry recognisable
    MeetingId meeting;                             ///< Edit, Delete
    std::string organizer_email, title;            ///< Book; the title may be empty
    std::optional<WallTime> start;                 ///< Book; Edit: empty leaves it
    std::optional<std::chrono::minutes> duration;  ///< Book; Edit: empty leaves it
    bool force = false;                            ///< the policy is not asked; recorded
    bool operator==(const Request&) const = default;
};

/// What the worker answers. Source: contract, `sign-out --json`.
struct RequestOutcome {
    std::string key;
    std::string outcome;     ///< `done`, `refused`, `unknown`
    std::string cause;       ///< in words; empty when done
    Seq seq = 0;             ///< its line in the decision record; 0: none
    MeetingId meeting = {};  ///< the booking it was about; empty: none
    bool operator==(const RequestOutcome&) const = default;
};

}  // namespace hotdesk
