#pragma once
// Root at work in a directory that belongs to somebody else.
//
// The state belongs to the service's user, and root's commands open it by name. Whoever owns a directory can put a link
// in a file's place at any moment, so that root would write to any file of the system. While an AsOwner lives, the
// kernel judges this thread's use of files as the owner's: by a link it reaches what the owner reaches anyway.

#include "io/posix.hpp"

#include <string>

namespace hotdesk::io {

/// Changes nothing for anybody but root, in root's own directories, and within another AsOwner. Else the working
/// directory is `directory` as well, since the way to it may be closed to its owner (/var/lib/private).
class AsOwner {
public:
    explicit AsOwner(const std::string& directory);
    AsOwner(const AsOwner&) = delete;
    AsOwner& operator=(const AsOwner&) = delete;
    ~AsOwner();

    /// What `directory` is called meanwhile.
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
    Fd back_;  // the working directory from before; none: nothing was changed
};

}  // namespace hotdesk::io
