#include "lab/comparison.h"

#include <cmath>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/random.h"
#include "lab/findings/findings.h"
#include "lab/output/comparison_json.h"
#include "lab/output/comparison_page_tables.h"
#include "lab/output/comparison_table.h"

namespace ergon::lab {
namespace {

using base::Joules;
using energy::Figure;
using energy::Method;
using energy::Phase;
using ::testing::HasSubstr;
using ::testing::Not;

Figure figure(double value, double low, double high, Method method) {
    return {Joules(value), Joules(low), Joules(high), method};
}

/// `tokens` tokens at `joules_each` J, a third of it idle; idle known to [1/2, 2], active to [2/3, 3/2].
PhaseResult phase(std::int64_t tokens, double joules_each, Method method) {
    const double joules = static_cast<double>(tokens) * joules_each;
    const double idle = joules / 3, active = joules - idle;
    PhaseResult made;
    made.tokens = base::Tokens(tokens);
    made.seconds = base::Seconds(joules / 10);
    if (method == Method::estimated) {
        made.total = figure(joules, idle / 2 + active * 2 / 3, idle * 2 + active * 3 / 2, method);
        made.above_idle = figure(active, active * 2 / 3, active * 3 / 2, method);
    } else {
        made.total = figure(joules, joules * 0.99, joules * 1.01, method);
        made.above_idle = figure(active, active * 0.9, active * 1.1, Method::apportioned);
    }
    return made;
}

struct Shape {
    std::int64_t prompt = 20, thinking = 0, answer = 100;
    double joules_per_prompt_token = 0.05, joules_per_token = 0.5;
    Method method = Method::estimated;
};

Answer answer(std::int64_t contender, std::size_t prompt, const Shape& shape, double length = 1) {
    Answer made;
    made.contender = contender;
    made.prompt = fmt::format("p{}", prompt);
    made.finish_reason = "stop";
    made[Phase::prompt] = phase(shape.prompt, shape.joules_per_prompt_token, shape.method);
    made[Phase::thinking] =
        phase(std::llround(static_cast<double>(shape.thinking) * length), shape.joules_per_token, shape.method);
    made[Phase::answer] =
        phase(std::llround(static_cast<double>(shape.answer) * length), shape.joules_per_token, shape.method);
    return made;
}

std::vector<Contender> named(const std::string& a, const std::string& b) {
    return {{a, "", "", {}}, {b, "", "", {}}};
}

// What joules scatter by, relative: prompts that all say the same have no interval.
constexpr double scatter = 1e-3;

Shape scattered(Shape shape, std::uint64_t stream, std::size_t prompt) {
    const auto noise = [&](std::uint64_t which) {
        return 1 + scatter * (base::random_uniform(which, stream, prompt) - 0.5);
    };
    shape.joules_per_token *= noise(2);
    shape.joules_per_prompt_token *= noise(3);
    return shape;
}

/// 40 prompts of lengths that vary from prompt to prompt, alike for both, and a little from contender to contender.
Comparison compare(const Shape& a, const Shape& b, double noise = 0.1, double kind_of_work = 0) {
    ComparisonBuilder builder(named("alpha", "beta"), kind_of_work);
    for (std::size_t prompt = 0; prompt < 40; ++prompt) {
        const double length = 0.5 + base::random_uniform(1, 0, prompt);
        for (int contender = 0; contender < 2; ++contender) {
            const auto stream = static_cast<std::uint64_t>(1 + contender);
            Shape shape = scattered(contender == 0 ? a : b, 10 + stream, prompt);
            builder.add(answer(contender, prompt, shape,
                               length * (1 + noise * (base::random_uniform(1, stream, prompt) - 0.5))));
        }
    }
    return builder.finish(3);
}

std::size_t widest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t widest = 0;
    for (std::string line; std::getline(lines, line);) {
        widest = std::max(widest, static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char byte) {
                              return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
                          })));
    }
    return widest;
}

