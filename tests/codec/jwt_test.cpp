#include "codec/jwt.hpp"

#include "codec/integration.hpp"
#include "codec/json.hpp"
#include "fixture.hpp"
#include "signer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <ostream>
#include <string>
#include <vector>

using namespace hotdesk;
using namespace hotdesk::test;
using codec::JwtRefusal;

namespace hotdesk::codec {
std::ostream& operator<<(std::ostream& out, JwtRefusal refusal) { return out << words(refusal); }
}  // namespace hotdesk::codec

namespace {

const Signer& signer() {
    static const Signer made("key-1");
    return made;
}

/// The guide's sample, in its own words.
const std::string kPayload =
    R"({"sub":"Y2lzY29[...]YzVj","oauthUrl":"https://webexapis.com/v1/access_token","orgName":"CVTG labs",)"
    R"("appUrl":"https://xapi-a.wbx2.com/app","userId":"Y2lz","manifestUrl":"https://xapi-a.wbx2.com/manifest",)"
    R"("appId":"ac6b6972-538e-11ec-bf63-0242ac130003","expiryTime":"2023-08-10T08:02:33.816114574Z",)"
    R"("action":"provision","webexapisBaseUrl":"https://webexapis.com/v1",)"
    R"("scopes":"spark-admin:devices_read,spark:xapi_statuses","region":"us-east-2_a","iat":1691568153,)"
    R"("jti":"KqBo61g8SzmjcMP3CEYDPA==","refreshToken":"refresh-1",)"
    R"("xapiAccess":"{\"commands\":[\"Message.Send\"],\"statuses\":[\"RoomAnalytics.*\"],\"events\":[\"BootEvent\"]}"})";

std::vector<Jwk> keys() { return {Jwk{"other", "x", "y"}, signer().jwk()}; }

JwtRefusal refused(const std::string& code, const std::vector<Jwk>& with = keys()) {
    auto result = codec::verify(code, with);
    REQUIRE(std::holds_alternative<JwtRefusal>(result));
    return std::get<JwtRefusal>(result);
}
ActivationClaims accepted(const std::string& code, const std::vector<Jwk>& with = keys()) {
    auto result = codec::verify(code, with);
    if (const auto* refusal = std::get_if<JwtRefusal>(&result)) FAIL("refused: " << *refusal);
    return std::get<ActivationClaims>(std::move(result));
}

std::string sample_code() {
    const codec::json::Document document(fixture("activation_code.json"));
    return std::string(document.root()["jwt"].string().value());
}

/// A code with another signature.
std::string with_signature(const std::string& code, const std::string& bytes) {
    return code.substr(0, code.rfind('.') + 1) + base64url(bytes);
}

}  // namespace

TEST_CASE("a code signed by a key of the set is accepted with all its claims") {
    const auto claims = accepted(signer().sign(kPayload));
    CHECK(claims.org == kOrg);
    CHECK(claims.org_name == "CVTG labs");
    CHECK(claims.app == AppId("ac6b6972-538e-11ec-bf63-0242ac130003"));
    CHECK(claims.action == "provision");
    CHECK(claims.oauth_url == "https://webexapis.com/v1/access_token");
    CHECK(claims.app_url == "https://xapi-a.wbx2.com/app");
    CHECK(claims.manifest_url == "https://xapi-a.wbx2.com/manifest");
    CHECK(claims.webexapis_base_url == "https://webexapis.com/v1");
    CHECK(claims.region == "us-east-2_a");
    CHECK(claims.jti == "KqBo61g8SzmjcMP3CEYDPA==");
    CHECK(claims.expiry_time == parse_time("2023-08-10T08:02:33.816Z"));
    CHECK(claims.issued_at == parse_time("2023-08-09T08:02:33Z"));
    CHECK(claims.scopes == std::vector<std::string>{"spark-admin:devices_read", "spark:xapi_statuses"});
    CHECK(claims.xapi == XapiAccess{{"Message.Send"}, {"RoomAnalytics.*"}, {"BootEvent"}});
    CHECK(claims.refresh_token.reveal() == "refresh-1");
}

