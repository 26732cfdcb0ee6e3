#pragma once
// Old decisions are removed: a bounded number at a time, when the worker starts and then once an hour, so that an idle
// worker has next to nothing to do.

#include <hotdesk/policy.hpp>
#include <hotdesk/ports.hpp>
#include <hotdesk/result.hpp>
#include <hotdesk/time.hpp>

#include <cstddef>
#include <optional>

namespace hotdesk {

class RecordKeeper {
public:
    /// At most so many go in one look. A commit of as many takes some milliseconds.
    static constexpr std::size_t batch_records = 1000;

    /// `store` is borrowed. `keep`: how old a decision may become; off: all stay.
    RecordKeeper(Store& store, Limit keep) : store_(store), keep_(keep) {}

    /// Another age; heeded at the next look.
    void set_keep(Limit keep);

    /// Removes a batch where it is time, and does nothing else; to be called on every turn. Where a batch was full, the
    /// next look goes on; after a failure it waits for the next hour. `now`: Webex's time, by which decisions are
    /// written; empty: it is not known, and nothing is removed. A box whose clock is a year ahead must not lose its
    /// record.
    Result<void> look(std::optional<Now> now);

private:
    Store& store_;
    Limit keep_;
    MonoTime next_ = MonoTime::min();
};

}  // namespace hotdesk
