// A libFuzzer program; FUZZ_TARGET says which function of targets.hpp it is for.

#include "targets.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    hotdesk::fuzz::FUZZ_TARGET(std::string_view{reinterpret_cast<const char*>(data), size});
    return 0;
}