TEST(Comparison, SumsAreSums) {
    ComparisonBuilder builder(named("alpha", "beta"));
    builder.add(answer(0, 1, {}));
    Answer second = answer(0, 2, {20, 50, 100});
    second.finish_reason = "length";
    builder.add(second);
    const Comparison comparison = builder.finish();
    const ContenderSummary& alpha = comparison.contenders[0];
    EXPECT_EQ(alpha.answers, 2);
    EXPECT_EQ(alpha.capped, 1);
    EXPECT_EQ(alpha.tokens, (std::array<std::int64_t, 3>{40, 50, 200}));
    EXPECT_NEAR(alpha.joules.value.value(), 2 * 1.0 + 250 * 0.5, 1e-12);
    EXPECT_NEAR(alpha.joules_per_token->value.value(), 0.5, 1e-12) << "the prompt's joules stand apart";
    EXPECT_NEAR(alpha.joules_per_answer->value.value(), (2 * 1.0 + 250 * 0.5) / 2, 1e-12);
    EXPECT_EQ(alpha.joules_per_token->method, Method::estimated);
    EXPECT_FALSE(comparison.contenders[1].joules_per_token);
    EXPECT_FALSE(comparison.contenders[1].joules_per_answer);
    EXPECT_TRUE(comparison.pairs.empty()) << "no prompt in common";
    test::expect_error(base::ErrorCode::bad_argument, "is by contender 2, but there are 2 contenders.",
                       [&] { builder.add(answer(2, 1, {})); });
    test::expect_error(base::ErrorCode::bad_argument, "is by contender -1, but there are 2 contenders.",
                       [&] { builder.add(answer(-1, 1, {})); });
}

TEST(Comparison, NothingDiffers) {
    const PairSummary pair = compare({}, {}).pairs.at(0);
    EXPECT_NEAR(pair.energy_ratio.value, 1, 0.03);
    EXPECT_LT(pair.energy_ratio.low, 1);
    EXPECT_GT(pair.energy_ratio.high, 1);
    EXPECT_EQ(pair.prompts, 40);
}

TEST(Comparison, TokensOnly) {
    Shape longer;
    longer.answer = 187;
    const Comparison comparison = compare({}, longer);
    const PairSummary& pair = comparison.pairs.at(0);
    EXPECT_NEAR(pair.tokens_ratio.value, 1.87, 0.06);
    EXPECT_LT(pair.tokens_ratio.low, 1.87);
    EXPECT_GT(pair.tokens_ratio.high, 1.87);
    // The same model of the machine for both: what is shared cancels although each figure is known to a half only.
    EXPECT_NEAR(pair.joules_per_token_ratio.value, 1, scatter);
    EXPECT_NEAR(pair.joules_per_token_ratio.low, 1, scatter);
    EXPECT_NEAR(pair.joules_per_token_ratio.high, 1, scatter);
    EXPECT_NEAR(pair.from_joules_per_token.value, 1, scatter);
    EXPECT_NEAR(pair.from_tokens.value, pair.energy_ratio.value, 2 * scatter) << "the prompts take the same";
    EXPECT_THAT(finding(comparison, pair), HasSubstr("; 100%) comes from more generated tokens"));
    EXPECT_THAT(finding(comparison, pair),
                HasSubstr("Joules per token: 1.00 (1.00 to 1.00; equal within 5%), so beta"));
    EXPECT_THAT(finding(comparison, pair), HasSubstr("because its answers are longer"));
}

