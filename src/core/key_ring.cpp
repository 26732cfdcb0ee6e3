#include "core/key_ring.hpp"

#include <algorithm>

namespace hotdesk {

namespace {

using namespace std::chrono_literals;

constexpr Millis kept = 1h, ask_again = 5min, retry = 10s;

}  // namespace

KeyRing::Look KeyRing::look(const std::string& url, std::string_view kid, MonoTime now) const {
    const auto at = rings_.find(url);
    if (at == rings_.end()) return Look::Ask;
    const Ring& ring = at->second;
    const bool fresh = ring.from && now - *ring.from < kept;
    const auto named = [&](const Jwk& key) { return key.kid == kid; };
    if (fresh && std::any_of(ring.keys.begin(), ring.keys.end(), named)) return Look::Known;
    if (ring.under_way) return Look::Waiting;
    if (now >= ring.not_before) return Look::Ask;
    return ring.failed ? Look::Waiting : Look::Unknown;
}

const std::vector<Jwk>& KeyRing::keys(const std::string& url) const {
    static const std::vector<Jwk> none;
    const auto at = rings_.find(url);
    return at == rings_.end() ? none : at->second.keys;
}

void KeyRing::asked(const std::string& url, MonoTime now) {
    rings_[url].not_before = now + ask_again;
    rings_[url].under_way = true;
}

void KeyRing::answered(const std::string& url, std::optional<std::vector<Jwk>> keys, MonoTime now) {
    Ring& ring = rings_[url];
    ring.under_way = false;
    ring.failed = !keys;
    if (!keys) {
        ring.not_before = now + retry;
        return;
    }
    ring.keys = std::move(*keys);
    ring.from = now;
}

}  // namespace hotdesk
