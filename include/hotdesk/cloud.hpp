#pragma once
// The conversation with the cloud as values: what hotdeskd can ask (`Call`) and what it can be told (`Reply`).
//
// core decides on Calls and consumes Replies; codec turns both into bytes and back; io carries the bytes.

#include <hotdesk/booking.hpp>
#include <hotdesk/id.hpp>
#include <hotdesk/message.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/secret.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hotdesk {

// --- the activation ------------------------------------------------------------------------------------------------

/// xAPI paths that were granted. Source: activation JWT `xapiAccess`; GET appUrl `xapiAccessKeys`.
struct XapiAccess {
    std::vector<std::string> commands, statuses, events;
    bool operator==(const XapiAccess&) const = default;
};

/// Scopes by which Webex says who is signed in. **Source:** REST description, GET /hotdesk/sessions and
/// /people/{personId}; no public page names the scopes of the first for sure.
namespace identity_scope {
inline constexpr std::string_view sessions = "spark-admin:hotdesk_read", people = "spark-admin:people_read";
}

/// Whether a scope reads who is signed in where, or whose address that is. As the documentation leaves the names open,
/// every scope counts that reads hot desks, and every one that reads people.
inline bool reads_sessions(std::string_view scope) {
    return scope.find("hotdesk") != std::string_view::npos && scope.find("read") != std::string_view::npos;
}
inline bool reads_people(std::string_view scope) { return scope.find("people_read") != std::string_view::npos; }

/// Whether Webex may be asked who is signed in. An empty list, as before the first answer of appUrl: false.
inline bool may_ask_who(const std::vector<std::string>& scopes) {
    return std::any_of(scopes.begin(), scopes.end(), reads_sessions) &&
           std::any_of(scopes.begin(), scopes.end(), reads_people);
}

/// What an activation code or a management action says once its signature is proven. An action brings what it is about;
/// the rest is empty. Source: technical details, "Example Activation JWT", "Actions: Webex to Integration".
struct ActivationClaims {
    OrgId org;
    std::string org_name;
    AppId app;
    std::string
        action;  ///< `provision` in an activation code; `update`, `updateApproved`, `healthCheck`, `deprovision`
    std::string oauth_url, app_url, manifest_url, webexapis_base_url, region;
    std::string jti;
    std::optional<WallTime> expiry_time;  ///< empty: the claim is missing or malformed
    std::optional<WallTime> issued_at;    ///< `iat`
    std::vector<std::string> scopes;
    XapiAccess xapi;
    Secret refresh_token;
    std::int64_t manifest_version = 0;  ///< `updateApproved`: of the manifest that was approved
    bool interactive = false;           ///< `deprovision`: an administrator waits for a page to go on with
};

/// One key of a JWKS. Source: technical details, "Example JSON Web Key Set": kty EC, crv P-256.
struct Jwk {
    std::string kid;
    std::string x, y;  ///< base64url, 32 bytes each
    bool operator==(const Jwk&) const = default;
};

/// A change of the manifest that waits in Control Hub. Source: technical details, "Read the current integration state".
struct UpdateRequest {
    std::string state;                  ///< in Webex's words; empty: there is none
    std::int64_t manifest_version = 0;  ///< of the new manifest
    bool operator==(const UpdateRequest&) const = default;
};

/// What a standing activation is made of. Stored; the tokens are sealed with it.
struct Activation {
    std::string id;  ///< ours: random, another one for each activation
    OrgId org;
    std::string org_name;
    AppId app;
    std::string oauth_url, app_url, manifest_url, webexapis_base_url, region;
    std::string poll_url;
    std::vector<std::string> scopes;
    XapiAccess xapi;
    Secret refresh_token;
    std::optional<WallTime> refresh_expires;
    /// A refresh was begun then and no answer is stored: the refresh token may be spent. Stored before the request
    /// goes out, so that a lost answer can be told from a revoked token.
    std::optional<WallTime> refresh_begun = {};
    Secret access_token;  ///< empty: none yet
    WallTime access_expires{};
    WallTime activated_at{};
    std::int64_t manifest_version = 0;  ///< that the organization runs; 0: not known
    UpdateRequest update = {};          ///< a manifest that waits for an administrator's approval
};

/// Source: technical details, step 3, answer of oauthUrl.
struct TokenGrant {
    Secret access_token;
    std::chrono::seconds expires_in{};
    Secret refresh_token;  ///< empty: the one sent stays valid
    std::optional<std::chrono::seconds> refresh_expires_in;
};

/// Source: technical details, "Read the current integration state", and the PATCH answer with `queue.pollUrl`.
struct AppDetails {
    std::string provisioning_state;
    std::string poll_url;     ///< empty: none in the answer
    std::string queue_state;  ///< `enabled`, `disabled`, ... ; empty: not in the answer
    std::string actions_url;  ///< empty: none
    std::vector<std::string> scopes;
    XapiAccess xapi;
    std::int64_t manifest_version = 0;  ///< 0: not in the answer
    UpdateRequest update = {};
};

// --- desks ---------------------------------------------------------------------------------------------------------

