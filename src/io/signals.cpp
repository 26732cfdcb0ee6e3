#include "io/signals.hpp"

#include "io/posix.hpp"

#include <sys/signalfd.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace hotdesk::io {
namespace {

sigset_t watched() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
    return set;
}

class SignalFd final : public Signals {
public:
    SignalFd(Fd fd, const sigset_t& before) : fd_(std::move(fd)), before_(before) {}
    ~SignalFd() override { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    [[nodiscard]] int descriptor() const override { return fd_.get(); }

    std::vector<Signal> take() override {
        std::vector<Signal> arrived;
        signalfd_siginfo info{};
        while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            switch (info.ssi_signo) {
                case SIGTERM: arrived.push_back(Signal::Terminate); break;
                case SIGINT: arrived.push_back(Signal::Interrupt); break;
                case SIGHUP: arrived.push_back(Signal::Reload); break;
                default: break;
            }
        }
        return arrived;
    }

private:
    Fd fd_;
    sigset_t before_;
};

}  // namespace

Result<std::unique_ptr<Signals>> watch_signals() {
    const sigset_t set = watched();
    Fd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!fd) return Error{ErrorKind::Fatal, "cannot watch for signals: " + os_message(errno)};
    sigset_t before;
    if (const int code = ::pthread_sigmask(SIG_BLOCK, &set, &before); code != 0)
        return Error{ErrorKind::Fatal, "cannot watch for signals: " + os_message(code)};
    return std::unique_ptr<Signals>(std::make_unique<SignalFd>(std::move(fd), before));
}

}  // namespace hotdesk::io
