#include "lab/statistics.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace ergon::lab {
namespace {

struct Pairs {
    std::vector<double> a, b;
};

/// The data of tests/parity/statistics_reference.py.
Pairs reference_pairs(std::uint64_t seed, std::size_t items) {
    Pairs pairs;
    for (std::size_t i = 0; i < items; ++i) {
        pairs.a.push_back(-std::log(1 - base::random_uniform(seed, 1000, i)) + 0.1);
        pairs.b.push_back(2 * pairs.a[i] * (0.5 + base::random_uniform(seed, 1001, i)));
    }
    return pairs;
}

Statistics ratio_of_totals(const Pairs& pairs) {
    return [&pairs](const Sample& sample, std::span<double> values) {
        double a = 0, b = 0;
        for (const std::size_t item : sample.items) {
            a += pairs.a[item];
            b += pairs.b[item];
        }
        values[0] = b / a;
    };
}

struct Reference {
    std::uint64_t seed;
    std::size_t items;
    std::int64_t replicates;
    double confidence, value, percentile_low, percentile_high, bca_low, bca_high;
};

// Printed by tests/parity/statistics_reference.py with SciPy 1.17.1, which saw the same resamples.
constexpr std::array<Reference, 4> scipy{{
    {1, 10, 999, 0.95, 1.7503940425374416, 1.2634610846925713, 2.450031202058959, 1.3073248098324108,
     2.5663364628380956},
    {2, 40, 999, 0.95, 1.8736055170796877, 1.6340970652518354, 2.1395637344120315, 1.6165626426699873,
     2.1300312733110554},
    {3, 40, 500, 0.9, 2.0458495513186015, 1.8483637226505127, 2.2482590221649077, 1.8464737001060589,
     2.2441007111775866},
    {4, 7, 2000, 0.99, 1.9242767841795629, 1.3195687800849025, 2.1847919569403134, 1.3663960473845882,
     2.2055016365769293},
}};

TEST(Bootstrap, GivesSciPysIntervalsForTheSameDraws) {
    // Sums of at most 40 terms in another order, then quantiles that move smoothly with them: 1e-12 is thousands of
    // roundings.
    constexpr double tolerance = 1e-12;
    for (const Reference& reference : scipy) {
        const Pairs pairs = reference_pairs(reference.seed, reference.items);
        BootstrapOptions options{reference.seed, reference.replicates, reference.confidence, BootstrapKind::percentile};
        const Estimate percentile = bootstrap(reference.items, 1, ratio_of_totals(pairs), options)[0];
        EXPECT_NEAR(percentile.value, reference.value, tolerance);
        EXPECT_NEAR(percentile.low, reference.percentile_low, tolerance);
        EXPECT_NEAR(percentile.high, reference.percentile_high, tolerance);
        options.kind = BootstrapKind::bca;
        const Estimate bca = bootstrap(reference.items, 1, ratio_of_totals(pairs), options)[0];
        EXPECT_NEAR(bca.low, reference.bca_low, tolerance);
        EXPECT_NEAR(bca.high, reference.bca_high, tolerance);
    }
}

TEST(Bootstrap, IsAPureFunctionOfTheSeed) {
    const Pairs pairs = reference_pairs(5, 12);
    const auto run = [&](std::uint64_t seed) { return bootstrap(12, 1, ratio_of_totals(pairs), {seed, 300})[0]; };
    EXPECT_EQ(run(1), run(1));
    EXPECT_NE(run(1), run(2));
}

/// Standard normal from two uniform draws (Box and Muller).
double normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
    const double radius = std::sqrt(-2 * std::log(1 - base::random_uniform(seed, stream, 2 * counter)));
    return radius * std::cos(2 * std::acos(-1.0) * base::random_uniform(seed, stream, 2 * counter + 1));
}

