#include "daemon/check.hpp"

#include "daemon/home.hpp"
#include "daemon/state.hpp"
#include "io/file.hpp"
#include "io/lock.hpp"

#include <algorithm>
#include <array>

namespace hotdesk {

namespace {

using doctor::fail;
using doctor::Finding;
using doctor::ok;
using doctor::skip;
using doctor::warn;
using Findings = std::vector<Finding>;

/// Every line's name, in the order of the report.
constexpr std::array names{"configuration",
                           "configuration file",
                           "client secret",
                           "state key",
                           "state directory",
                           "state files",
                           "disk space",
                           "runtime directory",
                           "state",
                           "activation",
                           "worker",
                           "unit",
                           "proxy",
                           "dns",
                           "tls",
                           "clock",
                           "key set",
                           "token",
                           "grants",
                           "queue",
                           "messages"};

/// What does not stand in the way of reading the file, and yet of using it.
std::string unusable(const Config& config) {
    try {
        need_client(config);
        (void)open_http(config);
        return {};
    } catch (const Failure& failure) {
        return failure.message;
    }
}

/// False: the state key cannot be used.
bool check_secrets(const Config& config, bool has_state, Findings& findings) {
    const std::string secret = client_secret_path(config), key = key_path(config);
    if (secret != config.client_secret_file) {
        findings.push_back(ok("client secret", secret, "a credential of systemd's"));
    } else {
        findings.push_back(doctor::secret_file("client secret", secret, io::readable_by_others(secret)));
        if (findings.back().line.state == CheckState::Ok)
            if (const auto read = io::read_secret_file(secret); !read)
                findings.back() = fail("client secret", secret, read.error().message,
                                       "put the secret that Control Hub showed into it");
    }
    const auto others_read = io::readable_by_others(key);
    if (key != config.key_file)
        findings.push_back(ok("state key", key, "a credential of systemd's"));
    else if (!others_read && others_read.error().kind == ErrorKind::Gone && has_state)
        findings.push_back(fail("state key", key, "it is missing, and the state cannot be read without it",
                                "restore it from a backup; else move the state away and activate anew", Exit::State));
    else if (!others_read && others_read.error().kind == ErrorKind::Gone)
        findings.push_back(skip("state key", key, "made by the first activation"));
    else
        findings.push_back(doctor::secret_file("state key", key, others_read));
    // A key that cannot be used is a state that cannot be read; and that is said once.
    Finding& last = findings.back();
    if (last.line.state != CheckState::Fail) return true;
    last.exit = Exit::State;
    return false;
}

/// The deepest directory of `path` that there is: the one that will hold what is not there yet.
std::string standing_part(std::string path) {
    while (!io::look_at(path).ok()) {
        const auto slash = path.rfind('/');
        if (slash == std::string::npos) return ".";
        if (slash == 0) return "/";
        path.erase(slash);
    }
    return path;
}

/// Returns the owner; empty: there is no such directory.
std::string check_directory(const std::string& directory, Findings& findings) {
    const auto facts = io::look_at(directory);
    const auto space = io::disk_space(standing_part(directory));
    std::string owner;
    if (!facts && facts.error().kind == ErrorKind::Gone) {
        findings.push_back(skip("state directory", directory, "made by the first activation"));
        findings.push_back(skip("state files", directory, "made by the first activation"));
    } else if (!facts) {
        findings.push_back(
            fail("state directory", directory, facts.error().message, "run check as root or as the service's user"));
        findings.push_back(skip("state files", directory, "the directory cannot be looked at"));
    } else {
        owner = facts->owner;
        findings.push_back(doctor::state_directory(directory, *facts));
        std::map<std::string, io::FileFacts> files;
        for (const std::string& name : io::names_in(directory))
            if (auto file = io::look_at(directory + "/" + name); file) files.emplace(name, std::move(*file));
        findings.push_back(doctor::state_files(directory, files, owner));
    }
    findings.push_back(space ? doctor::disk(directory, *space)
                             : fail("disk space", directory, space.error().message, "see the message"));
    return owner;
}

void check_runtime(const std::string& directory, bool running, Findings& findings) {
    const char* const name = "runtime directory";
    constexpr unsigned others_write = 02;
    const auto facts = io::look_at(directory);
    if (facts && (facts->mode & others_write) != 0)
        findings.push_back(fail(name, directory, "anybody may write to it", "chmod 0755 " + directory));
    else if (facts)
        findings.push_back(ok(name, directory, "owner " + facts->owner));
    else if (!running)
        findings.push_back(skip(name, directory, "made when the worker starts"));
    else
        findings.push_back(warn(name, directory, facts.error().message,
                                "requests of the command line are seen every 20 s only; restart the worker"));
}

Result<std::size_t> read_all_tables(Store& store) {
    std::size_t count = 0;
    for (const Table table :
         {Table::Meta, Table::Desk, Table::Outbox, Table::Record, Table::Request, Table::SpentCode}) {
        const auto scanned = store.scan(table, "", [&](std::string_view, std::string_view) {
            ++count;
            return true;
        });
        if (!scanned) return scanned.error();
    }
    return count;
}

void check_state(const Config& config, bool has_key, Standpoint& standpoint, Findings& findings) {
    const std::string& directory = config.state_directory;
    const auto blind = [&] {
        standpoint.why_none = "the state cannot be read";
        findings.push_back(skip("activation", directory, standpoint.why_none));
    };
    if (!has_key) {
        findings.push_back(skip("state", directory, "not without its key"));
        return blind();
    }
    const char* const restore = "restore the right key or a backup; else move the state away and activate anew";
    const auto broken = [&](const Error& error) {
        findings.push_back(fail("state", directory, error.message, restore,
                                error.kind == ErrorKind::Corrupt ? Exit::State : Exit::Failed));
        blind();
    };
    try {
        const auto store = open_state(config, StateUse::Read);
        const auto records = read_all_tables(*store);
        if (!records) return broken(records.error());
        auto activation = state::load_activation(*store);
        if (!activation) return broken(activation.error());
        const auto health = state::load_health(*store);
        if (!health) return broken(health.error());
        if (const auto desks = state::load_desks(*store); !desks) return broken(desks.error());
        standpoint.activation = std::move(*activation);
        standpoint.health = *health;
        findings.push_back(ok("state", directory, std::to_string(*records) + " records, all can be read"));
    } catch (const Failure& failure) {
        if (failure.code != Exit::NotActivated) {
            findings.push_back(fail("state", directory, failure.message, restore, failure.code));
            return blind();
        }
        findings.push_back(skip("state", directory, "there is none yet"));
    }
    if (!standpoint.activation) {
        standpoint.why_none = "not activated";
        findings.push_back(fail("activation", directory, standpoint.why_none,
                                "hotdeskd activate with the activation code from Control Hub", Exit::NotActivated));
    } else {
        findings.push_back(
            ok("activation", directory, standpoint.activation->org_name + ", region " + standpoint.activation->region));
    }
}

}  // namespace

Standpoint check_machine(const std::string& config_file, const Config& config, Findings& findings) {
    Standpoint standpoint;
    standpoint.running = io::instance_running(config.state_directory);
    findings.push_back(doctor::config_file(config_file, io::look_at(config_file)));
    const bool has_key = check_secrets(config, io::look_at(config.state_directory + "/data.mdb").ok(), findings);
    const std::string owner = check_directory(config.state_directory, findings);
    check_runtime(config.runtime_directory, standpoint.running, findings);
    check_state(config, has_key, standpoint, findings);
    if (standpoint.activation)
        findings.push_back(doctor::worker(standpoint.running, standpoint.health));
    else
        findings.push_back(skip("worker", "the lock of the state directory", standpoint.why_none));
    if (io::under_systemd())
        findings.push_back(doctor::unit(
            io::unit_properties("hotdeskd.service", "LoadState,ActiveState,Result,User,DynamicUser"), owner));
    else
        findings.push_back(skip("unit", "/run/systemd/system", "this machine does not run systemd"));
    return standpoint;
}

CheckReport check(const std::string& config_file) {
    Findings findings;
    try {
        const Config config = load_config(config_file);
        std::string problem = unusable(config);
        if (!problem.empty()) throw Failure(Exit::Usage, std::move(problem));
        if (config.warnings.empty()) findings.push_back(ok("configuration", config_file, "valid"));
        for (const std::string& warning : config.warnings)
            findings.push_back(warn("configuration", config_file, warning, "see hotdeskd.toml(5)"));
        check_cloud(config, check_machine(config_file, config, findings), findings);
    } catch (const Failure& failure) {
        if (failure.code != Exit::Usage) throw;
        findings = {
            fail("configuration", config_file, failure.message, "correct it; see hotdeskd.toml(5)", Exit::Usage)};
        for (const char* const name : names)
            if (findings.front().line.name != name)
                findings.push_back(skip(name, "", "the configuration cannot be used"));
    }
    CheckReport report;
    report.exit = doctor::exit_of(findings);
    for (Finding& finding : findings) report.lines.push_back(std::move(finding.line));
    return report;
}

}  // namespace hotdesk
