#include "lab/findings/caveats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/store/run_details.h"

namespace ergon::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

std::vector<std::string> said_of_weights(const std::vector<std::optional<std::int64_t>>& weight_bytes) {
    Comparison comparison;
    for (const auto& bytes : weight_bytes) comparison.contenders.emplace_back().details.model.weight_bytes = bytes;
    RunDescription run;
    run.machine = {{"threads", 2}, {"cache_bytes", 32 << 20}};
    return caveats(comparison, run, {});
}

TEST(Caveats, WeightsThatAllFitIntoTheCache) {
    constexpr std::int64_t small = (32 << 20) - 1, large = 32 << 20;
    EXPECT_THAT(said_of_weights({small, small}), ElementsAre(HasSubstr("cache (33.6 MB)")));
    EXPECT_THAT(said_of_weights({small, large}), IsEmpty());
    EXPECT_THAT(said_of_weights({small, 0}), IsEmpty());
    EXPECT_THAT(said_of_weights({small, std::nullopt}), IsEmpty()) << "of a server nothing is known";
    EXPECT_THAT(said_of_weights({}), IsEmpty());
}

MachineEvent idle(const char* when, double watts) {
    IdlePower idle;
    idle.value = idle.low = idle.high = base::Watts(watts);
    return idle_event(when, idle);
}

TEST(Caveats, IdlePowerThatDrifts) {
    const auto drift = [](const std::vector<MachineEvent>& events) { return caveats({}, {}, events); };
    EXPECT_THAT(drift({idle("idle before", 10), idle("idle after", 12)}),
                ElementsAre(HasSubstr("drew 10 W before the run and 12 W after it (+20%)")));
    EXPECT_THAT(drift({idle("idle before", 10), idle("idle after", 8.5)}), ElementsAre(HasSubstr("-15%")));
    EXPECT_THAT(drift({idle("idle before", 10), idle("idle after", 10.9)}), IsEmpty());
    EXPECT_THAT(drift({idle("idle before", 10), idle("idle after", 9.1)}), IsEmpty());
    EXPECT_THAT(drift({idle("idle before", 10)}), IsEmpty());
    EXPECT_THAT(drift({idle("idle before", 0), idle("idle after", 9)}), IsEmpty()) << "a meter that shows nothing";
    // A run that was resumed: from its very beginning to its very end.
    EXPECT_THAT(
        drift({idle("idle before", 10), idle("idle after", 15), idle("idle before", 20), idle("idle after", 10)}),
        IsEmpty());
}

}  // namespace
}  // namespace ergon::lab