TEST(Comparison, NoDifferenceIsNoFinding) {
    Shape longer;
    longer.answer = 187;
    const Comparison comparison = compare({}, longer, 0.1, energy::assumed_kind_of_work_sd);
    const PairSummary& pair = comparison.pairs.at(0);
    // Two thirds of the joules are active; their watts differ by 8% for each of the two.
    const double reach = 1.96 * 0.08 * std::sqrt(2.0) * 2 / 3;
    EXPECT_NEAR(std::log(pair.joules_per_token_ratio.high), reach, 0.1 * reach);
    EXPECT_NEAR(std::log(pair.joules_per_token_ratio.low), -reach, 0.1 * reach);
    EXPECT_THAT(finding(comparison, pair), HasSubstr("; undecided)"));
    EXPECT_THAT(finding(comparison, pair), Not(HasSubstr("because")));
    EXPECT_NEAR(pair.joules_per_token_ratio.shares[static_cast<std::size_t>(Uncertainty::kind_of_work)], 1, scatter)
        << "the machine's coefficients cancel, and every prompt has the same joules per token";
    EXPECT_TRUE(pair.differs());
    double shares = 0;
    for (const double share : pair.energy_ratio.shares) shares += share;
    EXPECT_NEAR(shares, 1, 1e-12);
}

TEST(Comparison, AnAssumptionIsNoEvidence) {
    const nlohmann::ordered_json assumed{{"assumed_joules_per_token", 0.5}};
    const auto run = [&](bool both) {
        ComparisonBuilder builder(
            {{"alpha", "", "", both ? assumed : nlohmann::ordered_json()}, {"beta", "", "", assumed}});
        for (std::size_t prompt = 0; prompt < 40; ++prompt) {
            const double length = 0.5 + base::random_uniform(1, 0, prompt);
            for (int contender = 0; contender < 2; ++contender) {
                Answer one = answer(contender, prompt, {20, 0, contender == 0 ? 100 : 300}, length);
                if (both || contender == 1) {
                    for (PhaseResult& part : one.phases) {
                        const double joules = 0.5 * static_cast<double>(part.tokens.value());
                        part.total = part.above_idle = figure(joules, joules / 3, joules * 3, Method::estimated);
                    }
                }
                builder.add(one);
            }
        }
        return builder.finish(3);
    };
    for (const bool both : {false, true}) {
        const Comparison comparison = run(both);
        const PairSummary& pair = comparison.pairs.at(0);
        EXPECT_TRUE(std::isnan(pair.joules_per_token_ratio.value)) << "assumptions are not compared";
        EXPECT_TRUE(std::isnan(pair.from_tokens.value));
        EXPECT_NEAR(pair.tokens_ratio.value, 3, 0.1);
        const double least = std::log(3.0) * (both ? std::sqrt(2.0) : 1);
        EXPECT_GE(std::log(pair.energy_ratio.high / pair.energy_ratio.value), 0.95 * least) << "each drawn on its own";
        EXPECT_GE(std::log(pair.energy_ratio.value / pair.energy_ratio.low), 0.95 * least);
        const std::string text = finding(comparison, pair);
        EXPECT_THAT(text, HasSubstr(both ? "The joules per token of both are assumed"
                                         : "The joules per token of beta are assumed"));
        EXPECT_THAT(text, Not(HasSubstr("because")));
        EXPECT_THAT(text, Not(HasSubstr("Joules per token:")));
        EXPECT_TRUE(
            comparison_json(comparison, {})["pairs"][0]["joules_per_token_ratio"]["value"].is_null() ||
            std::isnan(comparison_json(comparison, {})["pairs"][0]["joules_per_token_ratio"]["value"].get<double>()));
    }
}