TEST_CASE("the guide's sample code is readable, and no key of the guide's key set signed it") {
    const std::string code = sample_code();
    const auto seen = codec::peek(code);
    REQUIRE(std::holds_alternative<codec::JwtPeek>(seen));
    CHECK(std::get<codec::JwtPeek>(seen).kid == "GINBU3LncjpjpJqWQO06ugvK");
    CHECK(std::get<codec::JwtPeek>(seen).region == "us-east-2_a");
    const auto set = codec::decode_keys(fixture("jwks.json"));
    REQUIRE(set.ok());
    CHECK(refused(code, *set) == JwtRefusal::UnknownKey);
    CHECK(refused(code, {}) == JwtRefusal::UnknownKey);
}

TEST_CASE("the guide's sample under a key of the guide's key set is a bad signature") {
    auto set = codec::decode_keys(fixture("jwks.json"));
    REQUIRE(set.ok());
    for (Jwk& key : *set) {
        key.kid = "GINBU3LncjpjpJqWQO06ugvK";
        CHECK(refused(sample_code(), {key}) == JwtRefusal::BadSignature);
    }
}

TEST_CASE("the words of a refusal are those of the command line") {
    CHECK(codec::words(JwtRefusal::Malformed) == "malformed");
    CHECK(codec::words(JwtRefusal::UnsupportedAlgorithm) == "unsupported algorithm");
    CHECK(codec::words(JwtRefusal::UnknownKey) == "unknown key");
    CHECK(codec::words(JwtRefusal::BadSignature) == "bad signature");
}

TEST_CASE("only ES256 is accepted, whatever the header says") {
    for (const char* algorithm :
         {"none", "None", "HS256", "HS512", "RS256", "ES384", "ES512", "es256", "ES256 ", "", "EdDSA"}) {
        INFO(algorithm);
        const std::string header = R"({"kid":"key-1","alg":")" + std::string(algorithm) + "\"}";
        const std::string code = signer().sign(header, kPayload);
        CHECK(refused(code) == JwtRefusal::UnsupportedAlgorithm);
        CHECK(refused(with_signature(code, "")) == JwtRefusal::UnsupportedAlgorithm);
    }
    for (const char* header : {R"({"kid":"key-1"})", R"({"kid":"key-1","alg":256})", R"({"kid":"key-1","alg":null})",
                               R"({"kid":"key-1","alg":["ES256"]})", R"({"kid":"key-1","ALG":"ES256"})"}) {
        INFO(header);
        CHECK(refused(signer().sign(header, kPayload)) == JwtRefusal::Malformed);
    }
}

TEST_CASE("a header that names no key, brings its own or asks for the unknown is malformed") {
    for (const char* header : {R"({"alg":"ES256"})",
                               R"({"alg":"ES256","kid":7})",
                               R"({"alg":"ES256","kid":""})",
                               R"({"alg":"ES256","kid":null})",
                               R"({"alg":"ES256","kid":"key-1","crit":["exp"]})",
                               R"({"alg":"ES256","kid":"key-1","crit":[]})",
                               R"({"alg":"ES256","kid":"key-1","jwk":{"kty":"EC"}})",
                               R"({"alg":"ES256","kid":"key-1","jku":"https://a/"})",
                               R"({"alg":"ES256","kid":"key-1","x5u":"https://a/"})",
                               R"({"alg":"ES256","kid":"key-1","x5c":["a"]})",
                               R"({"alg":"ES256","kid":"key-1","\u006aku":"https://a/"})",
                               R"({"alg":"ES256","kid":"key-1","typ":"JWE"})",
                               R"({"alg":"ES256","kid":"key-1","typ":7})",
                               R"({"alg":"ES256","kid":"a\u0000b"})",
                               R"({"alg":"none","alg":"ES256","kid":"key-1"})",
                               R"({"alg":"ES256","kid":"key-1","kid":"key-1"})",
                               R"({"alg":"ES256","kid":"key-1","\u006bid":"key-1"})",
                               "[]",
                               "null",
                               "{",
                               "{}",
                               "\"a\"",
                               "{\"alg\":\"ES256\",\"kid\":\"key-1\",\"a\":\"\xff\"}"}) {
        INFO(header);
        const std::string code = signer().sign(header, kPayload);
        CHECK(refused(code) == JwtRefusal::Malformed);
        CHECK(std::holds_alternative<JwtRefusal>(codec::peek(code)));
    }
}

TEST_CASE("a key that is not in the set, or only by another spelling, is unknown") {
    for (const char* kid : {"key-2", "KEY-1", "key-1 ", "key"})
        CHECK(refused(signer().sign(R"({"alg":"ES256","kid":")" + std::string(kid) + "\"}", kPayload)) ==
              JwtRefusal::UnknownKey);
}

