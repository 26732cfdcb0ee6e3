#include "sandbox/tokens.hpp"

namespace hotdesk::sandbox {

std::string Tokens::new_refresh(WallTime now) {
    std::string token = random_.token(64) + "_PF84_" + random_.uuid();
    refresh_.emplace(token, now + refresh_lives);
    handed_out_.push_back(token);
    return token;
}

std::optional<Tokens::Grant> Tokens::exchange(const std::string& refresh, WallTime now) {
    const auto found = refresh_.find(refresh);
    if (found == refresh_.end() || found->second <= now) return std::nullopt;
    Grant grant;
    grant.access_lives = access_lives;
    grant.refresh_lives = rotate ? refresh_lives : found->second - now;
    if (rotate) {
        refresh_.erase(found);
        grant.refresh = new_refresh(now);
    } else {
        grant.refresh = refresh;
    }
    grant.access = random_.token(120);
    access_.emplace(grant.access, now + access_lives);
    handed_out_.push_back(grant.access);
    return grant;
}

bool Tokens::accepts(std::string_view access, WallTime now) const {
    const auto found = access_.find(access);
    return found != access_.end() && now < found->second;
}

}  // namespace hotdesk::sandbox