TEST(Comparison, WhatDiffersBetweenSessionsIsInTheInterval) {
    // The same answers in each session, but beta's joules are 0, 10 and 20% higher.
    const auto run = [](int sessions) {
        ComparisonBuilder builder(named("alpha", "beta"), 0);
        for (std::int64_t session = 0; session < sessions; ++session) {
            for (std::size_t prompt = 0; prompt < 40; ++prompt) {
                const double length = 0.5 + base::random_uniform(1, 0, prompt);
                Shape shape = scattered({20, 0, 100, 0.05, 0.5, Method::measured}, 1, prompt);
                Answer one = answer(0, prompt, shape, length);
                shape = scattered({20, 0, 100, 0.05, 0.5, Method::measured}, 2, prompt);
                shape.joules_per_token *= 1 + 0.1 * static_cast<double>(session);
                shape.joules_per_prompt_token *= 1 + 0.1 * static_cast<double>(session);
                Answer other = answer(1, prompt, shape, length);
                one.session = other.session = session;
                builder.add(one);
                builder.add(other);
            }
        }
        return builder.finish(3);
    };
    const Comparison three = run(3);
    EXPECT_EQ(three.sessions, 3);
    const ConfidenceInterval ratio = three.pairs.at(0).energy_ratio;
    EXPECT_NEAR(ratio.value, 1.1, 0.005);
    // Student's t with two degrees of freedom, of the logarithms of 1, 1.1 and 1.2.
    const double mean = std::log(1.32) / 3;
    double squares = 0;
    for (const double one : {1.0, 1.1, 1.2}) squares += std::pow(std::log(one) - mean, 2);
    const double reach = 4.302653 * std::sqrt(squares / 2 / 3);
    EXPECT_NEAR(std::log(ratio.high / ratio.value), reach, 0.01 * reach);
    EXPECT_GT(ratio.shares[static_cast<std::size_t>(Uncertainty::sessions)], 0.95);
    EXPECT_THAT(sessions_sentence(three), HasSubstr("3 sessions"));
    const Comparison one = run(1);
    EXPECT_EQ(one.pairs.at(0).energy_ratio.shares[static_cast<std::size_t>(Uncertainty::sessions)], 0);
    EXPECT_THAT(sessions_sentence(one), HasSubstr("do not include how much sessions differ"));
}

TEST(Comparison, TheStepOfACounterIsInTheInterval) {
    const auto run = [](double error) {
        ComparisonBuilder builder(named("alpha", "beta"));
        for (std::size_t prompt = 0; prompt < 40; ++prompt) {
            for (int contender = 0; contender < 2; ++contender) {
                const auto stream = static_cast<std::uint64_t>(contender);
                Answer one =
                    answer(contender, prompt, scattered({0, 0, 100, 0, 0.5, Method::measured}, stream, prompt));
                energy::Figure& total = one[Phase::answer].total;
                total.low = total.value - Joules(error);
                total.high = total.value + Joules(error);
                builder.add(one);
            }
        }
        return builder.finish(3).pairs.at(0).energy_ratio;
    };
    EXPECT_NEAR(run(0).high, 1, scatter);
    // Every figure has another step: 10 J each, relative to 50 J, over 40 answers of each of the two.
    const double reach = 10.0 / 50 / std::sqrt(40.0) * std::sqrt(2.0);
    EXPECT_NEAR(std::log(run(10).high), reach, 0.1 * reach);
    EXPECT_NEAR(run(10).shares[static_cast<std::size_t>(Uncertainty::counter)], 1, scatter);
}

TEST(Comparison, FiguresAreOfPromptsLikeTheseAndOfThese) {
    const Comparison comparison =
        compare({20, 0, 100, 0.05, 0.5, Method::measured}, {20, 0, 100, 0.05, 0.5, Method::measured}, 1);
    const ContenderSummary& alpha = comparison.contenders[0];
    const energy::Figure &such = *alpha.joules_per_answer, &these = *alpha.of_these.joules_per_answer;
    EXPECT_EQ(such.value, these.value);
    EXPECT_NEAR(these.high / these.value, 1 + 0.01 / std::sqrt(40.0), 0.001) << "the counter alone";
    EXPECT_GT(such.high / such.value, 1.05) << "prompts of other lengths would have taken other joules";
    EXPECT_GT(alpha.joules_per_answer_shares[0], 0.9);
}

