#pragma once
// What the cloud does wrong because somebody asked for it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hotdesk/result.hpp"
#include "hotdesk/time.hpp"
#include "sandbox/http.hpp"

namespace hotdesk::sandbox {

/// A place where the cloud can be made to fail.
enum class Endpoint { Jwks, Token, App, Patch, Poll, Devices, Workspaces, Status, Command, Sessions, People, Unknown };
std::string_view name_of(Endpoint endpoint);
std::optional<Endpoint> endpoint_of(std::string_view name);

enum class FaultKind {
    Status,    ///< answers with `status` and does nothing
    Html,      ///< 200 and a page, as a captive portal does
    Garbage,   ///< 200 and bytes that are no JSON
    BodySize,  ///< 200 and `size` bytes of lawful JSON
    Hang,      ///< no answer at all
    Drop,      ///< closes the connection and does nothing
    Reset,     ///< does what was asked, then closes the connection in the middle of the answer
    Lost,      ///< does what was asked, then closes the connection before the first byte of the answer
    Delay,     ///< does what was asked, and answers `delay` later
};

struct Fault {
    FaultKind kind = FaultKind::Status;
    int status = 503;
    std::size_t size = 0;
    Millis delay{0};
    std::optional<long> retry_after_s;
    long times = -1;      ///< how often it still strikes; -1: until it is turned off
    long skip = 0;        ///< how many requests get through before it begins
    std::string desk;     ///< only requests about this desk; empty: all
    std::string command;  ///< only this xAPI command; empty: all
};

class Faults {
public:
    void set(Endpoint endpoint, Fault fault) { faults_[endpoint].push_back(std::move(fault)); }
    void clear(Endpoint endpoint) { faults_.erase(endpoint); }
    void clear() { faults_.clear(); }
    /// The fault that strikes this request, used up by one; `desk` and `command` may be empty.
    std::optional<Fault> strike(Endpoint endpoint, std::string_view desk, std::string_view command);
    [[nodiscard]] bool waiting(Endpoint endpoint) const { return faults_.count(endpoint) != 0; }

private:
    std::map<Endpoint, std::vector<Fault>> faults_;
};

/// Reads `503`, `html`, `hang`, `body-size=N`, `delay=2s`, ... and the options `times=N`, `retry-after=S`, `skip=N`,
/// `desk=NAME`, `name=Command.Name`.
Result<Fault> parse_fault(const std::vector<std::string>& words);

/// Whether what was asked for is done all the same.
[[nodiscard]] constexpr bool is_done(FaultKind kind) {
    return kind == FaultKind::Reset || kind == FaultKind::Lost || kind == FaultKind::Delay;
}

/// The answer of a fault that does nothing else; not for those where is_done().
Reply faulty_reply(const Fault& fault);

}  // namespace hotdesk::sandbox
