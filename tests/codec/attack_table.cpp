#include "attack_table.hpp"

#include "fixture.hpp"

#include <openssl/hmac.h>

namespace hotdesk::test {

using namespace std::chrono_literals;
using namespace std::string_literals;

// --- claims ----------------------------------------------------------------------------------------------------------

std::string_view action_of(Kind kind) {
    switch (kind) {
        case Provision: return "provision";
        case Update: return "update";
        case UpdateApproved: return "updateApproved";
        case HealthCheck: return "healthCheck";
        case Deprovision: return "deprovision";
    }
    return "";
}

Claims::Claims(std::string_view object) {
    std::string member;
    int depth = 0;
    bool quoted = false;
    const auto end_member = [&] {
        const auto end_of_name = member.find('"', 1);
        if (end_of_name == std::string::npos) return;
        members_.emplace_back(member.substr(1, end_of_name - 1), member.substr(member.find(':', end_of_name) + 1));
        member.clear();
    };
    for (std::size_t i = 0; i < object.size(); ++i) {
        const char c = object[i];
        if (quoted && c == '\\') {
            member += c;
            member += object[++i];
            continue;
        }
        if (c == '"') quoted = !quoted;
        if (!quoted && (c == '{' || c == '[') && ++depth == 1) continue;
        if (!quoted && (c == '}' || c == ']') && --depth == 0) break;
        if (!quoted && c == ',' && depth == 1)
            end_member();
        else if (quoted || c != ' ')
            member += c;
    }
    end_member();
}

Claims Claims::with(const std::string& name, const std::string& raw) const {
    Claims changed = *this;
    for (auto& [member, value] : changed.members_)
        if (member == name) {
            value = raw;
            return changed;
        }
    return changed.twice(name, raw);
}

Claims Claims::twice(const std::string& name, const std::string& raw) const {
    Claims changed = *this;
    changed.members_.emplace_back(name, raw);
    return changed;
}

Claims Claims::without(const std::string& name) const {
    Claims changed = *this;
    std::erase_if(changed.members_, [&](const auto& member) { return member.first == name; });
    if (changed.members_.size() == members_.size()) throw std::runtime_error("nothing to leave out: " + name);
    return changed;
}

std::string Claims::text() const {
    std::string text = "{";
    for (const auto& [name, raw] : members_) text += (text.size() > 1 ? ",\"" : "\"") + name + "\":" + raw;
    return text + "}";
}

// --- ways to get it wrong --------------------------------------------------------------------------------------------

namespace {

using Table = std::vector<Attack>;

Claims claims(const Good& good) { return Claims(good.payload); }
Claims header(const Good& good) { return Claims(good.header); }
std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }
std::string in_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) out += c == '"' || c == '\\' ? "\\"s + c : std::string(1, c);
    return out + "\"";
}
std::string seconds(WallTime time) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}
/// As the guide's sample spells it.
std::string nine_digits(WallTime time) {
    std::string text = format_time(std::chrono::floor<std::chrono::seconds>(time));
    text.pop_back();
    return quoted(text + ".816114574Z");
}

struct Parts {
    explicit Parts(const std::string& code) {
        const auto first = code.find('.'), second = code.rfind('.');
        header = code.substr(0, first);
        payload = code.substr(first + 1, second - first - 1);
        signature = code.substr(second + 1);
    }
    std::string header, payload, signature;
};
std::string good_code(const Good& good) { return good.signer.sign(good.header, good.payload); }
Parts parts(const Good& good) { return Parts(good_code(good)); }
std::string signed_text(const Good& good) { return base64url(good.header) + "." + base64url(good.payload); }
std::string with_signature(const Good& good, const std::string& bytes) {
    return signed_text(good) + "." + base64url(bytes);
}
std::string raw_signature(const Good& good) { return good.signer.raw_signature(signed_text(good)); }

