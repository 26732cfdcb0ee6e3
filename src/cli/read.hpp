#pragma once
// A value or the program's end: for commands that read the state; and the time that the state goes by.

#include <hotdesk/result.hpp>

#include "daemon/exit.hpp"
#include "daemon/state.hpp"
#include "io/host.hpp"

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

/// Now by Webex's clock, as far as the worker has found out: bookings, and what is stored, go by that.
inline Now cloud_now(Store& store) {
    Now now = io::make_host()->now();
    now.wall += must(state::load_health(store)).clock_offset;
    return now;
}

}  // namespace hotdesk::cli
