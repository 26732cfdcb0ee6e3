// The half of the attack table that is properly signed: what is wrong is how the claims are written or what they say.
// And the lawful table.

#include "attack_tools.hpp"

namespace hotdesk::test {

namespace attack {

namespace {

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
                                                                  {"refreshToken", Provision},
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

void add_claims(Table& table) {
    add_payloads(table);
    add_judgements(table);
}

}  // namespace attack

const std::vector<Attack>& lawful_table() {
    using namespace attack;
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
