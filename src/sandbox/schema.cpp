#include "sandbox/schema.hpp"

#include <array>
#include <cstdint>
#include <span>

#include "sandbox/json.hpp"

namespace hotdesk::sandbox {

namespace {

enum class Kind { Text, Number, Literal };

struct Parameter {
    std::string_view name;
    Kind kind;
    std::int64_t least;  ///< Text: length in bytes; Number: value
    std::int64_t most;   ///< ditto
    bool required = false;
    std::string_view values = {};  ///< Literal: separated by `|`
};

constexpr std::string_view platforms = "MicrosoftTeams|GoogleMeet|Zoom|Webex|Other|None";
constexpr std::string_view protocols = "SIP|H323|ISDN|IP|Spark|WebRTC|None";
constexpr std::string_view targets = "OSD|RoomScheduler|Controller";

constexpr auto book = std::to_array<Parameter>({{"BookingRequestUUID", Kind::Text, 1, 128},
                                                {"Duration", Kind::Number, 1, 1440},
                                                {"MeetingPlatform", Kind::Literal, 0, 0, false, platforms},
                                                {"Number", Kind::Text, 0, 128},
                                                {"OrganizerEmail", Kind::Text, 0, 128},
                                                {"OrganizerId", Kind::Text, 0, 128},
                                                {"OrganizerName", Kind::Text, 0, 128},
                                                {"Protocol", Kind::Literal, 0, 0, false, protocols},
                                                {"StartTime", Kind::Text, 0, 128},
                                                {"Title", Kind::Text, 0, 128}});
constexpr auto edit = std::to_array<Parameter>({{"Duration", Kind::Number, 1, 1440},
                                                {"Id", Kind::Text, 1, 128},
                                                {"MeetingId", Kind::Text, 1, 128},
                                                {"MeetingPlatform", Kind::Literal, 0, 0, false, platforms},
                                                {"Number", Kind::Text, 0, 128},
                                                {"OrganizerEmail", Kind::Text, 0, 128},
                                                {"OrganizerId", Kind::Text, 0, 128},
                                                {"OrganizerName", Kind::Text, 0, 128},
                                                {"Protocol", Kind::Literal, 0, 0, false, protocols},
                                                {"StartTime", Kind::Text, 0, 128},
                                                {"Title", Kind::Text, 0, 128}});
constexpr auto extend = std::to_array<Parameter>(
    {{"Duration", Kind::Number, 1, 1440, true}, {"Id", Kind::Text, 1, 128}, {"MeetingId", Kind::Text, 1, 128}});
constexpr auto one_booking = std::to_array<Parameter>({{"Id", Kind::Text, 1, 128}, {"MeetingId", Kind::Text, 1, 128}});
constexpr auto list =
    std::to_array<Parameter>({{"AccountType", Kind::Literal, 0, 0, false, "Shared|Personal|SharedAndPersonal"},
                              {"DayOffset", Kind::Number, 0, 365},
                              {"Days", Kind::Number, 1, 365},
                              {"Limit", Kind::Number, 1, 65534},
                              {"Offset", Kind::Number, 0, 65534},
                              {"ScheduleType", Kind::Literal, 0, 0, false, "Current|Upcoming"}});
constexpr auto respond = std::to_array<Parameter>({{"Comment", Kind::Text, 1, 2048},
                                                   {"MeetingId", Kind::Text, 1, 128, true},
                                                   {"Type", Kind::Literal, 0, 0, true, "Accept|Decline"}});
constexpr auto alert_display = std::to_array<Parameter>({{"Duration", Kind::Number, 0, 3600},
                                                         {"PeripheralId", Kind::Text, 0, 128},
                                                         {"Target", Kind::Literal, 0, 0, false, targets},
                                                         {"Text", Kind::Text, 0, 255, true},
                                                         {"Title", Kind::Text, 0, 255}});
constexpr auto alert_clear =
    std::to_array<Parameter>({{"PeripheralId", Kind::Text, 0, 128}, {"Target", Kind::Literal, 0, 0, false, targets}});
constexpr auto prompt_display = std::to_array<Parameter>({{"Duration", Kind::Number, 0, 3600},
                                                          {"FeedbackId", Kind::Text, 0, 255},
                                                          {"Option.1", Kind::Text, 0, 255},
                                                          {"Option.2", Kind::Text, 0, 255},
                                                          {"Option.3", Kind::Text, 0, 255},
                                                          {"Option.4", Kind::Text, 0, 255},
                                                          {"Option.5", Kind::Text, 0, 255},
                                                          {"PeripheralId", Kind::Text, 0, 128},
                                                          {"Target", Kind::Literal, 0, 0, false, targets},
                                                          {"Text", Kind::Text, 0, 255, true},
                                                          {"Title", Kind::Text, 0, 255}});
constexpr auto prompt_clear = std::to_array<Parameter>({{"FeedbackId", Kind::Text, 0, 255},
                                                        {"PeripheralId", Kind::Text, 0, 128},
                                                        {"Target", Kind::Literal, 0, 0, false, targets}});

struct Command {
    std::string_view name;
    std::span<const Parameter> parameters;
};

constexpr std::array<Command, 12> commands = {{{"Bookings.Book", book},
                                               {"Bookings.Delete", one_booking},
                                               {"Bookings.Edit", edit},
                                               {"Bookings.Extend", extend},
                                               {"Bookings.Get", one_booking},
                                               {"Bookings.List", list},
                                               {"Bookings.Respond", respond},
                                               {"UserInterface.Message.Alert.Clear", alert_clear},
                                               {"UserInterface.Message.Alert.Display", alert_display},
                                               {"UserInterface.Message.Prompt.Clear", prompt_clear},
                                               {"UserInterface.Message.Prompt.Display", prompt_display},
                                               {"Webex.Registration.Logout", {}}}};

const Command* command_named(std::string_view name) {
    for (const Command& command : commands)
        if (command.name == name) return &command;
    return nullptr;
}

bool one_of(std::string_view values, std::string_view wanted) {
    while (true) {
        const auto end = values.find('|');
        if (values.substr(0, end) == wanted) return true;
        if (end == std::string_view::npos) return false;
        values.remove_prefix(end + 1);
    }
}

std::string range(const Parameter& parameter) {
    return std::to_string(parameter.least) + ".." + std::to_string(parameter.most);
}

std::optional<std::string> judge(const Parameter& parameter, const Json& value) {
    const std::string name(parameter.name);
    if (parameter.kind == Kind::Number) {
        if (!value.is_number_integer()) return name + " must be an integer";
        const auto number = value.get<std::int64_t>();
        if (number < parameter.least || number > parameter.most) return name + " must be in " + range(parameter);
        return std::nullopt;
    }
    if (!value.is_string()) return name + " must be a string";
    const auto& text = value.get_ref<const std::string&>();
    if (parameter.kind == Kind::Literal) {
        if (one_of(parameter.values, text)) return std::nullopt;
        return name + " must be one of " + std::string(parameter.values);
    }
    const auto size = static_cast<std::int64_t>(text.size());
    if (size < parameter.least || size > parameter.most) return name + " must have a length in " + range(parameter);
    return std::nullopt;
}

}  // namespace

bool knows_command(std::string_view command) { return command_named(command) != nullptr; }

std::vector<std::string> known_commands() {
    std::vector<std::string> out;
    for (const Command& command : commands) out.emplace_back(command.name);
    return out;
}

std::optional<std::string> find_fault(std::string_view name, const std::string& arguments) {
    const Command* command = command_named(name);
    if (command == nullptr) return "unknown command " + std::string(name);
    const auto parsed = parse_json(arguments);
    if (!parsed || !parsed->is_object()) return "arguments must be an object";
    for (const auto& item : parsed->items()) {
        const Parameter* known = nullptr;
        for (const Parameter& parameter : command->parameters)
            if (parameter.name == item.key()) known = &parameter;
        if (known == nullptr) return "unknown argument " + item.key();
        if (auto fault = judge(*known, item.value())) return fault;
    }
    for (const Parameter& parameter : command->parameters)
        if (parameter.required && !parsed->contains(std::string(parameter.name)))
            return "missing argument " + std::string(parameter.name);
    return std::nullopt;
}

}  // namespace hotdesk::sandbox
