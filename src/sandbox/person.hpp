#pragma once
// A person, made up from the address alone, so that every part of the world tells the same story about one address.

#include <string>
#include <string_view>

namespace hotdesk::sandbox {

struct Person {
    std::string email;
    std::string id;  ///< Source: REST description, /hotdesk/sessions: personId
    std::string first_name;
    std::string last_name;

    [[nodiscard]] std::string name() const { return last_name.empty() ? first_name : first_name + " " + last_name; }
};

Person person_of(std::string_view email);
/// Addresses compare without case.
bool same_address(std::string_view a, std::string_view b);

}  // namespace hotdesk::sandbox
