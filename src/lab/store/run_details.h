#pragma once
// What a run says of its protocol, its settings and its machine, and what happened to the machine meanwhile.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "energy/figure.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// The part of an experiment that one of several machines takes: every `count`-th prompt, from the `index`-th on.
struct Shard {
    std::int64_t index = 0;  // 0 <= index < count
    std::int64_t count = 1;
    bool operator==(const Shard&) const = default;
};
/// "2/8": the second of eight. Nothing for what is none.
std::optional<Shard> parse_shard(std::string_view text);
std::string shard_text(const Shard& shard);
/// The parts that are not among these, which are parts of one division; at most so many of them, in order.
std::vector<Shard> missing_shards(std::span<const Shard> there, std::size_t most);

/// Whether the machine could have slowed down for its heat without anybody seeing it. Runs of older versions do not
/// say.
enum class Throttling : std::uint8_t { not_said, visible, not_visible };

/// How a run was done, beside what is the same for all runs.
struct Protocol {
    std::uint64_t order_seed = 0;
    base::Seconds idle{};  // watched at rest before and after
    Throttling throttling = Throttling::not_said;
    Shard shard;
};
Protocol protocol_of(const RunDescription& run);
nlohmann::ordered_json protocol_json(const Protocol& protocol);
/// Of several machines one could not see it.
void note_throttling_not_visible(RunDescription& run);

/// What is common to all contenders.
struct RunSettings {
    std::string prompts;  // as the user named them
    std::string system;   // what every model was told before the question
    bool thinking = true;
    std::optional<double> margin;  // ratios that surely differ by less are equal
    std::optional<std::int64_t> max_prompt_tokens;
    std::int64_t prompts_left_out = 0;  // for their length
    std::int64_t max_tokens = 0;
    std::optional<std::int64_t> max_thinking;
    std::int64_t bad_rows_left_out = 0;

    // Of the experiment itself.
    std::int64_t prompt_count = 0;
    std::string prompt_digest;
    std::int64_t repeats = 1;
    std::optional<std::int64_t> sessions;  // nothing: by how long the first takes
    std::string judge;                     // empty: the graders
};
RunSettings settings_of(const RunDescription& run);
nlohmann::ordered_json settings_json(const RunSettings& settings);

/// What findings need to know of the machine; zero or empty where it does not say.
struct MachineDetails {
    std::string processor;
    std::int64_t threads = 0;
    base::Bytes cache{};
    std::string energy_source;  // sentences
    std::optional<double> kind_of_work_sd;
};
MachineDetails machine_details(const RunDescription& run);

/// The machine's power while nothing of ours runs, and how busy others keep it.
struct IdlePower {
    base::Seconds seconds{};
    base::Watts value{}, low{}, high{};
    std::string method;
    double busy_threads = 0;
};
inline constexpr const char* idle_before = "idle before";
inline constexpr const char* idle_after = "idle after";
MachineEvent idle_event(std::string kind, const IdlePower& idle);
/// Nothing for another kind of event.
std::optional<IdlePower> idle_power(const MachineEvent& event);

/// The machine throttled so often, and so long was waited for it to cool.
struct CoolingPause {
    std::int64_t events = 0;
    base::Seconds pause{};
};
MachineEvent pause_event(const CoolingPause& pause);
std::optional<CoolingPause> cooling_pause(const MachineEvent& event);

}  // namespace ergon::lab
