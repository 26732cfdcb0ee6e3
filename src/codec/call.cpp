#include "codec/call.hpp"

#include "codec/fields.hpp"
#include "codec/integration.hpp"
#include "codec/queue.hpp"
#include "codec/xapi.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hotdesk::codec {

namespace {

constexpr std::size_t kMaxQuotedBytes = 200;  ///< of the cloud's own words in an error's message

// --- requests --------------------------------------------------------------------------------------------------------

HttpRequest get(std::string url, Secret bearer) {
    HttpRequest request;
    request.method = "GET";
    request.url = std::move(url);
    request.bearer = std::move(bearer);
    request.timeout = kCallTimeout;
    return request;
}

HttpRequest with_body(const char* method, std::string url, Secret bearer, std::string body) {
    HttpRequest request = get(std::move(url), std::move(bearer));
    request.method = method;
    request.body = std::move(body);
    request.once = true;
    return request;
}

struct Encoder {
    const Wire& wire;

    HttpRequest operator()(const call::Refresh& refresh) const {
        return with_body("POST", refresh.oauth_url, {},
                         refresh_body(wire.client_id, wire.client_secret, refresh.refresh_token));
    }
    HttpRequest operator()(const call::Poll& poll) const {
        HttpRequest request = get(poll.url, wire.access_token);
        request.timeout = kPollTimeout;
        request.once = true;  // messages are handed out once
        return request;
    }
    HttpRequest operator()(const call::ReadApp& read) const { return get(read.url, wire.access_token); }
    HttpRequest operator()(const call::PatchApp& patch) const {
        return with_body("PATCH", patch.url, wire.access_token, patch_body(patch));
    }
    HttpRequest operator()(const call::ReadKeys& read) const { return get(read.url, {}); }
    HttpRequest operator()(const call::ListDevices& list) const { return get(list.url, wire.access_token); }
    HttpRequest operator()(const call::ListWorkspaces& list) const { return get(list.url, wire.access_token); }
    HttpRequest operator()(const call::AskStatus& ask) const {
        return get(status_url(wire.webexapis_base_url, ask.device, ask.presence, ask.calls), wire.access_token);
    }
    HttpRequest operator()(const call::AskBookings& ask) const {
        HttpRequest request = command(ask.device, list_bookings());
        request.once = false;  // a POST, and a question all the same
        return request;
    }
    HttpRequest operator()(const call::AskSessions& ask) const {
        return get(sessions_url(wire.webexapis_base_url, ask.workspace), wire.access_token);
    }
    HttpRequest operator()(const call::AskPerson& ask) const {
        return get(person_url(wire.webexapis_base_url, ask.person), wire.access_token);
    }
    HttpRequest operator()(const call::Send& send) const { return command(send.device, send.command); }

    [[nodiscard]] HttpRequest command(const DeviceId& device, const Command& what) const {
        return with_body("POST", command_url(wire.webexapis_base_url, what.name), wire.access_token,
                         command_body(device, what));
    }
};

struct Describer {
    std::string operator()(const call::Refresh&) const { return "the token refresh"; }
    std::string operator()(const call::Poll&) const { return "the queue poll"; }
    std::string operator()(const call::ReadApp&) const { return "reading the integration's details"; }
    std::string operator()(const call::PatchApp&) const { return "updating the integration's details"; }
    std::string operator()(const call::ReadKeys&) const { return "fetching the key set"; }
    std::string operator()(const call::ListDevices&) const { return "the list of devices"; }
    std::string operator()(const call::ListWorkspaces&) const { return "the list of workspaces"; }
    std::string operator()(const call::AskStatus&) const { return "asking a desk for its status"; }
    std::string operator()(const call::AskBookings&) const { return "asking a desk for its bookings"; }
    std::string operator()(const call::AskSessions&) const { return "asking who is signed in at a desk"; }
    std::string operator()(const call::AskPerson&) const { return "asking for a person's addresses"; }
    std::string operator()(const call::Send& send) const { return send.command.name; }
};

// --- answers ---------------------------------------------------------------------------------------------------------

template <class T>
Result<Reply> as_reply(Result<T>&& result) {
    if (!result) return result.error();
    return Reply(std::move(result).value());
}

struct Decoder {
    HttpReply& reply;
    const Wire& wire;

