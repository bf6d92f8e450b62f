// The first quarter of the rounds against the last: what chance makes of a run that learns nothing, and of one that
// does.

#include "train/rl/quarters.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "base/random.h"

namespace ergon::train {
namespace {

/// Rounds of 8 problems, each answered 8 times; a problem has a difficulty of its own, `gain` is learnt from first to
/// last.
std::vector<StepLine> rounds(int count, double gain, std::uint64_t seed) {
    base::RandomSequence random(seed);
    std::vector<StepLine> lines(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        int right = 0;
        for (int problem = 0; problem < 8; ++problem) {
            const double chance = std::clamp(0.1 + 0.6 * random.uniform() + gain * i / count, 0.0, 1.0);
            for (int answer = 0; answer < 8; ++answer) right += random.uniform() < chance ? 1 : 0;
        }
        StepLine& line = lines[static_cast<std::size_t>(i)];
        line.report.step = i + 1;
        line.report.examples = 64;
        line.report.round.emplace();
        line.report.round->right = right / 64.0;
    }
    return lines;
}

// 95% intervals of runs that learn nothing hold zero in 95 of 100; 2,000 runs tell that to one point (two standard
// deviations). The first round against the last, as it was told before, differs by more than 10 points in many.
TEST(Quarters, ARunThatLearnsNothingIsSeldomSaidToLearn) {
    for (const int count : {12, 20, 60}) {
        int claimed = 0, apart = 0;
        constexpr int runs = 2000;
        for (int run = 0; run < runs; ++run) {
            const std::vector<StepLine> lines = rounds(count, 0, static_cast<std::uint64_t>(run));
            claimed += change_of_right(lines)->shown() ? 1 : 0;
            apart += std::abs(lines.back().report.round->right - lines.front().report.round->right) > 0.1 ? 1 : 0;
        }
        EXPECT_LE(claimed, runs * 6 / 100) << count << " rounds";
        EXPECT_GE(apart, runs / 10);
    }
}

TEST(Quarters, WhatWasLearntIsShownAndWithinTheInterval) {
    int inside = 0, shown = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const std::optional<QuarterChange> change = change_of_right(rounds(40, 0.4, seed));
        // The middles of the quarters are 30 of 40 rounds apart.
        inside += change->low <= 0.3 && change->high >= 0.3 ? 1 : 0;
        shown += change->low > 0 ? 1 : 0;
    }
    EXPECT_GE(inside, 182);  // 190 expected, less two and a half standard deviations
    EXPECT_GE(shown, 190);
}

TEST(Quarters, FewRoundsSayNothing) {
    EXPECT_FALSE(change_of_right(rounds(11, 0.5, 1)));
    EXPECT_FALSE(change_of_right({}));
    EXPECT_NE(right_sentence(rounds(11, 0.5, 1)).find("11 rounds are too few"), std::string::npos);
    std::vector<StepLine> lines = rounds(12, 0, 1);
    lines[5].report.round.reset();
    EXPECT_FALSE(change_of_right(lines)) << "not all are rounds";
}

TEST(Quarters, RoundsThatAreAllWrongOrAllRightAreNotCertainForEver) {
    std::vector<StepLine> lines = rounds(16, 0, 1);
    for (StepLine& line : lines) line.report.round->right = 0;
    const QuarterChange none = change_of_right(lines).value();
    EXPECT_LT(none.low, 0);
    EXPECT_GT(none.high, 0);
    EXPECT_NE(right_sentence(lines).find("no change is shown"), std::string::npos);
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i].report.round->right = i < 8 ? 0 : 1;
    const QuarterChange all = change_of_right(lines).value();
    EXPECT_GT(all.low, 0.9);
    EXPECT_LE(all.high, 1);
    EXPECT_LT(all.low, 1);
}

}  // namespace
}  // namespace ergon::train
