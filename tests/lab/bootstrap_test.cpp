#include "lab/bootstrap.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "lab/reference_pairs.h"

namespace ergon::lab {
namespace {

Rows rows_of(const Pairs& pairs) {
    Rows rows(2);
    for (std::size_t i = 0; i < pairs.a.size(); ++i) rows.add(std::array{pairs.a[i], pairs.b[i]});
    return rows;
}

void ratio_of_totals(const Sums& sums, std::span<double> values) {
    values[0] = sums.columns[1] / sums.columns[0];
}

/// So many rows that say nothing.
Rows empty_rows(std::size_t count) {
    Rows rows(1);
    for (std::size_t i = 0; i < count; ++i) rows.add(std::array{0.0});
    return rows;
}

struct Reference {
    std::uint64_t seed;
    std::size_t items;
    std::int64_t replicates;
    double confidence, value, percentile_low, percentile_high, bca_low, bca_high;
};

// Printed by tests/parity/statistics_reference.py with SciPy 1.17.1, which saw the same resamples.
constexpr std::array<Reference, 4> scipy{{
    {1, 10, 999, 0.95, 1.7503940425369999, 1.2634610846927501, 2.4500312020587995, 1.3073248098319159, 2.5663364628380116},
    {2, 40, 999, 0.95, 1.8736055170799999, 1.63409706525225, 2.1395637344121496, 1.6165626426711621, 2.130031273311225},
    {3, 40, 500, 0.9, 2.0458495513189998, 1.8483637226507998, 2.2482590221651999, 1.8464737001063067, 2.2441007111780094},
    {4, 7, 2000, 0.99, 1.9242767841799999, 1.3195687800844349, 2.1847919569406997, 1.3681972477591413, 2.2055329756407529},
}};

TEST(Bootstrap, GivesSciPysIntervalsForTheSameDraws) {
    // The script rounds each value to 12 decimals, and quantiles move smoothly with them.
    constexpr double tolerance = 1e-11;
    for (const Reference& reference : scipy) {
        const Pairs pairs = reference_pairs(reference.seed, reference.items);
        BootstrapOptions options{reference.seed, reference.replicates, reference.confidence, BootstrapKind::percentile,
                                 false};
        const Estimate percentile = bootstrap(rows_of(pairs), 1, ratio_of_totals, options)[0];
        EXPECT_NEAR(percentile.value, reference.value, tolerance);
        EXPECT_NEAR(percentile.low, reference.percentile_low, tolerance);
        EXPECT_NEAR(percentile.high, reference.percentile_high, tolerance);
        options.kind = BootstrapKind::bca;
        const Estimate bca = bootstrap(rows_of(pairs), 1, ratio_of_totals, options)[0];
        EXPECT_NEAR(bca.low, reference.bca_low, tolerance);
        EXPECT_NEAR(bca.high, reference.bca_high, tolerance);
    }
}

TEST(Bootstrap, IsAPureFunctionOfTheSeed) {
    const Pairs pairs = reference_pairs(5, 12);
    const auto run = [&](std::uint64_t seed) { return bootstrap(rows_of(pairs), 1, ratio_of_totals, {seed, 300})[0]; };
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
            const Estimate ratio = bootstrap(rows_of(pairs), 1, ratio_of_totals, {experiment, 400, 0.95, kind})[0];
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
    const auto both = bootstrap(rows_of(pairs), 2,
                                [](const Sums& sums, std::span<double> values) {
                                    ratio_of_totals(sums, values);
                                    values[1] = 3 * values[0];
                                },
                                {9, 500});
    EXPECT_NEAR(both[1].low, 3 * both[0].low, 1e-12);
    EXPECT_NEAR(both[1].high, 3 * both[0].high, 1e-12);
}

TEST(Bootstrap, SaysWhenNothingIsKnown) {
    const Statistics one = [](const Sums&, std::span<double> values) { values[0] = 2; };
    const Estimate single = bootstrap(empty_rows(1), 1, one, {})[0];
    EXPECT_EQ(single.value, 2);
    EXPECT_TRUE(std::isinf(single.low) && std::isinf(single.high));
    EXPECT_TRUE(std::isinf(bootstrap(empty_rows(5), 1, one, {})[0].low)) << "the range of five is no 95%";
    EXPECT_EQ(bootstrap(empty_rows(6), 1, one, {})[0], (Estimate{2, 2, 2})) << "a constant is known";
    const Statistics sometimes = [](const Sums& sums, std::span<double> values) {
        values[0] = sums.replicate && *sums.replicate == 17 ? std::nan("") : 1;
    };
    EXPECT_TRUE(std::isinf(bootstrap(empty_rows(6), 1, sometimes, {})[0].low));
    EXPECT_THROW(Rows(2).add(std::array{1.0}), base::Error);
    EXPECT_THROW(bootstrap(empty_rows(0), 1, one, {}), base::Error);
    EXPECT_THROW(bootstrap(empty_rows(6), 1, one, {0, 0}), base::Error);
    EXPECT_THROW(bootstrap(empty_rows(6), 1, one, {0, 10, 1.0}), base::Error);
}

TEST(Bootstrap, ExpandsIntervalsOfFewRows) {
    const Pairs pairs = reference_pairs(6, 8);
    BootstrapOptions options{3, 4000};
    const Estimate wide = bootstrap(rows_of(pairs), 1, ratio_of_totals, options)[0];
    options.expanded = false;
    const Estimate narrow = bootstrap(rows_of(pairs), 1, ratio_of_totals, options)[0];
    EXPECT_LT(wide.low, narrow.low);
    EXPECT_GT(wide.high, narrow.high);
    // Of 8 rows t reaches 2.365, and with the factor sqrt(8/7) 2.528 where a normal distribution reaches 1.96; the
    // distribution's skewness and its 4,000 draws move that a little.
    EXPECT_NEAR((wide.high - wide.low) / (narrow.high - narrow.low), 2.528 / 1.96, 0.15);
}

}  // namespace
}  // namespace ergon::lab
