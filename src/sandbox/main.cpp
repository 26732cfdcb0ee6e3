// hotdeskd-sandbox: a simulated Webex cloud with simulated hot desks, HTTPS on the loopback interface.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "sandbox/access.hpp"
#include "sandbox/console.hpp"
#include "sandbox/control.hpp"
#include "sandbox/crypto.hpp"
#include "sandbox/listener.hpp"
#include "sandbox/place.hpp"
#include "sandbox/runtime.hpp"
#include "sandbox/words.hpp"
#include "sandbox/world.hpp"

namespace {

using namespace hotdesk;
using namespace hotdesk::sandbox;

struct Arguments {
    WorldOptions world;
    Runtime::Options runtime;
    ConsoleOptions console;
    int port = 0;
    std::string directory;
    std::string policy_file;
    std::string scenario_file;
    std::string calendar = "local";
    std::string spelling = "json";
    std::string poll_wait = "20s";
    std::string retention = "10m";
    std::string access_lifetime = "7199s";
    std::string backend_delay = "300ms";
    std::string check_delay = "200ms";
    std::string full_sync = "1h";
    std::string client_secret = "sandbox-client-secret";
    std::string app_id;
    bool keep_refresh_token = false;
    bool no_identity = false;
};

std::string span_or_complaint(const std::string& text) { return parse_span(text) ? "" : "no span of time: " + text; }

void describe_options(CLI::App& app, Arguments& to) {
    app.add_option("--desks", to.world.desks, "how many hot desks there are")->capture_default_str();
    app.add_option("--rooms", to.world.rooms, "how many workspaces without hot desking")->capture_default_str();
    app.add_option("--calendar", to.calendar, "local, hybrid, or mixed: every second desk is hybrid")
        ->check(CLI::IsMember({"local", "hybrid", "mixed"}))
        ->capture_default_str();
    app.add_option("--port", to.port, "port on 127.0.0.1; 0: any free one")->check(CLI::Range(0, 65535));
    app.add_option("--dir", to.directory, "directory for the files below; default: a temporary one, removed at exit");
    app.add_option("--control", to.console.socket_path, "local stream socket that takes commands as stdin does");
    app.add_option("--scenario", to.scenario_file, "commands to carry out, each line may begin with `at +2s`")
        ->check(CLI::ExistingFile);
    app.add_option("--story", to.runtime.story_file, "file to which a line is added for whatever happens at a desk");
    app.add_option("--policy", to.policy_file, "text added to the hotdeskd.toml that is written")
        ->check(CLI::ExistingFile);
    app.add_option("--app-id", to.app_id, "the integration's id");
    app.add_option("--client-id", to.world.client_id, "OAuth client id")->capture_default_str();
    app.add_option("--client-secret", to.client_secret, "OAuth client secret; this is no place for a real one");
    app.add_option("--region", to.world.region, "the activation code's region")->capture_default_str();
    app.add_option("--org-domain", to.world.org_domain, "organizers elsewhere are not in the organization")
        ->capture_default_str();
    app.add_option("--page-size", to.world.page_size, "devices and workspaces a page")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--seed", to.world.seed, "the same seed makes the same ids and tokens")->capture_default_str();
    const CLI::Validator span(span_or_complaint, "SPAN");
    app.add_option("--poll-wait", to.poll_wait, "how long a poll waits for messages")
        ->check(span)
        ->capture_default_str();
    app.add_option("--retention", to.retention, "how long the queue keeps a message")
        ->check(span)
        ->capture_default_str();
    app.add_option("--access-token-lifetime", to.access_lifetime, "how long access tokens are good")
        ->check(span)
        ->capture_default_str();
    app.add_option("--backend-delay", to.backend_delay, "until a hybrid calendar has confirmed")
        ->check(span)
        ->capture_default_str();
    app.add_option("--check-delay", to.check_delay, "until a desk knows who signed in or who an organizer is")
        ->check(span)
        ->capture_default_str();
    app.add_option("--full-sync", to.full_sync, "how often a desk sends all its statuses")
        ->check(span)
        ->capture_default_str();
    app.add_option("--spelling", to.spelling, "of values in pushed messages")
        ->check(CLI::IsMember({"json", "string", "mixed"}))
        ->capture_default_str();
    app.add_option("--offline-status", to.world.offline_status, "xAPI's answer for a desk that is offline")
        ->check(CLI::IsMember({404, 502}))
        ->capture_default_str();
    app.add_flag("--keep-refresh-token", to.keep_refresh_token, "refresh tokens may be used again and again");
    app.add_option("--withhold", to.world.withheld, "a scope or path that is not granted; may be given again")
        ->check([](const std::string& name) {
            return can_be_granted(name) ? "" : "there is nothing called " + name + " to hold back";
        });
    app.add_flag("--no-identity", to.no_identity, "hotdesk/sessions and people are not granted");
    app.add_flag("--narrow", to.world.behaviour.narrow, "desks push only what the technical details list");
    app.add_flag("--exit-with-stdin", to.console.exit_with_stdin, "end when standard input ends");
    app.add_option("--timing", to.runtime.timing_file, "file for the times of requests and answers, in microseconds");
    app.add_flag("--verbose", to.runtime.verbose, "everything asked and answered, on stderr");
    app.footer(
        "At its start it writes ca.pem, client-secret, activation-code and hotdeskd.toml into its directory, says\n"
        "where they are, and then `ready`. signing.key signs its codes, and handed-out lists every secret that it\n"
        "gave away. From there on it takes one command a line on stdin and on the --control socket, and answers\n"
        "each with one line.\n\n" +
        control_help());
}

void complete(Arguments& arguments) {
    WorldOptions& world = arguments.world;
    const auto span = [](const std::string& text) { return parse_span(text).value_or(Millis{0}); };
    world.calendars = arguments.calendar == "hybrid"  ? Calendars::Hybrid
                      : arguments.calendar == "mixed" ? Calendars::Mixed
                                                      : Calendars::Local;
    world.behaviour.spelling = arguments.spelling == "string"  ? Spelling::String
                               : arguments.spelling == "mixed" ? Spelling::Mixed
                                                               : Spelling::Typed;
    world.poll_wait = span(arguments.poll_wait);
    world.retention = span(arguments.retention);
    world.access_lives = span(arguments.access_lifetime);
    world.behaviour.backend_delay = span(arguments.backend_delay);
    world.behaviour.check_delay = span(arguments.check_delay);
    world.behaviour.full_sync_every = std::max<Millis>(Millis{1000}, span(arguments.full_sync));
    world.client_secret = Secret(arguments.client_secret);
    world.rotate_refresh = !arguments.keep_refresh_token;
    world.identity = !arguments.no_identity;
    if (!arguments.app_id.empty()) world.app = AppId(arguments.app_id);
}

WallTime wall_now() { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }

Result<void> schedule(Runtime& runtime, const std::string& file) {
    if (file.empty()) return {};
    const auto text = read_file(file);
    if (!text) return text.error();
    const WallTime start = wall_now();
    std::istringstream lines(text.value());
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.empty() || line[0] == '#') continue;
        WallTime at = start;
        if (line.rfind("at ", 0) == 0) {
            const auto end = line.find(' ', 3);
            const auto moment = parse_moment(line.substr(3, end - 3), start);
            if (!moment || end == std::string::npos)
                return Error{ErrorKind::Fatal, file + ":" + std::to_string(number) + ": `at +2s COMMAND` is wanted"};
            at = *moment;
            line.erase(0, end + 1);
        }
        runtime.schedule(at, line);
    }
    return {};
}

