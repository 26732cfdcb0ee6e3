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
    // activate
    std::string code;
    bool replace = false;
    // log, sign-out
    std::string device;
    std::string since;
    bool follow = false;
};

Exit activate(const Options& options);
Exit run(const Options& options);
Exit status(const Options& options);
Exit devices(const Options& options);
Exit log(const Options& options);
Exit sign_out(const Options& options);
Exit manifest(const Options& options);

}  // namespace hotdesk::cli
