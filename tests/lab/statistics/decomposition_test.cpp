#include "lab/statistics/decomposition.h"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "base/random.h"

namespace ergon::lab {
namespace {

TEST(LogarithmicMean, LiesBetweenAndIsExactNearEquality) {
    EXPECT_DOUBLE_EQ(logarithmic_mean(3, 3), 3);
    EXPECT_DOUBLE_EQ(logarithmic_mean(0, 3), 0);
    EXPECT_NEAR(logarithmic_mean(2, 1), 1 / std::log(2.0), 1e-15);
    EXPECT_DOUBLE_EQ(logarithmic_mean(1, 2), logarithmic_mean(2, 1));
    // For b = a (1 + x) it is a (1 + x/2 - x^2/12 + ...): the naive quotient has lost half its digits here.
    EXPECT_NEAR(logarithmic_mean(1, 1 + 1e-8), 1 + 0.5e-8, 1e-15);
}

double sum(const std::vector<DecompositionTerm>& terms) {
    double total = 0;
    for (const DecompositionTerm& term : terms) total += term.tokens + term.joules_per_token;
    return total;
}

TEST(Decompose, OnePhaseIsTheProductOfItsRatios) {
    const std::vector<PhaseAmount> a{{100, 50}}, b{{180, 93.6}};  // 1.8 times the tokens at 1.04 times the joules each
    const auto terms = decompose(a, b);
    ASSERT_TRUE(terms);
    EXPECT_NEAR((*terms)[0].tokens, std::log(1.8), 1e-15);
    EXPECT_NEAR((*terms)[0].joules_per_token, std::log(1.04), 1e-15);
}

TEST(Decompose, TermsAddUpForAnyPhases) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        base::RandomSequence random(seed);
        const auto amounts = [&] {
            std::vector<PhaseAmount> phases(3);
            for (PhaseAmount& phase : phases) {
                phase.tokens = random.below(4) == 0 ? 0 : std::exp(10 * random.uniform());
                phase.joules = random.below(5) == 0 ? 0 : std::exp(20 * random.uniform() - 5);
            }
            return phases;
        };
        const std::vector<PhaseAmount> a = amounts(), b = amounts();
        double joules_a = 0, joules_b = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            joules_a += a[i].joules;
            joules_b += b[i].joules;
        }
        const auto terms = decompose(a, b);
        ASSERT_EQ(terms.has_value(), joules_a > 0 && joules_b > 0);
        // Six terms of at most 25 or so, each right to a few ulps.
        if (!terms) continue;
        ASSERT_NEAR(sum(*terms), std::log(joules_b / joules_a), 1e-12) << seed;
    }
}

TEST(Decompose, APhaseThatOneSideLacksIsAllTokens) {
    // b thinks, a does not; prompt and answer are alike.
    const std::vector<PhaseAmount> a{{20, 5}, {0, 0}, {100, 50}}, b{{20, 5}, {300, 150}, {100, 50}};
    const auto terms = decompose(a, b);
    ASSERT_TRUE(terms);
    EXPECT_NEAR((*terms)[1].tokens, std::log(205.0 / 55), 1e-15);
    EXPECT_EQ((*terms)[1].joules_per_token, 0);
    EXPECT_EQ((*terms)[0].tokens, 0);
    EXPECT_EQ((*terms)[2].joules_per_token, 0);
}

}  // namespace
}  // namespace ergon::lab