TEST(Comparison, JoulesPerTokenOnly) {
    Shape dearer;
    dearer.joules_per_token = 1.5;
    const Comparison comparison = compare({}, dearer);
    const PairSummary& pair = comparison.pairs.at(0);
    EXPECT_NEAR(pair.joules_per_token_ratio.value, 3, 3 * scatter);
    EXPECT_LT(pair.tokens_ratio.low, 1);
    EXPECT_GT(pair.tokens_ratio.high, 1);
    EXPECT_THAT(finding(comparison, pair), Not(HasSubstr("because")));
    EXPECT_THAT(finding(comparison, pair), HasSubstr("comes from more joules per token"));
}

TEST(Comparison, CausesThatPullBothWaysHaveNoShares) {
    Shape longer_and_cheaper;
    longer_and_cheaper.answer = 400;
    longer_and_cheaper.joules_per_token = 0.2;
    const Comparison comparison = compare({}, longer_and_cheaper);
    const std::string text = finding(comparison, comparison.pairs.at(0));
    EXPECT_THAT(text, HasSubstr("comes from more generated tokens"));
    EXPECT_THAT(text, HasSubstr("comes from fewer joules per token"));
    EXPECT_THAT(text, Not(HasSubstr("%) comes from")));
}

TEST(Comparison, FactorsMultiplyAndTermsAddUpExactly) {
    Shape thinker{35, 240, 80, 0.08, 0.7};
    const PairSummary pair = compare({}, thinker, 0.5).pairs.at(0);
    EXPECT_NEAR(pair.from_tokens.value * pair.from_joules_per_token.value * pair.from_prompts.value,
                pair.energy_ratio.value, 1e-12);
    double sum = 0;
    for (const auto& phase_terms : pair.terms) sum += phase_terms[0].value + phase_terms[1].value;
    EXPECT_NEAR(sum, std::log(pair.energy_ratio.value), 1e-12);
    EXPECT_GT(pair.terms[1][0].value, 0) << "thinking is tokens";
    EXPECT_NEAR(pair.terms[1][1].value, 0, 1e-12);
    EXPECT_NEAR(pair.joules_per_token_ratio.value, 0.7 / 0.5, 2 * scatter);
}

TEST(Comparison, SharedCoefficientsCancelOnlyAsFarAsTheyAreShared) {
    // Same joules, but b's are nearly all idle power: the idle coefficient is uncertain by a factor of two and does not
    // cancel.
    const auto build = [](double idle_share_of_b) {
        ComparisonBuilder builder(named("alpha", "beta"), 0);
        for (std::size_t prompt = 0; prompt < 40; ++prompt) {
            for (int contender = 0; contender < 2; ++contender) {
                Answer one = answer(contender, prompt, scattered({}, static_cast<std::uint64_t>(contender), prompt));
                const double share = contender == 0 ? 1.0 / 3 : idle_share_of_b;
                for (PhaseResult& part : one.phases) {
                    const double joules = part.total.value.value(), idle = share * joules, active = joules - idle;
                    part.total =
                        figure(joules, idle / 2 + active * 2 / 3, idle * 2 + active * 3 / 2, Method::estimated);
                    part.above_idle = figure(active, active * 2 / 3, active * 3 / 2, Method::estimated);
                }
                builder.add(one);
            }
        }
        return builder.finish(3).pairs.at(0).energy_ratio;
    };
    const ConfidenceInterval alike = build(1.0 / 3);
    EXPECT_NEAR(alike.high / alike.low, 1, scatter);
    const ConfidenceInterval unlike = build(0.9);
    EXPECT_GT(unlike.high / unlike.low, 1.5);
    EXPECT_LT(unlike.high / unlike.low, 4 * 2.25) << "no wider than two independent estimates";
}