int fail(const Error& error) {
    std::cerr << "hotdeskd-sandbox: " << error.message << '\n';
    return 1;
}

Result<void> write_identity(const Place& place, const TlsIdentity& identity) {
    if (auto done = place.write("server.pem", identity.certificate, true); !done) return done;
    return place.write("server.key", identity.key, true);
}

Result<void> write_files(const Place& place, World& world, const TlsIdentity& identity, const std::string& policy) {
    struct File {
        const char* name;
        std::string text;
        bool secret;
    };
    const WorldOptions& options = world.options();
    const File files[] = {
        {"ca.pem", identity.ca, false},
        {"client-secret", std::string(options.client_secret.reveal()) + "\n", true},
        {"activation-code", world.code({}, wall_now()) + "\n", true},
        {"hotdeskd.toml", configuration(place, options.app.value, options.client_id, world.jwks_url(), policy), false}};
    for (const File& file : files)
        if (auto done = place.write(file.name, file.text, file.secret); !done) return done;
    return {};
}

void announce(const Place& place, const WorldOptions& options, const std::string& jwks_url) {
    std::cout << "ca-file " << place.file("ca.pem").string() << "\nbase-url " << options.base_url << "\njwks-url "
              << jwks_url << "\napp-id " << options.app.value << "\nclient-id " << options.client_id
              << "\nclient-secret-file " << place.file("client-secret").string() << "\nactivation-code-file "
              << place.file("activation-code").string() << "\nconfig-file " << place.file("hotdeskd.toml").string()
              << "\nready" << std::endl;
}