TEST_CASE("a key that is no point of P-256 cannot be used") {
    const Jwk good = signer().jwk();
    const std::string code = signer().sign(kPayload);
    std::string off_curve = good.y;
    off_curve[5] = off_curve[5] == 'A' ? 'B' : 'A';
    const Jwk wrong = Signer("key-1", "P-384").jwk();
    const std::string zero = base64url(std::string(32, '\0')), ones = base64url(std::string(32, '\xff'));
    for (const Jwk& key :
         {Jwk{"key-1", good.x, off_curve}, Jwk{"key-1", good.x, ""}, Jwk{"key-1", "", good.y},
          Jwk{"key-1", good.x + "AAAA", good.y}, Jwk{"key-1", good.x, good.y.substr(4)}, Jwk{"key-1", zero, zero},
          Jwk{"key-1", ones, ones}, Jwk{"key-1", good.x + "=", good.y}, wrong}) {
        INFO(key.x << " " << key.y);
        CHECK(refused(code, {key}) == JwtRefusal::UnknownKey);
    }
}

TEST_CASE("another key of the same name does not verify") {
    CHECK(refused(signer().sign(kPayload), {Signer("key-1").jwk()}) == JwtRefusal::BadSignature);
}

TEST_CASE("a code changed in any character is refused") {
    const std::string code = signer().sign(kPayload);
    // Every character of the header and the signature, and some of the long payload: a verification takes its time.
    const std::size_t first = code.find('.'), second = code.rfind('.');
    for (std::size_t i = 0; i<code.size(); i += i> first && i + 10 < second ? 7 : 1) {
        std::string changed = code;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        INFO(i);
        CHECK(std::holds_alternative<JwtRefusal>(codec::verify(changed, keys())));
    }
}

TEST_CASE("a code with claims exchanged is a bad signature") {
    const std::string code = signer().sign(kPayload);
    const std::string forged = base64url(replaced(kPayload, "us-east-2_a", "us-west-2_r"));
    const std::size_t first = code.find('.'), second = code.rfind('.');
    CHECK(refused(code.substr(0, first + 1) + forged + code.substr(second)) == JwtRefusal::BadSignature);
    const std::string header = base64url(R"({"alg":"ES256","kid":"key-1"})");
    CHECK(refused(header + code.substr(first)) == JwtRefusal::BadSignature);
}

TEST_CASE("what is no signature of 64 bytes that fits is a bad signature") {
    const std::string code = signer().sign(kPayload);
    const std::string text = code.substr(0, code.rfind('.'));
    const std::string good = signer().raw_signature(text);
    const std::string half_zero = std::string(32, '\0') + good.substr(32);
    for (const std::string& signature :
         {std::string(), std::string(64, '\0'), std::string(64, '\xff'), half_zero,
          good.substr(0, 32) + std::string(32, '\0'), signer().der_signature(text), good.substr(0, 63), good + '\0',
          good + good, good.substr(32) + good.substr(0, 32)}) {
        INFO(base64url(signature));
        CHECK(refused(with_signature(code, signature)) == JwtRefusal::BadSignature);
    }
}

TEST_CASE("swapped, missing or further parts are malformed") {
    const std::string code = signer().sign(kPayload);
    const std::size_t first = code.find('.'), second = code.rfind('.');
    const std::string header = code.substr(0, first), payload = code.substr(first + 1, second - first - 1),
                      signature = code.substr(second + 1);
    for (const std::string& each :
         {payload + "." + header + "." + signature, signature + "." + payload + "." + header,
          header + "." + signature + "." + payload, header + "." + payload, header + ".." + signature,
          "." + payload + "." + signature, code + ".", "." + code, code + "." + signature, header + payload + signature,
          std::string(), std::string(".."), std::string(".")}) {
        INFO(each);
        CHECK(refused(each) == JwtRefusal::Malformed);
    }
}