TEST(Comparison, RepeatsAreAveragedWithinTheirPrompt) {
    ComparisonBuilder once(named("alpha", "beta")), thrice(named("alpha", "beta"));
    for (std::size_t prompt = 0; prompt < 10; ++prompt) {
        const double length = 0.5 + base::random_uniform(2, 0, prompt);
        once.add(answer(0, prompt, {}, length));
        once.add(answer(1, prompt, {20, 0, 150}, length));
        thrice.add(answer(0, prompt, {}, length));
        for (std::int64_t repeat = 0; repeat < 3; ++repeat) {
            Answer again = answer(1, prompt, {20, 0, 150}, length);
            again.repeat = repeat;
            thrice.add(again);
        }
    }
    const PairSummary a = once.finish(1).pairs.at(0), b = thrice.finish(1).pairs.at(0);
    EXPECT_NEAR(a.energy_ratio.value, b.energy_ratio.value, 1e-12);
    EXPECT_NEAR(a.energy_ratio.low, b.energy_ratio.low, 1e-9);
    EXPECT_EQ(b.prompts, 10);
}

TEST(Comparison, OnePromptHasNoInterval) {
    ComparisonBuilder builder(named("alpha", "beta"));
    builder.add(answer(0, 1, {}));
    builder.add(answer(1, 1, {20, 0, 200}));
    const Comparison comparison = builder.finish();
    EXPECT_TRUE(std::isinf(comparison.pairs.at(0).energy_ratio.high));
    EXPECT_THAT(finding(comparison, comparison.pairs[0]), HasSubstr("too few prompts (1) for an interval"));
    EXPECT_TRUE(comparison_json(comparison, {})["pairs"][0]["energy_ratio"]["value"].is_number());
    EXPECT_THAT(comparison_json(comparison, {}).dump(), HasSubstr(R"("low":null)"));
}

TEST(Comparison, EmptyAnswersBreakNothing) {
    ComparisonBuilder builder(named("alpha", "beta"));
    for (std::size_t prompt = 0; prompt < 4; ++prompt) {
        builder.add(answer(0, prompt, {0, 0, 0}));
        builder.add(answer(1, prompt, {20, 0, 100}));
    }
    const Comparison comparison = builder.finish();
    const std::string table = comparison_table(comparison, "");
    EXPECT_THAT(table, HasSubstr("beta and alpha cannot be compared"));
    EXPECT_LE(widest_line(table), 100u);
}

TEST(Comparison, SaysWhetherTheModelsReason) {
    EXPECT_THAT(reasoning_sentence(compare({}, {})), HasSubstr("Neither of these models reasons"));
    EXPECT_THAT(reasoning_sentence(compare({}, {})), HasSubstr("says nothing about reasoning models"));
    EXPECT_EQ(reasoning_sentence(compare({}, {20, 100, 100})), "beta reasons before answering; alpha does not.");
    ComparisonBuilder marked(named("alpha", "beta"));
    marked.add(answer(0, 1, {}));
    Answer unclosed = answer(1, 1, {});
    unclosed.text = "<think>Hm";
    marked.add(unclosed);
    EXPECT_THAT(reasoning_sentence(marked.finish()), HasSubstr("beta reasons"));
    EXPECT_EQ(reasoning_sentence(ComparisonBuilder(named("a", "b")).finish()), "");
}

TEST(ComparisonTable, FitsAHundredColumnsWhateverIsInIt) {
    ComparisonBuilder builder(
        named("a-very-long-model-name-with-its-quantisation-and-size.q4_k_m.gguf:no_think,max_think=512",
              "mödël-ünïcöde-näme-that-is-long-as-well-and-more\x1b[31m"));
    for (std::size_t prompt = 0; prompt < 12; ++prompt) {
        Answer long_one = answer(0, prompt, {9'999'999, 9'999'999, 9'999'999, 0.9, 26.8, Method::apportioned});
        long_one.right = prompt == 0;  // so rarely that joules for each have no interval
        builder.add(long_one);
        Answer capped = answer(1, prompt, {1, 0, 3, 0.00001, 0.0000012});
        capped.finish_reason = "length";
        builder.add(capped);
    }
    const std::string table =
        comparison_table(builder.finish(), "Energy is read from a counter whose name is rather long, and so on.");
    EXPECT_LE(widest_line(table), 100u) << table;
    EXPECT_EQ(table.find('\x1b'), std::string::npos) << "no control characters reach the terminal";
    EXPECT_THAT(table, HasSubstr("m measured, a apportioned, e estimated"));
    EXPECT_THAT(table, HasSubstr(" e ("));
    EXPECT_THAT(table, HasSubstr("12 of 12 answers were cut off"));
    EXPECT_THAT(table, HasSubstr("(not known)"));
}

