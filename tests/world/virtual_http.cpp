#include "virtual_http.hpp"

#include <algorithm>
#include <charconv>

namespace hotdesk::test {

namespace {

/// `<URL>; rel="next"`. Source: RFC 8288.
std::string next_of(const std::string& link) {
    const auto end = link.find('>');
    return link.empty() || link.find("rel=\"next\"") == std::string::npos ? "" : link.substr(1, end - 1);
}

}  // namespace

sandbox::Request to_world(const HttpRequest& request, const std::string& base) {
    sandbox::Request out;
    out.method = request.method;
    out.target = request.url.substr(base.size());
    if (!request.bearer.empty()) out.headers["authorization"] = "Bearer " + std::string{request.bearer.reveal()};
    if (!request.body.empty()) out.headers["content-type"] = "application/json";
    out.body = request.body;
    return out;
}

/// Source: RFC 9110, Date: whole seconds.
Result<HttpReply> from_world(const sandbox::Reply& reply, WallTime now) {
    if (reply.delivery != sandbox::Delivery::Whole) return Error{ErrorKind::Transient, "the connection was lost"};
    HttpReply out;
    out.status = reply.status;
    out.body = reply.body;
    out.date = std::chrono::floor<std::chrono::seconds>(now);
    for (const auto& [name, value] : reply.headers) {
        if (name == "trackingid") out.tracking_id = value;
        if (name == "Link") out.link_next = next_of(value);
        long seconds = 0;
        if (name == "Retry-After" &&
            std::from_chars(value.data(), value.data() + value.size(), seconds).ec == std::errc{})
            out.retry_after = std::chrono::seconds{seconds};
    }
    return out;
}

void VirtualHttp::start(CallId id, HttpRequest request) {
    ++traffic_;
    if (auto instead = intercept_(request)) return done_.push_back({id, std::move(*instead)});
    const auto handled = world_.handle(to_world(request, world_.options().base_url), host_.world());
    if (const auto* held = std::get_if<sandbox::Held>(&handled))
        held_ = HeldPoll{id, held->ticket, held->until};
    else
        done_.push_back({id, from_world(std::get<sandbox::Reply>(handled), host_.world())});
}

Result<HttpReply> VirtualHttp::exchange(const HttpRequest& request) {
    const auto handled = world_.handle(to_world(request, world_.options().base_url), host_.world());
    return from_world(std::get<sandbox::Reply>(handled), host_.world());
}

void VirtualHttp::cancel(CallId id) {
    if (held_ && held_->id == id) {
        world_.abandon(held_->ticket);
        held_.reset();
    }
    std::erase_if(done_, [&](const HttpDone& done) { return done.id == id; });
}

void VirtualHttp::hang_up() {
    if (held_) world_.abandon(held_->ticket);
    held_.reset();
    done_.clear();
}

void VirtualHttp::collect() {
    if (!held_) return;
    const auto reply = world_.collect(held_->ticket, host_.world());
    if (!reply) return;
    done_.push_back({held_->id, from_world(*reply, host_.world())});
    held_.reset();
}

std::vector<HttpDone> VirtualHttp::wait(Millis limit, std::span<const int>) {
    collect();
    if (done_.empty() && limit > Millis{0}) {
        WallTime until = host_.world() + limit;
        if (held_) until = std::min(until, held_->until);
        until = std::max(host_.world(), std::min(until, world_.next_due()));
        host_.pass(until - host_.world());
        world_.advance(host_.world());
        collect();
    }
    traffic_ += done_.size();
    return std::exchange(done_, {});
}

}  // namespace hotdesk::test
