#pragma once
// Management actions that come through the queue: from the bytes to what the worker does about them.
//
// Each waits until its key set is there, at most as long as an action lives; then it is verified, judged and, where it
// is good, remembered as used and handed to the worker. Whatever is refused costs only itself.

#include <hotdesk/cloud.hpp>
#include <hotdesk/ports.hpp>

#include "core/key_ring.hpp"
#include "core/worker.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace hotdesk {

class Actions {
public:
    /// `jwks_url`: replaces the table of regions; empty: the table.
    explicit Actions(std::string jwks_url) : jwks_url_(std::move(jwks_url)) {}

    /// Takes what the worker has heard and goes on with what waits. Returns the key sets to ask for.
    std::vector<Call> step(Worker& worker, Store& store, Now now);
    /// The answer to one of these calls.
    void answered(const call::ReadKeys& call, Result<Reply>&& reply, Now now);

private:
    struct Waiting {
        Secret jwt;
        MonoTime heard_at;
    };
    /// Done with: carried out, or refused. Else the keys that it waits for are in `asks`.
    bool settle(const Waiting& action, Worker& worker, Store& store, Now now, std::vector<Call>& asks);
    void carry_out(const ActivationClaims& claims, Worker& worker, Store& store, Now now);

    std::string jwks_url_;
    KeyRing ring_;
    std::string no_keys_;  ///< why the last key set could not be had
    std::deque<Waiting> waiting_;
};

}  // namespace hotdesk
