// A profile as a page.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>
#include <vector>

#include "profile/profile.h"
#include "report/page.h"
#include "report/page_units.h"

namespace ergon::profile {
namespace {

using report::Align;
using report::Amount;
using report::Block;
using report::Cell;
using report::Section;

std::string heading_of(const PhaseProfile& phase) {
    return phase.name == "prompt" ? "Prompt processing" : "Generating";
}

Cell share_cell(double share) {
    if (!(share > 0)) return std::monostate();
    return fmt::format("{:.1f} %", 100 * share);
}

report::Table component_table(const PhaseProfile& phase) {
    report::Table table;
    table.caption = heading_of(phase) + ", part by part";
    table.columns = {{"part", Align::left},
                     {"time", Align::right},
                     {"bytes per token", Align::right},
                     {"energy above idle", Align::right},
                     {"share", Align::right},
                     {phase.limits.from_cache ? "of cache speed" : "of memory speed", Align::right},
                     {"of peak arithmetic", Align::right}};
    const double count = static_cast<double>(std::max<std::int64_t>(phase.tokens, 1));
    for (const ComponentUse& use : phase.components) {
        const Closeness near = closeness(use, phase.limits);
        const bool reads = use.memory_bytes() > 0;
        table.rows.push_back({use.name, Amount{use.elapsed.value(), report::second_unit},
                              reads ? Cell(Amount{use.memory_bytes() / count, report::byte_unit}) : Cell(), use.joules,
                              share_cell(use.joules.value / phase.above_idle.value), share_cell(near.memory),
                              share_cell(near.arithmetic)});
    }
    return table;
}

/// One bar for each part, stacked by phase: the two phases together are all joules above idle.
report::BarChart energy_chart(const Profile& profile) {
    report::BarChart chart;
    chart.title = "Where the joules go";
    chart.description = "Energy above idle by part of the model, the phases stacked.";
    chart.quantity = "energy above idle";
    chart.unit = report::joules;
    chart.bars_are = "part";
    std::map<std::string, energy::Figure> sums;
    std::map<std::string, std::vector<double>> parts;
    for (std::size_t i = 0; i < profile.phases.size(); ++i) {
        chart.parts.push_back(heading_of(profile.phases[i]));
        for (const ComponentUse& use : profile.phases[i].components) {
            parts[use.name].resize(profile.phases.size());
            parts[use.name][i] += use.joules.value.value();
            const auto [sum, added] = sums.try_emplace(use.name, use.joules);
            if (!added) sum->second += use.joules;
        }
    }
    std::vector<std::pair<double, std::string>> order;
    for (const auto& [name, sum] : sums) order.emplace_back(-sum.value.value(), name);
    std::ranges::sort(order);
    for (const auto& [amount, name] : order) {
        if (amount == 0) continue;
        report::Bar bar = report::bar_of(name, sums[name]);
        bar.parts = parts[name];
        chart.bars.push_back(std::move(bar));
    }
    return chart;
}

report::Roofline roofline(const PhaseProfile& phase) {
    report::Roofline chart;
    chart.title = heading_of(phase) + " against the machine's limits";
    chart.description =
        "Each part by how much it computes for each byte of weights and cache (to the right: more), and how fast. The "
        "slope is what reading as many bytes as the weights reached, the flat lines are what multiply-adds in "
        "registers "
        "reach. The area is the share "
        "of the energy above idle. Parts that read neither weights nor cache are not shown.";
    chart.bandwidth_label = phase.limits.from_cache ? "cache" : "memory";
    chart.bandwidth = base::BytesPerSecond(phase.limits.bytes_per_second);
    chart.peaks = {{"int8", base::OperationsPerSecond(phase.limits.int8_operations_per_second)},
                   {"F32", base::OperationsPerSecond(phase.limits.float_operations_per_second)}};
    for (const ComponentUse& use : phase.components) {
        if (!(use.memory_bytes() > 0) || !(use.all_operations() > 0) || !(use.elapsed.value() > 0)) continue;
        chart.points.push_back({use.name, base::OperationsPerByte(use.all_operations() / use.memory_bytes()),
                                base::OperationsPerSecond(use.all_operations() / use.elapsed.value()),
                                use.joules.value / phase.above_idle.value});
    }
    return chart;
}

report::HeatMap expert_map(const Profile& profile) {
    report::HeatMap chart;
    chart.title = "Which experts the tokens went to";
    chart.description =
        "Tokens of prompt and answer that each expert of each layer worked on. A model that spreads its tokens evenly "
        "shows one colour.";
    chart.quantity = "tokens";
    chart.unit = report::token_unit;
    chart.rows_are = "layer";
    chart.columns_are = "expert";
    const ExpertUse& use = profile.experts;
    for (std::size_t e = 0; e < use.tokens.front().size(); ++e) chart.column_labels.push_back(fmt::format("{}", e));
    for (std::size_t i = 0; i < use.layers.size(); ++i) {
        report::HeatRow row{fmt::format("{}", use.layers[i]), {}};
        for (const std::int64_t count : use.tokens[i]) row.values.push_back(static_cast<double>(count));
        chart.rows.push_back(std::move(row));
    }
    return chart;
}

report::Table summary(const Profile& profile) {
    report::Table table;
    table.caption = "Cost";
    table.columns = {{"phase", Align::left},
                     {"tokens", Align::right},
                     {"time", Align::right},
                     {"energy, idle power included", Align::right},
                     {"energy above idle", Align::right},
                     {"energy per token", Align::right}};
    for (const PhaseProfile& phase : profile.phases) {
        table.rows.push_back({heading_of(phase), phase.tokens, Amount{phase.seconds.value(), report::second_unit},
                              phase.total, phase.above_idle,
                              phase.total / static_cast<double>(std::max<std::int64_t>(phase.tokens, 1))});
    }
    return table;
}

Section hotspots_section(const Profile& profile) {
    Section section{"Energy hotspots", {}};
    int rank = 0;
    for (const Hotspot& hotspot : biggest_hotspots(profile)) {
        section.blocks.emplace_back(report::Paragraph{fmt::format("{}. {}", ++rank, hotspot.sentence)});
    }
    section.blocks.emplace_back(energy_chart(profile));
    return section;
}

Section setting_section(const Profile& profile) {
    const auto& machine = profile.machine;
    const std::string processor = machine.value("processor", std::string());
    report::Facts facts;
    facts.facts = {{"model", profile.model},
                   {"weights", Amount{static_cast<double>(profile.weight_bytes.value()), report::byte_unit}},
                   {"prompt tokens of each sequence", profile.settings.prompt_tokens},
                   {"generated tokens of each sequence", profile.settings.tokens},
                   {"parallel sequences", profile.settings.batch},
                   {"generation threads", std::int64_t{profile.settings.threads.few}},
                   {"prompt threads", std::int64_t{profile.settings.threads.many}},
                   {"processor", fmt::format("{} (family {}, model {})", processor.empty() ? "not named" : processor,
                                             machine.value("family", -1), machine.value("model", -1))},
                   {"measured limits, prompt processing", limits_text(profile.phases[0].limits)},
                   {"measured limits, generation", limits_text(profile.phases[1].limits)},
                   {"ergon", profile.settings.version}};
    return {
        "Method",
        {facts, report::Paragraph{profile.energy_source},
         report::Note{"Energy above idle is split over the parts by their workers' time and, on a machine that was "
                      "calibrated, by the cost of their bytes and operations. Bytes are those of weights and cache; "
                      "activations stay in the processor's caches. A multiply and an add count as two operations; "
                      "weights that meet activations of 16 bits count twice."}}};
}

}  // namespace

std::string profile_page(const Profile& profile) {
    report::Page page;
    page.title = fmt::format("Where the joules of {} go", profile.model);
    const std::vector<Hotspot> hotspots = biggest_hotspots(profile);
    page.lede = hotspots.empty() ? "No energy above idle power was measured." : hotspots.front().sentence;
    page.sections.push_back(hotspots_section(profile));
    page.sections.push_back({"The two phases", {summary(profile)}});
    for (const PhaseProfile& phase : profile.phases) {
        page.sections.push_back({heading_of(phase), {roofline(phase), component_table(phase)}});
    }
    if (any_passes(profile)) page.sections.back().blocks.emplace_back(report::Note{passing_sentence});
    if (!profile.experts.layers.empty()) page.sections.push_back({"The experts", {expert_map(profile)}});
    page.sections.push_back(setting_section(profile));
    return report::render(page);
}

}  // namespace ergon::profile
