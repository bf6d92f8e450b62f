#include "plan/rebound.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "plan/rebound_findings.h"

namespace ergon::plan {
namespace {

using base::ErrorCode;
using energy::Figure;
using energy::Ratio;

constexpr double infinite = std::numeric_limits<double>::infinity();

bool is_interval(double low, double value, double high) {
    return std::isfinite(value) && low >= 0 && low <= value && value <= high;
}

void check_figure(const std::string& model, const char* what, const Figure& figure) {
    const double value = figure.value.value();
    if (!(value > 0) || !is_interval(figure.low.value(), value, figure.high.value()) ||
        !std::isfinite(figure.high.value())) {
        base::fail(ErrorCode::bad_argument,
                   "The joules {} of {} must be positive and finite, within their interval: found {} ({} to {}).", what,
                   model, value, figure.low.value(), figure.high.value());
    }
}

void check_model(const Model& model) {
    check_figure(model.name, "per answer", model.per_answer);
    if (model.training) check_figure(model.name, "of the training", *model.training);
}

/// The differences that two intervals allow.
struct Difference {
    double value = 0;
    double low = 0;
    double high = 0;
};

Difference difference(const Figure& a, const Figure& b) {
    return {(a.value - b.value).value(), (a.low - b.high).value(), (a.high - b.low).value()};
}

Difference reversed(const Difference& d) {
    return {-d.value, -d.high, -d.low};
}

/// The quotients that two differences of positive value allow where both stay positive.
Ratio quotient(const Difference& over, const Difference& under) {
    return {over.value / under.value, std::max(over.low, 0.0) / under.high,
            under.low > 0 ? over.high / under.low : infinite};
}

}  // namespace

void check(const ReboundInputs& inputs) {
    constexpr double max_growth = 10;
    constexpr double max_answers = 1e15;  // a hundred thousand for everybody alive, each day
    constexpr int max_years = 100;
    check_model(inputs.before);
    check_model(inputs.after);
    if (inputs.gain &&
        (!(inputs.gain->value > 0) || !is_interval(inputs.gain->low, inputs.gain->value, inputs.gain->high))) {
        base::fail(
            ErrorCode::bad_argument,
            "The ratio of joules per answer must be positive and finite, within its interval: found {} ({} to {}).",
            inputs.gain->value, inputs.gain->low, inputs.gain->high);
    }
    if (!(inputs.answers_per_day > 0 && inputs.answers_per_day <= max_answers)) {
        base::fail(ErrorCode::bad_argument, "Answers per day must be more than 0 and at most {}: found {}.",
                   max_answers, inputs.answers_per_day);
    }
    if (!(inputs.growth > -1 && inputs.growth <= max_growth)) {
        base::fail(ErrorCode::bad_argument,
                   "The growth of a year must be above -1 (no use at all) and at most {} (0.5: half as many "
                   "again): found {}.",
                   max_growth, inputs.growth);
    }
    if (inputs.years < 1 || inputs.years > max_years) {
        base::fail(ErrorCode::bad_argument, "The years to look ahead must be 1 to {}: found {}.", max_years,
                   inputs.years);
    }
}

Ratio efficiency_gain(const ReboundInputs& inputs) {
    check(inputs);
    return inputs.gain ? *inputs.gain : energy::ratio(inputs.before.per_answer, inputs.after.per_answer).value();
}

Ratio growth_that_cancels(const Ratio& gain) {
    return {gain.value - 1, gain.low - 1, gain.high - 1};
}

std::optional<double> years_until_cancelled(double gain, double growth) {
    if (!(gain > 1) || !(growth > 0)) return std::nullopt;
    return std::log(gain) / std::log1p(growth);
}

std::optional<Ratio> years_until_cancelled(const Ratio& gain, double growth) {
    const auto years = years_until_cancelled(gain.value, growth);
    if (!years) return std::nullopt;
    return Ratio{*years, years_until_cancelled(gain.low, growth).value_or(0),
                 *years_until_cancelled(gain.high, growth)};
}

double answers_within(double per_year, double growth, double years) {
    if (growth == 0) return per_year * years;
    return per_year * std::expm1(years * std::log1p(growth)) / growth;
}

std::optional<double> years_until(double per_year, double growth, double answers) {
    if (growth == 0) return answers / per_year;
    const double grown = answers * growth / per_year;
    if (grown <= -1) return std::nullopt;
    return std::log1p(grown) / std::log1p(growth);
}

ElasticUse with_elasticity(const Ratio& gain, double elasticity) {
    const auto corners = [&](double exponent) {
        const double low = std::pow(gain.low, exponent);
        const double high = std::pow(gain.high, exponent);
        return Ratio{std::pow(gain.value, exponent), std::min(low, high), std::max(low, high)};
    };
    ElasticUse outcome{elasticity, corners(elasticity), corners(elasticity - 1), std::nullopt};
    if (gain.value > 1) {
        const double expected = 1 - 1 / gain.value;
        outcome.rebound = 1 - (1 - outcome.total.value) / expected;
    }
    return outcome;
}

std::vector<YearOfUse> years_of_use(const ReboundInputs& inputs) {
    check(inputs);
    const auto times = [](const Figure& figure, double count) {
        return Figure{figure.value * count, figure.low * count, figure.high * count, figure.method};
    };
    std::vector<YearOfUse> years;
    for (int year = 0; year <= inputs.years; ++year) {
        const double answers = inputs.answers_per_day * days_per_year * std::pow(1 + inputs.growth, year);
        years.push_back(
            {year, answers, times(inputs.before.per_answer, answers), times(inputs.after.per_answer, answers)});
    }
    return years;
}

Figure per_answer_with_training(const Model& model, double answers) {
    check_model(model);
    if (!model.training) {
        base::fail(ErrorCode::bad_argument, "The training energy of {} is unknown; give its joules.", model.name);
    }
    if (!(answers > 0)) {
        base::fail(ErrorCode::bad_argument, "Training is spread over more than 0 answers: found {}.", answers);
    }
    return model.per_answer + *model.training / answers;
}

BreakEven training_break_even(const Model& a, const Model& b) {
    check_model(a);
    check_model(b);
    for (const Model& model : {a, b}) {
        if (model.training) continue;
        return {std::nullopt,
                fmt::format("The training energy of {} is unknown, so its break-even point cannot be computed.",
                            model.name)};
    }
    const Difference training = difference(*b.training, *a.training);
    const Difference saving = difference(a.per_answer, b.per_answer);
    if (training.value == 0 && saving.value == 0) {
        return {std::nullopt,
                fmt::format("{} and {} use the same energy, in training and per answer.", a.name, b.name)};
    }
    if (training.value >= 0 && saving.value <= 0) {
        return {
            std::nullopt,
            fmt::format("{} never uses less energy in total than {}: neither its training nor its answers use less.",
                        b.name, a.name)};
    }
    if (training.value <= 0 && saving.value >= 0) {
        return {std::nullopt, fmt::format("{} uses less energy in total than {} from the first answer on: neither its "
                                          "training nor its answers use more.",
                                          b.name, a.name)};
    }
    const bool paid_back = training.value > 0;
    const Ratio answers = paid_back ? quotient(training, saving) : quotient(reversed(training), reversed(saving));
    const Model& dear = paid_back ? b : a;  // to train
    const Model& cheap = paid_back ? a : b;
    return {answers, fmt::format("The training of {} used more energy than that of {}, but its answers use less: it "
                                 "breaks even after {} answers.",
                                 dear.name, cheap.name, in_words(answers))};
}

}  // namespace ergon::plan
