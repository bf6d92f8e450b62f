#include "lab/findings/caveats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ergon::lab {
namespace {

using ::testing::HasSubstr;

Comparison beside(double others, double elapsed, double processor, double steps) {
    Comparison comparison;
    ContenderSummary& one = comparison.contenders.emplace_back();
    one.label = "alpha";
    one.seconds = base::Seconds(steps);
    one.measures.others = base::Seconds(others);
    one.measures.elapsed = base::Seconds(elapsed);
    one.measures.processor = base::Seconds(processor);
    return comparison;
}

std::string said(const Comparison& comparison) {
    RunDescription run;
    run.machine = {{"threads", 2}};
    const auto sentences = caveats(comparison, run, {});
    return sentences.empty() ? "" : sentences[0];
}

// "199% of the machine": processor time of whole intervals over the time of the steps within them.
TEST(Caveats, OthersAreAShareOfTheTimeInWhichTheyWereCounted) {
    EXPECT_THAT(said(beside(4, 10, 10, 3)), HasSubstr("used 20% of the machine's processor time while alpha"));
    EXPECT_EQ(said(beside(0.9, 10, 10, 0.1)), "") << "4.5% is what every machine has";
}

TEST(Caveats, NobodyTakesMoreThanThereIs) {
    EXPECT_THAT(said(beside(39.8, 10, 5, 10)), HasSubstr("used 75% of the machine"));  // what this program left
    EXPECT_THAT(said(beside(39.8, 10, 0, 10)), HasSubstr("used 100% of the machine"));
    EXPECT_THAT(said(beside(39.8, 0, 0, 10)), HasSubstr("used 100% of the machine")) << "a run of an older version";
}

}  // namespace
}  // namespace ergon::lab