/// A header that names another algorithm, with the signature that goes with it.
std::string hmac_code(const Good& good, const std::string& algorithm, const std::string& key) {
    const std::string text =
        base64url(header(good).with("alg", quoted(algorithm)).text()) + "." + base64url(good.payload);
    std::array<unsigned char, 64> mac{};
    unsigned size = 0;
    HMAC(algorithm == "HS512" ? EVP_sha512() : EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
    return text + "." + base64url({reinterpret_cast<const char*>(mac.data()), size});
}

std::string levels(std::size_t count) { return std::string(count, '[') + std::string(count, ']'); }
std::string objects(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "{\"a\":";
    return text + "1" + std::string(count, '}');
}

void add(Table& table, std::string name, std::string word, std::function<std::string(const Good&)> make,
         unsigned kinds = kAll) {
    table.push_back({std::move(name), std::move(word), kinds, std::move(make)});
}

void add_algorithms(Table& table) {
    for (const std::string algorithm : {"none", "None", "NONE", "nOnE", "", " "})
        add(table, "alg `" + algorithm + "` without a signature", "unsupported algorithm", [=](const Good& good) {
            return base64url(header(good).with("alg", quoted(algorithm)).text()) + "." + base64url(good.payload) + ".";
        });
    add(table, "alg none with the good signature", "unsupported algorithm", [](const Good& good) {
        return base64url(header(good).with("alg", "\"none\"").text()) + "." + parts(good).payload + "." +
               parts(good).signature;
    });
    add(table, "HS256 keyed with the public key as PEM", "unsupported algorithm",
        [](const Good& good) { return hmac_code(good, "HS256", good.signer.public_pem()); });
    add(table, "HS512 keyed with the public key as PEM", "unsupported algorithm",
        [](const Good& good) { return hmac_code(good, "HS512", good.signer.public_pem()); });
    add(table, "HS256 keyed with the key's coordinates", "unsupported algorithm",
        [](const Good& good) { return hmac_code(good, "HS256", good.signer.jwk().x + good.signer.jwk().y); });
    add(table, "HS256 keyed with nothing", "unsupported algorithm",
        [](const Good& good) { return hmac_code(good, "HS256", ""); });
    add(table, "ES256 in the header, an HMAC by the public key as signature", "bad signature", [](const Good& good) {
        return signed_text(good) + "." + Parts(hmac_code(good, "HS256", good.signer.public_pem())).signature;
    });
    for (const std::string algorithm :
         {"es256", "Es256", "ES256 ", "ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA"})
        add(table, "alg `" + algorithm + "`", "unsupported algorithm",
            [=](const Good& good) { return good.sign_header(header(good).with("alg", quoted(algorithm)).text()); });
    add(table, "ES384 by a P-384 key", "unsupported algorithm", [](const Good& good) {
        const Signer other("k", "P-384");
        const std::string text =
            base64url(header(good).with("alg", "\"ES384\"").text()) + "." + base64url(good.payload);
        return text + "." + base64url(other.raw_signature(text, 48));
    });
    add(table, "ES256 by a P-384 key", "bad signature", [](const Good& good) {
        return with_signature(good, Signer("k", "P-384").raw_signature(signed_text(good), 48));
    });
    for (const std::string raw : {"null", "256", "[\"ES256\"]", "{\"a\":\"ES256\"}", "true"})
        add(table, "alg " + raw, "malformed",
            [=](const Good& good) { return good.sign_header(header(good).with("alg", raw).text()); });
    add(table, "no alg", "malformed",
        [](const Good& good) { return good.sign_header(header(good).without("alg").text()); });
}

void add_headers(Table& table) {
    add(table, "the right kid, another key", "bad signature",
        [](const Good& good) { return Signer("k").sign(good.header, good.payload); });
    for (const std::string kid : {"nobody", "../../../etc/passwd", "' or 1=1 --", "%00", "https://example.net/key"})
        add(table, "kid `" + kid + "`", "unknown key",
            [=](const Good& good) { return good.sign_header(header(good).with("kid", quoted(kid)).text()); });
    for (const std::string raw : {"null", "true", "[]", "\"\"", "{}", R"("a\u0000b")", R"("a\nb")"})
        add(table, "kid " + raw, "malformed",
            [=](const Good& good) { return good.sign_header(header(good).with("kid", raw).text()); });
    add(table, "no kid", "malformed",
        [](const Good& good) { return good.sign_header(header(good).without("kid").text()); });
    add(table, "a kid of 2000 bytes", "malformed", [](const Good& good) {
        return good.sign_header(header(good).with("kid", quoted(std::string(2000, 'k'))).text());
    });
    add(table, "its own key as jwk, signed by it", "malformed", [](const Good& good) {
        const Signer own("own");
        const std::string jwk = R"({"kty":"EC","crv":"P-256","x":")" + own.jwk().x + R"(","y":")" + own.jwk().y + "\"}";
        return own.sign(header(good).with("jwk", jwk).text(), good.payload);
    });
    const std::vector<std::pair<std::string, std::string>> members = {{"jku", "\"https://example.net/jwks\""},
                                                                      {"x5u", "\"https://example.net/c.pem\""},
                                                                      {"x5c", "[\"MIIB\"]"},
                                                                      {"jwk", "null"},
                                                                      {"crit", "[\"exp\"]"},
                                                                      {"crit", "[\"b64\"]"},
                                                                      {"crit", "[]"},
                                                                      {"\\u006aku", "\"https://example.net/jwks\""},
                                                                      {"typ", "\"JWE\""},
                                                                      {"typ", "7"}};
    for (const auto& [name, raw] : members)
        add(table, "header with " + name + " " + raw, "malformed",
            [=, n = name, r = raw](const Good& good) { return good.sign_header(header(good).with(n, r).text()); });
    add(table, "alg twice, the last one good", "malformed",
        [](const Good& good) { return good.sign_header(R"({"alg":"none",)" + good.header.substr(1)); });
    add(table, "kid twice, once with an escape", "malformed",
        [](const Good& good) { return good.sign_header(header(good).twice("\\u006bid", "\"other\"").text()); });
    for (const std::string text : {"[]", "null", "{", "{}", "\"ES256\"", "{\"alg\":\"ES256\"}x"})
        add(table, "header " + text, "malformed", [=](const Good& good) { return good.sign_header(text); });
    add(table, "a header nested 5000 deep", "malformed",
        [](const Good& good) { return good.sign_header(header(good).with("a", levels(5000)).text()); });
    add(table, "a header with a space more, not signed again", "bad signature", [](const Good& good) {
        return base64url(good.header + " ") + "." + parts(good).payload + "." + parts(good).signature;
    });
    add(table, "a header with a member more, not signed again", "bad signature", [](const Good& good) {
        return base64url(header(good).with("cty", "\"a\"").text()) + "." + parts(good).payload + "." +
               parts(good).signature;
    });
}

