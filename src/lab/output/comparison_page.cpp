#include "lab/output/comparison_page.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ranges>

#include "base/json/json_text.h"
#include "lab/findings/caveats.h"
#include "lab/findings/confounders.h"
#include "lab/findings/findings.h"
#include "lab/findings/published_figures.h"
#include "lab/output/comparison_page_charts.h"
#include "lab/output/comparison_page_tables.h"
#include "lab/slice/slice_findings.h"
#include "lab/store/run_details.h"
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

/// What else was found, in few sentences, and what the joules rest on.
std::string lede_of(const Comparison& comparison, const std::string& above) {
    std::string text;
    const auto add = [&text](const std::string& sentence) {
        if (!sentence.empty()) text += (text.empty() ? "" : " ") + sentence;
    };
    for (const Effect& effect : comparison.effects) {
        const std::string line = effect_headline(effect);
        if (!effect.interaction() && line != above) add(line + ".");
    }
    if (comparison.effects.empty()) add(reasoning_sentence(comparison));
    add(basis_sentence(comparison));
    return text;
}

/// Pairs that show what one thing does: all of them without a design, else those that one factor sets apart.
auto telling_pairs(const Comparison& comparison) {
    return comparison.pairs | std::views::filter([](const PairSummary& pair) { return pair.factors_apart <= 1; });
}

// Models below this many weights are for studying, not for use (assumed).
constexpr std::int64_t max_weights_of_a_toy = 50'000'000;

bool all_small(const Comparison& comparison) {
    return !comparison.contenders.empty() && std::ranges::all_of(comparison.contenders, [](const auto& one) {
        return one.details.model.parameters && *one.details.model.parameters < max_weights_of_a_toy;
    });
}

/// What models of some million weights are for.
report::Folded small_models_note() {
    return {
        "What models of this size can show",
        {"These models are small. They can be reproduced on one computer, training included, and they form a full "
         "factorial "
         "design (experts or none, thinking or none, trained alike), which published models do not. They cannot show "
         "what "
         "experts save where weights are read from memory, how models compare on everyday questions, or what a server "
         "with "
         "many concurrent requests takes. With your own models: ergon compare A.gguf B.gguf --prompts QUESTIONS.jsonl "
         "--html page.html"}};
}

/// One chart, then the tables; sentences are folded.
Section result_section(const ComparisonReport& report) {
    const Comparison& comparison = report.comparison;
    Section section{"The result", {}};
    if (const report::BarChart chart = joules_by_phase(comparison); report::has_data(chart)) {
        section.blocks.emplace_back(chart);
    }
    if (!comparison.effects.empty()) section.blocks.emplace_back(effects_table(comparison));
    section.blocks.emplace_back(contender_table(comparison));
    report::Folded words{"The findings in words", {}};
    for (const Effect& effect : comparison.effects) {
        if (!effect.interaction()) words.paragraphs.push_back(effect_sentence(effect));
    }
    for (const PairSummary& pair : telling_pairs(comparison)) words.paragraphs.push_back(finding(comparison, pair));
    if (!words.paragraphs.empty()) section.blocks.emplace_back(std::move(words));
    if (all_small(comparison)) section.blocks.emplace_back(small_models_note());
    if (comparison.sessions == 1) section.blocks.emplace_back(Paragraph{sessions_sentence(comparison)});
    for (const std::string& sentence : caveats(comparison, report.run, report.machine_events)) {
        section.blocks.emplace_back(report::Note{sentence});
    }
    return section;
}

/// The figures behind the sentences, of every pair.
Section pairs_section(const Comparison& comparison) {
    Section section{"All pairs", {}};
    for (const PairSummary& pair : comparison.pairs) {
        section.blocks.emplace_back(pair_table(comparison, pair));
        if (pair.factors_apart > 1)
            section.blocks.emplace_back(report::Folded{"In words", {finding(comparison, pair)}});
    }
    return section;
}

Section slice_section(const LayerSlice& slice) {
    return {"One layer at the size of a real model, measured live", slice_blocks(slice)};
}