int run(Arguments& arguments) {
    block_signals();
    const auto place = Place::open(arguments.directory);
    if (!place) return fail(place.error());
    const auto identity = make_tls_identity(wall_now());
    if (!identity) return fail(identity.error());
    auto signer = make_signer();
    if (!signer) return fail(signer.error());
    std::string policy;
    if (!arguments.policy_file.empty()) {
        auto text = read_file(arguments.policy_file);
        if (!text) return fail(text.error());
        policy = std::move(text.value());
    }
    const std::string signing_key = signer.value()->pem(), nothing_yet;
    if (const auto done = write_identity(*place, identity.value()); !done) return fail(done.error());
    for (const auto& [name, text] : {std::pair{"signing.key", &signing_key}, {"handed-out", &nothing_yet}})
        if (const auto done = place->write(name, *text, true); !done) return fail(done.error());
    arguments.runtime.secrets_file = place->file("handed-out").string();

    auto world = std::make_unique<World>(std::move(arguments.world), std::move(signer.value()), wall_now());
    World& told = *world;  // only until the runtime's first request
    Runtime runtime(std::move(world), arguments.runtime);
    Listener listener(runtime, place->file("server.pem").string(), place->file("server.key").string());
    const auto port = listener.bind(arguments.port);
    if (!port) return fail(port.error());
    told.set_base_url("https://localhost:" + std::to_string(port.value()));
    if (const auto done = write_files(*place, told, identity.value(), policy); !done) return fail(done.error());
    listener.start();
    if (const auto done = schedule(runtime, arguments.scenario_file); !done) return fail(done.error());
    arguments.console.new_certificate = [&]() -> Result<void> {
        const auto fresh = make_tls_identity(wall_now());
        if (!fresh) return fresh.error();
        if (auto done = write_identity(*place, fresh.value()); !done) return done;
        if (auto done = place->write("ca.pem", fresh->ca, false); !done) return done;
        return listener.restart();
    };
    const auto ended =
        run_console(runtime, arguments.console, [&] { announce(*place, told.options(), told.jwks_url()); });
    listener.stop();
    runtime.stop();
    return ended ? 0 : fail(ended.error());
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"A simulated Webex cloud with simulated hot desks, HTTPS on loopback", "hotdeskd-sandbox"};
    Arguments arguments;
    describe_options(app, arguments);
    app.set_version_flag("--version", HOTDESK_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    complete(arguments);
    return run(arguments);
}