void add_signatures(Table& table) {
    using Change = std::string (*)(const Good&);
    const std::vector<std::pair<std::string, Change>> changes = {
        {"no signature", [](const Good&) { return ""s; }},
        {"a signature of zeros", [](const Good&) { return std::string(64, '\0'); }},
        {"a signature of ff", [](const Good&) { return std::string(64, '\xff'); }},
        {"r is zero", [](const Good& good) { return std::string(32, '\0') + raw_signature(good).substr(32); }},
        {"s is zero", [](const Good& good) { return raw_signature(good).substr(0, 32) + std::string(32, '\0'); }},
        {"r and s are one",
         [](const Good&) {
             const std::string one = std::string(31, '\0') + '\x01';
             return one + one;
         }},
        {"r and s exchanged",
         [](const Good& good) { return raw_signature(good).substr(32) + raw_signature(good).substr(0, 32); }},
        {"DER", [](const Good& good) { return good.signer.der_signature(signed_text(good)); }},
        {"a signature of 63 bytes", [](const Good& good) { return raw_signature(good).substr(0, 63); }},
        {"half a signature", [](const Good& good) { return raw_signature(good).substr(0, 32); }},
        {"a signature of 65 bytes", [](const Good& good) { return raw_signature(good) + '\0'; }},
        {"a signature twice", [](const Good& good) { return raw_signature(good) + raw_signature(good); }},
        {"a signature with a bit flipped",
         [](const Good& good) {
             std::string bytes = raw_signature(good);
             bytes[10] = static_cast<char>(bytes[10] ^ 1);
             return bytes;
         }},
        {"a signature over other text", [](const Good& good) { return good.signer.raw_signature("a.b"); }},
        {"a signature over the header alone",
         [](const Good& good) { return good.signer.raw_signature(base64url(good.header)); }},
    };
    for (const auto& [name, change] : changes)
        add(table, name, "bad signature", [c = change](const Good& good) { return with_signature(good, c(good)); });
    add(table, "the signature of another good code", "bad signature",
        [](const Good& good) { return signed_text(good) + "." + Parts(good.other).signature; });
    add(table, "the payload of another good code", "bad signature", [](const Good& good) {
        return parts(good).header + "." + Parts(good.other).payload + "." + parts(good).signature;
    });
    add(table, "a claim changed, not signed again", "bad signature", [](const Good& good) {
        return parts(good).header + "." + base64url(claims(good).with("sub", "\"other\"").text()) + "." +
               parts(good).signature;
    });
    add(table, "a payload with a bit flipped", "bad signature", [](const Good& good) {
        std::string payload = good.payload;
        payload[payload.find("\"jti\"") + 8] ^= 1;
        return parts(good).header + "." + base64url(payload) + "." + parts(good).signature;
    });
}

