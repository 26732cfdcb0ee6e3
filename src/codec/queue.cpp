#include "codec/queue.hpp"

#include "codec/events.hpp"
#include "codec/fields.hpp"
#include "codec/organization.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace hotdesk::codec {

namespace {

constexpr std::size_t kMaxQuotedBytes = 64;  ///< of a foreign key in a note
constexpr std::size_t kUsualMessages = 10;   ///< what the queue hands out at most; more are taken all the same

/// Fills one batch; lives for one decode.
class Batch {
public:
    Batch(const AppId& app, const OrgId& org) : app_(app), org_(org) { batch_.messages.reserve(kUsualMessages); }

    void element(json::View element) {
        const auto type = element["type"].string();
        if (!type) return skip("a message without a type");
        if (const char* problem = wrong_address(element, *type)) return skip(problem);
        if (*type == "status") return status(element);
        if (*type == "events") return events(element);
        if (*type == "healthCheck") return add({{}, {}, sent(element).value_or(WallTime{}), HealthCheckMessage{}});
        if (*type == "action") return action(element);
        skip("a message of unknown type ", *type);
    }

    void note(std::string_view text, std::string_view key = {}) { note_below(kMaxNotes, text, key); }

    MessageBatch take() { return std::move(batch_); }

private:
    /// A message about a desk, as far as status and events have it in common; counted as skipped where it fails.
    std::optional<Message> envelope(json::View element) {
        auto device = read_id(element["deviceId"]);
        auto workspace = read_id(element["workspaceId"]);
        const auto at = sent(element);
        if (!device || !workspace || !at) {
            skip(!device      ? "a message without a deviceId"
                 : !workspace ? "a message without a workspaceId"
                              : "a message without a timestamp");
            return std::nullopt;
        }
        Message message;
        message.device = DeviceId(std::move(*device));
        message.workspace = WorkspaceId(std::move(*workspace));
        message.timestamp = *at;
        return message;
    }

    void status(json::View element) {
        const json::View changes = element["changes"];
        if (!changes.is_object()) return skip("a status message without changes");
        auto message = envelope(element);
        if (!message) return;
        StatusMessage body;
        body.full_sync = element["isFullSync"].spelled_boolean().value_or(false);
        // Removed first: a key in both lists has a value.
        changes["removed"].each([&](json::View path) {
            const auto name = path.string();
            if (name && remove_status(*name, body.report) == StatusRead::NotOurs) note("status not used: ", *name);
        });
        changes["updated"].each_member([&](std::string_view path, json::View value) {
            switch (read_status(path, value, body.report)) {
                case StatusRead::Taken: break;
                case StatusRead::NotOurs: note("status not used: ", path); break;
                case StatusRead::NotUnderstood: skip("a value that is not understood: status ", path); break;
            }
        });
        message->body = body;
        add(std::move(*message));
    }

    void events(json::View element) {
        const json::View list = element["events"];
        if (!list.is_array()) return skip("an events message without events");
        auto message = envelope(element);
        if (!message) return;
        EventsMessage body;
        body.events.reserve(list.size());
        list.each([&](json::View entry) { event(entry, message->timestamp, body); });
        message->body = std::move(body);
        add(std::move(*message));
    }

    void event(json::View entry, WallTime message_sent, EventsMessage& body) {
        const auto key = entry["key"].string();
        if (!key) return skip("an event without a key");
        const auto at = entry["timestamp"].exists() ? read_time(entry["timestamp"]) : message_sent;
        if (!at) return skip("an event with a meaningless timestamp: ", *key);
        auto decoded = decode_event(*key, entry["value"], *at);
        if (const auto* refusal = std::get_if<EventRefusal>(&decoded)) {
            if (refusal->reason.empty()) return note("event not used: ", *key);
            return skip("an event " + std::string(refusal->reason) + ": ", *key);
        }
        body.events.push_back({std::get<EventBody>(std::move(decoded)), *at});
    }

    void action(json::View element) {
        const auto jwt = element["jwt"].string();
        if (!jwt) return skip("an action without a jwt");
        Message message;
        message.timestamp = sent(element).value_or(WallTime{});
        message.body = ActionMessage{Secret(std::string(*jwt))};
        add(std::move(message));
    }

    /// Health checks carry no orgId, actions neither: what they do carry must fit.
    const char* wrong_address(json::View element, std::string_view type) const {
        const bool from_desk = type == "status" || type == "events";
        const json::View app = element["appId"], org = element["orgId"];
        if (!app.exists() ? from_desk : app.string() != std::string_view(app_.value))
            return "a message for another appId";
        if (!org.exists() ? from_desk : !is_our_org(org)) return "a message for another orgId";
        return nullptr;
    }

    bool is_our_org(json::View org) const {
        const auto id = org.string();
        return id && (*id == org_.value || same_organization(OrgId(std::string(*id)), org_));
    }

    static std::optional<WallTime> sent(json::View element) { return read_time(element["timestamp"]); }

    void add(Message message) { batch_.messages.push_back(std::move(message)); }

    void skip(std::string_view text, std::string_view key = {}) {
        ++batch_.skipped;
        note_below(kMaxSkipNotes, text, key);
    }

    void note_below(std::size_t limit, std::string_view text, std::string_view key) {
        if (batch_.notes.size() >= limit) return;
        std::string line(text);
        line += one_line(key, kMaxQuotedBytes);
        if (std::find(batch_.notes.begin(), batch_.notes.end(), line) == batch_.notes.end())
            batch_.notes.push_back(std::move(line));
    }

    const AppId& app_;
    const OrgId& org_;
    MessageBatch batch_;
};

}  // namespace

Result<MessageBatch> decode_queue(std::string body, const AppId& app, const OrgId& org) {
    const bool scrubbed = json::scrub_utf8(body);
    const json::Document document(std::move(body), json::Wipe::Yes);  // an action may bring a refresh token
    if (!document.ok()) return Error(ErrorKind::Corrupt, document.problem());
    const json::View messages = document.root()["messages"];
    if (!messages.is_array()) return Error(ErrorKind::Corrupt, "no messages array");

    Batch batch(app, org);
    if (scrubbed) batch.note("bytes that are not UTF-8");
    messages.each([&](json::View element) { batch.element(element); });
    return batch.take();
}

}  // namespace hotdesk::codec
