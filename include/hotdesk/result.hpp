#pragma once
// A value or an error, never both; an error says how to react to it and what a person can do.

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace hotdesk {

/// What an error asks for, not where it came from.
enum class ErrorKind {
    Transient,    ///< may pass by itself: wait and try again
    RateLimited,  ///< wait `retry_after`, then try again
    AuthExpired,  ///< the access token is not accepted: get a new one, then try again
    Rejected,     ///< this one request is refused; the same again will be refused again
    Gone,         ///< what was asked for does not exist any more
    Corrupt,      ///< bytes that do not mean what they should
    Fatal,        ///< nothing can go on: a person must act
};

struct Error {
    ErrorKind kind = ErrorKind::Fatal;
    std::string message;      ///< one line, for a person: what happened and what to do; never holds a secret
    std::string tracking_id;  ///< the cloud's `trackingid` where there is one: Webex support asks for it
    std::optional<std::chrono::seconds> retry_after = {};  ///< as the cloud said; empty: it did not
    int http_status = 0;                                   ///< 0: there was no HTTP answer
    bool unsent = false;  ///< nothing went out: surely nothing was done, and nothing handed out

    Error() = default;
    Error(ErrorKind k, std::string m) : kind(k), message(std::move(m)) {}
};

template <class T>
class [[nodiscard]] Result {
public:
    // Implicit, so that a function can return either.
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // Asking for what is not there is our own bug: std::get throws std::bad_variant_access.
    [[nodiscard]] T& value() & { return std::get<0>(state_); }
    [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
    [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error& error() const { return error_.value(); }

private:
    std::optional<Error> error_;
};

}  // namespace hotdesk
