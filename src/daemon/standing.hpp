#pragma once
// The standing activation in the hands of a command of the command line: its state, its tokens, its appUrl.
//
// Tokens belong to the worker. Where one runs, a command uses the access token that it has stored, and asks the worker
// for another one where that does not do; where none runs, the command takes the worker's lock and renews by itself. So
// no refresh token is ever sent twice.

#include <hotdesk/cloud.hpp>
#include <hotdesk/ports.hpp>
#include <hotdesk/record.hpp>

#include "daemon/config.hpp"

#include <functional>
#include <memory>

namespace hotdesk {

class Standing {
public:
    /// Leaves the request for the running worker and waits for its outcome.
    using AskWorker = std::function<RequestOutcome(Store&, Request)>;

    /// Throws Failure: 2 (client secret), 3 (not activated), 9.
    Standing(const Config& config, AskWorker ask_worker);

    const Activation& activation() const { return activation_; }
    Store& store() { return *store_; }
    Http& http() { return *http_; }
    const Secret& client_secret() const { return client_secret_; }

    /// Asks the cloud with the stored access token.
    Result<Reply> ask(const Call& call);
    /// Reads or changes appUrl; where the access token is not accepted, once more with a new one. AuthExpired or
    /// Rejected: nor was that.
    Result<AppDetails> app(const Call& call);
    /// Gets a new access token. Rejected: Webex refuses the refresh token or the client. Throws Failure, exit 7, where
    /// another command is at it.
    Result<void> renew();

private:
    Result<void> renew_alone();

    const Config& config_;
    AskWorker ask_worker_;
    Secret client_secret_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Http> http_;
    Activation activation_;
};

}  // namespace hotdesk
