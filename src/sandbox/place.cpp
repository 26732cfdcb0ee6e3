#include "sandbox/place.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace hotdesk::sandbox {

namespace fs = std::filesystem;

Result<Place> Place::open(const std::string& wanted) {
    std::error_code failure;
    if (!wanted.empty()) {
        fs::create_directories(wanted, failure);
        if (failure) return Error{ErrorKind::Fatal, wanted + ": " + failure.message()};
        return Place(fs::absolute(wanted), false);
    }
    std::string pattern = (fs::temp_directory_path(failure) / "hotdeskd-sandbox-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return Error{ErrorKind::Fatal, pattern + ": cannot be made"};
    return Place(pattern, true);
}

Place::Place(Place&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, false)) {}

Place::~Place() {
    std::error_code ignored;
    if (temporary_) fs::remove_all(path_, ignored);
}

Result<void> Place::write(std::string_view name, std::string_view text, bool secret) const {
    const fs::path path = file(name);
    const fs::path fresh = file(std::string(name) + ".new");
    std::error_code failure;
    fs::remove(fresh, failure);
    std::ofstream out(fresh, std::ios::binary);
    // Before the secret is in it.
    if (secret) fs::permissions(fresh, fs::perms::owner_read | fs::perms::owner_write, failure);
    out << text;
    out.close();
    // Whoever reads it meanwhile finds the old one or the new one.
    if (out && !failure) fs::rename(fresh, path, failure);
    if (!out || failure) return Error{ErrorKind::Fatal, path.string() + ": cannot be written"};
    return {};
}

std::string configuration(const Place& place, const std::string& app_id, const std::string& client_id,
                          const std::string& jwks_url, const std::string& policy) {
    const auto quoted = [](const std::string& text) { return "\"" + text + "\"\n"; };
    std::string out = "# hotdeskd against the sandbox. Written by hotdeskd-sandbox at its start.\n[integration]\n";
    out += "app_id = " + quoted(app_id);
    out += "client_id = " + quoted(client_id);
    out += "client_secret_file = " + quoted(place.file("client-secret").string());
    out += "\n[state]\ndirectory = " + quoted(place.file("state").string());
    out += "key_file = " + quoted(place.file("state.key").string());
    out += "runtime_directory = " + quoted(place.file("run").string());
    out += "\n[http]\nca_file = " + quoted(place.file("ca.pem").string());
    out += "jwks_url = " + quoted(jwks_url);
    out += "extra_hosts = [\"localhost\", \"127.0.0.1\"]\n";
    if (!policy.empty()) out += "\n" + policy;
    return out;
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Error{ErrorKind::Fatal, path + ": cannot be read"};
    return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace hotdesk::sandbox
