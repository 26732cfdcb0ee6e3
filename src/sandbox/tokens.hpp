#pragma once
// Access and refresh tokens.
//
// **Source:** technical details, "Verify and Store the Activation Payload": expires_in, refresh_token_expires_in, and
// that the answer's refresh token replaces the one that was sent. Here it always does, and the old one is dead: the
// strictest cloud that the guide allows. Tokens::rotate turns that off.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hotdesk/time.hpp"
#include "sandbox/random.hpp"

namespace hotdesk::sandbox {

class Tokens {
public:
    explicit Tokens(std::uint64_t seed) : random_(seed) {}

    struct Grant {
        std::string access;
        std::string refresh;
        Millis access_lives{0};
        Millis refresh_lives{0};
    };

    /// A live refresh token, as an activation code carries one.
    std::string new_refresh(WallTime now);
    /// Nothing for a refresh token that is unknown, used up or expired.
    std::optional<Grant> exchange(const std::string& refresh, WallTime now);
    [[nodiscard]] bool accepts(std::string_view access, WallTime now) const;
    void revoke_access() { access_.clear(); }
    void revoke_refresh() { refresh_.clear(); }
    /// Every token there ever was.
    [[nodiscard]] const std::vector<std::string>& handed_out() const { return handed_out_; }

    bool rotate = true;
    Millis access_lives{std::chrono::seconds{7199}};
    Millis refresh_lives{std::chrono::seconds{5090490}};

private:
    Random random_;
    std::map<std::string, WallTime, std::less<>> access_;
    std::map<std::string, WallTime, std::less<>> refresh_;
    std::vector<std::string> handed_out_;
};

}  // namespace hotdesk::sandbox
