#pragma once
// A world with an activated integration and a virtual clock, for the tests of the sandbox.

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/control.hpp"
#include "sandbox/json.hpp"
#include "sandbox/world.hpp"

namespace hotdesk::sandbox {

class Lab {
public:
    /// Tokens and messages that outlive every test; what the cloud's own times do is tested with WorldOptions{}.
    static WorldOptions patient() {
        WorldOptions options;
        options.access_lives = std::chrono::hours{240};
        options.retention = std::chrono::hours{240};
        return options;
    }

    explicit Lab(WorldOptions options = patient(), bool activated = true)
        : now(*parse_time("2026-03-02T09:00:00Z")), world(std::move(options), std::move(make_signer().value()), now) {
        if (!activated) return;
        const Reply tokens = exchange(refresh_token_of(world.code({}, now)));
        access = string_of(*parse_json(tokens.body), "access_token");
        refresh = string_of(*parse_json(tokens.body), "refresh_token");
        const Reply details =
            ask("PATCH", app_path(), R"({"provisioningState":"completed","queue":{"state":"enabled"}})");
        const Json queue = (*parse_json(details.body))["queue"];
        poll_path = string_of(queue, "pollUrl").substr(world.options().base_url.size());
    }

    static Json claims_of(const std::string& code) {
        const auto first = code.find('.') + 1;
        return *parse_json(decoded(code.substr(first, code.find('.', first) - first)));
    }
    static Json header_of(const std::string& code) { return *parse_json(decoded(code.substr(0, code.find('.')))); }
    static std::string refresh_token_of(const std::string& code) { return string_of(claims_of(code), "refreshToken"); }

    [[nodiscard]] std::string app_path() const {
        return "/xapi/api/organizations/sandbox/apps/" + world.options().app.value;
    }

    Reply exchange(const std::string& token, const std::string& secret = "sandbox-client-secret") {
        const Json body = {{"grant_type", "refresh_token"},
                           {"client_id", world.options().client_id},
                           {"client_secret", secret},
                           {"refresh_token", token}};
        return ask("POST", "/v1/access_token", to_text(body));
    }

    /// The answer; a request that is held has none.
    std::optional<Reply> try_ask(const std::string& method, const std::string& target, const std::string& body = "") {
        Request request;
        request.method = method;
        request.target = target;
        request.headers["authorization"] = "Bearer " + access;
        if (!body.empty()) request.headers["content-type"] = "application/json";
        request.body = body;
        Handled handled = world.handle(request, now);
        if (const auto* held = std::get_if<Held>(&handled)) {
            ticket = held->ticket;
            return std::nullopt;
        }
        return std::get<Reply>(std::move(handled));
    }
    Reply ask(const std::string& method, const std::string& target, const std::string& body = "") {
        auto reply = try_ask(method, target, body);
        REQUIRE(reply.has_value());
        return *std::move(reply);
    }
    Json get(const std::string& target) { return *parse_json(ask("GET", target).body); }

    Reply command(const std::string& name, const Json& arguments, const std::string& desk = "desk-1") {
        return ask("POST", "/v1/xapi/command/" + name,
                   to_text(Json{{"deviceId", world.desk(desk)->place().device.value}, {"arguments", arguments}}));
    }
    Json result_of(const std::string& name, const Json& arguments) {
        const Reply reply = command(name, arguments);
        REQUIRE(reply.status == 200);
        return (*parse_json(reply.body))["result"];
    }

    /// A control line that must succeed; what follows `ok `.
    std::string tell(const std::string& line) {
        const std::string answer = control(world, line, now);
        INFO(line << " -> " << answer);
        REQUIRE(answer.rfind("ok", 0) == 0);
        return answer.size() > 3 ? answer.substr(3) : "";
    }
    std::string refusal(const std::string& line) { return control(world, line, now); }

    void pass(Millis time) {
        now += time;
        world.advance(now);
    }

    /// Every message that waits.
    std::vector<Json> messages() {
        std::vector<Json> out;
        while (auto reply = try_ask("GET", poll_path)) {
            const auto body = parse_json(reply->body);
            REQUIRE(body.has_value());
            for (const Json& message : (*body)["messages"]) out.push_back(message);
        }
        world.abandon(ticket);
        return out;
    }

    /// What the messages say, shortened: event keys without `Bookings.`, and `True` or `False` for Personalized.
    std::vector<std::string> said() {
        std::vector<std::string> out;
        for (const Json& message : messages()) {
            if (string_of(message, "type") == "events") {
                std::string key = string_of(message["events"][0], "key");
                if (key.rfind("Bookings.", 0) == 0) key.erase(0, 9);
                const std::string cause = string_of(message["events"][0]["value"], "Cause");
                out.push_back(cause.empty() ? key : key + " " + cause);
                continue;
            }
            const Json& updated = message["changes"]["updated"];
            if (message["isFullSync"].get<bool>())
                out.emplace_back("full sync");
            else if (updated.contains("Webex.DevicePersonalization.Personalized"))
                out.emplace_back(updated["Webex.DevicePersonalization.Personalized"].get<bool>() ? "True" : "False");
        }
        return out;
    }
    void forget_messages() { (void)messages(); }

    /// The value of the last event with this key among those that wait.
    Json event(const std::string& key) {
        Json found;
        for (const Json& message : messages())
            if (message.contains("events") && string_of(message["events"][0], "key") == key)
                found = message["events"][0]["value"];
        return found;
    }

    WallTime now;
    World world;
    std::string access;
    std::string refresh;
    std::string poll_path;
    std::uint64_t ticket = 0;

private:
    static std::string decoded(const std::string& text) {
        static const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        std::string out;
        unsigned bits = 0;
        unsigned have = 0;
        for (const char c : text) {
            bits = (bits << 6U) | static_cast<unsigned>(alphabet.find(c));
            have += 6;
            if (have < 8) continue;
            have -= 8;
            out += static_cast<char>((bits >> have) & 255U);
        }
        return out;
    }
};

using Said = std::vector<std::string>;

}  // namespace hotdesk::sandbox
