#pragma once
// What reads foreign bytes, one function each. The oracle: a value or the one error type, within the bounds that the
// reader's header states, and nothing else; whatever crashes, hangs or is caught by a sanitizer is a bug.
//
// A target is a function of its bytes: what is the matter with an input can be told from the input alone.

#include <array>
#include <string>
#include <string_view>

namespace hotdesk::fuzz {

void queue(std::string_view bytes);    ///< the body of a poll, and what a desk's state makes of it
void xapi(std::string_view bytes);     ///< answers about desks: status, bookings, devices, workspaces, commands
void cloud(std::string_view bytes);    ///< answers of the integration's endpoints: tokens, appUrl, keys
void jwt(std::string_view bytes);      ///< activation codes and actions; short bytes are slips in a good one
void claims(std::string_view bytes);   ///< what they say, behind a good signature
void jwks(std::string_view bytes);     ///< key sets, and what can be verified with them
void config(std::string_view bytes);   ///< hotdeskd.toml
void state(std::string_view bytes);    ///< state records, after their seal was opened
void headers(std::string_view bytes);  ///< the value of a Retry-After or Link header, and the host of a URL

struct Target {
    std::string_view name;
    void (*run)(std::string_view);
};
inline constexpr std::array targets{Target{"queue", queue},   Target{"xapi", xapi},     Target{"cloud", cloud},
                                    Target{"jwt", jwt},       Target{"claims", claims}, Target{"jwks", jwks},
                                    Target{"config", config}, Target{"state", state},   Target{"headers", headers}};

}  // namespace hotdesk::fuzz
