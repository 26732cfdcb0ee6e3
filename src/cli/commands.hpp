#pragma once
// The subcommands, a file each. Each prints its result on stdout, throws Failure where it cannot, and returns the exit
// code otherwise. Source: contract, table of commands.

#include "daemon/exit.hpp"

#include <string>

namespace hotdesk::cli {

/// What the command line said.
struct Options {
    std::string config = "/etc/hotdeskd/hotdeskd.toml";
    bool json = false;
    // activate, action
    std::string code;
    bool replace = false;
    // run
    bool judge_existing = false;
    // manifest
    bool request_update = false;
    // book, edit, delete; deactivate
    std::string meeting, organizer, start, duration, title;
    bool force = false;
    // whatever is about a desk
    std::string device;
    // log
    std::string since;
    bool follow = false;
};

Exit activate(const Options& options);
Exit run(const Options& options);
Exit check(const Options& options);
Exit status(const Options& options);
Exit devices(const Options& options);
Exit bookings(const Options& options);
Exit log(const Options& options);
Exit explain(const Options& options);
Exit sign_out(const Options& options);
Exit book(const Options& options);
Exit edit(const Options& options);
Exit delete_booking(const Options& options);
Exit manifest(const Options& options);
Exit action(const Options& options);
Exit deactivate(const Options& options);
Exit rekey(const Options& options);

}  // namespace hotdesk::cli
