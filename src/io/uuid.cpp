#include "io/uuid.hpp"

#include <uuid/uuid.h>

namespace hotdesk::io {

std::string new_uuid() {
    uuid_t id;
    // Not uuid_generate(): where randomness is short, that one falls back to the box's address and clock.
    uuid_generate_random(id);
    char text[UUID_STR_LEN];
    uuid_unparse_lower(id, text);
    return text;
}

}  // namespace hotdesk::io
