#pragma once
// A new state key. Each step leaves a state that opens with its key file, and from which a rekey can go on:
//
//                            key file    state sealed under
//   before                   old         old
//   announce()               new, old    old
//   write()                  new, old    old, and DIR/next under new
//   put_in_place()           new, old    new
//   finish()                 new         new
//
// The state's file is another one afterwards, so no page of it holds anything that was sealed under the old key.

#include <hotdesk/secret.hpp>

#include "daemon/config.hpp"
#include "daemon/rewrite.hpp"
#include "io/lock.hpp"

#include <cstddef>
#include <memory>

namespace hotdesk {

/// Holds the instance lock, and the state alone, while it lives. All of it throws Failure; what stands is then one of
/// the lines above.
class Rekey {
public:
    /// Exit 7: a worker runs, or another process has the state open. Exit 3: there is none. Exit 9: it cannot be read.
    /// Exit 2: the key came from systemd, which alone can replace it.
    Rekey(const Config& config, Say say);

    /// An earlier rekey was cut short, and this one takes it up with the key that it made.
    [[nodiscard]] bool resumes() const { return resumes_; }
    /// The state is under the new key already; only finish() is left.
    [[nodiscard]] bool in_place() const { return in_place_; }

    void announce();
    void write();
    void put_in_place();
    void finish();

private:
    const Config& config_;
    Say say_;
    std::unique_ptr<io::InstanceLock> running_, alone_;
    Secret old_, new_;
    bool resumes_ = false, in_place_ = false;
};

/// All steps that are left, in order.
void rekey(const Config& config, const Say& say);

}  // namespace hotdesk
