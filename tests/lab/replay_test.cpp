// The replay: experiments simulated with a known truth, to see how often the intervals hold it and how often a
// difference is claimed where there is none.

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>

#include "base/distributions.h"
#include "base/random.h"
#include "base/sanitized.h"
#include "lab/comparison.h"
#include "lab/statistics/decomposition.h"

namespace ergon::lab {
namespace {

using base::Joules;
using energy::Figure;
using energy::Method;
using energy::Phase;

constexpr std::size_t prompts = 40;
constexpr int experiments = test::sanitized ? 40 : 1000;

/// One contender: mean tokens and joules per token by phase, and how its tokens vary.
struct Truth {
    std::array<double, 3> tokens{20, 0, 200};
    std::array<double, 3> joules_per_token{0.05, 0.5, 0.5};
    double shared = 0.5;      // standard deviation of ln tokens: from prompt to prompt, alike for both contenders
    double own = 0.4;         // and for each answer on its own
    double joules_own = 0.1;  // of ln joules per token
    double idle_share = 0.3;  // of the joules
};

struct Scenario {
    std::string name;
    Truth a, b;
    /// How far the machine's coefficients may be from their estimates (95%), and so are in each experiment; 1:
    /// measured.
    double idle_factor = 1, active_factor = 1;
    bool differs = true;
    double kind_of_work = 0;  // standard deviation of ln watts of a busy thread, drawn for each contender
};

double normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
    return base::normal_quantile(base::random_uniform(seed, stream, counter) + 0x1p-54);
}

/// Log-normal with mean 1.
double spread(double sigma, double z) {
    return std::exp(sigma * z - sigma * sigma / 2);
}

struct Coefficients {
    double idle = 1;
    std::array<double, 2> active{1, 1};  // of each contender
};

/// The true factors of one experiment's machine.
Coefficients machine(const Scenario& scenario, std::uint64_t experiment) {
    const auto draw = [&](double factor, std::uint64_t which) {
        return std::pow(factor, normal(which, experiment, 77) / energy::end_of_95_percent);
    };
    const double active = draw(scenario.active_factor, 902);
    const auto kind = [&](std::uint64_t which) {
        return std::exp(scenario.kind_of_work * normal(which, experiment, 77));
    };
    return {draw(scenario.idle_factor, 901), {active * kind(903), active * kind(904)}};
}

Answer answer(const Scenario& scenario, int contender, std::uint64_t experiment, std::size_t prompt) {
    const Truth& truth = contender == 0 ? scenario.a : scenario.b;
    const bool measured = scenario.idle_factor == 1 && scenario.active_factor == 1;
    Answer made;
    made.contender = contender;
    made.prompt = fmt::format("p{}", prompt);
    made.finish_reason = "stop";
    const auto stream = 10 * prompt + static_cast<std::uint64_t>(contender);
    const double length =
        spread(truth.shared, normal(experiment, 1, prompt)) * spread(truth.own, normal(experiment, 2, stream));
    const double dearness = spread(truth.joules_own, normal(experiment, 3, stream));
    for (std::size_t i = 0; i < 3; ++i) {
        const double mean = truth.tokens[i];
        const double tokens = i == 0 ? mean : mean * length;
        const double joules = tokens * truth.joules_per_token[i] * (i == 0 ? 1 : dearness);
        const double idle = truth.idle_share * joules, active = joules - idle;
        PhaseResult& phase = made.phases[i];
        phase.tokens = base::Tokens(std::llround(tokens));
        if (measured) {
            phase.total = {Joules(joules), Joules(joules), Joules(joules), Method::measured};
            phase.above_idle = {Joules(active), Joules(active), Joules(active), Method::apportioned};
        } else {
            const double f = scenario.idle_factor, g = scenario.active_factor;
            phase.above_idle = {Joules(active), Joules(active / g), Joules(active * g), Method::estimated};
            phase.total = {Joules(joules), Joules(active / g + idle / f), Joules(active * g + idle * f),
                           Method::estimated};
        }
    }
    return made;
}

/// Expected amounts, with the true coefficients of the machine.
std::array<PhaseAmount, 3> expected(const Truth& truth, const Coefficients& machine, std::size_t contender) {
    std::array<PhaseAmount, 3> amounts;
    for (std::size_t i = 0; i < 3; ++i) {
        const double joules = truth.tokens[i] * truth.joules_per_token[i];
        amounts[i] = {truth.tokens[i],
                      joules * (truth.idle_share * machine.idle + (1 - truth.idle_share) * machine.active[contender])};
    }
    return amounts;
}

struct Score {
    std::map<std::string, int> covered;
    int claimed = 0;
};

void score(const Scenario& scenario, std::uint64_t experiment, Score& score) {
    ComparisonBuilder builder({{"a", "", "", {}}, {"b", "", "", {}}});
    for (std::size_t prompt = 0; prompt < prompts; ++prompt) {
        for (int contender = 0; contender < 2; ++contender)
            builder.add(answer(scenario, contender, experiment, prompt));
    }
    const PairSummary pair = builder.finish(experiment).pairs.at(0);
    const Coefficients coefficients = machine(scenario, experiment);
    const auto a = expected(scenario.a, coefficients, 0), b = expected(scenario.b, coefficients, 1);
    const auto terms = decompose(a, b).value();
    double tokens_a = 0, tokens_b = 0, joules_a = 0, joules_b = 0, from_tokens = 0, from_joules = 0;
    for (std::size_t i = 1; i < 3; ++i) {
        tokens_a += a[i].tokens;
        tokens_b += b[i].tokens;
        joules_a += a[i].joules;
        joules_b += b[i].joules;
        from_tokens += terms[i].tokens;
        from_joules += terms[i].joules_per_token;
    }
    const auto check = [&](const char* name, const ConfidenceInterval& estimate, double truth) {
        score.covered[name] += estimate.low <= truth && truth <= estimate.high ? 1 : 0;
    };
    check("energy", pair.energy_ratio, (joules_b + b[0].joules) / (joules_a + a[0].joules));
    check("tokens", pair.tokens_ratio, tokens_b / tokens_a);
    check("joules per token", pair.joules_per_token_ratio, joules_b / tokens_b / (joules_a / tokens_a));
    check("from tokens", pair.from_tokens, std::exp(from_tokens));
    check("from joules per token", pair.from_joules_per_token, std::exp(from_joules));
    check("from thinking's tokens", pair.terms[1][0], terms[1].tokens);
    check("from the answer's tokens", pair.terms[2][0], terms[2].tokens);
    score.claimed += pair.differs() ? 1 : 0;
}

void PrintTo(const Scenario& scenario, std::ostream* out) {
    *out << scenario.name;
}

class Replay : public ::testing::TestWithParam<Scenario> {};

TEST_P(Replay, IntervalsHoldTheTruthAndClaimsAreSeldomFalse) {
    const Scenario& scenario = GetParam();
    Score all;
    for (int experiment = 0; experiment < experiments; ++experiment) {
        score(scenario, static_cast<std::uint64_t>(experiment), all);
    }
    // Under sanitizers few experiments run, to look for faults; a share of them scatters too much to be judged.
    const double least = test::sanitized ? 0.7 : 0.9;
    for (const auto& [name, covered] : all.covered) {
        EXPECT_GE(covered, least * experiments) << name;
        RecordProperty(name, covered);
    }
    if (scenario.differs) {
        // Intervals that hold for long tails find less: 1.5 times the joules, lengths that scatter by 0.4, in 87 of
        // 100.
        const double found = test::sanitized ? 0.7 : 0.85;
        EXPECT_GE(all.claimed, found * experiments) << "a difference of this size is found";
    } else {
        EXPECT_LE(all.claimed, (test::sanitized ? 0.2 : 0.07) * experiments);
    }
}

Truth dearer(double tokens, double joules_per_token) {
    Truth truth;
    for (std::size_t i = 1; i < 3; ++i) {
        truth.tokens[i] *= tokens;
        truth.joules_per_token[i] *= joules_per_token;
    }
    return truth;
}

Truth heavy(Truth truth) {
    truth.shared = 0.8;  // the longest of 40 answers is then about twenty times as long as the shortest
    truth.own = 0.6;
    return truth;
}

Truth thinker() {
    Truth truth;
    truth.tokens[1] = 300;
    truth.joules_per_token = {0.08, 0.55, 0.6};
    return truth;
}

Truth idling() {
    Truth truth = dearer(1.87, 1);
    truth.idle_share = 0.7;
    return truth;
}

INSTANTIATE_TEST_SUITE_P(
    Truths, Replay,
    ::testing::Values(
        Scenario{"NothingDiffers", {}, {}, 1, 1, false}, Scenario{"TokensOnly", {}, dearer(1.87, 1)},
        Scenario{"JoulesPerTokenOnly", {}, dearer(1, 1.5)}, Scenario{"HeavyTails", heavy({}), heavy(dearer(2.5, 1.2))},
        Scenario{"HeavyTailsNothingDiffers", heavy({}), heavy({}), 1, 1, false},
        Scenario{"AThinkerAgainstNone", {}, thinker()},
        Scenario{"EstimatedOnAMachineUnlikeItsClass", {}, idling(), 2, 1.5, true, energy::assumed_kind_of_work_sd},
        Scenario{"EstimatedNothingDiffers", {}, {}, 2, 1.5, false}),
    [](const auto& scenario) { return scenario.param.name; });

}  // namespace
}  // namespace ergon::lab
