#include "lab/store/run_details.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "lab/store/json_fields.h"

namespace ergon::lab {
namespace {

using nlohmann::ordered_json;

constexpr const char* throttling_key = "throttling";
constexpr const char* throttling_visible = "visible: the kernel counts it";
constexpr const char* throttling_not_visible = "not visible: the kernel counts none here";
constexpr const char* sessions_by_length = "auto";
constexpr const char* throttled_kind = "throttled";

}  // namespace

std::optional<Shard> parse_shard(std::string_view text) {
    constexpr std::int64_t most = 1'000'000;
    Shard shard;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, shard.index);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, end, shard.count);
    if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
    if (shard.index < 1 || shard.index > shard.count || shard.count > most) return std::nullopt;
    --shard.index;
    return shard;
}

std::string shard_text(const Shard& shard) {
    return fmt::format("{}/{}", shard.index + 1, shard.count);
}

std::vector<Shard> missing_shards(std::span<const Shard> there, std::size_t most) {
    std::vector<Shard> missing;
    const std::int64_t count = there.empty() ? 0 : there.front().count;
    for (std::int64_t index = 0; index < count && missing.size() < most; ++index) {
        if (std::ranges::find(there, Shard{index, count}) == there.end()) missing.push_back({index, count});
    }
    return missing;
}

Protocol protocol_of(const RunDescription& run) {
    const ordered_json& json = run.protocol;
    Protocol protocol;
    protocol.order_seed = static_cast<std::uint64_t>(count_field(json, "order_seed").value_or(0));
    protocol.idle = base::Seconds(real_field(json, "idle_seconds").value_or(0));
    const std::string throttling = text_field(json, throttling_key);
    protocol.throttling = throttling == throttling_visible       ? Throttling::visible
                          : throttling == throttling_not_visible ? Throttling::not_visible
                                                                 : Throttling::not_said;
    protocol.shard = parse_shard(text_field(json, "shard")).value_or(Shard());
    return protocol;
}

ordered_json protocol_json(const Protocol& protocol) {
    ordered_json json{
        {"order", "random prompts; blocks of two prompts, contenders in random order, then reversed (ABBA)"},
        {"order_seed", protocol.order_seed},
        {"batch", 1},
        {"cache", "empty before each answer"},
        {"warm_up", "one short answer of each contender, not kept"},
        {"sessions", "models loaded, threads made and order drawn anew for each"},
        {"idle_seconds", protocol.idle.value()}};
    if (protocol.throttling != Throttling::not_said) {
        json[throttling_key] = protocol.throttling == Throttling::visible ? throttling_visible : throttling_not_visible;
    }
    json["shard"] = shard_text(protocol.shard);
    return json;
}

void note_throttling_not_visible(RunDescription& run) {
    run.protocol[throttling_key] = throttling_not_visible;
}

RunSettings settings_of(const RunDescription& run) {
    const ordered_json& json = run.settings;
    RunSettings settings;
    settings.prompts = text_field(json, "prompts");
    settings.system = text_field(json, "system");
    settings.thinking = flag_field(json, "thinking").value_or(true);
    settings.margin = real_field(json, "margin");
    settings.max_prompt_tokens = count_field(json, "max_prompt_tokens");
    settings.prompts_left_out = count_field(json, "prompts_left_out").value_or(0);
    settings.max_tokens = count_field(json, "max_tokens").value_or(0);
    settings.max_thinking = count_field(json, "max_thinking");
    settings.bad_rows_left_out = count_field(json, "bad_rows_left_out").value_or(0);
    settings.prompt_count = count_field(json, "prompt_count").value_or(0);
    settings.prompt_digest = text_field(json, "prompt_digest");
    settings.repeats = count_field(json, "repeats").value_or(1);
    settings.sessions = count_field(json, "sessions");
    settings.judge = text_field(json, "judge");
    return settings;
}

ordered_json settings_json(const RunSettings& settings) {
    ordered_json json{{"prompts", settings.prompts},
                      {"system", settings.system},
                      {"thinking", settings.thinking},
                      {"margin", value_or_null(settings.margin)},
                      {"max_prompt_tokens", value_or_null(settings.max_prompt_tokens)},
                      {"prompts_left_out", settings.prompts_left_out},
                      {"max_tokens", settings.max_tokens},
                      {"max_thinking", value_or_null(settings.max_thinking)}};
    if (settings.bad_rows_left_out > 0) json["bad_rows_left_out"] = settings.bad_rows_left_out;
    json["prompt_count"] = settings.prompt_count;
    json["prompt_digest"] = settings.prompt_digest;
    json["repeats"] = settings.repeats;
    json["sessions"] = settings.sessions ? ordered_json(*settings.sessions) : ordered_json(sessions_by_length);
    if (!settings.judge.empty()) json["judge"] = settings.judge;
    return json;
}

MachineDetails machine_details(const RunDescription& run) {
    const ordered_json& json = run.machine;
    return {text_field(json, "processor"), count_field(json, "threads").value_or(0),
            base::Bytes(count_field(json, "cache_bytes").value_or(0)), text_field(json, "energy_source"),
            real_field(json, "kind_of_work_sd")};
}

MachineEvent idle_event(std::string kind, const IdlePower& idle) {
    return {std::move(kind),
            {{"seconds", idle.seconds.value()},
             {"watts",
              {{"value", idle.value.value()},
               {"low", idle.low.value()},
               {"high", idle.high.value()},
               {"method", idle.method}}},
             {"busy_threads", idle.busy_threads}},
            {}};
}

std::optional<IdlePower> idle_power(const MachineEvent& event) {
    const ordered_json& watts = field(event.details, "watts");
    const std::optional<double> value = real_field(watts, "value");
    if ((event.kind != idle_before && event.kind != idle_after) || !value) return std::nullopt;
    return IdlePower{base::Seconds(real_field(event.details, "seconds").value_or(0)),
                     base::Watts(*value),
                     base::Watts(real_field(watts, "low").value_or(0)),
                     base::Watts(real_field(watts, "high").value_or(0)),
                     text_field(watts, "method"),
                     real_field(event.details, "busy_threads").value_or(0)};
}

MachineEvent pause_event(const CoolingPause& pause) {
    return {throttled_kind, {{"events", pause.events}, {"pause_seconds", pause.pause.value()}}, {}};
}

std::optional<CoolingPause> cooling_pause(const MachineEvent& event) {
    if (event.kind != throttled_kind) return std::nullopt;
    return CoolingPause{count_field(event.details, "events").value_or(0),
                        base::Seconds(real_field(event.details, "pause_seconds").value_or(0))};
}

}  // namespace ergon::lab
