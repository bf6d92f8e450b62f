#include "lab/statistics/joules_per_right.h"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

#include "base/distributions.h"
#include "base/error.h"
#include "base/expect_error.h"
#include "lab/interval_coverage.h"
#include "lab/reference_pairs.h"

namespace ergon::lab {
namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

std::vector<double> right_ones(std::uint64_t seed, std::size_t items, double share) {
    std::vector<double> all;
    for (std::size_t i = 0; i < items; ++i) all.push_back(base::random_uniform(seed, 1002, i) < share ? 1 : 0);
    return all;
}

/// That of b over that of a.
ConfidenceInterval ratio_of(const GradedCosts& a, const GradedCosts& b) {
    return joules_per_right_contrast(std::array{a, b}, std::array{-1.0, 1.0});
}

TEST(JoulesPerRight, IsWhatTheFormulaGivesInNumPy) {
    // Printed by tests/parity/statistics_reference.py: seed, items, share right; then b alone, and b over a.
    constexpr std::array<std::array<double, 9>, 3> numpy{
        {{1, 8, 0.3, 6.8397340911448339, 1.1762759444306532, 310.5064139502831, 6.1628013935412316, 0.63632455081463279,
          381.87316661904742},
         {2, 40, 0.05, 73.299972832832793, 13.192732348392997, 2990.8138588622992, 43.092926892832807,
          7.7093668703911522, 1751.8502382365111},
         {3, 12, 1, 2.3731503315144789, 1.0043206910501199, 5.914581912910867, 0.92077668333676854, 0.36119894854372769,
          1.778748081810936}}};
    for (const auto& [seed, items, share, value, low, high, ratio, ratio_low, ratio_high] : numpy) {
        const auto which = static_cast<std::uint64_t>(seed);
        const auto prompts = static_cast<std::size_t>(items);
        const Pairs pairs = reference_pairs(which, prompts);
        const GradedCosts a{pairs.a, right_ones(which + 10, prompts, 0.6)},
            b{pairs.b, right_ones(which, prompts, share)};
        const ConfidenceInterval alone = joules_per_right(b), both = ratio_of(a, b);
        // The quantiles are right to 1e-10, and an end moves by at most its reach in logarithms (below 4) times that.
        constexpr double tolerance = 1e-9;
        EXPECT_NEAR(alone.value / value, 1, tolerance);
        EXPECT_NEAR(alone.low / low, 1, tolerance);
        EXPECT_NEAR(alone.high / high, 1, tolerance);
        EXPECT_NEAR(both.value / ratio, 1, tolerance);
        EXPECT_NEAR(both.low / ratio_low, 1, tolerance);
        EXPECT_NEAR(both.high / ratio_high, 1, tolerance);
        const ConfidenceInterval back = ratio_of(b, a);
        EXPECT_NEAR(back.low * both.high, 1, tolerance);
        EXPECT_NEAR(back.high * both.low, 1, tolerance);
    }
}

TEST(JoulesPerRight, IsUnboundedWhereNobodyWasRight) {
    const std::vector<double> joules{2, 3, 4, 2, 3, 4}, none(6, 0.0), some{1, 0, 1, 1, 0, 1};
    const ConfidenceInterval nobody = joules_per_right({joules, none});
    EXPECT_EQ(nobody.value, endless);
    EXPECT_EQ(nobody.high, endless);
    // At most 45.9% of prompts are answered right (Clopper and Pearson): over 2 J / 0.459 each.
    EXPECT_GT(nobody.low, 3 / 0.459 / 2);
    EXPECT_LT(nobody.low, 3 / 0.459);
    const ConfidenceInterval b_nobody = ratio_of({joules, some}, {joules, none});
    EXPECT_EQ(b_nobody.value, endless);
    EXPECT_EQ(b_nobody.why, NoInterval::alike) << "equal joules on six prompts say nothing of others";
    const std::vector<double> more{5, 6, 9, 4, 7, 9};
    const ConfidenceInterval b_dear = ratio_of({joules, some}, {more, none});
    EXPECT_EQ(b_dear.high, endless);
    EXPECT_GT(b_dear.low, 0);
    EXPECT_EQ(b_dear.why, NoInterval::has_one);
    EXPECT_FALSE(excludes_one(b_dear)) << "no claim from an unbounded ratio";
    const ConfidenceInterval a_nobody = ratio_of({joules, none}, {more, some});
    EXPECT_EQ(a_nobody.value, 0);
    EXPECT_EQ(a_nobody.low, 0);
    EXPECT_GT(a_nobody.high, 2);
    const ConfidenceInterval neither = ratio_of({joules, none}, {more, none});
    EXPECT_TRUE(std::isnan(neither.value));
    EXPECT_EQ(neither.why, NoInterval::undefined);
    // A design's effect: the geometric mean of two ratios; one weight without right answers decides.
    const std::vector<GradedCosts> four{{joules, some}, {more, some}, {more, some}, {joules, none}};
    const std::array halves{-0.5, 0.5, 0.0, 0.0}, all{-0.5, 0.5, -0.5, 0.5};
    const ConfidenceInterval root = joules_per_right_contrast(four, halves), whole = ratio_of(four[0], four[1]);
    EXPECT_NEAR(root.value, std::sqrt(whole.value), 1e-12) << "the third and fourth have no weight";
    EXPECT_EQ(joules_per_right_contrast(four, all).high, endless);
    test::expect_error(base::ErrorCode::bad_argument, "joules and grades of the same prompts",
                       [&] { joules_per_right_contrast(four, std::array{1.0}); });
    test::expect_error(base::ErrorCode::bad_argument, "joules and grades of the same prompts", [&] {
        joules_per_right({{}, {}});
    });
    test::expect_error(base::ErrorCode::bad_argument, "joules and grades of the same prompts", [&] {
        joules_per_right({{1, 2}, {1}});
    });
    test::expect_error(base::ErrorCode::bad_argument, "joules and grades of the same prompts", [&] {
        ratio_of({joules, some}, {{1, 2}, {1, 0}});
    });
}

// How joules and right answers hang together.
enum class Link { none, hard_is_long, wrong_is_long };

/// One side of a prompt: joules and whether it is right.
std::array<double, 2> answer_of(const Draws& draws, std::uint64_t prompt, std::uint64_t side, double share, Link link) {
    const double length = draws.normal(0, prompt), own = draws.normal(10 + side, prompt);
    const double hard = link == Link::hard_is_long ? length : draws.normal(1, prompt);
    const double ability = 0.7 * hard + std::sqrt(0.51) * draws.normal(20 + side, prompt);
    const bool right = base::normal_distribution(ability) < share;
    const double joules = std::exp(0.6 * length + 0.5 * own);
    return {link == Link::wrong_is_long && !right ? 3 * joules : joules, right ? 1.0 : 0.0};
}

/// Expected joules per right answer.
double true_joules_per_right(double share, Link link) {
    return std::exp((0.36 + 0.25) / 2) * (link == Link::wrong_is_long ? share + 3 * (1 - share) : 1) / share;
}

TEST(JoulesPerRight, HoldsTheTruthInNinetyThreeOfAHundred) {
    const std::uint64_t experiments = experiments_of(300);
    for (const Link link : {Link::none, Link::hard_is_long, Link::wrong_is_long}) {
        for (const double share : {0.02, 0.05, 0.2, 0.5, 0.9}) {
            for (const std::size_t prompts : {6, 12, 40}) {
                Coverage alone, with_right, ratio;
                for (std::uint64_t experiment = 0; experiment < experiments; ++experiment) {
                    GradedCosts a, b;
                    for (std::uint64_t i = 0; i < prompts; ++i) {
                        const auto one = answer_of({experiment}, i, 0, 0.5, link);
                        const auto other = answer_of({experiment}, i, 1, share, link);
                        a.joules.push_back(one[0]);
                        a.right.push_back(one[1]);
                        b.joules.push_back(other[0]);
                        b.right.push_back(other[1]);
                    }
                    const double truth = true_joules_per_right(share, link);
                    const ConfidenceInterval found = joules_per_right(b);
                    alone.count(found, truth);
                    if (known(found)) with_right.count(found, truth);
                    ratio.count(ratio_of(a, b), truth / true_joules_per_right(0.5, link));
                }
                const std::string name = fmt::format("{} {} of {}", static_cast<int>(link), share, prompts);
                alone.record(name);
                with_right.record(name + " some right");
                ratio.record(name + " ratio");
                EXPECT_TRUE(alone.enough()) << share << " of " << prompts << ": " << alone.held << "/" << alone.given;
                EXPECT_TRUE(with_right.enough()) << "where somebody was right, by whatever chance, " << share << " of "
                                                 << prompts << ": " << with_right.held << "/" << with_right.given;
                EXPECT_TRUE(ratio.enough()) << share << " of " << prompts << ": " << ratio.held << "/" << ratio.given;
            }
        }
    }
}

}  // namespace
}  // namespace ergon::lab
