#include "cli/commands.hpp"
#include "io/harden.hpp"
#include "io/log.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

namespace {

using namespace hotdesk;
using namespace hotdesk::cli;

/// One subcommand: its word, what it does, what it takes, and its function.
struct Subcommand {
    const char* name;
    const char* does;
    void (*options)(CLI::App&, Options&);
    Exit (*run)(const Options&);
};

void with_json(CLI::App& app, Options& options) { app.add_flag("--json", options.json, "print JSON"); }

void activate_options(CLI::App& app, Options& options) {
    app.add_option("CODE", options.code, "the activation code from Control Hub, - for standard input, or @FILE")
        ->required();
    app.add_flag("--replace", options.replace, "put it in the place of an activation that stands");
    with_json(app, options);
}

void action_options(CLI::App& app, Options& options) {
    app.add_option("JWT", options.code, "the action, or the request that Webex posts; - for standard input, or @FILE")
        ->required();
    with_json(app, options);
}

void deactivate_options(CLI::App& app, Options& options) {
    app.add_flag("--force", options.force, "remove the local state although Webex cannot be told");
    with_json(app, options);
}

void manifest_options(CLI::App& app, Options& options) {
    app.add_flag("--request-update", options.request_update,
                 "ask for what the policy needs and was not granted: Control Hub shows it for approval");
}

void log_options(CLI::App& app, Options& options) {
    app.add_option("--device", options.device, "only this desk")->type_name("DEVICE");
    app.add_option("--since", options.since, "only from this time on: RFC 3339, HH:MM, or 30m ago")->type_name("T");
    app.add_flag("--follow", options.follow, "go on with what is decided from now on");
    with_json(app, options);
}

CLI::Option* add_device(CLI::App& app, Options& options) {
    return app.add_option("DEVICE", options.device,
                          "deviceId, a unique part of the display name, or the workspace's name");
}

void device_options(CLI::App& app, Options& options) {
    add_device(app, options)->required();
    with_json(app, options);
}

void bookings_options(CLI::App& app, Options& options) {
    add_device(app, options);
    with_json(app, options);
}

void add_times(CLI::App& app, Options& options, const char* start, const char* duration) {
    app.add_option("--start", options.start, start)->type_name("T");
    app.add_option("--duration", options.duration, duration)->type_name("D");
}

void finish_change(CLI::App& app, Options& options) {
    app.add_flag("--force", options.force, "although the policy is against it; recorded");
    with_json(app, options);
}

void book_options(CLI::App& app, Options& options) {
    add_device(app, options)->required();
    app.add_option("--organizer", options.organizer, "whose booking it is")->type_name("EMAIL")->required();
    add_times(app, options, "when it begins: RFC 3339, HH:MM, or +30m; now without it",
              "how long it is: whole minutes from 1m to 24h; 1h without it");
    app.add_option("--title", options.title, "what the desk shows")->type_name("S");
    finish_change(app, options);
}

void add_meeting(CLI::App& app, Options& options) {
    app.add_option("MEETING-ID", options.meeting, "of the booking, as hotdeskd bookings prints it")->required();
}

void edit_options(CLI::App& app, Options& options) {
    add_meeting(app, options);
    add_times(app, options, "when it begins: RFC 3339, HH:MM, or +30m; its length stays",
              "how long it is: whole minutes from 1m to 24h");
    finish_change(app, options);
}

void delete_options(CLI::App& app, Options& options) {
    add_meeting(app, options);
    finish_change(app, options);
}

void run_options(CLI::App& app, Options& options) {
    app.add_flag("--judge-existing", options.judge_existing,
                 "also judge bookings that were there before hotdeskd first saw the desk");
}

void no_options(CLI::App&, Options&) {}

constexpr Subcommand subcommands[] = {
    {"activate", "set hotdeskd up with the activation code from Control Hub", activate_options, activate},
    {"run", "the worker, in the foreground; systemd runs it", run_options, run},
    {"check", "a doctor: what is right, what is wrong, and what to do about it", with_json, check},
    {"status", "activation, tokens, queue, desks, commands and the last error", with_json, status},
    {"devices", "every known desk: workspace, signed in or not, calls, bookings, state", with_json, devices},
    {"bookings", "every known booking that is running or upcoming", bookings_options, bookings},
    {"log", "what was decided, by which rule, why, and with which result", log_options, log},
    {"explain", "what each rule says about a desk now, and when it will act", device_options, explain},
    {"sign-out", "sign the user of a desk out; ends a call", device_options, sign_out},
    {"book", "book a desk for somebody", book_options, book},
    {"edit", "give a booking other times", edit_options, edit},
    {"delete", "delete a booking", delete_options, delete_booking},
    {"manifest", "the manifest to upload in Control Hub, with the least access the policy needs", manifest_options,
     manifest},
    {"action", "carry out a management action of Webex; prints the answer that Webex would get", action_options,
     action},
    {"deactivate", "remove the queue at Webex and the local state", deactivate_options, deactivate},
    {"rekey", "give the state a new key; the worker must be stopped", no_options, rekey},
};

/// A code in an argument can be seen in the process list: it is overwritten there. For the moment until here nothing
/// helps but `-` and @FILE.
void hide_code(const Options& options, int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (options.code.empty() || argument != options.code || argument == "-" || argument.front() == '@') continue;
        for (char* c = argv[i]; *c != '\0'; ++c) *c = '*';
    }
}

