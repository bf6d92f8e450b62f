// ergon meter --list

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/json/json_text.h"
#include "base/output.h"
#include "cli/commands/meter/meter.h"

namespace ergon::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view missing_role = "missing, estimated";

/// Cards alone are a total of their own, which the machine's estimate does not contain.
std::string_view role_name(energy::Role role, bool covers_processor) {
    if (role == energy::Role::total && !covers_processor) return "beside estimate";
    constexpr std::array<std::string_view, 5> names{"total", "part of the total", "shown", "the same as another",
                                                    "apart"};
    return names[static_cast<std::size_t>(role)];
}

std::string joined(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

ordered_json sources_json(const energy::MachineReader& reader) {
    ordered_json sources = ordered_json::array(), sensors = ordered_json::array();
    for (const energy::SourceReport& source : reader.sources()) {
        sources.push_back({{"source", source.source},
                           {"present", source.present},
                           {"used", source.used},
                           {"repeated", source.repeated},
                           {"problems", source.problems}});
    }
    if (const energy::MachineCounter* counter = reader.counter()) {
        for (const energy::Tally& tally : counter->tallies()) {
            sensors.push_back({{"name", tally.info.name},
                               {"source", tally.info.source},
                               {"role", role_name(tally.role, counter->covers_processor())},
                               {"part_of", tally.info.part_of},
                               {"step_seconds", base::to_seconds(tally.info.step).value()}});
        }
        for (const energy::Unread& unread : counter->missing()) {
            sensors.push_back({{"name", unread.info.name},
                               {"source", unread.info.source},
                               {"role", missing_role},
                               {"part_of", ""},
                               {"step_seconds", nullptr}});
        }
    }
    return {{"sources", sources}, {"sensors", sensors}, {"machine", reader.machine()}};
}

}  // namespace

void list_sensors(const energy::MachineReader& reader, const DataOutput& json) {
    if (json.asked()) json.write(base::json_text(sources_json(reader), 2) + "\n");
    if (json.on_stdout()) return;
    for (const energy::SourceReport& source : reader.sources()) {
        const char* const state = !source.used.empty() ? "read" : source.present ? "there, not read" : "not found";
        base::print("{:<11} {}\n", source.source, state);
        if (!source.used.empty()) base::print("            {}\n", joined(source.used));
        if (!source.repeated.empty()) {
            base::print("            repeats what a better source says: {}\n", joined(source.repeated));
        }
        for (const std::string& problem : source.problems) base::print("            {}\n", problem);
    }
    if (const energy::MachineCounter* counter = reader.counter()) {
        base::print("\n{:<28} {:<11} {:<18} {:<20} {}\n", "sensor", "source", "role", "inside", "moves every");
        for (const energy::Tally& tally : counter->tallies()) {
            base::print("{:<28} {:<11} {:<18} {:<20} {:.3g} s\n", tally.info.name, tally.info.source,
                        role_name(tally.role, counter->covers_processor()),
                        tally.info.part_of.empty() ? "-" : tally.info.part_of,
                        base::to_seconds(tally.info.step).value());
        }
        for (const energy::Unread& unread : counter->missing()) {
            base::print("{:<28} {:<11} {}\n", unread.info.name, unread.info.source, missing_role);
        }
    }
    base::print("\n{}\n", reader.describe());
}

}  // namespace ergon::cli