void add_shapes(Table& table) {
    using Shape = std::string (*)(const Parts&);
    const std::vector<std::pair<std::string, Shape>> shapes = {
        {"payload and header exchanged", [](const Parts& p) { return p.payload + "." + p.header + "." + p.signature; }},
        {"signature first", [](const Parts& p) { return p.signature + "." + p.header + "." + p.payload; }},
        {"payload and signature exchanged",
         [](const Parts& p) { return p.header + "." + p.signature + "." + p.payload; }},
        {"two parts", [](const Parts& p) { return p.header + "." + p.payload; }},
        {"four parts", [](const Parts& p) { return p.header + "." + p.payload + "." + p.signature + "." + p.header; }},
        {"five parts, as an encrypted one",
         [](const Parts& p) { return p.header + "..." + p.payload + "." + p.signature; }},
        {"no header", [](const Parts& p) { return "." + p.payload + "." + p.signature; }},
        {"no payload", [](const Parts& p) { return p.header + ".." + p.signature; }},
        {"a dot at the end", [](const Parts& p) { return p.header + "." + p.payload + "." + p.signature + "."; }},
        {"padding at the end", [](const Parts& p) { return p.header + "." + p.payload + "." + p.signature + "=="; }},
        {"a NUL at the end", [](const Parts& p) { return p.header + "." + p.payload + "." + p.signature + '\0'; }},
        {"a NUL at the front", [](const Parts& p) { return '\0' + p.header + "." + p.payload + "." + p.signature; }},
        {"rubbish at the end", [](const Parts& p) { return p.header + "." + p.payload + "." + p.signature + "!"; }},
        {"a second code behind a space",
         [](const Parts& p) {
             const std::string code = p.header + "." + p.payload + "." + p.signature;
             return code + " " + code;
         }},
        {"a line break inside", [](const Parts& p) { return p.header + ".\n" + p.payload + "." + p.signature; }},
        {"a byte of 0x80 in the header",
         [](const Parts& p) { return "\x80" + p.header.substr(1) + "." + p.payload + "." + p.signature; }},
        {"a byte of 0xff in the payload",
         [](const Parts& p) { return p.header + ".\xff" + p.payload.substr(1) + "." + p.signature; }},
        {"a byte of 0xc3 in the signature",
         [](const Parts& p) { return p.header + "." + p.payload + ".\xc3" + p.signature.substr(1); }},
        {"plus and slash for minus and underscore",
         [](const Parts& p) { return p.header + "." + p.payload + ".+/" + p.signature.substr(2); }},
        {"the last character in another spelling",
         [](const Parts& p) {
             constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
             std::string signature = p.signature;
             signature.back() = alphabet[alphabet.find(signature.back()) ^ 1U];
             return p.header + "." + p.payload + "." + signature;
         }},
        {"as JSON", [](const Parts& p) { return "[\"" + p.header + "." + p.payload + "." + p.signature + "\"]"; }},
        {"nothing", [](const Parts&) { return ""s; }},
        {"two dots", [](const Parts&) { return ".."s; }},
        {"words", [](const Parts&) { return "not a code"s; }},
        {"1 MB of A", [](const Parts&) { return std::string(1 << 20, 'A'); }},
        {"1 MB of dots", [](const Parts&) { return std::string(1 << 20, '.'); }},
        {"1 MB of NUL", [](const Parts&) { return std::string(1 << 20, '\0'); }},
        {"1 MB of 0xff", [](const Parts&) { return std::string(1 << 20, '\xff'); }},
        {"1 MB of opening brackets", [](const Parts&) { return std::string(1 << 20, '['); }},
        {"a signature of 1 MB",
         [](const Parts& p) { return p.header + "." + p.payload + "." + std::string(1 << 20, 'A'); }},
        {"a header of 1 MB",
         [](const Parts& p) { return std::string(1 << 20, 'e') + "." + p.payload + "." + p.signature; }},
    };
    for (const auto& [name, shape] : shapes)
        add(table, name, "malformed", [s = shape](const Good& good) { return s(parts(good)); });
    for (const std::string blank : {"\n", " ", "\r\n", "\t"})
        table.push_back({"white space (" + std::to_string(blank[0]) + ") at the end", "malformed", kAll,
                         [=](const Good& good) { return good_code(good) + blank; }, true});
    add(table, "cut in the middle", "malformed",
        [](const Good& good) { return good_code(good).substr(0, parts(good).header.size() + 20); });
    // Its last 20 characters are lost, as at the end of a line that was too long for a clipboard.
    add(table, "cut near the end", "bad signature", [](const Good& good) {
        const std::string cut = raw_signature(good).substr(0, 48);
        return with_signature(good, cut);
    });
    add(table, "the guide's sample", "unknown key", [](const Good&) {
        const std::string text = fixture("activation_code.json");
        const auto first = text.find("ey"), last = text.find('"', first);
        return text.substr(first, last - first);
    });
}

