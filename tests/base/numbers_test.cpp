// Units, checked arithmetic, random numbers.

#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <set>

#include "base/checked.h"
#include "base/random.h"
#include "base/units.h"

namespace {

using namespace ergon::base;

TEST(Checked, AnOverflowIsNoAnswer) {
    constexpr auto top = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(checked_multiply<std::int64_t>(1 << 30, 1 << 30), std::int64_t{1} << 60);
    EXPECT_EQ(checked_multiply<std::int64_t>(top, 1), top);
    EXPECT_EQ(checked_multiply<std::int64_t>(top, 2), std::nullopt);
    EXPECT_EQ(checked_multiply<std::uint64_t>(std::uint64_t{1} << 32, std::uint64_t{1} << 32), std::nullopt);
    EXPECT_EQ(checked_add<std::int64_t>(top, 1), std::nullopt);
    EXPECT_EQ(checked_add<std::int64_t>(top - 1, 1), top);
}

TEST(Units, WorkIsPowerTimesTime) {
    EXPECT_DOUBLE_EQ((Watts(12) * Seconds(5)).value(), 60);
    EXPECT_DOUBLE_EQ((Joules(60) / Seconds(5)).value(), 12);
    EXPECT_DOUBLE_EQ(Joules(3) / Joules(2), 1.5);
    EXPECT_DOUBLE_EQ(to_joules(Nanojoules(2'500'000'000)).value(), 2.5);
    EXPECT_LT(Bytes(3), Bytes(4));
}

TEST(Random, IsAFunctionOfSeedStreamAndCounter) {
    RandomSequence sequence(7, 3);
    for (std::uint64_t counter = 0; counter < 100; ++counter) EXPECT_EQ(sequence(), random_bits(7, 3, counter));
}

TEST(Random, NeighbouringSeedsStreamsAndCountersAllDiffer) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        for (std::uint64_t stream = 0; stream < 20; ++stream) {
            for (std::uint64_t counter = 0; counter < 20; ++counter) seen.insert(random_bits(seed, stream, counter));
        }
    }
    EXPECT_EQ(seen.size(), 8000u);
}

// The mean of n uniform numbers has a standard deviation of 1/sqrt(12 n); five of them are allowed.
TEST(Random, UniformNumbersLieInTheirIntervalAndAverageToHalf) {
    constexpr int n = 100'000;
    RandomSequence sequence(1);
    double sum = 0;
    for (int i = 0; i < n; ++i) {
        const double u = sequence.uniform();
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        sum += u;
    }
    EXPECT_NEAR(sum / n, 0.5, 5 / std::sqrt(12.0 * n));
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
    RandomSequence sequence(2);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(sequence.below(10));
    EXPECT_EQ(seen.size(), 10u);
    EXPECT_EQ(*seen.rbegin(), 9u);
    EXPECT_EQ(sequence.below(1), 0u);
}

}  // namespace
