#pragma once
// The integration as its appUrl shows and changes it.
//
// **Source:** technical details, "Update the Integration Activation Status" (PATCH: fields and their values) and "Read
// the current integration state" (GET: the answer).

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hotdesk/id.hpp"
#include "hotdesk/result.hpp"
#include "hotdesk/time.hpp"
#include "sandbox/activation.hpp"

namespace hotdesk::sandbox {

class Integration {
public:
    Integration(AppId app, std::vector<std::string> granted_scopes, Access granted, WallTime now)
        : scopes(std::move(granted_scopes)),
          access(std::move(granted)),
          app_(std::move(app)),
          created_(now),
          updated_(now) {}

    enum class QueueState { Removed, Enabled, Disabled };

    /// `body` as sent. An error means that nothing was changed.
    Result<void> patch(const std::string& body, WallTime now);
    /// The integration's details; `poll_url` appears while there is a queue.
    [[nodiscard]] std::string details(const std::string& poll_url) const;
    [[nodiscard]] QueueState queue() const { return queue_; }
    void remove_queue() { queue_ = QueueState::Removed; }
    /// What an administrator does in Control Hub with an update request: its scopes and xAPI paths, the optional ones
    /// too, are granted from now on. An error: nothing was requested, or it is no manifest.
    Result<void> approve(WallTime now);
    [[nodiscard]] std::int64_t manifest_version() const { return manifest_version_; }
    [[nodiscard]] const std::string& provisioning_state() const { return provisioning_state_; }

    std::vector<std::string> scopes;
    Access access;

private:
    AppId app_;
    WallTime created_;
    WallTime updated_;
    QueueState queue_ = QueueState::Removed;
    std::string provisioning_state_ = "initiated";
    std::string actions_url_;
    std::string customer_;        ///< JSON; empty: none
    std::string update_request_;  ///< JSON; empty: none
    std::int64_t manifest_version_ = 2;
};

}  // namespace hotdesk::sandbox
