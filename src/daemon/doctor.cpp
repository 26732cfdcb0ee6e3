#include "daemon/doctor.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace hotdesk::doctor {

namespace {

constexpr unsigned group_and_others = 077, group_writes = 020, others_write = 02;

std::string octal(unsigned mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", mode);
    return text.data();
}

std::string in_mib(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

Finding ok(std::string name, std::string tried, std::string found) {
    return {{std::move(name), CheckState::Ok, std::move(tried), std::move(found), ""}, Exit::Done};
}

Finding skip(std::string name, std::string tried, std::string why) {
    return {{std::move(name), CheckState::Skip, std::move(tried), std::move(why), ""}, Exit::Done};
}

Finding warn(std::string name, std::string tried, std::string found, std::string remedy) {
    return {{std::move(name), CheckState::Warn, std::move(tried), std::move(found), std::move(remedy)}, Exit::Done};
}

Finding fail(std::string name, std::string tried, std::string found, std::string remedy, Exit exit) {
    return {{std::move(name), CheckState::Fail, std::move(tried), std::move(found), std::move(remedy)}, exit};
}

Exit exit_of(std::span<const Finding> findings) {
    Exit result = Exit::Done;
    for (const Finding& finding : findings) {
        if (finding.line.state != CheckState::Fail) continue;
        if (finding.exit == Exit::Usage) return Exit::Usage;
        result = result == Exit::Done || result == finding.exit ? finding.exit : Exit::Failed;
    }
    return result;
}

Finding secret_file(std::string name, const std::string& path, const Result<bool>& others_read) {
    if (!others_read)
        return fail(std::move(name), path, others_read.error().message, "put the file there, owned by root, mode 0600");
    if (*others_read) return fail(std::move(name), path, "others than its owner may read it", "chmod 0600 " + path);
    return ok(std::move(name), path, "for its owner alone");
}

Finding config_file(const std::string& path, const Result<io::FileFacts>& facts) {
    const char* const name = "configuration file";
    if (!facts) return fail(name, path, facts.error().message, "run check as root or as the service's user");
    const std::string found = "owner " + facts->owner + ", mode " + octal(facts->mode);
    if ((facts->mode & others_write) != 0)
        return fail(name, path, found + ": anybody may change it", "chmod 0644 " + path);
    if ((facts->mode & group_writes) != 0)
        return warn(name, path, found + ": its group may change it", "chmod 0644 " + path);
    return ok(name, path, found);
}

Finding state_directory(const std::string& path, const io::FileFacts& facts) {
    const char* const name = "state directory";
    const std::string found = "owner " + facts.owner + ", mode " + octal(facts.mode);
    if (!facts.is_directory)
        return fail(name, path, "it is no directory", "name another one in [state] directory", Exit::State);
    if ((facts.mode & group_and_others) != 0)
        return fail(name, path, found + ": not for its owner alone", "chmod 0700 " + path);
    return ok(name, path, found);
}

Finding state_files(const std::string& directory, const std::map<std::string, io::FileFacts>& files,
                    const std::string& owner) {
    const char* const name = "state files";
    for (const auto& [file, facts] : files) {
        const std::string path = directory + "/" + file;
        if (facts.owner != owner)
            return fail(name, path, "it belongs to " + facts.owner + ", the directory to " + owner,
                        "chown -R " + owner + ": " + directory);
        if ((facts.mode & group_and_others) != 0)
            return fail(name, path, "mode " + octal(facts.mode) + ": not for its owner alone", "chmod 0600 " + path);
    }
    return ok(name, directory, std::to_string(files.size()) + " files, all for " + owner + " alone");
}

Finding disk(const std::string& directory, const io::DiskSpace& space) {
    constexpr std::uint64_t too_little = 16ULL << 20, little = 256ULL << 20;
    constexpr std::uint64_t few_files = 100;
    const char* const name = "disk space";
    const std::string found = in_mib(space.free_bytes) + " of " + in_mib(space.total_bytes) + " free";
    const std::string remedy = "free some space on the file system of " + directory;
    if (space.free_bytes < too_little) return fail(name, directory, found, remedy);
    if (space.total_files != 0 && space.free_files < few_files)
        return fail(name, directory, "hardly any inodes are left (" + std::to_string(space.free_files) + ")", remedy);
    if (space.free_bytes < little) return warn(name, directory, found, remedy);
    return ok(name, directory, found);
}

Finding worker(bool running, const Health& health) {
    const char* const name = "worker";
    const char* const tried = "the lock of the state directory";
    if (!running) return warn(name, tried, "not running", "systemctl start hotdeskd");
    const std::string state{hotdesk::name_of(health.operational)};
    if (health.operational == Operational::Operational) return ok(name, tried, "running, operational");
    const std::string found =
        "running, " + state + (health.last_error.empty() ? std::string{} : ": " + health.last_error);
    return warn(name, tried, found, "see the lines around this one, hotdeskd status and the log");
}

Finding unit(const Result<std::map<std::string, std::string>>& properties, const std::string& owner) {
    const char* const name = "unit";
    const char* const tried = "systemctl show hotdeskd.service";
    if (!properties) return warn(name, tried, properties.error().message, "systemctl status hotdeskd");
    const auto value = [&](const char* key) {
        const auto at = properties->find(key);
        return at == properties->end() ? std::string{} : at->second;
    };
    if (value("LoadState") != "loaded")
        return skip(name, tried, "there is no such unit (" + value("LoadState") + "); hotdeskd is run by hand");
    const std::string active = value("ActiveState");
    const std::string user = value("User").empty() ? "root" : value("User");
    const std::string found = active + ", user " + user;
    // A dynamic user has no name until the unit runs.
    if (value("DynamicUser") != "yes" && !owner.empty() && user != owner)
        return fail(name, tried, found + ", but the state belongs to " + owner,
                    "chown -R " + user + ": the state directory, or correct User= of the unit");
    if (active == "failed")
        return fail(name, tried, found + " (" + value("Result") + ")",
                    "journalctl -u hotdeskd says why; then systemctl restart hotdeskd");
    if (active != "active" && active != "reloading") return warn(name, tried, found, "systemctl enable --now hotdeskd");
    return ok(name, tried, found);
}

}  // namespace hotdesk::doctor
