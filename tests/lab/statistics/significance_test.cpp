#include "lab/statistics/significance.h"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <vector>

#include "base/error.h"
#include "base/expect_error.h"
#include "lab/interval_coverage.h"
#include "lab/reference_pairs.h"
#include "lab/statistics/jackknife.h"

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
    test::expect_error(base::ErrorCode::bad_argument, "A permutation test needs pairs, but there are 3 and 1 values.",
                       [&] { permutation_p(same, std::vector<double>{1}, 1); });
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
        const ConfidenceInterval share = wilson(right, count, confidence);
        EXPECT_DOUBLE_EQ(share.value, right / count);
        EXPECT_NEAR(share.low, low, 1e-12) << right;
        EXPECT_NEAR(share.high, high, 1e-12) << right;
    }
    EXPECT_EQ(wilson(0, 0), (ConfidenceInterval{0, 0, 1}));
}

TEST(ClopperPearson, IsSciPys) {
    constexpr std::array<std::array<double, 5>, 5> scipy{{{0, 6, 0.95, 0, 0.45925812643990044},
                                                          {1, 6, 0.95, 0.0042107445144894734, 0.64123457899767478},
                                                          {6, 6, 0.95, 0.54074187356009962, 1},
                                                          {21, 40, 0.9, 0.38479679010578338, 0.66230362724564706},
                                                          {999, 1319, 0.95, 0.73332114574270679, 0.78031010606904327}}};
    for (const auto& [right, count, confidence, low, high] : scipy) {
        const ConfidenceInterval share = clopper_pearson(right, count, confidence);
        EXPECT_DOUBLE_EQ(share.value, right / count);
        EXPECT_NEAR(share.low, low, 1e-10) << right;
        EXPECT_NEAR(share.high, high, 1e-10) << right;
    }
    EXPECT_EQ(clopper_pearson(0, 0), (ConfidenceInterval{0, 0, 1}));
}

/// As the script has them.
std::vector<double> grades(std::uint64_t seed, std::size_t items, double share) {
    std::vector<double> all;
    for (std::size_t i = 0; i < items; ++i) all.push_back(base::random_uniform(seed, 1002, i) < share ? 1 : 0);
    return all;
}

TEST(Newcombe, IsMethodTenOfHisPaper) {
    // Computed by the script from the paper's formula, with the table's cells as sums of products.
    constexpr std::array<std::array<double, 6>, 4> reference{
        {{6, 0, 1, 1, 0.44798395618951348, 1},
         {12, 0.5, 0.7, 0.58333333333333337, 0.18475823038549216, 0.78400281567481966},
         {40, 0.9, 0.9, 0.1, -0.060595239376589449, 0.25862117331795592},
         {200, 0.3, 0.4, 0.125, 0.028216635754118549, 0.21860846761050617}}};
    for (const auto& [items, share_a, share_b, difference, low, high] : reference) {
        const auto a = grades(1, static_cast<std::size_t>(items), share_a);
        const auto b = grades(2, static_cast<std::size_t>(items), share_b);
        const ConfidenceInterval found = newcombe(a, b);
        EXPECT_NEAR(found.value, difference, 1e-12) << items;
        EXPECT_NEAR(found.low, low, 1e-12) << items;
        EXPECT_NEAR(found.high, high, 1e-12) << items;
        const ConfidenceInterval back = newcombe(b, a);
        EXPECT_NEAR(back.low, -high, 1e-12) << items;
        EXPECT_NEAR(back.high, -low, 1e-12) << items;
    }
    const auto mean = [](std::vector<double> x, const std::vector<double>& y) {
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = (x[i] + y[i]) / 2;
        return x;
    };
    const ConfidenceInterval repeats =
        newcombe(mean(grades(1, 20, 0.5), grades(2, 20, 0.6)), mean(grades(3, 20, 0.5), grades(4, 20, 0.6)));
    EXPECT_NEAR(repeats.value, -0.1, 1e-12);
    EXPECT_NEAR(repeats.low, -0.37039297739395494, 1e-12);
    EXPECT_NEAR(repeats.high, 0.19296543367792901, 1e-12);
    EXPECT_EQ(newcombe({}, {}), (ConfidenceInterval{0, -1, 1}));
    test::expect_error(base::ErrorCode::bad_argument,
                       "A difference of shares needs pairs, but there are 2 and 3 prompts.",
                       [&] { newcombe(grades(1, 2, 0.5), grades(1, 3, 0.5)); });
}

