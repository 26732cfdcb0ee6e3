#pragma once
// What reads foreign bytes, one function each. The oracle: a value or the one error type, and nothing else; whatever
// crashes, hangs or is caught by a sanitizer is a bug.

#include <array>
#include <string>
#include <string_view>

namespace hotdesk::fuzz {

void queue(std::string_view bytes);   ///< the body of a poll
void xapi(std::string_view bytes);    ///< answers about desks: status, bookings, devices, workspaces, commands
void cloud(std::string_view bytes);   ///< answers of the integration's endpoints: tokens, appUrl, keys
void jwt(std::string_view bytes);     ///< activation codes and actions
void claims(std::string_view bytes);  ///< what they say, behind a good signature
void config(std::string_view bytes);  ///< hotdeskd.toml
void state(std::string_view bytes);   ///< state records, after their seal was opened

struct Target {
    std::string_view name;
    void (*run)(std::string_view);
};
inline constexpr std::array targets{Target{"queue", queue}, Target{"xapi", xapi},     Target{"cloud", cloud},
                                    Target{"jwt", jwt},     Target{"claims", claims}, Target{"config", config},
                                    Target{"state", state}};

}  // namespace hotdesk::fuzz