/// Answers the question how energy compares on different tasks, and what being right costs.
Section task_section(const Comparison& comparison) {
    Section section{"By task", {}};
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
    Section section{"Where the energy goes", {}};
    report::PairedDots by_prompt = joules_by_prompt(comparison);
    by_prompt.others = fmt::format("every answer is in {}, its figures in --csv-out", report.results);
    section.blocks.emplace_back(std::move(by_prompt));
    section.blocks.emplace_back(tokens_by_phase(comparison));
    for (const PairSummary& pair : telling_pairs(comparison)) {
        const report::Waterfall chart = decomposition(comparison, pair);
        if (report::has_data(chart)) section.blocks.emplace_back(chart);
    }
    const report::BarChart components = joules_by_component(comparison);
    if (report::has_data(components)) section.blocks.emplace_back(components);
    return section;
}

Section confounders_section(const Comparison& comparison) {
    Section section{"Confounders and limitations", {}};
    for (const PairSummary& pair : telling_pairs(comparison)) {
        const ContenderSummary &a = comparison.contenders[pair.a], &b = comparison.contenders[pair.b];
        const Confounders found = confounders(a, b);
        report::Table table;
        table.caption = fmt::format("Differences between {} and {}", a.label, b.label);
        table.columns = {{"", Align::left}, {a.label, Align::left}, {b.label, Align::left}};
        for (const Difference& one : found.differs) table.rows.push_back({one.what, one.a, one.b});
        if (table.rows.empty()) table.rows.push_back({"no known difference"});
        section.blocks.emplace_back(std::move(table));
        report::Folded words{"What this pair can and cannot show", found.limitations};
        if (!found.not_known.empty()) {
            words.paragraphs.push_back(fmt::format("Not known for one or both: {}.", fmt::join(found.not_known, ", ")));
        }
        if (!words.paragraphs.empty()) section.blocks.emplace_back(std::move(words));
    }
    section.blocks.emplace_back(Paragraph{reasoning_sentence(comparison)});
    return section;
}

Section context_section(const Comparison& comparison, const energy::References& references) {
    Section section{"Compared with published figures", {everyday_table(comparison, references)}};
    if (const energy::Reference* const video = energy::find_everyday(streamed_video, references)) {
        section.blocks.emplace_back(
            Paragraph{fmt::format("{} J are {}. Source: {}.", base::fixed(video->joules.value(), 0), video->what,
                                  energy::cited(video->source))});
    }
    section.blocks.emplace_back(published_table(comparison, references));
    for (const energy::Remark& one : remarks(comparison, references)) {
        section.blocks.emplace_back(report::Note{fmt::format("{} Source: {}.", one.text, energy::cited(one.source))});
    }
    return section;
}

std::string idle_text(const IdlePower& idle) {
    return fmt::format("{:.3g} W [{:.3g}, {:.3g}] {}, {:.2f} threads busy", idle.value.value(), idle.low.value(),
                       idle.high.value(), idle.method, idle.busy_threads);
}

/// What was seen of the machine while the run went on.
report::Facts event_facts(const std::vector<MachineEvent>& machine_events) {
    report::Facts facts;
    for (const MachineEvent& one : machine_events) {
        const std::optional<IdlePower> idle = idle_power(one);
        const std::string text = idle ? idle_text(*idle) : base::json_text(one.details);
        facts.facts.emplace_back(one.time.empty() ? one.kind : fmt::format("{}, {}", one.kind, one.time), text);
    }
    return facts;
}

