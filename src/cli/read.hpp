#pragma once
// A value or the program's end: for commands that read the state.

#include <hotdesk/result.hpp>

#include "daemon/exit.hpp"

#include <utility>

namespace hotdesk::cli {

template <class T>
T must(Result<T> result) {
    if (result.ok()) return std::move(*result);
    throw Failure(result.error().kind == ErrorKind::Corrupt ? Exit::State : Exit::Failed, result.error().message);
}

inline void must(const Result<void>& result) {
    if (!result.ok())
        throw Failure(result.error().kind == ErrorKind::Corrupt ? Exit::State : Exit::Failed, result.error().message);
}

}  // namespace hotdesk::cli
