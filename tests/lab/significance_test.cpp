#include "lab/significance.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "base/error.h"
#include "lab/reference_pairs.h"

namespace ergon::lab {
namespace {

/// Pairs of which the second are about as much as the first, as the script has them for these tests.
Pairs even_pairs(std::uint64_t seed, std::size_t items) {
    return reference_pairs(seed, items, 1.7);
}

TEST(Permutation, CountsEveryExchangeAsSciPyDoes) {
    struct Reference {
        std::uint64_t seed;
        std::size_t items;
        double p;
    };
    // Printed by the script with SciPy 1.17.1.
    constexpr std::array<Reference, 4> scipy{
        {{1, 6, 0.71875}, {2, 8, 0.5546875}, {3, 10, 0.12109375}, {4, 12, 0.31884765625}}};
    for (const Reference& reference : scipy) {
        const Pairs pairs = even_pairs(reference.seed, reference.items);
        EXPECT_DOUBLE_EQ(permutation_p(pairs.a, pairs.b, 1), reference.p) << reference.items;
    }
}

TEST(Permutation, DrawsComeNearTheWholeCount) {
    const Pairs pairs = even_pairs(3, 10);
    const double whole = permutation_p(pairs.a, pairs.b, 7, 1024);
    // A share of 1,023 draws scatters by sqrt(0.121 x 0.879 / 1,023) = 0.0102 about the share of all exchanges: four
    // of those. That the observed exchange counts as one more moves it by less than a tenth of one.
    constexpr std::int64_t draws = 1023;
    const double scatter = std::sqrt(whole * (1 - whole) / draws);
    const double drawn = permutation_p(pairs.a, pairs.b, 7, draws);
    EXPECT_NEAR(drawn, whole, 4 * scatter);
    EXPECT_NE(drawn, whole) << "1,024 exchanges are more than the draws";
    const Pairs long_ones = even_pairs(3, 200);
    std::vector<double> longer = long_ones.a;
    for (double& one : longer) one *= 1.5;
    EXPECT_DOUBLE_EQ(permutation_p(long_ones.a, longer, 7, 999), 1.0 / 1000) << "no exchange comes as far";
    EXPECT_EQ(permutation_p(long_ones.a, longer, 7), permutation_p(long_ones.a, longer, 7));
}

TEST(Permutation, FindsNothingWhereNothingIs) {
    const std::vector<double> same{1, 2, 3}, none{0, 0, 0};
    EXPECT_EQ(permutation_p(same, same, 1), 1);
    EXPECT_EQ(permutation_p(same, none, 1), 1);
    EXPECT_EQ(permutation_p({}, {}, 1), 1);
    EXPECT_THROW(permutation_p(same, std::vector<double>{1}, 1), base::Error);
}

TEST(McNemar, IsTheExactBinomialTest) {
    struct Reference {
        std::int64_t only_a, only_b;
        double p;
    };
    constexpr std::array<Reference, 6> scipy{{{0, 0, 1},
                                              {1, 0, 1},
                                              {3, 9, 0.14599609375},
                                              {10, 10, 1},
                                              {2, 31, 1.3085082173347473e-07},
                                              {120, 160, 0.019606727290281328}}};
    for (const Reference& reference : scipy) {
        // Factorials by their logarithms: a few hundred roundings of an ulp of ln(280!) = 1300.
        EXPECT_NEAR(mcnemar_p(reference.only_a, reference.only_b) / reference.p, 1, 1e-10);
        EXPECT_EQ(mcnemar_p(reference.only_a, reference.only_b), mcnemar_p(reference.only_b, reference.only_a));
    }
}

TEST(Wilson, IsSciPys) {
    constexpr std::array<std::array<double, 5>, 5> scipy{{{0, 10, 0.95, 0, 0.27753279986288926},
                                                          {10, 10, 0.95, 0.72246720013711085, 1},
                                                          {7, 40, 0.95, 0.087454137460359183, 0.31949990331787709},
                                                          {21, 40, 0.9, 0.3977130421316124, 0.64911928543611475},
                                                          {999, 1319, 0.95, 0.73353267975901315, 0.77975634325461751}}};
    for (const auto& [right, count, confidence, low, high] : scipy) {
        const Estimate share = wilson(right, count, confidence);
        EXPECT_DOUBLE_EQ(share.value, right / count);
        EXPECT_NEAR(share.low, low, 1e-12) << right;
        EXPECT_NEAR(share.high, high, 1e-12) << right;
    }
    EXPECT_EQ(wilson(0, 0), (Estimate{0, 0, 1}));
}

TEST(Holm, IsTheStepDownRule) {
    // By hand: 0.01 x 4, max(0.04, 0.013 x 3), max(that, 0.02 x 2), max(that, 0.4 x 1).
    const std::vector<double> corrected = holm(std::vector{0.4, 0.01, 0.02, 0.013});
    const std::array<double, 4> expected{0.4, 0.04, 0.04, 0.04};
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_DOUBLE_EQ(corrected[i], expected[i]) << i;
    EXPECT_EQ(holm(std::vector{0.6, 0.5}), (std::vector{1.0, 1.0}));
    EXPECT_TRUE(holm({}).empty());
}

}  // namespace
}  // namespace ergon::lab