/// What the parser complains about, without what may be a code: an argument as long as that is cut wherever it is
/// quoted, and so is each word of it that a line break made an argument of its own.
std::string without_codes(std::string text, int argc, char** argv) {
    constexpr std::size_t longest_shown = 40, shown = 8;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument.size() <= longest_shown) continue;
        const std::string cut = std::string{argument.substr(0, shown)} + "...";
        for (auto at = text.find(argument); at != std::string::npos; at = text.find(argument, at + cut.size()))
            text.replace(at, argument.size(), cut);
    }
    return text;
}

int run_program(int argc, char** argv) {
    // Whatever the command: a core file of any of them may hold the client secret or the state's key. What the system
    // refuses here it does not refuse on Linux, and the worker says so if it does.
    (void)io::harden_process();
    CLI::App app{"hotdeskd makes Webex RoomOS hot desks keep an organization's booking and sign-in rules.", "hotdeskd"};
    app.set_version_flag("--version", "hotdeskd " HOTDESKD_VERSION);
    app.require_subcommand(1);
    Options options;
    app.add_option("--config", options.config, "the configuration")->type_name("FILE")->capture_default_str();
    Exit result = Exit::Done;
    for (const Subcommand& subcommand : subcommands) {
        CLI::App* const sub = app.add_subcommand(subcommand.name, subcommand.does);
        sub->set_version_flag("--version", "hotdeskd " HOTDESKD_VERSION);
        sub->fallthrough();  // so that --config may stand behind the command as well
        subcommand.options(*sub, options);
        sub->final_callback([&options, &result, argc, argv, command = subcommand.run] {
            hide_code(options, argc, argv);
            result = command(options);
        });
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // --help and --version come this way too; everything else is a usage error.
        if (error.get_name() == "RequiredError" && !app.remaining().empty()) {
            std::fprintf(stderr, "hotdeskd: `%s` is no command; hotdeskd --help lists them\n",
                         without_codes(app.remaining().front(), argc, argv).c_str());
            return static_cast<int>(Exit::Usage);
        }
        std::ostringstream complaint;
        const int code = app.exit(error, std::cout, complaint);
        std::fputs(without_codes(complaint.str(), argc, argv).c_str(), stderr);
        return code == 0 ? 0 : static_cast<int>(Exit::Usage);
    }
    return static_cast<int>(result);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run_program(argc, argv);
    } catch (const Failure& failure) {
        std::fprintf(stderr, "hotdeskd: %s\n", io::shown(failure.message).c_str());
        return static_cast<int>(failure.code);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hotdeskd: unexpected: %s\n", error.what());
        return static_cast<int>(Exit::Failed);
    }
}
