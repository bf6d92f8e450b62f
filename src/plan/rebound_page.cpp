// The rebound as a page.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "base/strings/format_number.h"
#include "plan/rebound_findings.h"
#include "plan/rebound_report.h"

namespace ergon::plan {
namespace {

using energy::Figure;
using energy::Ratio;
using report::Line;
using report::LineChart;
using report::LinePoint;
using report::Range;

const base::Unit none{"", base::Prefixes::none};
const base::Unit times{"×", base::Prefixes::none};
const base::Unit answers{"answers", base::Prefixes::none};

LinePoint point(double x, const Figure& figure) {
    return {x, figure.value.value(), Range{figure.low.value(), figure.high.value()}};
}

LineChart years_chart() {
    LineChart chart{
        "How long a gain in efficiency lasts",
        "Years until growing use takes as many joules as before, by the gain in joules per answer and by the "
        "growth of use from year to year.",
        "gain",
        times,
        "years until it is cancelled",
        none,
        {}};
    for (const double growth : shown_growths) {
        Line line{fmt::format("use grows by {:.0f}% a year", 100 * growth), {}};
        for (int gain = 1; gain <= 100; ++gain) {
            line.points.push_back({double(gain), years_until_cancelled(gain, growth).value_or(0), std::nullopt});
        }
        chart.lines.push_back(std::move(line));
    }
    return chart;
}

LineChart use_chart(const ReboundInputs& inputs) {
    LineChart chart{
        "Energy per year",
        fmt::format("Joules of all answers, year by year, at a growth of {:.0f}%; bands are 95% intervals.",
                    100 * inputs.growth),
        "years from now",
        none,
        "energy in a year",
        report::joules,
        {{"as before: " + inputs.before.name, {}}, {"with the gain: " + inputs.after.name, {}}, {"today", {}}}};
    const std::vector<YearOfUse> years = years_of_use(inputs);
    for (const YearOfUse& one : years) {
        chart.lines[0].points.push_back(point(one.year, one.before));
        chart.lines[1].points.push_back(point(one.year, one.after));
        chart.lines[2].points.push_back({double(one.year), years.front().before.value.value(), std::nullopt});
    }
    return chart;
}

LineChart elasticity_chart(const Ratio& gain) {
    LineChart chart{"Effect of cheaper answers on the total",
                    "Joules of all answers after over before, by the price elasticity of their number. At 1 they do "
                    "not change, whatever the gain.",
                    "price elasticity",
                    none,
                    "total, after over before",
                    times,
                    {}};
    const auto add = [&](const std::string& label, const Ratio& one) {
        Line line{label, {}};
        for (int step = 0; step <= 40; ++step) {
            const ElasticUse use = with_elasticity(one, step * 0.05);
            line.points.push_back({use.elasticity, use.total.value, Range{use.total.low, use.total.high}});
        }
        chart.lines.push_back(std::move(line));
    };
    add(fmt::format("these two, a gain of {}", base::significant(gain.value, 3)), gain);
    for (const double other : {1.5, 3.0}) add(fmt::format("a gain of {}", other), {other, other, other});
    return chart;
}

/// Two straight lines that cross where the training is paid back.
LineChart training_chart(const ReboundInputs& inputs, double break_even) {
    LineChart chart{"Training and answers together",
                    "Joules of training and of all answers so far. Where the lines cross, both models have used the "
                    "same energy; bands are 95% intervals.",
                    "answers so far",
                    answers,
                    "total energy",
                    report::joules,
                    {}};
    constexpr int steps = 20;
    for (const Model* model : {&inputs.before, &inputs.after}) {
        Line line{model->name, {}};
        for (int step = 0; step <= steps; ++step) {
            const double count = break_even * 2 * step / steps;
            const Figure& one = model->per_answer;
            line.points.push_back(point(
                count, *model->training + Figure{one.value * count, one.low * count, one.high * count, one.method}));
        }
        chart.lines.push_back(std::move(line));
    }
    return chart;
}

report::Section training_section(const ReboundInputs& inputs) {
    const BreakEven even = training_break_even(inputs.before, inputs.after);
    report::Section section{"Training spread over answers", {report::Paragraph{even.sentence}}};
    if (even.answers) section.blocks.emplace_back(training_chart(inputs, even.answers->value));
    section.blocks.emplace_back(training_table(inputs));
    section.blocks.emplace_back(report::Note{
        "Where joules of training come from hours of accelerators, the hours are published and the power of each is "
        "assumed; failed runs, experiments and data are not in them."});
    return section;
}

report::Section inputs_section(const ReboundInputs& inputs) {
    report::Facts facts;
    for (const Model* model : {&inputs.before, &inputs.after}) {
        facts.facts.emplace_back("joules per answer, " + model->name, model->per_answer);
        if (model->training) facts.facts.emplace_back("joules of training, " + model->name, *model->training);
    }
    facts.facts.emplace_back("joules per answer, first over second", efficiency_gain(inputs));
    facts.facts.emplace_back("answers per day", base::significant(inputs.answers_per_day, 3));
    facts.facts.emplace_back("growth of use in a year", fmt::format("{:.0f}%", 100 * inputs.growth));
    return {
        "Assumptions",
        {facts,
         report::Paragraph{
             "Growth is compound. Price elasticity is constant, and the price of an answer is taken to follow its "
             "joules; in truth it follows hardware and salaries, too. Rebound is the share of the saving at constant "
             "use that growing use takes back; above 100% the total grows (Sorrell, Energy Policy 37 (2009) "
             "1456-1469; Jevons, The Coal Question, 1865)."},
         report::Note{"This is arithmetic on assumptions, not a forecast: growth that would have happened without the "
                      "gain is not caused by it."}}};
}

}  // namespace

report::Page rebound_page(const ReboundInputs& inputs) {
    const Ratio gain = efficiency_gain(inputs);
    const std::vector<std::string> sentences = findings(inputs);
    report::Page page;
    page.title = fmt::format("From {} to {}: the energy of all answers", inputs.before.name, inputs.after.name);
    page.lede = sentences.front();
    report::Section findings_section{"What follows", {}};
    for (std::size_t i = 1; i < sentences.size(); ++i)
        findings_section.blocks.emplace_back(report::Paragraph{sentences[i]});
    findings_section.blocks.emplace_back(use_chart(inputs));
    findings_section.blocks.emplace_back(year_table(inputs));
    page.sections.push_back(std::move(findings_section));
    page.sections.push_back({"Growth that cancels the gain", {years_chart(), gain_table(inputs)}});
    page.sections.push_back({"If answers get cheaper", {elasticity_chart(gain), elasticity_table(inputs)}});
    if (inputs.before.training && inputs.after.training) page.sections.push_back(training_section(inputs));
    page.sections.push_back(inputs_section(inputs));
    return page;
}

}  // namespace ergon::plan
