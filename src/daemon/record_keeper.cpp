#include "daemon/record_keeper.hpp"

#include "daemon/state.hpp"

namespace hotdesk {

void RecordKeeper::set_keep(Limit keep) {
    if (keep == keep_) return;
    keep_ = keep;
    next_ = MonoTime::min();
}

Result<void> RecordKeeper::look(std::optional<Now> now) {
    if (!now || now->mono < next_) return {};
    next_ = now->mono + std::chrono::hours{1};
    if (!keep_) return {};
    const auto old = state::forget_records(store_, now->wall - *keep_, now->wall, batch_records);
    if (!old.ok()) return old.error();
    if (old->empty()) return {};
    auto done = store_.commit(*old);
    if (done.ok() && old->size() == batch_records) next_ = now->mono;
    return done;
}

}  // namespace hotdesk
