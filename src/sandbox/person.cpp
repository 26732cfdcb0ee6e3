#include "sandbox/person.hpp"

#include <cctype>

#include "sandbox/random.hpp"

namespace hotdesk::sandbox {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::string capital(std::string text) {
    if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
}

}  // namespace

Person person_of(std::string_view email) {
    const std::string local = lower(email.substr(0, email.find('@')));
    const auto dot = local.find('.');
    Person person;
    person.email = std::string(email);
    person.id = cloud_id("PEOPLE", Random(hash_of(lower(email))).uuid());
    person.first_name = capital(local.substr(0, dot));
    if (dot != std::string::npos) person.last_name = capital(local.substr(dot + 1));
    return person;
}

bool same_address(std::string_view a, std::string_view b) { return lower(a) == lower(b); }

}  // namespace hotdesk::sandbox
