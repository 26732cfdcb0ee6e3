#pragma once
// The sandbox's directory: what hotdeskd needs to be tried against it.

#include <filesystem>
#include <string>
#include <string_view>

#include "hotdesk/result.hpp"

namespace hotdesk::sandbox {

/// A directory that is kept where it was named, and removed where it was made up.
class Place {
public:
    /// `wanted` empty: a fresh one below the system's temporary directory.
    static Result<Place> open(const std::string& wanted);
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

    [[nodiscard]] std::filesystem::path file(std::string_view name) const { return path_ / name; }
    /// Replaces the file; `secret` ones can be read by their owner only.
    Result<void> write(std::string_view name, std::string_view text, bool secret) const;

private:
    Place(std::filesystem::path path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}

    std::filesystem::path path_;
    bool temporary_ = false;
};

/// A hotdeskd.toml for the sandbox in `place`; `policy` is put at its end as it is.
std::string configuration(const Place& place, const std::string& app_id, const std::string& client_id,
                          const std::string& jwks_url, const std::string& policy);

/// The whole file.
Result<std::string> read_file(const std::string& path);

}  // namespace hotdesk::sandbox
