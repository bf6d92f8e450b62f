#include "lab/output/comparison_page.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ranges>

#include "base/json/json_text.h"
#include "lab/findings/caveats.h"
#include "lab/findings/confounders.h"
#include "lab/findings/findings.h"
#include "lab/output/comparison_page_charts.h"
#include "lab/output/comparison_page_tables.h"
#include "lab/slice/slice_findings.h"
#include "report/markup/json_facts.h"
#include "report/page.h"

namespace ergon::lab {
namespace {

using report::Align;
using report::Paragraph;
using report::Section;

std::string title_of(const Comparison& comparison) {
    std::string title;
    for (std::size_t i = 0; i < comparison.contenders.size(); ++i) {
        const bool last = i + 1 == comparison.contenders.size();
        title += fmt::format("{}{}", i == 0 ? "" : last ? " and " : ", ", comparison.contenders[i].label);
    }
    return title + " in joules";
}

/// What was found, in few sentences: what the factors of a design do, else how the first two compare.
std::string lede_of(const Comparison& comparison) {
    std::string text = basis_sentence(comparison);
    const auto add = [&text](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence; };
    for (const Effect& effect : comparison.effects) {
        if (!effect.interaction) add(effect_sentence(effect));
    }
    if (!comparison.effects.empty()) return text;
    add(comparison.pairs.empty() ? reasoning_sentence(comparison) : ratio_sentence(comparison, comparison.pairs.front()));
    return text;
}

/// Pairs that show what one thing does: all of them without a design, else those that one factor sets apart.
auto telling_pairs(const Comparison& comparison) {
    return comparison.pairs | std::views::filter([](const PairSummary& pair) { return pair.factors_apart <= 1; });
}

// Models below this many weights are for studying, not for use (assumed).
constexpr double max_weights_of_a_toy = 50e6;

bool all_small(const Comparison& comparison) {
    return !comparison.contenders.empty() && std::ranges::all_of(comparison.contenders, [](const auto& one) {
        const nlohmann::ordered_json::json_pointer total("/parameters/total");
        return one.details.contains(total) && one.details[total].is_number() &&
               one.details[total].template get<double>() < max_weights_of_a_toy;
    });
}

/// What models of some million weights are for.
report::Note small_models_note() {
    return {
        "What models this small are for: every byte of them is known, from the training text to the weights; anybody can "
        "repeat everything, training included, on one computer; and what is compared can be crossed (experts or none, "
        "thinking or none, all trained alike), which published models never are. What they cannot show: what experts "
        "save where weights are read from memory, how answers to everyday questions compare, or what a server with many "
        "requests at once takes. With your own models: ergon compare A.gguf B.gguf --prompts QUESTIONS.jsonl --html "
        "page.html"};
}

Section result_section(const Comparison& comparison) {
    Section section{"The result", {}};
    if (!comparison.effects.empty()) section.blocks.emplace_back(effects_table(comparison));
    section.blocks.emplace_back(contender_table(comparison));
    if (comparison.sessions == 1) section.blocks.emplace_back(Paragraph{sessions_sentence(comparison)});
    for (const PairSummary& pair : telling_pairs(comparison)) {
        section.blocks.emplace_back(Paragraph{finding(comparison, pair)});
    }
    if (all_small(comparison)) section.blocks.emplace_back(small_models_note());
    return section;
}

/// The figures behind the sentences, of every pair.
Section pairs_section(const Comparison& comparison) {
    Section section{"Pair by pair", {}};
    for (const PairSummary& pair : comparison.pairs) {
        if (pair.factors_apart > 1) section.blocks.emplace_back(Paragraph{finding(comparison, pair)});
        section.blocks.emplace_back(pair_table(comparison, pair));
    }
    return section;
}

Section slice_section(const LayerSlice& slice) {
    return {"Experts at the size of a real model, live", slice_blocks(slice)};
}

/// Answers the question how energy compares on different tasks, and what being right costs.
Section task_section(const Comparison& comparison) {
    Section section{"On different tasks", {}};
    const report::Table accuracy = accuracy_table(comparison);
    if (!accuracy.rows.empty()) {
        if (comparison.contenders.size() > 1) section.blocks.emplace_back(accuracy_against_joules(comparison));
        section.blocks.emplace_back(accuracy);
    }
    for (const PairSummary& pair : telling_pairs(comparison)) {
        if (!pair.categories.empty()) section.blocks.emplace_back(category_table(comparison, pair));
    }
    return section;
}

Section causes_section(const ComparisonReport& report) {
    const Comparison& comparison = report.comparison;
    Section section{"Where it comes from", {}};
    report::PairedDots by_prompt = joules_by_prompt(comparison);
    by_prompt.others = fmt::format("every answer is in {}, its figures in --csv-out", report.results);
    section.blocks.emplace_back(std::move(by_prompt));
    section.blocks.emplace_back(tokens_by_phase(comparison));
    section.blocks.emplace_back(joules_by_phase(comparison));
    for (const PairSummary& pair : telling_pairs(comparison)) {
        const report::Waterfall chart = decomposition(comparison, pair);
        if (report::has_data(chart)) section.blocks.emplace_back(chart);
    }
    const report::BarChart components = joules_by_component(comparison);
    if (report::has_data(components)) section.blocks.emplace_back(components);
    return section;
}

Section fairness_section(const Comparison& comparison) {
    Section section{"Is it a fair comparison?", {}};
    for (const PairSummary& pair : telling_pairs(comparison)) {
        const ContenderSummary &a = comparison.contenders[pair.a], &b = comparison.contenders[pair.b];
        const Confounders found = confounders(a, b);
        report::Table table;
        table.caption = fmt::format("What differs between {} and {}", a.label, b.label);
        table.columns = {{"", Align::left}, {a.label, Align::left}, {b.label, Align::left}};
        for (const Difference& one : found.differs) table.rows.push_back({one.what, one.a, one.b});
        if (table.rows.empty()) table.rows.push_back({"nothing that is known"});
        section.blocks.emplace_back(std::move(table));
        if (!found.not_known.empty()) {
            section.blocks.emplace_back(
                Paragraph{fmt::format("Not known of one or both: {}.", fmt::join(found.not_known, ", "))});
        }
        for (const std::string& sentence : found.shows) section.blocks.emplace_back(Paragraph{sentence});
    }
    section.blocks.emplace_back(Paragraph{reasoning_sentence(comparison)});
    return section;
}

Section context_section(const Comparison& comparison, const energy::References& references) {
    return {
        "Beside what others published",
        {everyday_table(comparison, references),
         Paragraph{
             "Streamed video by the International Energy Agency's figure of 2020: 0.077 kWh an hour, 46,200 J for "
             "ten minutes. The press's \"ten minutes of video\" for 17,800 J rests on another figure."},
         published_table(comparison, references),
         report::Note{"The press's 17,800 J for an answer of 1,000 words, 41% above Meta's model of the same size, is "
                      "of DeepSeek's R1 distilled into a dense Llama of 70 billion parameters: that experiment says "
                      "nothing about sparse experts. Batch, hardware and length move such figures about tenfold."}}};
}

std::string watts_text(const nlohmann::ordered_json& watts) {
    const auto number = [&](const char* key) { return watts.value(key, 0.0); };
    return fmt::format("{:.3g} W [{:.3g}, {:.3g}] {}", number("value"), number("low"), number("high"),
                       watts.value("method", ""));
}

/// What was seen of the machine while the run went on.
report::Facts condition_facts(const std::vector<MachineEvent>& machine_events) {
    report::Facts facts;
    for (const MachineEvent& one : machine_events) {
        std::string text = base::json_text(one.details);
        if (one.details.contains("watts") && one.details["watts"].is_object()) {
            text = fmt::format("{}, {:.2f} threads busy", watts_text(one.details["watts"]),
                               one.details.value("busy_threads", 0.0));
        }
        facts.facts.emplace_back(one.time.empty() ? one.kind : fmt::format("{}, {}", one.kind, one.time), text);
    }
    return facts;
}

Section protocol_section(const ComparisonReport& report) {
    Section section{"How it was done", {}};
    section.blocks.emplace_back(report::Heading{"Protocol"});
    section.blocks.emplace_back(report::json_facts(report.run.protocol));
    section.blocks.emplace_back(report::json_facts(report.run.settings));
    section.blocks.emplace_back(report::Heading{"Machine"});
    section.blocks.emplace_back(report::json_facts(report.run.machine));
    if (!report.machine_events.empty()) section.blocks.emplace_back(condition_facts(report.machine_events));
    for (const std::string& sentence : caveats(report.comparison, report.run, report.machine_events)) {
        section.blocks.emplace_back(Paragraph{sentence});
    }
    section.blocks.emplace_back(report::Heading{"Contenders"});
    for (const ContenderSummary& one : report.comparison.contenders) {
        report::Facts facts = report::json_facts(one.details);
        facts.facts.insert(facts.facts.begin(), {"contender", one.label});
        section.blocks.emplace_back(std::move(facts));
    }
    section.blocks.emplace_back(report::Heading{"Where the intervals come from"});
    section.blocks.emplace_back(uncertainty_table(report.comparison));
    section.blocks.emplace_back(Paragraph{sessions_sentence(report.comparison)});
    section.blocks.emplace_back(report::Note{fmt::format(
        "Intervals are 95% and of prompts like these. Each source has a reach of its own: other prompts, other sessions, "
        "the counter's step, its splitting among what ran, the machine's coefficients (the same for all contenders, so "
        "that they cancel in a ratio), watts that differ with the kind of work by {:.0f}% (each contender's own), what "
        "was assumed of a server (each contender's own); they add in quadrature (docs/experiment.md). A difference is "
        "claimed where the interval leaves 1 out and a permutation test, corrected for the number of pairs (Holm), gives "
        "at most 5%; equal is said where the whole interval lies within {:.3g}%. Effects of factors, right answers and "
        "kinds of task are corrected for their number in the same way.",
        100 * report.comparison.kind_of_work, 100 * report.comparison.margin)});
    section.blocks.emplace_back(report::Heading{"What was counted"});
    section.blocks.emplace_back(measures_table(report.comparison));
    section.blocks.emplace_back(
        report::Note{fmt::format("Made by ergon {}, seed {}; every answer and the readings behind it are in {}.",
                                 report.run.version, report.run.seed, report.results)});
    return section;
}

std::string figures_line(const Answer& answer) {
    std::string text = fmt::format("{} tokens read, {} thought, {} answered", answer.phases[0].tokens.value(),
                                   answer.phases[1].tokens.value(), answer.phases[2].tokens.value());
    if (answer.metered) {
        const energy::Figure joules = answer.joules();
        const base::IntervalText shown =
            base::with_interval(joules.value.value(), joules.low.value(), joules.high.value(), report::joules);
        text += fmt::format("; {} {} {}", shown.value, shown.interval, energy::name(joules.method));
    }
    if (answer.finish_reason == "length") text += "; cut off by a cap";
    if (answer.right) text += *answer.right ? "; right" : "; wrong";
    return text;
}

Section answers_section(const ComparisonReport& report) {
    Section section{"Every prompt, every answer", {}};
    const auto held = static_cast<std::int64_t>(report.shown.size());
    if (held < report.prompts) {
        section.blocks.emplace_back(report::Note{
            fmt::format("The first {} of {} prompts; the others are in {}, their figures in --csv-out.", held, report.prompts,
                        report.results)});
    }
    for (const ShownPrompt& one : report.shown) {
        report::Exchange exchange{
            one.prompt.category.empty() ? one.prompt.id : fmt::format("{} ({})", one.prompt.id, one.prompt.category),
            one.prompt.text,
            {}};
        if (!one.prompt.answer.empty()) exchange.prompt += "\n\nRight answer: " + one.prompt.answer;
        for (const Answer& answer : one.answers) {
            const auto who = static_cast<std::size_t>(answer.contender);
            exchange.answers.push_back(
                {report.comparison.contenders[who].label, figures_line(answer), answer.thinking, answer.text});
        }
        section.blocks.emplace_back(std::move(exchange));
    }
    return section;
}

}  // namespace

std::string comparison_page(const ComparisonReport& report, const energy::References& references,
                            const Shapes& shapes) {
    const Comparison& comparison = report.comparison;
    report::Page page;
    page.title = title_of(comparison);
    page.lede = lede_of(comparison);
    page.sections.push_back(result_section(comparison));
    if (Section tasks = task_section(comparison); !tasks.blocks.empty()) page.sections.push_back(std::move(tasks));
    if (report.slice) page.sections.push_back(slice_section(*report.slice));
    page.sections.push_back(causes_section(report));
    if (!comparison.pairs.empty()) page.sections.push_back(fairness_section(comparison));
    if (!shapes.shapes.empty() && weights_in_cache(comparison, report.run)) {
        page.sections.push_back({"The fairer comparison: where weights come from memory", shape_blocks(shapes)});
    }
    page.sections.push_back(context_section(comparison, references));
    if (!comparison.pairs.empty()) page.sections.push_back(pairs_section(comparison));
    page.sections.push_back(protocol_section(report));
    if (!report.shown.empty()) page.sections.push_back(answers_section(report));
    return report::render(page);
}

}  // namespace ergon::lab
