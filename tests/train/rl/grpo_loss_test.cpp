// The loss of a sampled token, against worked examples and its own slope.

#include "train/rl/grpo_loss.h"

#include <cmath>
#include <gtest/gtest.h>

#include "base/random.h"

namespace ergon::train {
namespace {

/// A token whose ratio of probabilities is `ratio`, at a log-probability of -1.
PolicyToken with_ratio(double ratio, double advantage) {
    return {advantage, -1 - std::log(ratio), {}};
}

TEST(Policy, ClipsWhatGoesTooFarTheGoodWay) {
    // ratio, advantage, objective: clipped only where that makes it less (Schulman et al., 2017, figure 1).
    const double cases[][3] = {{1.3, 1, 1.2}, {0.7, 1, 0.7}, {1.3, -1, -1.3}, {0.7, -1, -0.8}, {1.1, 2, 2.2}};
    for (const auto& [ratio, advantage, objective] : cases) {
        const TokenLoss loss = policy_loss(-1, with_ratio(ratio, advantage), {0.2, 0});
        EXPECT_NEAR(loss.loss, -objective, 1e-12) << ratio << " " << advantage;
        const bool clipped = objective != ratio * advantage;
        EXPECT_NEAR(loss.slope, clipped ? 0 : -ratio * advantage, 1e-12) << ratio << " " << advantage;
    }
}

TEST(Policy, DivergenceIsSchulmansThird) {
    const double cases[][2] = {{-0.5, .1065307}, {-0.1, .0048374}, {0, 0}, {0.1, .0051709}, {0.5, .1487213}};
    for (const auto& [log_x, expected] : cases) EXPECT_NEAR(k3(-2, -2 + log_x), expected, 5e-8);
}

TEST(Policy, SlopeIsTheLosssDerivative) {
    base::RandomSequence random(4);
    const PolicyOptions options{0.2, 0.3};
    for (int i = 0; i < 1000; ++i) {
        const PolicyToken token{4 * random.uniform() - 2, -3 * random.uniform(), -3 * random.uniform()};
        const double p = -3 * random.uniform(), h = 1e-6;
        const double ratio = std::exp(p - *token.old);
        // At its two corners the loss has no derivative.
        if (std::abs(ratio - 1.2) < 1e-4 || std::abs(ratio - 0.8) < 1e-4) continue;
        const double slope =
            (policy_loss(p + h, token, options).loss - policy_loss(p - h, token, options).loss) / (2 * h);
        // Truncation h^2 / 6 times the third derivative (below 50 here), and rounding 1e-15 * 40 / h.
        EXPECT_NEAR(policy_loss(p, token, options).slope, slope, 1e-7) << i;
    }
}

TEST(Policy, OnPolicyTheRatioIsOne) {
    const TokenLoss loss = policy_loss(-1.7, {0.75, {}, {}}, {0.2, 0.5});
    EXPECT_EQ(loss.loss, -0.75);
    EXPECT_EQ(loss.slope, -0.75);
}

TEST(Policy, AdvantagesAreStandardisedInTheirGroup) {
    EXPECT_EQ(group_advantages(std::vector<double>{1, 0, 0, 1}), (std::vector<double>{1, -1, -1, 1}));
    EXPECT_EQ(group_advantages(std::vector<double>{0.3, 0.3, 0.3}), (std::vector<double>{0, 0, 0}));
    const std::vector<double> a = group_advantages(std::vector<double>{3, 1, 4, 1, 5});
    double sum = 0, squares = 0;
    for (const double one : a) {
        sum += one;
        squares += one * one;
    }
    EXPECT_NEAR(sum, 0, 1e-12);
    EXPECT_NEAR(squares, 5, 1e-12);
}

}  // namespace
}  // namespace ergon::train
