#include "daemon/home.hpp"

#include "codec/call.hpp"
#include "daemon/state.hpp"
#include "io/curl.hpp"
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

std::string key_path(const Config& config) {
    const std::string path = credential("state-key");
    return path.empty() ? config.key_file : path;
}

Exit exit_of_state(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Gone: return Exit::NotActivated;
        case ErrorKind::Corrupt: return Exit::State;
        default: return Exit::Failed;
    }
}

std::unique_ptr<Sealer> open_sealer(const Config& config, StateUse use) {
    const std::string path = key_path(config);
    auto key = io::read_key_file(path);
    if (!key.ok() && key.error().kind == ErrorKind::Gone) {
        // A state that stands already cannot be read by a key made now.
        if (use != StateUse::Create || io::open_store({config.state_directory, false, true}, nullptr).ok())
            throw Failure(Exit::State,
                          "the key " + path + " is missing, and the state in " + config.state_directory +
                              " cannot be read without it; restore the key, or move the state away and activate anew");
        key = io::make_key();
        if (const auto written = io::write_key_file(path, *key); !written.ok())
            throw Failure(Exit::Failed, written.error().message);
    }
    if (!key.ok()) throw Failure(Exit::State, "the state cannot be read: " + key.error().message);
    auto sealer = io::make_sealer(std::move(*key));
    if (!sealer.ok()) throw Failure(Exit::State, sealer.error().message);
    return std::move(*sealer);
}

/// Before the state is opened for writing, which would make what is missing; and before its key is missed. Closed again
/// when this returns: a process may have it open only once.
void look_first(const Config& config, StateUse use) {
    const auto there = io::open_store({config.state_directory, false, true}, nullptr);
    if (there.ok()) return;
    if (there.error().kind != ErrorKind::Gone) throw Failure(exit_of_state(there.error()), there.error().message);
    if (use != StateUse::Create) throw Failure(Exit::NotActivated, not_activated());
}

std::unique_ptr<Store> open_sealed(const Config& config, StateUse use) {
    auto store = io::open_store({config.state_directory, use == StateUse::Create, use == StateUse::Read},
                                open_sealer(config, use));
    if (!store.ok()) throw Failure(exit_of_state(store.error()), store.error().message);
    const auto schema = state::check_schema(**store, use == StateUse::Create);
    if (!schema.ok()) throw Failure(exit_of_state(schema.error()), schema.error().message);
    return std::move(*store);
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

Secret load_client_secret(const Config& config) {
    std::string path = credential("client-secret");
    if (path.empty()) {
        path = config.client_secret_file;
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

std::unique_ptr<Store> open_state(const Config& config, StateUse use) {
    look_first(config, use);
    return open_sealed(config, use);
}

Activation need_activation(Store& store) {
    auto activation = state::load_activation(store);
    if (!activation.ok()) throw Failure(exit_of_state(activation.error()), activation.error().message);
    if (!*activation) throw Failure(Exit::NotActivated, not_activated());
    return std::move(**activation);
}

std::unique_ptr<Http> open_http(const Config& config) {
    io::HttpOptions options;
    options.proxy = config.proxy;
    options.ca_file = config.ca_file;
    options.allowed_hosts.assign(webex_hosts.begin(), webex_hosts.end());
    options.allowed_hosts.insert(options.allowed_hosts.end(), config.extra_hosts.begin(), config.extra_hosts.end());
    options.user_agent = "hotdeskd/" HOTDESKD_VERSION;
    auto http = io::make_http(options);
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
            return codec::decode(call, std::move(*done.reply), wire);
        }
}

}  // namespace hotdesk
