// The page of a run says what its log says.

#include "train/run/run_page.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/expect_error.h"
#include "train/example_log.h"
#include "train/run/run_page_charts.h"

namespace ergon::train {
namespace {

Recipe recipe(std::int64_t steps) {
    Recipe r;
    r.file = "recipes/<small>.toml";
    model::Config& c = r.architecture.config;
    c.num_hidden_layers = 2;
    c.first_k_dense_replace = 1;
    c.n_routed_experts = 4;
    c.num_experts_per_tok = 2;
    r.architecture.mtp = true;
    r.trainer.mtp_factor = 0.3f;
    r.trainer.schedule.steps = steps;
    r.settings = {{"training.steps", "4", true}, {"training.beta1", "0.9", false}};
    return r;
}

std::string page_of(const Recipe& of, const std::vector<StepLine>& lines) {
    return run_page(of, lines, {{"processor", "a <fast> one"}, {"threads_used", 2}});
}

void expect_said(const std::string& page, const std::string& text) {
    EXPECT_NE(page.find(text), std::string::npos) << "the page does not say: " << text;
}

TEST(RunPage, SaysWhatWasFound) {
    const std::string page = page_of(recipe(4), test::example_log(4));
    expect_said(page,
                "In 4 steps, on 400 tokens, the loss went from 5.00 to 1.25 nats per token for 32 J "
                "[16, 64] (estimated): 80 mJ [40, 160] per token.");
    std::vector<StepLine> dear = test::example_log(4);
    dear.back().total = dear.back().total * 1000;
    expect_said(page_of(recipe(4), dear), "for 32 kJ [16, 64] (8.89 Wh) (estimated): 80 J [40, 160] per token.");
    expect_said(page, "Training &lt;small&gt;");
    expect_said(page, "a &lt;fast&gt; one");
    expect_said(page,
                "<td class=\"left\">training.beta1</td><td class=\"left\">0.9</td><td class=\"left\">default</td>");
    expect_said(page_of(recipe(9), test::example_log(4)), "In 4 of 9 steps");
    expect_said(page_of(recipe(9), {}), "No steps yet.");
}

/// The rows of a chart's table: line, step, value, low, high.
std::string row(const char* line, const char* step, const char* value, const char* low = "–", const char* high = "–") {
    return std::string("<tr><td class=\"left\">") + line + "</td><td class=\"right\">" + step +
           "</td><td class=\"right\">" + value + "</td><td class=\"right\">" + low + "</td><td class=\"right\">" +
           high + "</td></tr>";
}

TEST(RunPage, TablesHoldTheLogsValues) {
    const std::string page = page_of(recipe(4), test::example_log(4));
    expect_said(page, row("next token", "2", "2.50 nat"));
    expect_said(page, row("token after the next (MTP)", "4", "1.50 nat"));
    expect_said(page, row("next token", "1", "50.0 %"));
    expect_said(page, row("drafts accepted (MTP)", "2", "75.0 %"));
    expect_said(page, row("speed", "3", "200 tokens/s"));
    expect_said(page, row("energy", "3", "80.0 mJ", "40.0 mJ", "160 mJ"));
    expect_said(page, row("learning rate", "3", "0.00300"));
    expect_said(page, row("MaxVio", "1", "1.50"));
    // Of 100 tokens with two experts each, 80 went to the first.
    expect_said(page, "<td class=\"left\">1</td><td class=\"right\">80.0 %</td><td class=\"right\">60.0 %</td>");
    expect_said(page, "<td class=\"left\">MTP</td><td class=\"right\">50.0 %</td>");
    EXPECT_EQ(page.find("Carbon-aware schedule"), std::string::npos);
}

TEST(RunPage, OtherProgramsStandApart) {
    std::vector<StepLine> lines = test::example_log(4);
    const std::string page = page_of(recipe(4), lines);
    expect_said(page, "<dt>other programs</dt><dd>8 J");
    expect_said(page, "is shown separately and is in no training figure.");
    EXPECT_EQ(page.find("older version"), std::string::npos);
    lines[0].others.reset();
    expect_said(page_of(recipe(4), lines), "For 1 steps logged by an older version");
}

// Each round asks other problems: one against another is no finding.
TEST(RunPage, ReinforcementIsToldByQuartersWithAnInterval) {
    Recipe grpo = recipe(16);
    grpo.grpo.emplace();
    const std::string page = page_of(grpo, test::example_rounds(16));
    // Quarters of four rounds: means of 23% and 47%; each round's mean scatters by 2.58 points, so that the difference
    // is known to 1.83, and 2.447 times that with six degrees of freedom.
    expect_said(
        page,
        "In 16 steps of reinforcement learning, for 128 J [64, 256] (estimated), from the first quarter of the "
        "rounds to the last the share of right answers went from 23.0% to 47.0%: +24.0 points (+19.5 to +28.5, 95%).");
    expect_said(page_of(grpo, test::example_rounds(8)), "8 rounds are too few to say");
}

TEST(RunPage, ADenseModelHasNoExperts) {
    Recipe dense = recipe(2);
    dense.architecture.config.n_routed_experts = 0;
    dense.architecture.mtp = false;
    dense.trainer.mtp_factor = 0;
    std::vector<StepLine> lines = test::example_log(2);
    for (StepLine& line : lines) line.report.loads.clear();
    const std::string page = page_of(dense, lines);
    EXPECT_EQ(page.find("xpert"), std::string::npos);
    EXPECT_EQ(page.find("MTP"), std::string::npos);
}

TEST(RunPage, ALongRunIsDrawnInMeans) {
    const std::vector<StepLine> lines = test::example_log(10'001);
    const std::vector<Steps> points = stretches(lines);
    EXPECT_LE(points.size(), max_points);
    std::size_t steps = 0;
    for (const Steps one : points) steps += one.size();
    EXPECT_EQ(steps, lines.size());
    // 51 steps a point: the mean of 5 / n for n from 1 to 51 is 5 H(51) / 51, H(51) = 4.5188...; the last point has
    // five, around 5 / 9999.
    const std::string page = page_of(recipe(10'001), lines);
    expect_said(page, "Each point of a curve is the mean of 51 steps");
    expect_said(page, row("next token", "51", "0.443 nat"));
    expect_said(page, row("next token", "10,001", "0.000500 nat"));
    expect_said(page, "in the last 100 steps");
    EXPECT_LT(page.size(), 600'000u);
}

TEST(RunPage, TellsWhatTheScheduleSaved) {
    std::vector<StepLine> lines = test::example_log(4);
    for (StepLine& line : lines) line.grid = test::example_grid();
    const std::string page = page_of(recipe(4), lines);
    expect_said(page,
                "<dt>emitted</dt><dd>20 g CO2e <span class=\"interval\">[10, 40]</span> "
                "<span class=\"method\">estimated</span></dd>");
    expect_said(page, "<dt>the same joules without the schedule</dt><dd>34 g CO2e");
    expect_said(page, "<dt>waited for a cleaner grid</dt><dd>2 h 0 min</dd>");
    expect_said(page, row("grid", "1", "140 g/kWh"));
}

TEST(RunPage, RefusesTheLoadsOfAnotherModel) {
    Recipe other = recipe(4);
    other.architecture.config.n_routed_experts = 8;
    test::expect_error(base::ErrorCode::bad_file, "expert loads of step 1 do not match",
                       [&] { page_of(other, test::example_log(4)); });
}

}  // namespace
}  // namespace ergon::train
