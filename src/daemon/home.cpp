#include "daemon/home.hpp"

#include "codec/call.hpp"
#include "codec/state.hpp"
#include "daemon/state.hpp"
#include "daemon/trust.hpp"
#include "io/file.hpp"
#include "io/lmdb.hpp"
#include "io/seal.hpp"

#include <array>
#include <cstdlib>

namespace hotdesk {

namespace {

/// Source: contract, http.extra_hosts: Webex's own hosts, and below.
constexpr std::array<const char*, 4> webex_hosts{"webexapis.com", "wbx2.com", "ciscospark.com", "webex.com"};
constexpr std::size_t max_config_bytes = std::size_t{1} << 20;

/// A credential that systemd has put ready for the service; empty: it has not. A blank one is the unit's stand-in for a
/// file that is missing, without which systemd would refuse to start the service and say nothing of use.
std::string credential(const std::string& name) {
    const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (!directory) return "";
    std::string path = std::string{directory} + "/" + name;
    auto text = io::read_file(path, std::size_t{1} << 16);
    const bool blank = !text.ok() || text->find_first_not_of(" \t\r\n") == std::string::npos;
    if (text.ok()) Secret::wipe(*text);
    return blank ? "" : path;
}

Exit exit_of_state(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Gone: return Exit::NotActivated;
        case ErrorKind::Corrupt: return Exit::State;
        default: return Exit::Failed;
    }
}

/// Without its key: a state that stands already cannot be read by a key made now.
bool is_there(const Config& config, bool alone) {
    const auto there = io::open_store({config.state_directory, false, true, false, alone}, nullptr);
    if (there.ok()) return true;
    if (there.error().kind != ErrorKind::Gone) throw Failure(exit_of_state(there.error()), there.error().message);
    return false;
}

std::unique_ptr<Sealer> need_sealer(const Secret& key) {
    auto sealer = io::make_sealer(key);
    if (!sealer.ok()) throw Failure(Exit::State, sealer.error().message);
    return std::move(*sealer);
}

std::unique_ptr<Store> open_to_read(const Config& config, const Secret& key, bool plain_keys, bool alone) {
    auto store = io::open_store({config.state_directory, false, true, plain_keys, alone}, need_sealer(key));
    if (!store.ok()) throw Failure(exit_of_state(store.error()), store.error().message);
    return std::move(*store);
}

std::unique_ptr<Store> open_sealed(const Config& config, StateUse use, const Secret& key) {
    auto store = io::open_store({config.state_directory, use == StateUse::Create}, need_sealer(key));
    if (!store.ok()) throw Failure(exit_of_state(store.error()), store.error().message);
    return std::move(*store);
}

/// With a key where there is none yet. A key file without a state is used: it may have been put there on purpose.
std::unique_ptr<Store> create_state(const Config& config) {
    const std::string path = key_path(config);
    auto keys = io::read_key_file(path);
    if (!keys.ok() && keys.error().kind == ErrorKind::Gone) {
        keys = std::vector{io::make_key()};
        if (const auto written = io::write_key_file(path, keys->front()); !written.ok())
            throw Failure(Exit::Failed, written.error().message);
    }
    if (!keys.ok()) throw Failure(Exit::State, "the state cannot be read: " + keys.error().message);
    return open_sealed(config, StateUse::Create, keys->front());
}

void say_schema(Store& store) {
    if (const auto said = store.commit(state::keep_schema()); !said.ok())
        throw Failure(exit_of_state(said.error()), said.error().message);
}

}  // namespace

Config load_config(const std::string& file) {
    const auto text = io::read_file(file, max_config_bytes);
    if (!text.ok()) throw Failure(Exit::Usage, "the configuration cannot be read: " + text.error().message);
    auto config = read_config(*text, file);
    if (!config.ok()) throw Failure(Exit::Usage, config.error().message);
    return std::move(*config);
}

std::string not_activated() {
    return "hotdeskd is not activated: activate the integration in Control Hub, then run\n"
           "hotdeskd activate @FILE with the activation code in FILE, and systemctl restart hotdeskd";
}

void need_app_id(const Config& config) {
    if (config.app_id.empty())
        throw Failure(
            Exit::Usage,
            "integration.app_id is not set: set it to a UUID of your own (cat /proc/sys/kernel/random/uuid), upload\n"
            "what hotdeskd manifest prints in Control Hub, put the client secret into " +
                config.client_secret_file + ", run hotdeskd activate: see man hotdeskd");
}

void need_client(const Config& config) {
    need_app_id(config);
    if (config.client_id.empty())
        throw Failure(Exit::Usage,
                      "integration.client_id is not set: Control Hub shows it when the manifest has been uploaded");
}

std::string client_secret_path(const Config& config) {
    const std::string path = credential("client-secret");
    return path.empty() ? config.client_secret_file : path;
}

std::string key_path(const Config& config) {
    const std::string path = credential("state-key");
    return path.empty() ? config.key_file : path;
}

