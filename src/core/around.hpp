#pragma once
// What the rules see beside a desk: the policy, and the other desks of the fleet.

#include "core/fleet.hpp"

namespace hotdesk {

class Fleet::Around : public Surroundings {
public:
    /// Borrows both.
    Around(const Fleet& fleet, const Desk& desk) : fleet_(fleet), desk_(desk) {}

    [[nodiscard]] const Policy& policy_for(std::string_view organizer_email) const override;
    [[nodiscard]] const Zone& zone() const override { return fleet_.policy_.zone(); }
    [[nodiscard]] const Messages& messages() const override { return fleet_.policy_.messages(); }
    void each_elsewhere(const Desk& desk, std::string_view organizer_email,
                        const std::function<bool(const DeskState&, const KnownBooking&)>& visit) const override;
    [[nodiscard]] bool beside(const Desk& desk, const BookingRef& ref,
                              const std::function<bool(const DeskState&, const KnownBooking&)>& test) const override;
    [[nodiscard]] bool led(const Desk& desk) const override;
    [[nodiscard]] bool may_ask_who() const override { return fleet_.may_ask_who_ && !fleet_.who_refused_; }
    [[nodiscard]] const Grants& grants() const override { return fleet_.grants_; }

private:
    /// The other desks of the workspace, until `test` is true of one.
    template <class Test>
    [[nodiscard]] bool any_beside(const DeskState& desk, Test&& test) const;

    const Fleet& fleet_;
    const Desk& desk_;
};

}  // namespace hotdesk