Section protocol_section(const ComparisonReport& report) {
    Section section{"Method", {}};
    section.blocks.emplace_back(report::Heading{"Protocol"});
    section.blocks.emplace_back(report::json_facts(report.run.protocol));
    section.blocks.emplace_back(report::json_facts(report.run.settings));
    section.blocks.emplace_back(report::Heading{"Machine"});
    section.blocks.emplace_back(report::json_facts(report.run.machine));
    if (!report.machine_events.empty()) section.blocks.emplace_back(event_facts(report.machine_events));
    section.blocks.emplace_back(report::Heading{"Contenders"});
    for (const ContenderSummary& one : report.comparison.contenders) {
        report::Facts facts = report::json_facts(one.details.record);
        facts.facts.insert(facts.facts.begin(), {"contender", one.label});
        section.blocks.emplace_back(std::move(facts));
    }
    section.blocks.emplace_back(report::Heading{"Sources of uncertainty"});
    section.blocks.emplace_back(uncertainty_table(report.comparison));
    section.blocks.emplace_back(Paragraph{sessions_sentence(report.comparison)});
    section.blocks.emplace_back(
        report::Folded{"How intervals and p-values are computed",
                       {fmt::format("Intervals are 95% intervals for prompts of this kind. Independent sources add in "
                                    "quadrature: the sample of prompts, "
                                    "sessions, the counter's resolution, its attribution to what ran, the machine's "
                                    "coefficients (shared by all "
                                    "contenders, so that they cancel in a ratio), power that varies by {:.0f}% with "
                                    "the kind of work, and what was "
                                    "assumed of a server (docs/experiment.md). A difference is claimed where the "
                                    "interval excludes 1 and the p-value "
                                    "of a permutation test, corrected for the number of pairs (Holm), is at most 5%; "
                                    "contenders are called equal where "
                                    "the whole interval lies within {:.3g}%. Effects of factors, right answers and "
                                    "kinds of task are corrected for "
                                    "their number in the same way.",
                                    100 * report.comparison.kind_of_work, 100 * report.comparison.margin)}});
    section.blocks.emplace_back(report::Heading{"Counted work"});
    section.blocks.emplace_back(measures_table(report.comparison));
    return section;
}

/// What names this run and no other.
Section citation_section(const ComparisonReport& report) {
    const MachineDetails machine = machine_details(report.run);
    report::Facts facts;
    const auto add = [&facts](const char* what, const std::string& value) {
        if (!value.empty()) facts.facts.emplace_back(what, value);
    };
    add("comparison", title_of(report.comparison));
    add("program", "ergon " + report.run.version);
    add("machine",
        machine.threads > 0 ? fmt::format("{}, {} threads", machine.processor, machine.threads) : machine.processor);
    add("date", report.started.substr(0, report.started.find('T')));
    add("prompts", fmt::format("{} ({})", settings_of(report.run).prompts, report.prompts));
    add("seed", fmt::format("{}", report.run.seed));
    add("digest of the run", report.digest);
    add("results", report.results);
    return {
        "Cite this",
        {std::move(facts), Paragraph{"The digest is of the run's settings, contenders and answers: another run, or a "
                                     "changed one, has another."}}};
}

std::string figures_line(const Answer& answer) {
    std::string text = fmt::format("{} prompt tokens, {} thinking, {} answer", answer.phases[0].tokens.value(),
                                   answer.phases[1].tokens.value(), answer.phases[2].tokens.value());
    if (answer.metered) {
        const energy::Figure joules = answer.joules();
        const base::IntervalText shown =
            base::with_interval(joules.value.value(), joules.low.value(), joules.high.value(), report::joules);
        text += fmt::format("; {} {} {}", shown.value, shown.interval, energy::name(joules.method));
    }
    if (answer.finish_reason == "length") text += "; cut off by a token limit";
    if (answer.right) text += *answer.right ? "; right" : "; wrong";
    return text;
}

Section answers_section(const ComparisonReport& report) {
    Section section{"Prompts and answers", {}};
    const auto held = static_cast<std::int64_t>(report.shown.size());
    if (held < report.prompts) {
        section.blocks.emplace_back(
            report::Note{fmt::format("The first {} of {} prompts; the others are in {}, their figures in --csv-out.",
                                     held, report.prompts, report.results)});
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
    page.headline = headline(comparison);
    page.lede = lede_of(comparison, page.headline);
    page.sections.push_back(result_section(report));
    if (Section tasks = task_section(comparison); !tasks.blocks.empty()) page.sections.push_back(std::move(tasks));
    if (report.slice) page.sections.push_back(slice_section(*report.slice));
    page.sections.push_back(causes_section(report));
    if (!comparison.pairs.empty()) page.sections.push_back(confounders_section(comparison));
    if (!shapes.shapes.empty() && weights_in_cache(comparison, report.run)) {
        page.sections.push_back({"Measured where weights are read from memory", shape_blocks(shapes)});
    }
    page.sections.push_back(context_section(comparison, references));
    if (!comparison.pairs.empty()) page.sections.push_back(pairs_section(comparison));
    page.sections.push_back(protocol_section(report));
    page.sections.push_back(citation_section(report));
    if (!report.shown.empty()) page.sections.push_back(answers_section(report));
    return report::render(page);
}

}  // namespace ergon::lab