    Result<Reply> operator()(const call::Refresh&) const { return as_reply(decode_grant(std::move(reply.body))); }
    Result<Reply> operator()(const call::Poll&) const {
        if (reply.body.empty()) return Reply(MessageBatch{});
        return as_reply(decode_queue(std::move(reply.body), wire.app, wire.org));
    }
    Result<Reply> operator()(const call::ReadApp&) const { return as_reply(decode_app(std::move(reply.body))); }
    Result<Reply> operator()(const call::PatchApp&) const { return as_reply(decode_app(std::move(reply.body))); }
    Result<Reply> operator()(const call::ReadKeys&) const { return as_reply(decode_keys(std::move(reply.body))); }
    Result<Reply> operator()(const call::ListDevices&) const {
        return as_reply(decode_devices(std::move(reply.body), std::move(reply.link_next)));
    }
    Result<Reply> operator()(const call::ListWorkspaces&) const {
        return as_reply(decode_workspaces(std::move(reply.body), std::move(reply.link_next)));
    }
    Result<Reply> operator()(const call::AskStatus& ask) const {
        return as_reply(decode_status(std::move(reply.body), ask.presence));
    }
    Result<Reply> operator()(const call::AskBookings&) const {
        return as_reply(decode_bookings(std::move(reply.body)));
    }
    Result<Reply> operator()(const call::AskSessions&) const {
        return as_reply(decode_sessions(std::move(reply.body)));
    }
    Result<Reply> operator()(const call::AskPerson&) const { return as_reply(decode_person(std::move(reply.body))); }
    Result<Reply> operator()(const call::Send&) const {
        // What the command returned is of no use; that it was the desk who answered is.
        if (!reply.body.empty()) {
            const json::Document document(std::move(reply.body));
            if (!document.ok()) return Error(ErrorKind::Corrupt, document.problem());
            if (!document.root().is_object()) return Error(ErrorKind::Corrupt, "no object");
        }
        return Reply(CommandDone{reply.tracking_id});
    }
};

/// The first character that is no blank; NUL: there is none.
char first_of(std::string_view body) {
    const auto first = body.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? '\0' : body[first];
}

bool is_markup(std::string_view body) { return first_of(body) == '<'; }
/// Neither JSON nor nothing: a load balancer's or a gateway's own word.
bool is_plain_text(std::string_view body) {
    const char first = first_of(body);
    return first != '\0' && first != '<' && first != '{';
}

// --- errors ----------------------------------------------------------------------------------------------------------

ErrorKind kind_of(const Call& call, int status) {
    const bool of_token = std::holds_alternative<call::Refresh>(call);
    const bool of_app = std::holds_alternative<call::ReadApp>(call) || std::holds_alternative<call::PatchApp>(call);
    switch (status) {
        case 401: return of_token ? ErrorKind::Rejected : ErrorKind::AuthExpired;
        case 404: return of_app ? ErrorKind::Gone : ErrorKind::Transient;
        case 408: return ErrorKind::Transient;
        case 410: return ErrorKind::Gone;
        case 423:
        case 429: return ErrorKind::RateLimited;
        default: break;
    }
    if (status >= 300 && status < 400) return ErrorKind::Transient;
    if (status >= 400 && status < 500) return ErrorKind::Rejected;
    if (status >= 500 && status < 600) return ErrorKind::Transient;
    return ErrorKind::Corrupt;
}

/// The cloud must not put our secrets into our log, should it repeat what it was sent.
void redact(std::string& words, std::string_view text) {
    constexpr std::size_t shortest = 6;  // shorter ones would black out ordinary words
    if (text.size() < shortest) return;
    for (auto at = words.find(text); at != std::string::npos; at = words.find(text, at))
        words.replace(at, text.size(), "***");
}

/// What stands behind the question mark of a URL that Webex gave us: a pollUrl may have a token of its own there.
std::string_view query_of(const Call& call) {
    const auto url = std::visit(
        [](const auto& each) -> std::string_view {
            if constexpr (requires { each.url; })
                return each.url;
            else
                return {};
        },
        call);
    return url.substr(std::min(url.find('?'), url.size()));
}

struct CloudWords {
    std::string text;
    std::string tracking_id;
};

/// Source: REST errors `message`, `errors[].description`, `trackingId`; RFC 6749, 5.2: `error_description`, `error`.
CloudWords read_words(std::string body) {
    const json::Document document(std::move(body), json::Wipe::Yes);
    const json::View root = document.root();
    CloudWords words;
    words.tracking_id = read_id(root["trackingId"]).value_or(std::string());
    std::string description;
    root["errors"].each([&](json::View error) {
        if (description.empty()) description = text_or_empty(error["description"]);
    });
    for (const std::string& candidate :
         std::array{text_or_empty(root["message"]), description, text_or_empty(root["error_description"]),
                    text_or_empty(root["error"])})
        if (words.text.empty()) words.text = candidate;
    return words;
}

Error refusal(const Call& call, HttpReply&& reply, const Wire& wire) {
    const bool markup = is_markup(reply.body), plain = is_plain_text(reply.body);
    CloudWords words = read_words(std::move(reply.body));
    for (const Secret* secret : {&wire.client_secret, &wire.access_token}) redact(words.text, secret->reveal());
    if (const auto* refresh = std::get_if<call::Refresh>(&call)) redact(words.text, refresh->refresh_token.reveal());
    redact(words.text, query_of(call));

    Error error(kind_of(call, reply.status), describe(call) + ": HTTP " + std::to_string(reply.status));
    if (!words.text.empty()) error.message += ": " + one_line(words.text, kMaxQuotedBytes);
    if (std::holds_alternative<call::Refresh>(call) && error.kind == ErrorKind::Rejected)
        error.message += " (check client_id and client secret; the refresh token may be revoked)";
    if (reply.status >= 300 && reply.status < 400)
        error.message += " (a redirect: is there a proxy or a portal in between?)";
    error.retry_after = reply.retry_after;
    // A page for people, or "default backend - 404", is not Webex's word on the integration: on that much depends.
    if ((markup || plain) && error.kind == ErrorKind::Gone) {
        error.kind = ErrorKind::Transient;
        error.message += markup ? " (an HTML page: is there a proxy or a portal in between?)"
                                : " (plain text: is there a proxy or a gateway in between?)";
    }
    error.tracking_id = reply.tracking_id.empty() ? words.tracking_id : std::move(reply.tracking_id);
    error.http_status = reply.status;
    return error;
}

}  // namespace

HttpRequest encode(const Call& call, const Wire& wire) { return std::visit(Encoder{wire}, call); }

std::string describe(const Call& call) { return std::visit(Describer{}, call); }

Result<Reply> decode(const Call& call, HttpReply&& reply, const Wire& wire) {
    if (reply.status < 200 || reply.status > 299) return refusal(call, std::move(reply), wire);
    const bool markup = is_markup(reply.body);
    Result<Reply> result = markup
                               ? Result<Reply>(Error(ErrorKind::Corrupt,
                                                     "an HTML page in place of JSON: is there a proxy or a portal in "
                                                     "between?"))
                               : std::visit(Decoder{reply, wire}, call);
    if (result) return result;
    Error error = result.error();
    error.message = describe(call) + ": HTTP " + std::to_string(reply.status) + ", " + error.message;
    error.tracking_id = std::move(reply.tracking_id);
    error.http_status = reply.status;
    return error;
}

}  // namespace hotdesk::codec
