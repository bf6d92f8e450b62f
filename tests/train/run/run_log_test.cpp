// The log of a run: what is written is what is read, also after a kill.

#include "train/run/run_log.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "train/example_log.h"

namespace ergon::train {
namespace {

std::string text_of(const std::vector<StepLine>& lines) {
    std::string text;
    for (const StepLine& line : lines) text += line_text(line);
    return text;
}

TEST(RunLog, ReadsWhatWasWritten) {
    const test::TemporaryDirectory folder;
    std::vector<StepLine> lines = test::example_log(3);
    lines[2].grid = test::example_grid();
    const std::vector<StepLine> read = read_run_log(folder.write("log.jsonl", text_of(lines)));
    ASSERT_EQ(read.size(), 3u);
    EXPECT_EQ(text_of(read), text_of(lines));
    EXPECT_EQ(read[1].report.step, 2);
    EXPECT_EQ(read[1].report.loss, lines[1].report.loss);
    EXPECT_EQ(read[1].report.loads, lines[1].report.loads);
    EXPECT_EQ(read[1].joules, lines[1].joules);
    EXPECT_EQ(read[1].total_tokens, lines[1].total_tokens);
    EXPECT_FALSE(read[1].grid);
    ASSERT_TRUE(read[2].grid);
    EXPECT_EQ(read[2].grid->intensity, lines[2].grid->intensity);
    EXPECT_EQ(read[2].grid->unscheduled, lines[2].grid->unscheduled);
    EXPECT_EQ(read[2].grid->waiting_grams, lines[2].grid->waiting_grams);
}

// Older versions wrote the whole machine's joules: their lines are read, and told from those with others apart.
TEST(RunLog, LinesOfOlderVersionsHaveNoOtherPrograms) {
    const test::TemporaryDirectory folder;
    std::vector<StepLine> lines = test::example_log(2);
    EXPECT_NE(text_of(lines).find("\"other_programs\""), std::string::npos);
    lines[0].others.reset();
    lines[0].total_others.reset();
    const std::vector<StepLine> read = read_run_log(folder.write("log.jsonl", text_of(lines)));
    EXPECT_FALSE(read[0].others);
    EXPECT_FALSE(read[0].total_others);
    EXPECT_EQ(read[1].others, lines[1].others);
    EXPECT_EQ(read[1].total_others, lines[1].total_others);
}

TEST(RunLog, EndsAtAStep) {
    const test::TemporaryDirectory folder;
    const auto path = folder.write("log.jsonl", text_of(test::example_log(5)));
    EXPECT_EQ(read_run_log(path, 3).size(), 3u);
    EXPECT_EQ(read_run_log(path, 0).size(), 0u);
    EXPECT_EQ(read_run_log(folder.path() / "none.jsonl").size(), 0u);
}

/// Wherever a kill tears the last line, those before it stand.
TEST(RunLog, LeavesATornLineOut) {
    const test::TemporaryDirectory folder;
    const std::vector<StepLine> lines = test::example_log(2);
    const std::string whole = line_text(lines[0]), second = line_text(lines[1]);
    for (std::size_t kept = 0; kept < second.size(); ++kept) {
        const auto path = folder.write("log.jsonl", whole + second.substr(0, kept));
        ASSERT_EQ(read_run_log(path).size(), 1u) << kept;
    }
}

TEST(RunLog, NamesTheLineThatNoRunWrote) {
    const test::TemporaryDirectory folder;
    const std::string good = line_text(test::example_log(1)[0]);
    for (const char* bad : {"{}\n", "no JSON\n", "[1]\n", "{\"step\": \"two\"}\n", "\n"}) {
        const auto path = folder.write("log.jsonl", good + bad);
        test::expect_error(base::ErrorCode::bad_file, "log.jsonl: line 2 is not from a training run",
                           [&] { read_run_log(path); });
    }
}

}  // namespace
}  // namespace ergon::train
