#pragma once
// The key sets that codes and actions are verified with, as far as they are known.
//
// A set is kept for an hour: a key that Webex has withdrawn is not believed for longer. A key that is not in it may be
// new: then the set is asked for again, but at most once in five minutes, so that made-up key ids cost Webex nothing.

#include <hotdesk/cloud.hpp>
#include <hotdesk/time.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotdesk {

class KeyRing {
public:
    enum class Look {
        Known,    ///< keys() has the key
        Ask,      ///< ask for the set, and tell asked() so
        Waiting,  ///< it is being asked for, or could not be had and will be asked for again
        Unknown,  ///< it was asked for lately and has no such key
    };

    Look look(const std::string& url, std::string_view kid, MonoTime now) const;
    /// Empty: nothing is known. Lives until the next call of answered().
    const std::vector<Jwk>& keys(const std::string& url) const;
    void asked(const std::string& url, MonoTime now);
    /// `keys`: empty where they could not be had; then the set may be asked for again after 10 s.
    void answered(const std::string& url, std::optional<std::vector<Jwk>> keys, MonoTime now);

private:
    struct Ring {
        std::vector<Jwk> keys;
        std::optional<MonoTime> from;           ///< when the keys came
        MonoTime not_before = MonoTime::min();  ///< the next time it may be asked for
        bool under_way = false, failed = false;
    };
    std::map<std::string, Ring> rings_;  // by URL: a handful, from a fixed table
};

}  // namespace hotdesk
