#include "core/translate.hpp"

namespace hotdesk {

namespace {

struct Translate {
    WallTime sent_at;

    std::vector<Input> operator()(StatusMessage& status) const {
        // A full sync is no change, but its values are as true as pushed ones.
        return {input::Pushed{status.report, sent_at, status.full_sync}};
    }
    std::vector<Input> operator()(EventsMessage& message) const {
        std::vector<Input> out;
        out.reserve(message.events.size());
        for (Event& event : message.events) out.emplace_back(input::Happened{std::move(event)});
        return out;
    }
    std::vector<Input> operator()(HealthCheckMessage&) const { return {}; }
    std::vector<Input> operator()(ActionMessage&) const { return {}; }
};

}  // namespace

std::vector<Input> translate(Message&& message) { return std::visit(Translate{message.timestamp}, message.body); }

}  // namespace hotdesk
