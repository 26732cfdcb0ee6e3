#pragma once
// The written attack table: ways to hand hotdeskd a code or an action that it must refuse, each with the word it is
// refused with. One table for two tests: attack_test.cpp runs it on the reader and the judge, and the end-to-end test
// on the program, with codes that attack_codes.cpp makes from it for the sandbox's key.

#include "signer.hpp"

#include <functional>
#include <hotdesk/time.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotdesk::test {

/// What a code is for, as bits.
enum Kind : unsigned { Provision = 1, Update = 2, UpdateApproved = 4, HealthCheck = 8, Deprovision = 16 };
inline constexpr unsigned kActions = Update | UpdateApproved | HealthCheck | Deprovision;
inline constexpr unsigned kAll = Provision | kActions;
/// The claim `action`.
std::string_view action_of(Kind kind);

/// The members of a JSON object as they are written, in their order. For the flat objects of codes; checks nothing.
class Claims {
public:
    explicit Claims(std::string_view object);
    /// Replaces or appends; `raw` is JSON.
    [[nodiscard]] Claims with(const std::string& name, const std::string& raw) const;
    /// Appends, also where there is one already.
    [[nodiscard]] Claims twice(const std::string& name, const std::string& raw) const;
    [[nodiscard]] Claims without(const std::string& name) const;
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::pair<std::string, std::string>> members_;
};

/// What an attack starts from: everything that a good code of this kind is made of.
struct Good {
    const Signer& signer;
    Kind kind{};
    std::string header, payload;  ///< JSON
    WallTime now{};
    std::string other;  ///< another good code by the same key

    [[nodiscard]] std::string sign(const Claims& claims) const { return signer.sign(header, claims.text()); }
    [[nodiscard]] std::string sign_header(const std::string& text) const { return signer.sign(text, payload); }
};

struct Attack {
    std::string name;
    std::string word;  ///< of the contract, exit code 4; empty: it is accepted
    unsigned kinds = kAll;
    std::function<std::string(const Good&)> make;
    /// Only for the reader: the command line takes white space off both ends of what it reads.
    bool white_space = false;
};

const std::vector<Attack>& attack_table();
/// What looks odd and is lawful: the counterpart, so that a reader who refuses everything does not pass.
const std::vector<Attack>& lawful_table();

}  // namespace hotdesk::test