TEST_CASE("anything but the one spelling of base64url is malformed") {
    using namespace std::string_literals;
    const std::string code = signer().sign(kPayload);
    for (const std::string& tail :
         {"\n"s, "\r\n"s, " "s, "\0"s, "="s, "=="s, "!!!!"s, "\x80"s, "\xff"s, "+"s, "/"s, "\xc3\xb8"s}) {
        CHECK(refused(code + tail) == JwtRefusal::Malformed);
        CHECK(refused(tail + code) == JwtRefusal::Malformed);
        std::string inside = code;
        inside.insert(code.size() / 2, tail);
        CHECK(refused(inside) == JwtRefusal::Malformed);
    }
    // The last of 86 characters carries four bits that count for nothing: there is one right way to write them.
    const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string respelled = code;
    respelled.back() = alphabet[alphabet.find(code.back()) ^ 1U];
    CHECK(refused(respelled) == JwtRefusal::Malformed);
}

TEST_CASE("every byte of 0x80 and above is malformed wherever it stands") {
    const std::string code = signer().sign(kPayload);
    for (int byte = 0x80; byte <= 0xff; ++byte) {
        for (const std::size_t at : {std::size_t{0}, code.find('.') + 3, code.size() - 1}) {
            std::string changed = code;
            changed[at] = static_cast<char>(byte);
            CHECK(refused(changed) == JwtRefusal::Malformed);
        }
    }
}

TEST_CASE("duplicate claims are malformed, also when spelled with an escape") {
    CHECK(refused(signer().sign(replaced(kPayload, "{\"sub\"", R"({"action":"update","sub")"))) ==
          JwtRefusal::Malformed);
    CHECK(refused(signer().sign(replaced(kPayload, "{\"sub\"", R"({"a":1,"a":1,"sub")"))) == JwtRefusal::Malformed);
    CHECK(refused(signer().sign(replaced(kPayload, "{\"sub\"", R"({"\u006ati":"1","sub")"))) == JwtRefusal::Malformed);
}

