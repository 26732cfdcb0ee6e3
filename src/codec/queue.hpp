#pragma once
// The body of a queue poll to messages.
//
// **Source:** technical details, "Queue Polling" (`messages`, 0 to 10 of them), "Fields That Are Present in Both Status
// and Event Messages", "... Only Present When Type is Status", "... Only Present When Type is Events", "Webhook Health
// Check" (a health check has neither device nor workspace nor organization), "Queues" (the updateApproved action).

#include <hotdesk/message.hpp>
#include <hotdesk/result.hpp>

#include <string>

namespace hotdesk::codec {

/// Notes in one batch: so many about what was skipped, and so many in all.
constexpr std::size_t kMaxSkipNotes = 16;
constexpr std::size_t kMaxNotes = 24;

/// Corrupt: not JSON, no `messages` array, deeper than 64, over 8 MiB. Else each element stands alone: one that is not
/// understood, has an unknown type, or another `appId` or `orgId` is counted as skipped with a note. `deviceId`,
/// `workspaceId` and `timestamp` are needed in messages of desks; an event without a `timestamp` of its own has its
/// message's. Within a message each event and each status stands alone in the same way. Events of a key that hotdeskd
/// does not know and statuses that it does not read are passed over; they are noted where there is room, not counted.
///
/// Both spellings of values are read (true, "True", 2, "2"); a known status with a value that is neither is skipped
/// and counted alone. Bytes that are not UTF-8 spoil only the id that they stand in: a message handed out by the queue
/// will not come again, so a title that a desk cut in the middle of a character must not cost a batch.
/// The body is parsed in place: that is why it is taken over.
Result<MessageBatch> decode_queue(std::string body, const AppId& app, const OrgId& org);

}  // namespace hotdesk::codec