TEST(Bootstrap, CoversAKnownTruth) {
    // 40 prompts whose joules are log-normal with sigma 0.5 and correlated; E[b] / E[a] = 1.87 by construction.
    constexpr int experiments = 600;
    constexpr std::size_t prompts = 40;
    for (const BootstrapKind kind : {BootstrapKind::percentile, BootstrapKind::bca}) {
        int covered = 0;
        for (std::uint64_t experiment = 0; experiment < experiments; ++experiment) {
            Pairs pairs;
            for (std::size_t i = 0; i < prompts; ++i) {
                const double shared = normal(7, 3 * experiment, i);
                pairs.a.push_back(std::exp(0.3 * shared + 0.4 * normal(7, 3 * experiment + 1, i)));
                pairs.b.push_back(1.87 * std::exp(0.3 * shared + 0.4 * normal(7, 3 * experiment + 2, i)));
            }
            const Estimate ratio = bootstrap(prompts, 1, ratio_of_totals(pairs), {experiment, 400, 0.95, kind})[0];
            covered += ratio.low <= 1.87 && 1.87 <= ratio.high ? 1 : 0;
        }
        // At 93% true coverage (a bootstrap of 40 falls a little short of 95%), 600 experiments scatter by 1.04%: four
        // of those either side of it, and no interval that is far too wide.
        EXPECT_GE(covered, 0.89 * experiments);
        EXPECT_LE(covered, 0.98 * experiments);
    }
}

TEST(Bootstrap, SeveralStatisticsShareTheirDraws) {
    const Pairs pairs = reference_pairs(6, 20);
    const auto both = bootstrap(20, 2,
                                [&](const Sample& sample, std::span<double> values) {
                                    ratio_of_totals(pairs)(sample, values);
                                    values[1] = 3 * values[0];
                                },
                                {9, 500});
    EXPECT_NEAR(both[1].low, 3 * both[0].low, 1e-12);
    EXPECT_NEAR(both[1].high, 3 * both[0].high, 1e-12);
}

TEST(Bootstrap, SaysWhenNothingIsKnown) {
    const Statistics one = [](const Sample&, std::span<double> values) { values[0] = 2; };
    const Estimate single = bootstrap(1, 1, one, {})[0];
    EXPECT_EQ(single.value, 2);
    EXPECT_TRUE(std::isinf(single.low) && std::isinf(single.high));
    EXPECT_EQ(bootstrap(5, 1, one, {})[0], (Estimate{2, 2, 2})) << "a constant is known";
    const Statistics sometimes = [](const Sample& sample, std::span<double> values) {
        values[0] = sample.replicate && *sample.replicate == 17 ? std::nan("") : 1;
    };
    EXPECT_TRUE(std::isinf(bootstrap(5, 1, sometimes, {})[0].low));
    EXPECT_THROW(bootstrap(0, 1, one, {}), base::Error);
    EXPECT_THROW(bootstrap(5, 1, one, {0, 0}), base::Error);
    EXPECT_THROW(bootstrap(5, 1, one, {0, 10, 1.0}), base::Error);
}

TEST(Normal, QuantileIsSciPys) {
    // scipy.special.ndtri, printed by the same script.
    constexpr std::array<std::array<double, 2>, 8> references{{{1e-300, -37.047096299361201},
                                                               {1e-10, -6.3613409024040557},
                                                               {0.001, -3.0902323061678132},
                                                               {0.025, -1.9599639845400545},
                                                               {0.3, -0.52440051270804089},
                                                               {0.5, 0},
                                                               {0.8, 0.8416212335729143},
                                                               {0.999999, 4.7534243088170873}}};
    for (const auto& [probability, z] : references) {
        // erfc and the argument 1 - p are each right to an ulp; near 1 that ulp weighs 1 / density(z) in z.
        EXPECT_NEAR(normal_quantile(probability), z, 1e-10) << probability;
        EXPECT_NEAR(normal_distribution(z), probability, 1e-14) << probability;
    }
    EXPECT_EQ(normal_quantile(0), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(normal_quantile(1), std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(normal_quantile(2)));
}

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