TEST_CASE("depth bombs and giants are malformed at once") {
    const auto bomb = [](std::size_t levels) {
        return "{\"a\":" + std::string(levels, '[') + std::string(levels, ']') + "}";
    };
    CHECK(refused(signer().sign(bomb(100'000))) == JwtRefusal::Malformed);
    CHECK(refused(signer().sign(bomb(4'000))) == JwtRefusal::Malformed);
    CHECK(refused(signer().sign(bomb(5'000), kPayload)) == JwtRefusal::Malformed);
    CHECK(refused(signer().sign(bomb(16))) == JwtRefusal::Malformed);
    CHECK(refused(std::string(std::size_t{1024} * 1024, 'A')) == JwtRefusal::Malformed);
    CHECK(refused(std::string(std::size_t{1024} * 1024, '.')) == JwtRefusal::Malformed);
    const std::string long_claim = replaced(kPayload, "CVTG labs", std::string(20'000, 'x'));
    CHECK(refused(signer().sign(long_claim)) == JwtRefusal::Malformed);
    CHECK(accepted(signer().sign(replaced(kPayload, "CVTG labs", std::string(10'000, 'x')))).org_name.size() == 10'000);
}

TEST_CASE("a payload that is no object is malformed") {
    for (const char* payload : {"[]", "null", "7", "\"text\"", "{", "", "{}x", "{\"a\":\"\xff\"}"})
        CHECK(refused(signer().sign(payload)) == JwtRefusal::Malformed);
}

TEST_CASE("an activation code without a claim that the guide requires is malformed") {
    for (const char* claim : {"sub", "oauthUrl", "orgName", "appUrl", "manifestUrl", "appId", "action",
                              "webexapisBaseUrl", "scopes", "region", "jti", "refreshToken", "xapiAccess"}) {
        INFO(claim);
        const std::string name = "\"" + std::string(claim) + "\"";
        CHECK(refused(signer().sign(replaced(kPayload, name, "\"was_" + std::string(claim) + "\""))) ==
              JwtRefusal::Malformed);
        CHECK(refused(signer().sign(replaced(kPayload, name, name + ":7,\"was\""))) == JwtRefusal::Malformed);
        CHECK(refused(signer().sign(replaced(kPayload, name, name + ":\"\",\"was\""))) == JwtRefusal::Malformed);
        CHECK(refused(signer().sign(replaced(kPayload, name, name + ":\"a\\nb\",\"was\""))) == JwtRefusal::Malformed);
    }
    CHECK(accepted(signer().sign(replaced(kPayload, R"("userId":"Y2lz",)", ""))).action == "provision");
}

TEST_CASE("times that are missing or meaningless are left empty for others to judge") {
    for (const char* other : {"\"was\"", "\"expiryTime\":7,\"was\"", "\"expiryTime\":\"soon\",\"was\""})
        CHECK_FALSE(accepted(signer().sign(replaced(kPayload, "\"expiryTime\"", other))).expiry_time.has_value());
    for (const char* other :
         {"\"was\"", "\"iat\":\"1691568153\",\"was\"", "\"iat\":-1,\"was\"", "\"iat\":1e300,\"was\""})
        CHECK_FALSE(accepted(signer().sign(replaced(kPayload, "\"iat\"", other))).issued_at.has_value());
    CHECK(accepted(signer().sign(replaced(kPayload, "1691568153", "1691568153.5"))).issued_at ==
          parse_time("2023-08-09T08:02:33.5Z"));
}

TEST_CASE("an exp claim of the past is not judged here") {
    CHECK(accepted(signer().sign(replaced(kPayload, "{\"sub\"", R"({"exp":1,"nbf":99999999999,"sub")"))).action ==
          "provision");
}

TEST_CASE("xapiAccess is read as an object too") {
    const std::size_t at = kPayload.find("\"xapiAccess\"");
    const std::string head = kPayload.substr(0, at) + "\"xapiAccess\":";
    CHECK(accepted(signer().sign(head + R"({"commands":["A.B"],"statuses":[]}})")).xapi == XapiAccess{{"A.B"}, {}, {}});
    for (const char* access : {"[]", "null", R"("[]")", R"("{")", R"("text")"})
        CHECK(refused(signer().sign(head + access + "}")) == JwtRefusal::Malformed);
}

TEST_CASE("management actions bring only what they are about") {
    const std::string common = R"("sub":"org","iat":1629278630,"jti":"j","appId":"app")";
    const auto approved =
        accepted(signer().sign("{" + common + R"(,"action":"updateApproved","manifestVersion":"3",)" +
                               R"("scopes":"a, b,,","xapiAccess":{"statuses":["RoomAnalytics.*"]}})"));
    CHECK(approved.action == "updateApproved");
    CHECK(approved.scopes == std::vector<std::string>{"a", "b"});
    CHECK(approved.xapi == XapiAccess{{}, {"RoomAnalytics.*"}, {}});
    CHECK(approved.oauth_url.empty());
    CHECK(approved.refresh_token.empty());
    const auto update =
        accepted(signer().sign("{" + common + R"(,"action":"update","appUrl":"https://a","manifestUrl":"https://m",)" +
                               R"("region":"eu-central-1_k","refreshToken":"r"})"));
    CHECK(update.app_url == "https://a");
    CHECK(update.refresh_token.reveal() == "r");
    CHECK(accepted(signer().sign("{" + common + R"(,"action":"healthCheck"})")).org == OrgId("org"));
    CHECK(accepted(signer().sign("{" + common + R"(,"action":"deprovision","interactive":true})")).jti == "j");
    // What they do bring must still be of its type.
    CHECK(refused(signer().sign("{" + common + R"(,"action":"update","appUrl":7})")) == JwtRefusal::Malformed);
    CHECK(refused(signer().sign(R"({"sub":"org","appId":"app","action":"healthCheck"})")) == JwtRefusal::Malformed);
}

TEST_CASE("a look at a code reads the key's name and the region and believes nothing") {
    const auto seen = codec::peek(signer().sign(kPayload));
    REQUIRE(std::holds_alternative<codec::JwtPeek>(seen));
    CHECK(std::get<codec::JwtPeek>(seen).kid == "key-1");
    CHECK(std::get<codec::JwtPeek>(seen).region == "us-east-2_a");
    const auto none = codec::peek(signer().sign(R"({"action":"healthCheck"})"));
    REQUIRE(std::holds_alternative<codec::JwtPeek>(none));
    CHECK(std::get<codec::JwtPeek>(none).region.empty());
    CHECK(std::holds_alternative<JwtRefusal>(codec::peek(signer().sign(R"({"region":7})"))));
}

TEST_CASE("a code cut anywhere is refused and nothing worse") {
    const std::string code = sample_code();
    for (std::size_t size = 0; size < code.size(); ++size) {
        CHECK(std::holds_alternative<JwtRefusal>(codec::verify(code.substr(0, size), keys())));
        (void)codec::peek(code.substr(0, size));
    }
}
