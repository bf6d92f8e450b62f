#include "lab/statistics/jackknife.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "base/error.h"
#include "base/expect_error.h"
#include "lab/reference_pairs.h"

namespace ergon::lab {
namespace {

Rows pair_rows(const Pairs& pairs) {
    Rows rows(2);
    for (std::size_t i = 0; i < pairs.a.size(); ++i) rows.add(std::array{pairs.a[i], pairs.b[i]});
    return rows;
}

/// Ratio of totals, its logarithm, and the mean of the first column.
void three_statistics(const Sums& sums, std::span<double> values) {
    values[0] = sums.columns[1] / sums.columns[0];
    values[1] = std::log(values[0]);
    values[2] = sums.columns[0] / sums.rows;
}

constexpr std::array three_scales{Scale::ratio, Scale::difference, Scale::ratio};

ConfidenceInterval ratio_of(const Rows& rows, double confidence = 0.95) {
    return jackknife(rows, three_scales, three_statistics, confidence)[0];
}

/// Prompts on which b takes that many times a.
Rows with_ratios(const std::vector<double>& ratios) {
    Rows rows(2);
    for (const double ratio : ratios) rows.add(std::array{1.0, ratio});
    return rows;
}

TEST(Jackknife, IsWhatTheFormulaGivesInNumPy) {
    struct Reference {
        std::uint64_t seed;
        std::size_t items;
        double confidence, low, high, mean_low, mean_high;
    };
    // Printed by tests/parity/statistics_reference.py, which follows docs/experiment.md with NumPy and scipy.stats.t.
    constexpr std::array<Reference, 4> numpy{{
        {1, 10, 0.95, 0.70382799434529775, 4.353164876598286, 0.2660553318030765, 2.4840574115912695},
        {2, 40, 0.95, 1.5737582903254761, 2.2305824567922961, 0.6763496523897552, 1.4143603093774009},
        {3, 40, 0.9, 1.7961647007147699, 2.3302430923873159, 0.8478884368781292, 1.4652420905769028},
        {4, 7, 0.95, 0.69974374078079116, 5.2917102738221278, 0.034639478606316665, 26.17944481816988},
    }};
    // Sums of up to 40 values, roundings multiplied by n in the influences, and the quantile's 1e-12.
    constexpr double tolerance = 1e-10;
    for (const Reference& reference : numpy) {
        const auto found = jackknife(pair_rows(reference_pairs(reference.seed, reference.items)), three_scales,
                                     three_statistics, reference.confidence);
        EXPECT_NEAR(found[0].low, reference.low, tolerance * reference.low) << reference.items;
        EXPECT_NEAR(found[0].high, reference.high, tolerance * reference.high) << reference.items;
        EXPECT_NEAR(found[1].low, std::log(reference.low), tolerance);
        EXPECT_NEAR(found[1].high, std::log(reference.high), tolerance);
        EXPECT_NEAR(found[2].low, reference.mean_low, tolerance * reference.mean_low);
        EXPECT_NEAR(found[2].high, reference.mean_high, tolerance * reference.mean_high);
        EXPECT_TRUE(known(found[0]));
        EXPECT_EQ(found[0].why, NoInterval::has_one);
    }
}

TEST(Jackknife, ARatioTurnedAroundHasTheIntervalTurnedAround) {
    Pairs pairs = reference_pairs(3, 9);
    const ConfidenceInterval there = ratio_of(pair_rows(pairs));
    std::swap(pairs.a, pairs.b);
    const ConfidenceInterval back = ratio_of(pair_rows(pairs));
    EXPECT_NEAR(there.low * back.high, 1, 1e-12);
    EXPECT_NEAR(there.high * back.low, 1, 1e-12);
}

TEST(Jackknife, SaysWhyThereIsNoInterval) {
    const ConfidenceInterval five = ratio_of(with_ratios({1, 2, 3, 2, 1}));
    EXPECT_EQ(five.why, NoInterval::few_prompts);
    EXPECT_EQ(five.value, 1.8);
    EXPECT_FALSE(known(five));
    EXPECT_EQ(no_interval_text(five.why, 5), "too few prompts (5) for an interval");
    EXPECT_TRUE(known(ratio_of(with_ratios({1, 2, 3, 2, 1}), 0.9))) << "the range of five is a 90% interval";
    EXPECT_TRUE(known(ratio_of(with_ratios({1, 2, 3, 2, 1, 2}))));

    const ConfidenceInterval same = ratio_of(with_ratios({3, 3, 3, 3, 3, 3, 3, 3}));
    EXPECT_EQ(same.why, NoInterval::alike) << "never an interval without a width";
    EXPECT_EQ(same.value, 3);
    const double third = 1.0 / 3;
    EXPECT_EQ(ratio_of(with_ratios({0.1 + 0.2, 0.3, 0.3, third - 0.1 / 3, 0.3, 0.3, 0.3})).why, NoInterval::alike)
        << "roundings are no scatter";
    EXPECT_EQ(no_interval_text(same.why, 8), "too few prompts (8) for an interval: all give the same value");

    const ConfidenceInterval one_long = ratio_of(with_ratios({1, 1, 1, 1, 1, 50}));
    EXPECT_EQ(one_long.why, NoInterval::few_decide) << "a factor of thousands says nothing";
    EXPECT_EQ(no_interval_text(one_long.why, 6), "too few prompts (6) for an interval: they vary too much");

    Rows one_counts(2);
    for (int i = 0; i < 7; ++i) one_counts.add(std::array{i == 0 ? 1.0 : 0.0, 1.0});
    EXPECT_EQ(ratio_of(one_counts).why, NoInterval::undefined) << "without the first there is no ratio";
    EXPECT_EQ(ratio_of(with_ratios({0, 0, 0, 0, 0, 0, 0})).why, NoInterval::undefined);
    EXPECT_EQ(no_interval_text(NoInterval::has_one, 7), "");

    test::expect_error(base::ErrorCode::bad_argument, "at least one prompt",
                       [&] { jackknife(Rows(2), three_scales, three_statistics); });
    test::expect_error(base::ErrorCode::bad_argument, "must be between 0 and 1", [&] {
        ratio_of(with_ratios({1, 2}), 1);
    });
}

TEST(Jackknife, ReachesFurtherThanStudentsTWhereFewPromptsScatterFar) {
    const auto reach_of = [](int prompts, double high) {
        std::vector<double> left_out;
        for (int i = 0; i < prompts; ++i) left_out.push_back(i % 2 == 0 ? 0 : high);
        const Reach reach = jackknife_reach(left_out, 0.95);
        return reach.reach / reach.standard_error;
    };
    // Six prompts of influences +-5 / 2 high: s = 2.5 high sqrt(6/5); t of 5 degrees is 2.5706.
    EXPECT_NEAR(reach_of(6, 0.04), 2.570581835636314 + 25 * 0.1 * std::sqrt(1.2) / 6, 1e-9);
    EXPECT_NEAR(reach_of(6, 0.4), 2.570581835636314 + 2, 1e-9) << "2 at most";
    EXPECT_NEAR(reach_of(1000, 0.0004), 1.962341461133449, 0.006) << "of many prompts it is Student's t alone";
}

}  // namespace
}  // namespace ergon::lab
