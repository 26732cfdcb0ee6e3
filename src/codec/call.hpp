#pragma once
// A Call to the bytes of an HTTP request, an HTTP answer to a Reply or the one error type.
//
// Methods, URLs and bodies: xapi.hpp, integration.hpp and queue.hpp name their sources.

#include <hotdesk/cloud.hpp>
#include <hotdesk/ports.hpp>

#include <chrono>
#include <string>

namespace hotdesk::codec {

/// The cloud holds a poll for up to 20 s (Source: technical details, "Queue Polling"); the rest is for the network.
constexpr Millis kPollTimeout = std::chrono::seconds{40};
/// All other calls. A command is relayed to a desk and back before it is answered.
constexpr Millis kCallTimeout = std::chrono::seconds{30};

/// What every call needs besides itself. Borrowed for the time of one encode or decode.
struct Wire {
    const AppId& app;
    const OrgId& org;
    const std::string& webexapis_base_url;
    const std::string& client_id;
    const Secret& client_secret;
    const Secret& access_token;
};

/// The request with its method, URL, body, bearer (where the call takes one) and timeout.
HttpRequest encode(const Call& call, const Wire& wire);

/// What a call is called in messages: "the queue poll", "Bookings.Delete".
std::string describe(const Call& call);

/// The alternative of Reply that belongs to `call`. By HTTP status (Source: REST description, responses of each path;
/// what a failed command gets is not documented, so a status is judged by its class):
///
/// | status | kind |
/// | --- | --- |
/// | 2xx | decoded; a body that is not what it should be is Corrupt, and so is an HTML page |
/// | 401 | AuthExpired; of oauthUrl: Rejected, as 400 and 403 are: the credentials are refused |
/// | 404 | Transient (a desk that is offline was seen as 404 and as 502); of appUrl: Gone |
/// | 408, 5xx | Transient |
/// | 410 | Gone |
/// | 423, 429 | RateLimited, with Retry-After where the cloud said it |
/// | other 4xx | Rejected |
/// | 3xx | Transient: redirects are not followed; a proxy or a portal stands in between |
/// | other | Corrupt |
///
/// An empty 2xx body is a done command (Send) and an empty batch (Poll); of other calls it is Corrupt.
/// Gone with an HTML page or plain text as its body is Transient: something in between says so.
/// The error's message says what was asked for, the status and the cloud's own words (cut to 200 bytes), never a
/// secret; `http_status` is always set, the tracking id comes from the header, else from the error's body.
Result<Reply> decode(const Call& call, HttpReply&& reply, const Wire& wire);

}  // namespace hotdesk::codec
