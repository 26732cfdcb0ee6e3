#include "targets.hpp"

#include "../codec/signer.hpp"

#include "codec/call.hpp"
#include "codec/jwt.hpp"
#include "codec/queue.hpp"
#include "codec/state.hpp"
#include "core/provision.hpp"
#include "core/translate.hpp"
#include "daemon/config.hpp"

#include <cstdlib>

namespace hotdesk::fuzz {

namespace {

const AppId app{"app"};
const OrgId org{"org"};
const std::string base{"https://webexapis.com/v1"}, client{"client"};
const Secret secret{"client-secret"}, token{"access-token"};

void decode(const Call& call, std::string_view bytes) {
    const codec::Wire wire{app, org, base, client, secret, token};
    HttpReply reply;
    // The first byte chooses the HTTP status, so that error bodies are read too.
    constexpr std::array statuses{200, 200, 200, 204, 400, 401, 404, 429, 503};
    reply.status = bytes.empty() ? 200 : statuses[static_cast<unsigned char>(bytes[0]) % statuses.size()];
    reply.body = bytes.empty() ? "" : bytes.substr(1);
    const auto result = codec::decode(call, std::move(reply), wire);
    // An error is one line for a person and says something.
    if (!result.ok() && (result.error().message.empty() || result.error().message.find('\n') != std::string::npos))
        std::abort();
}

}  // namespace

void queue(std::string_view bytes) {
    auto batch = codec::decode_queue(std::string{bytes}, app, org);
    if (!batch.ok()) return;
    if (batch->notes.size() > 1000) std::abort();  // bounded
    for (Message& message : batch->messages) (void)translate(std::move(message));
}

void xapi(std::string_view bytes) {
    decode(call::AskStatus{DeviceId{"d"}}, bytes);
    decode(call::AskStatus{DeviceId{"d"}, true}, bytes);
    decode(call::AskSessions{DeviceId{"d"}, WorkspaceId{"w"}}, bytes);
    decode(call::AskPerson{DeviceId{"d"}, PersonId{"p"}}, bytes);
    decode(call::AskBookings{DeviceId{"d"}}, bytes);
    decode(call::ListDevices{base}, bytes);
    decode(call::ListWorkspaces{base}, bytes);
    decode(call::Send{1, DeviceId{"d"}, {"Webex.Registration.Logout", {}}}, bytes);
}

void cloud(std::string_view bytes) {
    decode(call::Refresh{base, Secret{"refresh-token"}}, bytes);
    decode(call::ReadApp{base}, bytes);
    decode(call::PatchApp{base, {}, "c", "n", "", ""}, bytes);
    decode(call::ReadKeys{base}, bytes);
    decode(call::Poll{base}, bytes);
}

void jwt(std::string_view bytes) {
    // The key of the guide's example; a forged signature that verifies with it would be news.
    static const std::array keys{Jwk{"VkOd36xy3JeGFka5uW5gW525", "ilEKY13J464rnzK4CvdIh1_ow3q4e1eoqnjXES_PnC8",
                                     "T-Kp8qcf4FBvvtNIMSkQmAWnbd3uiz2U_NqfTavc1x8"}};
    (void)codec::peek(bytes);
    const auto claims = codec::verify(bytes, keys);
    if (std::holds_alternative<ActivationClaims>(claims)) std::abort();
}

void claims(std::string_view bytes) {
    static const test::Signer signer("k");
    static const std::array keys{signer.jwk()};
    const auto read = codec::verify(signer.sign(std::string{bytes}), keys);
    const auto* const found = std::get_if<ActivationClaims>(&read);
    if (found == nullptr) return;
    // What got through is what its action needs, in one line each.
    const bool provision = found->action == "provision", update = found->action == "update";
    if (found->jti.empty() || found->app.empty() || found->org.empty()) std::abort();
    if ((provision || update) && (found->app_url.empty() || found->refresh_token.empty())) std::abort();
    if (provision && found->oauth_url.empty()) std::abort();
    if (found->action == "updateApproved" && found->manifest_version < 1) std::abort();
    for (const std::string& text : {found->org_name, found->app_url, found->region, found->jti, found->action})
        if (text.find_first_of("\r\n\x1b") != std::string::npos) std::abort();
    const WallTime now = *parse_time("2026-03-02T09:00:00Z");
    for (const std::string_view action : {"provision", "update"}) {
        const auto refusal = judge_claims(*found, found->app, action, false, now);
        if (!refusal && (found->action != action || !bad_url_claim(*found).empty())) std::abort();
        if (refusal && why_refused(*refusal, *found, now).find('\n') != std::string::npos) std::abort();
    }
}

void config(std::string_view bytes) {
    const auto read = read_config(bytes, "hotdeskd.toml");
    if (!read.ok() && read.error().message.substr(0, 14) != "hotdeskd.toml:") std::abort();
}

void state(std::string_view bytes) {
    // What was read and is written again must be readable and the same.
    if (const auto desk = codec::read_desk(bytes); desk.ok()) {
        const std::string again = codec::write_desk(*desk);
        const auto reread = codec::read_desk(again);
        if (!reread.ok() || codec::write_desk(*reread) != again) std::abort();
    }
    (void)codec::read_activation(bytes);
    (void)codec::read_record(bytes);
    (void)codec::read_outbox(bytes);
    (void)codec::read_health(bytes);
    (void)codec::read_request(bytes);
    (void)codec::read_outcome(bytes);
    (void)codec::has_outcome(bytes);
}

}  // namespace hotdesk::fuzz