Secret load_client_secret(const Config& config) {
    const std::string path = client_secret_path(config);
    if (path == config.client_secret_file) {
        const auto open_to_all = io::readable_by_others(path);
        if (open_to_all.ok() && *open_to_all)
            throw Failure(Exit::Usage, "the client secret in " + path + " can be read by others: chmod 0600 " + path);
    }
    auto secret = io::read_secret_file(path);
    if (!secret.ok())
        throw Failure(Exit::Usage, "the client secret cannot be read: " + secret.error().message +
                                       "; put the secret that Control Hub showed into it, or name another file in "
                                       "integration.client_secret_file");
    return std::move(*secret);
}

StandingState find_state(const Config& config, bool alone) {
    if (!is_there(config, alone)) throw Failure(Exit::NotActivated, not_activated());
    const std::string path = key_path(config);
    auto keys = io::read_key_file(path);
    if (!keys.ok() && keys.error().kind == ErrorKind::Gone)
        throw Failure(Exit::State,
                      "the key " + path + " is missing, and the state in " + config.state_directory +
                          " cannot be read without it; restore the key, or move the state away and activate anew");
    if (!keys.ok()) throw Failure(Exit::State, "the state cannot be read: " + keys.error().message);
    // Two keys, where a rekey was cut short: one of them is the state's.
    std::optional<Error> error;
    for (Secret& key : *keys) {
        auto store = open_to_read(config, key, false, alone);
        const auto schema = state::load_schema(*store);
        if (schema.ok() && *schema == 1) {
            store.reset();  // a process may have it open only once
            store = open_to_read(config, key, true, alone);
        }
        if (schema.ok()) return {*schema, std::move(key), std::move(store)};
        if (!error) error = schema.error();
    }
    throw Failure(exit_of_state(*error), error->message);
}

std::unique_ptr<io::InstanceLock> lock_state(const Config& config) {
    auto lock = io::lock_instance(config.state_directory);
    if (lock.ok()) return std::move(*lock);
    if (lock.error().kind == ErrorKind::Rejected)
        throw Failure(Exit::AlreadyRunning, "another hotdeskd is running on " + config.state_directory);
    if (lock.error().kind == ErrorKind::Gone) throw Failure(Exit::NotActivated, not_activated());
    throw Failure(Exit::Failed, lock.error().message);
}

std::unique_ptr<Store> open_state(const Config& config, StateUse use) {
    if (use == StateUse::Create && !is_there(config, false)) {
        auto store = create_state(config);
        say_schema(*store);
        return store;
    }
    StandingState standing = find_state(config);
    if (standing.schema != 0 && standing.schema < codec::state_schema)
        throw Failure(Exit::State, "the state is of an earlier version of hotdeskd (schema " +
                                       std::to_string(standing.schema) +
                                       "); the worker brings it up to date when it starts: systemctl restart hotdeskd");
    if (use == StateUse::Read) return std::move(standing.store);
    standing.store.reset();  // a process may have it open only once
    auto store = open_sealed(config, use, standing.key);
    if (use == StateUse::Create && standing.schema == 0) say_schema(*store);
    return store;
}

std::unique_ptr<Store> open_activated(const Config& config, StateUse use) {
    auto store = open_state(config, use);
    (void)need_activation(*store);
    return store;
}

Activation need_activation(Store& store) {
    auto activation = state::load_activation(store);
    if (!activation.ok()) throw Failure(exit_of_state(activation.error()), activation.error().message);
    if (!*activation) throw Failure(Exit::NotActivated, not_activated());
    return std::move(**activation);
}

io::HttpOptions http_options(const Config& config) {
    io::HttpOptions options;
    options.proxy = config.proxy;
    options.ca_file = config.ca_file;
    options.allowed_hosts.assign(webex_hosts.begin(), webex_hosts.end());
    options.allowed_hosts.insert(options.allowed_hosts.end(), config.extra_hosts.begin(), config.extra_hosts.end());
    options.user_agent = "hotdeskd/" HOTDESKD_VERSION;
    return options;
}

std::unique_ptr<Http> open_http(const Config& config) {
    auto http = io::make_http(http_options(config));
    if (!http.ok()) throw Failure(Exit::Usage, http.error().message);
    return std::move(*http);
}

Result<Reply> ask(Http& http, const Call& call, const Activation& activation, const Config& config,
                  const Secret& client_secret) {
    const codec::Wire wire{config.app_id,    activation.org, activation.webexapis_base_url,
                           config.client_id, client_secret,  activation.access_token};
    http.start(0, codec::encode(call, wire));
    for (;;)
        for (HttpDone& done : http.wait(std::chrono::hours{1}, {})) {
            if (!done.reply.ok()) return done.reply.error();
            return trusted(http, call, codec::decode(call, std::move(*done.reply), wire));
        }
}

}  // namespace hotdesk