/// Source: REST description, GET /devices.
struct DeviceInfo {
    DeviceId id;
    std::string display_name;
    WorkspaceId workspace;          ///< empty: a personal device, not ours
    LocationId location;            ///< may be empty
    std::string type;               ///< `roomdesk` for RoomOS devices; may be empty
    std::optional<bool> connected;  ///< connectionStatus `connected...` or `disconnected`/`offline...`
    bool operator==(const DeviceInfo&) const = default;
};

/// Source: REST description, GET /workspaces.
struct WorkspaceInfo {
    WorkspaceId id;
    std::string display_name;
    LocationId location;
    bool hot_desking = false;   ///< hotdeskingStatus is `on`
    std::string calendar_type;  ///< `none`, `microsoft`, `google`, `webex`; may be empty
    bool operator==(const WorkspaceInfo&) const = default;
};

/// Who is signed in where. Source: REST description, GET /hotdesk/sessions.
struct HotdeskSession {
    WorkspaceId workspace;
    PersonId person;
    bool operator==(const HotdeskSession&) const = default;
};

/// Source: REST description, GET /people/{personId}.
struct Person {
    PersonId id;
    std::vector<std::string> emails;
    std::string display_name;  ///< may be empty
    bool operator==(const Person&) const = default;
};

template <class T>
struct Page {
    std::vector<T> items;
    std::string next_url;  ///< Link rel="next"; empty: the last page
};

// --- commands ------------------------------------------------------------------------------------------------------

/// An argument of an xAPI command: a string or an integer, as the schema's value space says.
using Argument = std::variant<std::string, std::int64_t>;

/// An xAPI command with its arguments, ready to be written down or sent.
struct Command {
    std::string name;  ///< e.g. `Webex.Registration.Logout`
    std::vector<std::pair<std::string, Argument>> arguments;
    bool operator==(const Command&) const = default;
};

/// Counts up over the life of a state directory; names a decision and the command that it sends.
using Seq = std::uint64_t;

// --- calls and replies ---------------------------------------------------------------------------------------------

namespace call {
/// POST oauthUrl, grant_type=refresh_token. The client's id and secret are added where the call is encoded.
struct Refresh {
    std::string oauth_url;
    Secret refresh_token;
};
/// GET pollUrl. Waits up to 20 s at the cloud.
struct Poll {
    std::string url;
};
/// GET appUrl.
struct ReadApp {
    std::string url;
};
/// PATCH appUrl. Source: technical details, "Update the Integration Activation Status", "Removing the Queue", "Update
/// the integration".
struct PatchApp {
    enum class Change {
        Completed,      ///< provisioningState `completed`, and the queue is asked for
        Failed,         ///< provisioningState `error`, nothing else
        RemoveQueue,    ///< queue.state `remove`
        RequestUpdate,  ///< updateRequest.newManifest
    };
    std::string url;
    Change change = Change::Completed;
    std::string customer_id, customer_name;  ///< with Completed; may be empty
    std::string actions_url;                 ///< with Completed; empty: none is told
    std::string manifest;                    ///< with RequestUpdate: JSON
};
/// GET the key set of a region. Needs no token.
struct ReadKeys {
    std::string url;
};
/// GET one page of /devices or /workspaces. `url` is complete.
struct ListDevices {
    std::string url;
};
struct ListWorkspaces {
    std::string url;
};
/// GET /xapi/status of the statuses in StatusReport.
struct AskStatus {
    DeviceId device;
    bool presence = false;  ///< RoomAnalytics.PeoplePresence too: it was granted, and a rule wants it
    bool calls = true;      ///< SystemUnit.State.NumberOfActiveCalls too: it was granted, or that is not known
};
/// POST /xapi/command/Bookings.List.
struct AskBookings {
    DeviceId device;
};
/// GET /hotdesk/sessions of one workspace: who is signed in at this desk.
struct AskSessions {
    DeviceId device;
    WorkspaceId workspace;
};
/// GET /people/{personId}: the addresses of who is signed in at this desk.
struct AskPerson {
    DeviceId device;
    PersonId person;
};
/// POST /xapi/command of a committed decision.
struct Send {
    Seq seq = 0;
    DeviceId device;
    Command command;
};
}  // namespace call

using Call = std::variant<call::Refresh, call::Poll, call::ReadApp, call::PatchApp, call::ReadKeys, call::ListDevices,
                          call::ListWorkspaces, call::AskStatus, call::AskBookings, call::AskSessions, call::AskPerson,
                          call::Send>;

/// The answer to AskBookings.
struct BookingList {
    std::vector<Booking> bookings;
    std::size_t skipped = 0;  ///< entries without an id or with broken times
};
/// The answer to Send: the desk took it.
struct CommandDone {
    std::string tracking_id;
};

/// One alternative a Call, except that Send and AskBookings have their own bodies.
using Reply =
    std::variant<TokenGrant, MessageBatch, AppDetails, std::vector<Jwk>, Page<DeviceInfo>, Page<WorkspaceInfo>,
                 StatusReport, BookingList, std::vector<HotdeskSession>, Person, CommandDone>;

}  // namespace hotdesk