void add_payloads(Table& table) {
    for (const std::string text : {"[]", "null", "7", "\"text\"", "{", "{}x", "{}", "{\"a\":\"\xff\"}"})
        add(table, "payload " + (text[text.size() - 3] == '\xff' ? "that is no UTF-8"s : text), "malformed",
            [=](const Good& good) { return good.signer.sign(good.header, text); });
    const auto bend = [&](std::string name, std::function<Claims(const Claims&)> change, unsigned kinds = kAll,
                          std::string word = "malformed") {
        add(
            table, std::move(name), std::move(word),
            [c = std::move(change)](const Good& good) { return good.sign(c(claims(good))); }, kinds);
    };
    bend("a claim twice", [](const Claims& c) { return c.twice("jti", "\"another\""); });
    bend("the action twice", [](const Claims& c) { return c.twice("action", "\"healthCheck\""); });
    bend("a claim twice, once with an escape", [](const Claims& c) { return c.twice("\\u006ati", "\"another\""); });
    bend("an unknown claim twice", [](const Claims& c) { return c.with("a", "1").twice("a", "1"); });
    bend("a name twice, deep in an unknown claim",
         [](const Claims& c) { return c.with("a", R"([{"b":{"c":1,"c":2}}])"); });
    bend(
        "a name twice in xapiAccess",
        [](const Claims& c) {
            return c.with("xapiAccess", R"({"commands":[],"statuses":[],"events":[],"commands":["*"]})");
        },
        Provision | UpdateApproved);
    bend(
        "a name twice in xapiAccess as a string",
        [](const Claims& c) {
            return c.with("xapiAccess", in_string(R"({"commands":[],"statuses":[],"events":[],"commands":["*"]})"));
        },
        Provision | UpdateApproved);
    bend("nested 17 deep", [](const Claims& c) { return c.with("a", levels(16)); });
    bend("nested 4000 deep", [](const Claims& c) { return c.with("a", levels(4000)); });
    bend("objects nested 2000 deep", [](const Claims& c) { return c.with("a", objects(2000)); });
    bend("nested 100000 deep", [](const Claims& c) { return c.with("a", levels(100000)); });
    bend("xapiAccess, a string, nested 2000 deep",
         [](const Claims& c) { return c.with("xapiAccess", in_string("{\"a\":" + levels(2000) + "}")); });
    bend("a claim of 1 MB", [](const Claims& c) { return c.with("a", quoted(std::string(1 << 20, 'a'))); });
    bend("100000 claims", [](Claims c) {
        std::string many = "1";
        for (int i = 0; i < 100000; ++i) many += ",\"n" + std::to_string(i) + "\":1";
        return c.with("a", many);
    });
    for (const std::string raw : {R"("a\u0000b")", R"("a\nb")", R"("a\u001b[2J")", "\"\"", "7", "null", "[]", "{}"})
        for (const std::string name : {"jti", "sub", "appId", "action"})
            bend(name + " " + raw, [=](const Claims& c) { return c.with(name, raw); });
    for (const std::string name : {"jti", "sub", "appId", "action"})
        bend("no " + name, [=](const Claims& c) { return c.without(name); });
    const std::vector<std::pair<std::string, unsigned>> needed = {{"orgName", Provision},
                                                                  {"oauthUrl", Provision},
                                                                  {"webexapisBaseUrl", Provision},
                                                                  {"appUrl", Provision | Update},
                                                                  {"manifestUrl", Provision | Update},
                                                                  {"region", Provision | Update},
                                                                  {"refreshToken", Provision | Update},
                                                                  {"scopes", Provision | UpdateApproved},
                                                                  {"xapiAccess", Provision | UpdateApproved},
                                                                  {"manifestVersion", UpdateApproved}};
    for (const auto& [name, kinds] : needed) {
        bend(
            "no " + name, [n = name](const Claims& c) { return c.without(n); }, kinds);
        bend(
            "an empty " + name, [n = name](const Claims& c) { return c.with(n, "\"\""); }, kinds);
        for (const std::string raw : {"null", "true", "-1.5", R"("a\u0000b")"})
            bend(
                name + " " + raw, [n = name, raw](const Claims& c) { return c.with(n, raw); }, kinds);
    }
    for (const std::string raw : {"[]", "7", "\"[]\"", "\"{\"", "\"text\"", R"({"commands":["a\u001bb"]})"})
        bend(
            "xapiAccess " + raw, [=](const Claims& c) { return c.with("xapiAccess", raw); },
            Provision | UpdateApproved);
    for (const std::string raw : {"0", "-1", "1.5", "\"three\"", "\"3 \"", "99999999999999999999"})
        bend(
            "manifestVersion " + raw, [=](const Claims& c) { return c.with("manifestVersion", raw); }, UpdateApproved);
    for (const std::string raw : {"\"yes\"", "1", "null"})
        bend(
            "interactive " + raw, [=](const Claims& c) { return c.with("interactive", raw); }, Deprovision);
    for (const std::string url : {"http://localhost/x", "ftp://localhost/x", "file:///etc/passwd", "//localhost/x",
                                  "https:/localhost/x", "https://", "https:///x", "https://u:p@localhost/x",
                                  "javascript:alert(1)", "localhost/x", "https://localhost\\\\@example.net/x"}) {
        bend(
            "appUrl " + url, [=](const Claims& c) { return c.with("appUrl", quoted(url)); }, Provision | Update);
        bend(
            "oauthUrl " + url, [=](const Claims& c) { return c.with("oauthUrl", quoted(url)); }, Provision);
    }
}

void add_judgements(Table& table) {
    using Change = std::function<Claims(const Claims&, WallTime)>;
    const auto judge = [&](std::string name, std::string word, unsigned kinds, Change change) {
        add(
            table, std::move(name), std::move(word),
            [c = std::move(change)](const Good& good) { return good.sign(c(claims(good), good.now)); }, kinds);
    };
    judge("no expiryTime", "malformed", Provision, [](const Claims& c, WallTime) { return c.without("expiryTime"); });
    for (const std::string raw : {"\"tomorrow\"", "7", "null", "\"\"", "\"9999-13-01T00:00:00Z\"",
                                  "\"2999-02-30T00:00:00Z\"", "\"2999-01-01\"", "[]"})
        judge("expiryTime " + raw, "malformed", Provision,
              [=](const Claims& c, WallTime) { return c.with("expiryTime", raw); });
    judge("expired a minute ago", "expired", kAll,
          [](const Claims& c, WallTime now) { return c.with("expiryTime", quoted(format_time(now - 1min))); });
    judge("expired yesterday, in nine digits", "expired", kAll,
          [](const Claims& c, WallTime now) { return c.with("expiryTime", nine_digits(now - 24h)); });
    judge("no iat", "malformed", kAll, [](const Claims& c, WallTime) { return c.without("iat"); });
    for (const std::string raw : {"\"1691568153\"", "-1", "1e300", "null", "[]", "true"})
        judge("iat " + raw, "malformed", kAll, [=](const Claims& c, WallTime) { return c.with("iat", raw); });
    for (const auto ahead : {Millis{5min}, Millis{24h}, Millis{10 * 365 * 24h}})
        judge("issued " + format_duration(ahead) + " in the future", "malformed", kAll,
              [=](const Claims& c, WallTime now) { return c.with("iat", seconds(now + ahead)); });
    for (const auto age : {Millis{5min + 2s}, Millis{1h}, Millis{365 * 24h}})
        judge("issued " + format_duration(age) + " ago", "too old", kActions,
              [=](const Claims& c, WallTime now) { return c.with("iat", seconds(now - age)); });
    judge("issued in 1970", "too old", kActions, [](const Claims& c, WallTime) { return c.with("iat", "0"); });
    for (const std::string app : {"00000000-0000-4000-8000-000000000000", "*", "ac6b6972"})
        judge("appId " + app, "wrong app", kAll,
              [=](const Claims& c, WallTime) { return c.with("appId", quoted(app)); });
    judge("a good action that is none of an activation", "wrong action", Provision,
          [](const Claims& c, WallTime) { return c.with("action", "\"healthCheck\""); });
    judge("an update in place of an activation code", "wrong action", Provision,
          [](const Claims& c, WallTime) { return c.with("action", "\"update\""); });
    judge("a deprovision in place of an activation code", "wrong action", Provision,
          [](const Claims& c, WallTime) { return c.with("action", "\"deprovision\""); });
    for (const std::string action : {"Provision", "PROVISION", "provision ", "reboot", "*"})
        judge("action `" + action + "`", "wrong action", kAll,
              [=](const Claims& c, WallTime) { return c.with("action", quoted(action)); });
    judge("an activation code in place of an action", "wrong action", kActions, [](Claims c, WallTime now) {
        for (const std::string url : {"oauthUrl", "appUrl", "manifestUrl", "webexapisBaseUrl"})
            c = c.with(url, "\"https://localhost/x\"");
        for (const std::string name : {"orgName", "refreshToken", "scopes"}) c = c.with(name, "\"text\"");
        return c.with("action", "\"provision\"")
            .with("region", "\"us-east-2_a\"")
            .with("xapiAccess", "{}")
            .with("expiryTime", nine_digits(now + 24h));
    });
}

}  // namespace

