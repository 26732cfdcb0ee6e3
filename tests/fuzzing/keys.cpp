// Activation codes, actions, and the keys that they are verified with.

#include "oracle.hpp"
#include "targets.hpp"

#include "../codec/signer.hpp"

#include "codec/integration.hpp"
#include "codec/jwt.hpp"
#include "core/key_ring.hpp"
#include "core/provision.hpp"

namespace hotdesk::fuzz {

namespace {

const WallTime now = *parse_time("2026-03-02T09:00:00Z");

/// The key of the guide's example: nobody here can sign with it.
const std::array guide_keys{Jwk{"VkOd36xy3JeGFka5uW5gW525", "ilEKY13J464rnzK4CvdIh1_ow3q4e1eoqnjXES_PnC8",
                                "T-Kp8qcf4FBvvtNIMSkQmAWnbd3uiz2U_NqfTavc1x8"}};

const test::Signer& signer() {
    static const test::Signer made("k");
    return made;
}

constexpr const char* good_claims = R"({"sub":"org","appId":"app","action":"healthCheck","jti":"j"})";

const std::string& good_code() {
    static const std::string made = signer().sign(good_claims);
    return made;
}

bool holds(const codec::JwtResult<ActivationClaims>& result) {
    return std::holds_alternative<ActivationClaims>(result);
}

/// Three bytes of an input are a place and what stands there; what is changed in a good code makes it a bad one.
void slips(std::string_view bytes) {
    const std::array keys{signer().jwk()};
    std::string code = good_code();
    for (std::size_t at = 0; at + 3 <= bytes.size(); at += 3) {
        const auto place = static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8U |
                           static_cast<unsigned char>(bytes[at + 1]);
        code[place % code.size()] = bytes[at + 2];
    }
    must(holds(codec::verify(code, keys)) == (code == good_code()), "a code is good as it was signed, and only so");
}

/// A header with this key's name, which is UTF-8.
std::string header_for(std::string_view kid) {
    std::string text = R"({"alg":"ES256","kid":")";
    for (const char byte : kid) {
        if (byte == '"' || byte == '\\') text += '\\';
        text += byte;
    }
    return text + "\"}";
}

void must_be_key(const Jwk& key) {
    constexpr std::size_t coordinate = 43;  // 32 bytes in base64url
    must(is_id(key.kid), "a key has a name that a code can have");
    must(key.x.size() == coordinate && key.y.size() == coordinate, "a key has the size of its curve");
}

}  // namespace

void jwt(std::string_view bytes) {
    constexpr std::size_t longest_slips = 30, longest_code = std::size_t{16} * 1024;
    if (bytes.size() <= longest_slips) slips(bytes);
    const auto seen = codec::peek(bytes);
    const auto claims = codec::verify(bytes, guide_keys);
    must(!holds(claims), "nobody can sign with the guide's key");
    const auto why = std::get<codec::JwtRefusal>(claims);
    if (const auto* const peeked = std::get_if<codec::JwtPeek>(&seen)) {
        must(bytes.size() <= longest_code, "no code is that long");
        must(is_id(peeked->kid), "a key has a name");
        must(!has_control(peeked->region), "a region is one line");
        must(jwks_url_of(peeked->region).rfind("https://", 0) == 0, "every region has a key set");
        must(why != codec::JwtRefusal::UnsupportedAlgorithm, "the same header says the same");
        must((why == codec::JwtRefusal::UnknownKey) == (peeked->kid != guide_keys[0].kid),
             "a key is known by its name");
    } else {
        const bool header_or_shape = std::get<codec::JwtRefusal>(seen) != codec::JwtRefusal::Malformed;
        must(!header_or_shape || why == std::get<codec::JwtRefusal>(seen), "a refusal is the same before and after");
    }
    must(!words(why).empty(), "a refusal has a word");
    const Secret handed_over = codec::decode_handed_over(std::string{bytes});
    must(handed_over.reveal().size() <= bytes.size(), "nothing is added to what is handed over");
    (void)codec::peek(handed_over.reveal());
}

void claims(std::string_view bytes) {
    static const std::array keys{signer().jwk()};
    const auto read = codec::verify(signer().sign(std::string{bytes}), keys);
    const auto* const found = std::get_if<ActivationClaims>(&read);
    if (found == nullptr) {
        must(std::get<codec::JwtRefusal>(read) == codec::JwtRefusal::Malformed, "the signature is good");
        return;
    }
    // What got through is what its action needs, in one line each.
    const bool provision = found->action == "provision", update = found->action == "update";
    must(!found->jti.empty() && !found->app.empty() && !found->org.empty(), "every code says whose it is");
    must(!(provision || update) || !found->app_url.empty(), "a code says where the integration is");
    must(!provision || (!found->refresh_token.empty() && !found->oauth_url.empty()), "a code brings a refresh token");
    must(found->action != "updateApproved" || found->manifest_version >= 1, "an approval says what was approved");
    must(found->manifest_version >= 0, "a version is not negative");
    for (const std::string& text :
         {found->org_name, found->app_url, found->oauth_url, found->manifest_url, found->webexapis_base_url,
          found->region, found->jti, found->action, found->org.value, found->app.value})
        must(!has_control(text), "a claim is one line");
    for (const auto* const names : {&found->scopes, &found->xapi.commands, &found->xapi.statuses, &found->xapi.events})
        for (const std::string& name : *names) must(!has_control(name), "a name in a claim is one line");
    for (const std::string_view action : {"provision", "update"}) {
        const auto refusal = judge_claims(*found, found->app, action, false, now);
        must(refusal || (found->action == action && bad_url_claim(*found).empty()),
             "only a lawful code is none refused");
        if (refusal) must(!has_control(why_refused(*refusal, *found, now)), "why it is refused is said in one line");
    }
}

void jwks(std::string_view bytes) {
    constexpr std::size_t most_keys = 256;
    auto keys = codec::decode_keys(std::string{bytes});
    if (!keys.ok()) return must_be_lawful(keys.error());
    must(keys->size() <= most_keys, "a key set is bounded");
    for (const Jwk& key : *keys) must_be_key(key);

    // A key of theirs says no to what we have signed in its name.
    for (std::size_t at = 0; at < keys->size() && at < 2; ++at) {
        const auto result = codec::verify(signer().sign(header_for((*keys)[at].kid), good_claims), *keys);
        must(!holds(result), "a key proves no signature of another");
        const auto why = std::get<codec::JwtRefusal>(result);
        must(why == codec::JwtRefusal::BadSignature || why == codec::JwtRefusal::UnknownKey,
             "a key of a set is used, or is no point of its curve");
    }

    KeyRing ring;
    const std::string url{jwks_url_of("us-east-2_a")};
    for (const Jwk& key : *keys) must(key.kid.empty() == false, "a key has a name");
    ring.asked(url, MonoTime{});
    ring.answered(url, *keys, MonoTime{});
    for (const Jwk& key : *keys)
        must(ring.look(url, key.kid, MonoTime{}) == KeyRing::Look::Known, "what was answered is known");

    // Ours among them proves what it signed, unless one of theirs has its name.
    const bool taken = std::any_of(keys->begin(), keys->end(), [](const Jwk& key) { return key.kid == "k"; });
    keys->push_back(signer().jwk());
    must(holds(codec::verify(good_code(), *keys)) == !taken, "the key that a code names is the one that counts");
}

}  // namespace hotdesk::fuzz