TEST(ComparisonTable, APValueBelowWhatIsShownIsSaidToBe) {
    Shape longer;
    longer.answer = 187;
    Comparison comparison = compare({}, longer);
    comparison.pairs[0].p_value = 4e-5;
    comparison.pairs[0].categories["sums"].corrected_p_value = 0;
    EXPECT_EQ(std::get<std::string>(pair_table(comparison, comparison.pairs[0]).rows.back()[1]), "< 0.0001");
    EXPECT_EQ(std::get<std::string>(category_table(comparison, comparison.pairs[0]).rows[0].back()), "< 0.0001");
    comparison.pairs.push_back(comparison.pairs[0]);
    comparison.pairs[0].corrected_p_value = 8e-5;
    EXPECT_EQ(std::get<std::string>(pair_table(comparison, comparison.pairs[0]).rows.back()[1]), "< 0.0001");
    EXPECT_THAT(comparison_table(comparison, ""), HasSubstr("< 0.001   < 0.001 corrected for 2 pairs"));
}

TEST(ComparisonTable, SaysTheMethodOnceIfItIsOne) {
    Shape longer;
    longer.answer = 187;
    const std::string table = comparison_table(compare({}, longer), "Energy is estimated from the processor's class.");
    EXPECT_THAT(table, HasSubstr("All joules are estimated, with 95% intervals. Energy is estimated"));
    EXPECT_THAT(table, HasSubstr("0.50 J (0.36-0.72)"));
    EXPECT_THAT(table, HasSubstr("beta over alpha"));
    EXPECT_THAT(table, Not(HasSubstr(" \n")));
    EXPECT_THAT(table, HasSubstr("from generated tokens"));
    EXPECT_LE(widest_line(table), 100u);
}

TEST(ComparisonTable, JsonHasTheAgreedShape) {
    Shape longer;
    longer.answer = 187;
    const RunDescription run{{{"max_tokens", 256}}, 5, {{"threads", 2}}, "0.1.0", {{"order", "ABBA"}}};
    const nlohmann::ordered_json json = comparison_json(compare({}, longer), run);
    const auto& beta = json["contenders"][1];
    EXPECT_EQ(beta["label"], "beta");
    EXPECT_EQ(beta["answers"], 40);
    EXPECT_EQ(beta["capped"], 0);
    EXPECT_EQ(beta["tokens"]["thinking"], 0);
    for (const char* key : {"joules", "joules_per_token", "joules_per_answer"}) {
        EXPECT_EQ(beta[key]["unit"], "J") << key;
        EXPECT_EQ(beta[key]["method"], "estimated") << key;
        EXPECT_LE(beta[key]["low"], beta[key]["value"]) << key;
    }
    const auto& pair = json["pairs"][0];
    EXPECT_EQ(pair["a"], "alpha");
    EXPECT_EQ(pair["b"], "beta");
    ASSERT_EQ(pair["decomposition"].size(), 6u);
    double shares = 0;
    for (const auto& term : pair["decomposition"]) shares += term["share"].get<double>();
    EXPECT_NEAR(shares, 1, 1e-12);
    for (const char* key : {"energy_ratio", "tokens_ratio", "joules_per_token_ratio"}) {
        EXPECT_TRUE(pair[key]["low"].is_number()) << key;
    }
    EXPECT_FALSE(pair["finding"].get<std::string>().empty());
    EXPECT_EQ(json["protocol"]["order"], "ABBA");
    EXPECT_EQ(json["machine"]["threads"], 2);
    EXPECT_EQ(json["seed"], 5);
}

}  // namespace
}  // namespace ergon::lab
