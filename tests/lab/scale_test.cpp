// A comparison of many thousand prompts: the page stays one that can be opened and sent.

#include <chrono>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sanitized.h"
#include "base/temporary_directory.h"
#include "lab/output/answers_csv.h"
#include "lab/output/comparison_json.h"
#include "lab/output/comparison_page.h"
#include "lab/output/comparison_screen.h"
#include "lab/store/run_summary.h"

namespace ergon::lab {
namespace {

using ::testing::HasSubstr;

constexpr int many_prompts = test::sanitized ? 1'400 : 14'000;

/// A run of two contenders, made by SQL: what is under test comes after the answers. Their joules vary by prompt.
RunId store(const std::filesystem::path& file, std::size_t words, int count = many_prompts) {
    Results results(file);
    const RunId run = results.start({{{"prompts", "many"}}, 1, {{"energy_source", "Pretended."}}, "0.1.0", {}},
                                    {{"short", "a", "ha", {}}, {"long", "b", "hb", {}}});
    Database database(file);
    Transaction transaction(database);
    database.execute(
        fmt::format("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {0}) "
                    "INSERT INTO prompt (run, position, id, category, text, answer) "
                    "SELECT {1}, i, 'p' || i, 'c' || (i % 5), 'Question ' || i || '?', 'yes' FROM n",
                    count, run));
    const std::string joules =
        "'{\"value\":' || j || ',\"unit\":\"J\",\"low\":' || j || ',\"high\":' || j || "
        "',\"method\":\"measured\"}'";
    const std::string phase = fmt::format("'{{\"total\":' || {0} || ',\"above_idle\":' || {0} || '}}'", joules);
    database.execute(fmt::format(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {0}), "
        "a(i, c, j) AS (SELECT i, c, (1 + c) * (1 + (i * 7919 % 101) / 100.0) FROM n, (SELECT 0 AS c UNION SELECT 1)) "
        "INSERT INTO answer (run, contender, prompt, repeat, session, text, thinking, finish_reason, prompt_tokens, "
        "thinking_tokens, answer_tokens, prompt_seconds, thinking_seconds, answer_seconds, energy, raw, right) "
        "SELECT {1}, c, 'p' || i, 0, 0, '{2}', '{2}', 'stop', 10, 5, 20 + i % 7, 0.1, 0.1, 0.1, "
        "'{{\"prompt\":' || {3} || ',\"thinking\":' || {3} || ',\"answer\":' || {3} || '}}', '{{}}', (i * 31 + c) % 3 "
        "> 0 "
        "FROM a",
        count, run, std::string(words, 'w'), phase));
    transaction.commit();
    results.finish(run);
    return run;
}

TEST(Scale, ManyPromptsGiveAPageThatCanBeSent) {
    const test::TemporaryDirectory folder;
    store(folder / "many.sqlite", 60);
    EXPECT_LT(std::filesystem::file_size(folder / "many.sqlite"), 60u << 20);
    const auto begin = std::chrono::steady_clock::now();
    const RunSummary run = load_runs({folder / "many.sqlite"});
    EXPECT_EQ(run.answers, 2 * many_prompts);
    const std::string page = comparison_page(run.report, energy::read_references(), read_shapes());
    EXPECT_LT(page.size(), 2u << 20);
    EXPECT_THAT(page,
                HasSubstr("The data include the first 500; every answer is in many.sqlite, its figures in --csv-out"));
    EXPECT_THAT(page, HasSubstr(fmt::format(
                          "The first 200 of {} prompts; the others are in many.sqlite, their figures in --csv-out",
                          many_prompts)));
    EXPECT_LT(comparison_screen(run.report, run.energy_source).size(), 10'000u);
    EXPECT_LT(comparison_json(run.report.comparison, run.report.run, run.report.machine_events).dump().size(),
              8u << 20);
    EXPECT_LT(answers_csv(run.parts).size(), 16u << 20);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    RecordProperty("seconds", std::to_string(took.count()));
    // Some seconds on a slow core; what grows with the square of the prompts takes minutes.
    EXPECT_LT(took.count(), 40);
}

/// Long thoughts: 200 prompts of two answers with twice 20,000 characters are 16 MB.
TEST(Scale, LongAnswersAreCutAndFewOfThemShown) {
    const test::TemporaryDirectory folder;
    store(folder / "long.sqlite", 100'000, 300);
    const RunSummary run = load_runs({folder / "long.sqlite"});
    const std::string page = comparison_page(run.report, energy::read_references(), read_shapes());
    EXPECT_LT(page.size(), 5u << 20);
    EXPECT_GT(run.report.shown.size(), 10u);
    EXPECT_THAT(page, HasSubstr(fmt::format(
                          "The first {} of 300 prompts; the others are in long.sqlite, their figures in --csv-out",
                          run.report.shown.size())));
}

}  // namespace
}  // namespace ergon::lab
