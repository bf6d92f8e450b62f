#include "plan/rebound.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "base/expect_error.h"
#include "base/random.h"
#include "plan/inputs.h"

namespace ergon::plan {
namespace {

using base::ErrorCode;
using base::Joules;
using energy::Figure;
using energy::Ratio;
using ergon::test::expect_error;
using test::exact;
using test::example;
using test::figure;
using ::testing::HasSubstr;

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

TEST(Gain, IsTheRatioOfTheFiguresOrTheOneGiven) {
    ReboundInputs inputs = example();
    const Ratio gain = efficiency_gain(inputs);
    EXPECT_DOUBLE_EQ(gain.value, 3);
    EXPECT_DOUBLE_EQ(gain.low, 500.0 / 240);
    EXPECT_DOUBLE_EQ(gain.high, 720.0 / 180);
    inputs.gain = Ratio{2.9, 2.8, 3.1};
    EXPECT_EQ(efficiency_gain(inputs), *inputs.gain);
    inputs.gain.reset();
    inputs.after.per_answer.low = Joules(0);
    EXPECT_EQ(efficiency_gain(inputs).high, infinite);
    EXPECT_EQ(growth_that_cancels(gain).value, gain.value - 1);
    EXPECT_EQ(growth_that_cancels(gain).low, gain.low - 1);
    EXPECT_EQ(growth_that_cancels(gain).high, gain.high - 1);
}

// Year by year: the first year in which the growing use of the better model takes what the other took at the start.
TEST(YearsUntilCancelled, AgreeWithASimulation) {
    base::RandomSequence random(5);
    for (int round = 0; round < 2000; ++round) {
        const double gain = 1.001 + 99 * random.uniform();
        const double growth = 0.01 + 3 * random.uniform();
        const double years = years_until_cancelled(gain, growth).value();
        double total = 1 / gain;
        int year = 0;
        for (; total < 1 && year < 2000; ++year) total *= 1 + growth;
        EXPECT_EQ(year, static_cast<int>(std::ceil(years - 1e-9))) << gain << " " << growth;
        // By exactly so much has use grown.
        EXPECT_NEAR(std::pow(1 + growth, years), gain, 1e-9 * gain);
    }
    EXPECT_DOUBLE_EQ(years_until_cancelled(4.0, 1.0).value(), 2);
}

TEST(YearsUntilCancelled, NeverWithoutGrowthOrGain) {
    for (const double growth : {0.0, -0.2, no_number}) EXPECT_FALSE(years_until_cancelled(3.0, growth));
    for (const double gain : {1.0, 0.5, 0.0, -1.0, no_number}) EXPECT_FALSE(years_until_cancelled(gain, 0.5));
    EXPECT_FALSE(years_until_cancelled(Ratio{3, 2, 4}, 0.0));
    EXPECT_FALSE(years_until_cancelled(Ratio{0.9, 0.5, 4}, 0.5));
    const Ratio years = years_until_cancelled(Ratio{4, 0.9, infinite}, 1.0).value();
    EXPECT_DOUBLE_EQ(years.value, 2);
    EXPECT_EQ(years.low, 0);
    EXPECT_EQ(years.high, infinite);
    const Ratio closed = years_until_cancelled(Ratio{4, 2, 8}, 1.0).value();
    EXPECT_DOUBLE_EQ(closed.low, 1);
    EXPECT_DOUBLE_EQ(closed.high, 3);
}

TEST(Answers, TheSumOfYearsIsAGeometricOne) {
    base::RandomSequence random(6);
    for (int round = 0; round < 500; ++round) {
        const double growth = round == 0 ? 0 : -0.5 + 3 * random.uniform();
        const auto years = static_cast<int>(1 + random.below(20));
        double sum = 0;
        for (int year = 0; year < years; ++year) sum += 1e6 * std::pow(1 + growth, year);
        EXPECT_NEAR(answers_within(1e6, growth, years), sum, 1e-9 * sum) << growth << " " << years;
        EXPECT_NEAR(years_until(1e6, growth, sum).value(), years, 1e-6) << growth << " " << years;
    }
    // A use that halves every year never gets to more than twice that of the first.
    EXPECT_FALSE(years_until(1e6, -0.5, 2e6));
    EXPECT_FALSE(years_until(1e6, -0.5, 3e6));
    EXPECT_TRUE(years_until(1e6, -0.5, 1.99e6));
    // Small growths do not lose their digits.
    EXPECT_NEAR(answers_within(1e6, 1e-14, 10), 1e7, 1);
}

TEST(Elasticity, DecidesWhetherTheTotalFalls) {
    const Ratio gain{3, 2, 4};
    EXPECT_DOUBLE_EQ(with_elasticity(gain, 0).use.value, 1);
    EXPECT_DOUBLE_EQ(with_elasticity(gain, 0).total.value, 1.0 / 3);
    EXPECT_DOUBLE_EQ(with_elasticity(gain, 0).rebound.value(), 0);
    const ElasticUse one = with_elasticity(gain, 1);
    EXPECT_DOUBLE_EQ(one.use.value, 3);
    EXPECT_EQ(one.total, (Ratio{1, 1, 1}));
    EXPECT_DOUBLE_EQ(one.rebound.value(), 1);
    const ElasticUse two = with_elasticity(gain, 2);
    EXPECT_DOUBLE_EQ(two.total.value, 3);
    EXPECT_GT(two.rebound.value(), 1);  // backfire
    EXPECT_FALSE(with_elasticity({0.5, 0.4, 0.6}, 1).rebound);
    EXPECT_FALSE(with_elasticity({1, 1, 1}, 1).rebound);
}

// The rebound of a small step is the elasticity (Sorrell 2009); corners hold every ratio inside.
TEST(Elasticity, LimitsAndCorners) {
    base::RandomSequence random(8);
    for (int round = 0; round < 500; ++round) {
        const double elasticity = 2.5 * random.uniform();
        const double tiny = 1 + 1e-6;
        EXPECT_NEAR(with_elasticity({tiny, tiny, tiny}, elasticity).rebound.value(), elasticity, 1e-4);
        const Ratio gain{2, 0.8, 5};
        const ElasticUse whole = with_elasticity(gain, elasticity);
        const double inside = gain.low + random.uniform() * (gain.high - gain.low);
        const ElasticUse at = with_elasticity({inside, inside, inside}, elasticity);
        EXPECT_GE(at.total.value, whole.total.low - 1e-12);
        EXPECT_LE(at.total.value, whole.total.high + 1e-12);
        EXPECT_GE(at.use.value, whole.use.low - 1e-12);
        EXPECT_LE(at.use.value, whole.use.high + 1e-12);
        // Use times joules per answer is the total.
        EXPECT_NEAR(at.total.value, at.use.value / inside, 1e-12);
    }
}

TEST(YearsOfUse, AreUseTimesJoules) {
    const ReboundInputs inputs = example();
    const std::vector<YearOfUse> years = years_of_use(inputs);
    ASSERT_EQ(years.size(), 9u);
    double answers = 1e6 * 365.25;
    for (const YearOfUse& one : years) {
        EXPECT_NEAR(one.answers, answers, 1e-9 * answers);
        EXPECT_NEAR(one.before.value.value(), 600 * answers, 1e-6 * answers);
        EXPECT_NEAR(one.after.low.value(), 180 * answers, 1e-6 * answers);
        EXPECT_NEAR(one.after.high.value(), 240 * answers, 1e-6 * answers);
        EXPECT_EQ(one.after.method, energy::Method::estimated);
        answers *= 1.5;
    }
    // ln 3 / ln 1.5 = 2.71: in year 3, and not in year 2, the better model takes more than today's.
    EXPECT_LT(years[2].after.value, years[0].before.value);
    EXPECT_GT(years[3].after.value, years[0].before.value);
}

TEST(Training, IsSpreadOverAnswers) {
    const Model model{"m", figure(200, 180, 240), figure(8e12, 6e12, 9e12)};
    const Figure spread = per_answer_with_training(model, 1e9);
    EXPECT_DOUBLE_EQ(spread.value.value(), 8200);
    EXPECT_DOUBLE_EQ(spread.low.value(), 6180);
    EXPECT_DOUBLE_EQ(spread.high.value(), 9240);
    for (const double wrong : {0.0, -1.0, no_number}) {
        expect_error(ErrorCode::bad_argument, "more than 0 answers", [&] { per_answer_with_training(model, wrong); });
    }
    expect_error(ErrorCode::bad_argument, "is unknown", [] {
        per_answer_with_training({"m", exact(1), std::nullopt}, 1);
    });
}

TEST(Training, IsPaidBackWhereBothHaveTakenTheSame) {
    base::RandomSequence random(9);
    for (int round = 0; round < 500; ++round) {
        const double dear = 100 + 900 * random.uniform();
        const double cheap = dear * (0.05 + 0.9 * random.uniform());
        const double small = 1e12 * (0.1 + random.uniform());
        const double large = small * (1.01 + 9 * random.uniform());
        const Model a{"a", exact(dear), exact(small)};
        const Model b{"b", exact(cheap), exact(large)};
        const double answers = training_break_even(a, b).answers.value().value;
        EXPECT_NEAR(answers, (large - small) / (dear - cheap), 1e-6 * answers);
        EXPECT_NEAR(small + dear * answers, large + cheap * answers, 1e-6 * large);
        EXPECT_NEAR(per_answer_with_training(a, answers).value / per_answer_with_training(b, answers).value, 1, 1e-9);
        // The other way round it is the same number.
        EXPECT_NEAR(training_break_even(b, a).answers.value().value, answers, 1e-6 * answers);
    }
}

TEST(Training, TheIntervalHoldsEveryCorner) {
    const Model a{"a", figure(600, 500, 720), figure(2e12, 1e12, 4e12)};
    const Model b{"b", figure(200, 180, 240), figure(8e12, 6e12, 9e12)};
    const Ratio answers = training_break_even(a, b).answers.value();
    double low = infinite;
    double high = 0;
    for (const Joules ea : {a.per_answer.low, a.per_answer.high}) {
        for (const Joules eb : {b.per_answer.low, b.per_answer.high}) {
            for (const Joules ta : {a.training->low, a.training->high}) {
                for (const Joules tb : {b.training->low, b.training->high}) {
                    low = std::min(low, (tb - ta) / (ea - eb));
                    high = std::max(high, (tb - ta) / (ea - eb));
                }
            }
        }
    }
    EXPECT_DOUBLE_EQ(answers.value, 6e12 / 400);
    EXPECT_DOUBLE_EQ(answers.low, low);
    EXPECT_DOUBLE_EQ(answers.high, high);
    EXPECT_EQ(training_break_even(b, a).answers, answers);
}

TEST(Training, WhatTheFiguresLeaveOpenIsOpen) {
    const Model a{"a", figure(600, 300, 900), exact(2e12)};
    const Model overlapping{"b", figure(500, 250, 750), exact(8e12)};
    EXPECT_EQ(training_break_even(a, overlapping).answers.value().high, infinite);
    EXPECT_GT(training_break_even(a, overlapping).answers.value().low, 0);
    EXPECT_THAT(training_break_even(a, overlapping).sentence, HasSubstr("open above"));
    const Model cheap{"b", figure(100, 90, 110), figure(3e12, 1e12, 9e12)};
    EXPECT_EQ(training_break_even(a, cheap).answers.value().low, 0);
}

TEST(Training, WhereThereIsNoBreakEvenASentenceSaysSo) {
    const auto sentence = [](const Model& a, const Model& b) {
        const BreakEven even = training_break_even(a, b);
        EXPECT_FALSE(even.answers);
        return even.sentence;
    };
    const Model base{"base", exact(100), exact(1e12)};
    EXPECT_THAT(sentence(base, {"same", exact(100), exact(1e12)}), HasSubstr("use the same"));
    for (const Model& worse : {Model{"worse", exact(200), exact(2e12)}, Model{"worse", exact(200), exact(1e12)},
                               Model{"worse", exact(100), exact(2e12)}}) {
        EXPECT_THAT(sentence(base, worse), HasSubstr("worse never uses less"));
        EXPECT_THAT(sentence(worse, base),
                    HasSubstr("base uses less energy in total than worse from the first answer"));
    }
    EXPECT_THAT(sentence(base, {"secret", exact(1), std::nullopt}),
                HasSubstr("The training energy of secret is unknown"));
    EXPECT_THAT(sentence({"secret", exact(1), std::nullopt}, base),
                HasSubstr("The training energy of secret is unknown"));
}

TEST(Inputs, WithoutSenseAreRefused) {
    const auto refuses = [](const std::string& fragment, const auto& change) {
        ReboundInputs inputs = example();
        change(inputs);
        expect_error(ErrorCode::bad_argument, fragment, [&] { check(inputs); });
        expect_error(ErrorCode::bad_argument, fragment, [&] { efficiency_gain(inputs); });
        expect_error(ErrorCode::bad_argument, fragment, [&] { years_of_use(inputs); });
    };
    EXPECT_NO_THROW(check(example()));
    for (const double wrong : {0.0, -5.0, infinite, no_number}) {
        refuses("joules per answer of dense", [&](ReboundInputs& i) { i.before.per_answer = exact(wrong); });
        refuses("joules per answer of sparse", [&](ReboundInputs& i) { i.after.per_answer = exact(wrong); });
        refuses("joules of the training of sparse", [&](ReboundInputs& i) { i.after.training = exact(wrong); });
        refuses("ratio of joules per answer", [&](ReboundInputs& i) { i.gain = Ratio{wrong, wrong, wrong}; });
        refuses("Answers per day", [&](ReboundInputs& i) { i.answers_per_day = wrong; });
    }
    refuses("within their interval", [](ReboundInputs& i) { i.before.per_answer = figure(5, 6, 7); });
    refuses("within their interval", [](ReboundInputs& i) { i.before.per_answer = figure(5, 3, 4); });
    refuses("within their interval", [](ReboundInputs& i) { i.before.per_answer = figure(5, -3, 7); });
    refuses("within its interval", [](ReboundInputs& i) { i.gain = Ratio{2, 3, 4}; });
    for (const double wrong : {-1.0, -2.0, 10.5, infinite, no_number}) {
        refuses("growth of a year", [&](ReboundInputs& i) { i.growth = wrong; });
    }
    for (const int wrong : {0, -1, 101}) refuses("years to look ahead", [&](ReboundInputs& i) { i.years = wrong; });
}

}  // namespace
}  // namespace ergon::plan
