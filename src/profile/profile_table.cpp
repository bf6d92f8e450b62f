// A profile as a table and as JSON.

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "base/strings/format_number.h"
#include "profile/profile.h"

namespace ergon::profile {
namespace {

using energy::Figure;
using nlohmann::ordered_json;

constexpr std::array<const char*, energy::source_count> source_names{"weights", "cache", "activations"};
constexpr std::array<const char*, energy::arithmetic_count> arithmetic_names{"f32", "f16", "bf16", "f8", "int8"};

/// A column of numbers that share a prefix; what is zero is a dash.
class Column {
  public:
    Column(std::string unit, base::Prefixes prefixes, std::vector<double> numbers)
        : unit_(std::move(unit)),
          scale_(base::column_scale(numbers, {unit_, prefixes})),
          numbers_(std::move(numbers)) {}

    std::string heading() const { return fmt::format("{}{}", scale_.prefix, unit_); }
    std::string cell(std::size_t row) const {
        return numbers_[row] > 0 ? base::significant(numbers_[row] / scale_.factor) : "-";
    }

  private:
    std::string unit_;
    base::Scale scale_;
    std::vector<double> numbers_;
};

/// What each part took, in the order of the table.
std::vector<Column> columns_of(const PhaseProfile& phase, double tokens) {
    const auto column = [&](std::string unit, base::Prefixes prefixes, auto of) {
        std::vector<double> numbers;
        for (const ComponentUse& use : phase.components) numbers.push_back(of(use));
        return Column(std::move(unit), prefixes, std::move(numbers));
    };
    const auto rate = [](double amount, base::Seconds time) { return time.value() > 0 ? amount / time.value() : 0; };
    using base::Prefixes;
    return {
        column("s", Prefixes::below_one, [](const ComponentUse& use) { return use.elapsed.value(); }),
        column("B/token", Prefixes::all, [&](const ComponentUse& use) { return use.memory_bytes() / tokens; }),
        column("B/s", Prefixes::all, [&](const ComponentUse& use) { return rate(use.memory_bytes(), use.elapsed); }),
        column("op/s", Prefixes::all, [&](const ComponentUse& use) { return rate(use.all_operations(), use.elapsed); }),
        column("J", Prefixes::all, [](const ComponentUse& use) { return use.joules.value.value(); })};
}

std::string interval(const Figure& figure) {
    return fmt::format("{:.3g} ({:.3g} to {:.3g})", figure.value.value(), figure.low.value(), figure.high.value());
}

std::string phase_table(const PhaseProfile& phase) {
    const double tokens = static_cast<double>(std::max<std::int64_t>(phase.tokens, 1));
    std::string text = fmt::format(
        "{}: {} tokens in {:.2f} s, {:.1f} tokens/s; {} J with idle power{}, {} J above idle, {:.3g} J per token\n",
        phase.name == "prompt" ? "Prompt processing" : "Generating", phase.tokens, phase.seconds.value(),
        tokens / std::max(phase.seconds.value(), 1e-9), interval(phase.total), base::watt_hours_note(phase.total.value),
        interval(phase.above_idle), phase.total.value.value() / tokens);
    if (phase.limits.bytes_per_second > 0) text += fmt::format("  measured limits: {}\n", limits_text(phase.limits));
    const std::vector<Column> columns = columns_of(phase, tokens);
    const auto line = [&](const std::string& name, auto cell, const std::string& share, const std::string& memory,
                          const std::string& arithmetic) {
        return fmt::format("  {:<22}{:>7} {:>9} {:>9} {:>9} {:>8} {:>10} {:>8} {:>7}\n", name, cell(columns[0]),
                           cell(columns[1]), cell(columns[2]), cell(columns[3]), cell(columns[4]), share, memory,
                           arithmetic);
    };
    text += line(
        "part", [](const Column& column) { return column.heading(); }, "share",
        phase.limits.from_cache ? "cache" : "memory", "arith");
    for (std::size_t i = 0; i < phase.components.size(); ++i) {
        const ComponentUse& use = phase.components[i];
        const Closeness near = closeness(use, phase.limits);
        const auto part = [](double value) { return value > 0 ? fmt::format("{:.0f}%", 100 * value) : "-"; };
        const double share = phase.above_idle.value > base::Joules(0) ? use.joules.value / phase.above_idle.value : 0;
        text += line(
            use.name, [i](const Column& column) { return column.cell(i); }, fmt::format("{:.1f}%", 100 * share),
            part(near.memory), part(near.arithmetic));
    }
    return text;
}

ordered_json use_json(const ComponentUse& use, const MachineLimits& limits) {
    const Closeness near = closeness(use, limits);
    ordered_json bytes, operations;
    for (std::size_t i = 0; i < use.bytes.size(); ++i) bytes[source_names[i]] = use.bytes[i];
    for (std::size_t i = 0; i < use.operations.size(); ++i) operations[arithmetic_names[i]] = use.operations[i];
    return {{"component", use.name},
            {"seconds", use.elapsed.value()},
            {"busy_seconds", use.busy.value()},
            {"bytes", bytes},
            {"operations", operations},
            {"joules_above_idle", use.joules},
            {"share_of_memory_speed", near.memory},
            {"share_of_peak_arithmetic", near.arithmetic}};
}

ordered_json limits_json(const MachineLimits& limits) {
    return {{"threads", limits.threads},
            {"bytes_from", limits.from_cache ? "cache" : "memory"},
            {"bytes_per_second", limits.bytes_per_second},
            {"float_operations_per_second", limits.float_operations_per_second},
            {"int8_operations_per_second", limits.int8_operations_per_second}};
}

}  // namespace

std::string limits_text(const MachineLimits& limits) {
    return fmt::format("{:.1f} GB/s {}, {:.0f} Gop/s on F32, {:.0f} Gop/s on int8 ({} thread{})",
                       limits.bytes_per_second / 1e9,
                       limits.from_cache ? "from the cache, where these weights fit" : "from memory",
                       limits.float_operations_per_second / 1e9, limits.int8_operations_per_second / 1e9,
                       limits.threads, limits.threads == 1 ? "" : "s");
}

std::string profile_table(const Profile& profile) {
    std::string text = fmt::format("{}: {} prompt tokens, {} generated, {} sequence{}\n", profile.model,
                                   profile.settings.prompt_tokens, profile.settings.tokens, profile.settings.batch,
                                   profile.settings.batch == 1 ? "" : "s");
    for (const PhaseProfile& phase : profile.phases) {
        text += '\n';
        text += phase_table(phase);
    }
    if (any_passes(profile)) text += fmt::format("\n{}\n", passing_sentence);
    text += "\nEnergy hotspots\n";
    int rank = 0;
    for (const Hotspot& hotspot : biggest_hotspots(profile))
        text += fmt::format("  {}. {}\n", ++rank, hotspot.sentence);
    text += fmt::format("\nJoules are {}, with 95% intervals. {}\n", energy::name(profile.total().method),
                        profile.energy_source);
    return text;
}

ordered_json profile_json(const Profile& profile) {
    ordered_json phases, hotspots = ordered_json::array();
    for (const PhaseProfile& phase : profile.phases) {
        ordered_json components = ordered_json::array();
        for (const ComponentUse& use : phase.components) components.push_back(use_json(use, phase.limits));
        phases[phase.name] = {{"tokens", phase.tokens},
                              {"seconds", phase.seconds.value()},
                              {"joules", phase.total},
                              {"joules_above_idle", phase.above_idle},
                              {"limits", limits_json(phase.limits)},
                              {"components", components}};
    }
    for (const Hotspot& hotspot : biggest_hotspots(profile)) {
        hotspots.push_back({{"phase", hotspot.phase},
                            {"component", hotspot.component},
                            {"share", hotspot.share},
                            {"sentence", hotspot.sentence}});
    }
    return {{"model", profile.model},
            {"weight_bytes", profile.weight_bytes.value()},
            {"settings",
             {{"prompt_tokens", profile.settings.prompt_tokens},
              {"tokens", profile.settings.tokens},
              {"batch", profile.settings.batch},
              {"threads", {{"decode", profile.settings.threads.few}, {"prompt", profile.settings.threads.many}}},
              {"cache", profile.settings.cache == model::CacheType::f16 ? "f16" : "f32"}}},
            {"phases", phases},
            {"hotspots", hotspots},
            {"experts",
             {{"layers", profile.experts.layers},
              {"tokens", profile.experts.tokens},
              {"joules_above_idle", profile.experts.joules}}},
            {"energy_source", profile.energy_source},
            {"machine", profile.machine},
            {"version", profile.settings.version}};
}

}  // namespace ergon::profile