const std::vector<Attack>& attack_table() {
    static const Table table = [] {
        Table made;
        add_algorithms(made);
        add_headers(made);
        add_signatures(made);
        add_shapes(made);
        add_payloads(made);
        add_judgements(made);
        return made;
    }();
    return table;
}

const std::vector<Attack>& lawful_table() {
    static const Table table = [] {
        Table made;
        const auto lawful = [&](std::string name, unsigned kinds,
                                std::function<Claims(const Claims&, WallTime)> change) {
            add(
                made, std::move(name), "",
                [c = std::move(change)](const Good& good) { return good.sign(c(claims(good), good.now)); }, kinds);
        };
        add(made, "as it is", "", good_code);
        add(made, "no typ", "", [](const Good& good) { return good.sign_header(header(good).without("typ").text()); });
        lawful("expiryTime with nine fraction digits", Provision,
               [](const Claims& c, WallTime now) { return c.with("expiryTime", nine_digits(now + 1min)); });
        lawful("expiryTime in another zone", Provision,
               [](const Claims& c, WallTime) { return c.with("expiryTime", "\"2999-01-01T00:00:00+02:00\""); });
        lawful("issued 30 s in the future", kAll,
               [](const Claims& c, WallTime now) { return c.with("iat", seconds(now + 30s)); });
        lawful("issued 4 minutes ago", kAll,
               [](const Claims& c, WallTime now) { return c.with("iat", seconds(now - 4min)); });
        lawful("issued 20 hours ago", Provision,
               [](const Claims& c, WallTime now) { return c.with("iat", seconds(now - 20h)); });
        lawful("xapiAccess as an object", Provision | UpdateApproved, [](const Claims& c, WallTime) {
            return c.with("xapiAccess", R"({"commands":["A.B"],"statuses":["C.*"],"events":["D"]})");
        });
        lawful("xapiAccess as a string", Provision | UpdateApproved, [](const Claims& c, WallTime) {
            return c.with("xapiAccess", in_string(R"({"commands":["A.B"],"statuses":["C.*"],"events":["D"]})"));
        });
        lawful("scopes as an array", Provision | UpdateApproved,
               [](const Claims& c, WallTime) { return c.with("scopes", R"(["a","b"])"); });
        lawful("manifestVersion as a string", UpdateApproved,
               [](const Claims& c, WallTime) { return c.with("manifestVersion", "\"3\""); });
        lawful("manifestVersion as a number", UpdateApproved,
               [](const Claims& c, WallTime) { return c.with("manifestVersion", "3"); });
        lawful("not interactive", Deprovision,
               [](const Claims& c, WallTime) { return c.with("interactive", "false"); });
        lawful("interactive is not said", Deprovision,
               [](const Claims& c, WallTime) { return c.without("interactive"); });
        lawful("claims that nobody knows", kAll,
               [](const Claims& c, WallTime) { return c.with("exp", "1").with("a", R"({"b":[{"c":{}}]})"); });
        lawful("nested 16 deep", kAll, [](const Claims& c, WallTime) { return c.with("a", levels(15)); });
        return made;
    }();
    return table;
}

}  // namespace hotdesk::test