TEST(Newcombe, HoldsTheTruth) {
    for (const auto& [share_a, share_b] : {std::array{0.9, 0.9}, std::array{0.5, 0.7}, std::array{0.1, 0.6}}) {
        for (const std::size_t prompts : {6, 8, 12, 20, 40}) {
            Coverage coverage;
            for (std::uint64_t experiment = 0; experiment < experiments_of(1000); ++experiment) {
                const Draws draws{experiment};
                std::vector<double> a, b;
                for (std::uint64_t i = 0; i < prompts; ++i) {
                    // Half of the difficulty is the prompt's: whoever is right is so on the same prompts.
                    const bool same = draws.uniform(0, i) < 0.5;
                    a.push_back(draws.uniform(1, i) < share_a ? 1 : 0);
                    b.push_back(draws.uniform(same ? 1 : 2, i) < share_b ? 1 : 0);
                }
                coverage.count(newcombe(a, b), share_b - share_a);
            }
            coverage.record(fmt::format("{} and {} of {}", share_a, share_b, prompts));
            EXPECT_TRUE(coverage.enough())
                << coverage.held << ", " << share_a << " and " << share_b << " of " << prompts;
        }
    }
}

TEST(Significance, EqualIsSaidOnlyWithinAMargin) {
    const double margin = 0.05;
    EXPECT_EQ(equivalence({1.01, 0.98, 1.045}, margin), Equivalence::equal);
    EXPECT_EQ(equivalence({1.02, 1.01, 1.03}, margin), Equivalence::equal) << "sure, and small";
    EXPECT_EQ(equivalence({1.01, 0.95, 1.08}, margin), Equivalence::undecided);
    EXPECT_EQ(equivalence({1.3, 1.1, 1.5}, margin), Equivalence::different);
    EXPECT_EQ(equivalence({0.97, 0.953, 0.99}, margin), Equivalence::equal) << "1 / 1.05 is 0.952";
    EXPECT_EQ(equivalence({0.97, 0.951, 0.99}, margin), Equivalence::different);
    EXPECT_EQ(equivalence(without_interval(1, NoInterval::few_prompts), margin), Equivalence::undecided);
    EXPECT_EQ(name(Equivalence::equal, margin), "equal within 5%");
}

/// How often two contenders whose joules differ by `ratio` are called equal within 5%.
double share_called_equal(double ratio, std::size_t prompts) {
    constexpr std::array scale{Scale::ratio};
    const std::uint64_t experiments = experiments_of(1000);
    double equal = 0;
    for (std::uint64_t experiment = 0; experiment < experiments; ++experiment) {
        const Draws draws{experiment};
        Rows rows(2);
        for (std::uint64_t i = 0; i < prompts; ++i) {
            const double length = std::exp(0.5 * draws.normal(0, i));
            rows.add(std::array{length * std::exp(0.05 * draws.normal(1, i)),
                                ratio * length * std::exp(0.05 * draws.normal(2, i))});
        }
        const auto ratio = [](const Sums& sums, std::span<double> out) { out[0] = sums.columns[1] / sums.columns[0]; };
        equal += equivalence(jackknife(rows, scale, ratio)[0], 0.05) == Equivalence::equal ? 1 : 0;
    }
    return equal / static_cast<double>(experiments);
}

TEST(Equivalence, CallsEqualInOneOfTwentyAtMostWhatDiffersByTheMargin) {
    for (const std::size_t prompts : {6, 12, 40}) {
        const double chance = 2 * std::sqrt(0.05 * 0.95 / static_cast<double>(experiments_of(1000)));
        EXPECT_LE(share_called_equal(1.05, prompts), 0.05 + chance) << prompts;
        EXPECT_LE(share_called_equal(1 / 1.05, prompts), 0.05 + chance) << prompts;
    }
    if (test::sanitized) return;
    EXPECT_GE(share_called_equal(1, 40), 0.85) << "forty prompts that scatter by 7% are mostly enough";
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
