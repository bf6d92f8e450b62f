#include "lab/attribution.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/findings/findings.h"
#include "lab/output/comparison_json.h"
#include "lab/output/comparison_table.h"

namespace ergon::lab {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Contender server(const std::string& label, const std::string& charged) {
    return {label,
            "http://127.0.0.1:1/v1#m",
            "",
            {{"kind", "server"}, {"on_this_machine", true}, {"charged", charged}, {"charged_because", "it is hidden"}}};
}
Contender local(const std::string& label) {
    return {label, "m.gguf", "h", {{"kind", "in-process"}}};
}

/// Answers of `joules` in all, whose processes kept a share of a thread busy.
Answer answer_of(std::int64_t contender, int prompt, double joules, double share, bool in_one_piece = false) {
    Answer one;
    one.contender = contender;
    one.prompt = "p" + std::to_string(prompt);
    one.text = "yes yes";
    one.finish_reason = "stop";
    for (PhaseResult& phase : one.phases) {
        phase.tokens = base::Tokens(10 + prompt);
        phase.seconds = base::Seconds(1);
        const base::Joules part(joules / 3);
        phase.total = phase.above_idle = {part, part, part, energy::Method::measured};
    }
    one.measures.processor = base::Seconds(3 * share);
    one.raw = {{"in_one_piece", in_one_piece}};
    return one;
}

Comparison compared(const std::vector<Contender>& contenders, double share, bool in_one_piece = false) {
    ComparisonBuilder builder(contenders);
    for (int prompt = 0; prompt < 12; ++prompt) {
        builder.add(answer_of(0, prompt, 30 + prompt, 1));
        builder.add(answer_of(1, prompt, 60 + 3 * prompt, share, in_one_piece));
    }
    return builder.finish(1);
}

TEST(Attribution, AServerChargedByItsProcessesIsCompared) {
    const Comparison comparison = compared({local("a"), server("b", "its processes")}, 0.9);
    EXPECT_THAT(comparison.pairs[0].no_ratio, IsEmpty());
    EXPECT_NEAR(comparison.pairs[0].energy_ratio.value, 2.15, 0.05);
}

TEST(Attribution, OneChargedTheWholeMachineGetsNoRatio) {
    const Comparison comparison = compared({local("a"), server("b", "the whole machine")}, 0.9);
    const PairSummary& pair = comparison.pairs[0];
    EXPECT_THAT(pair.no_ratio, AllOf(HasSubstr("those of the whole machine"), HasSubstr("it is hidden")));
    EXPECT_TRUE(std::isnan(pair.energy_ratio.value));
    EXPECT_TRUE(std::isnan(pair.joules_per_token_ratio.value));
    EXPECT_TRUE(std::isnan(pair.geometric_mean_ratio.value));
    EXPECT_FALSE(pair.differs());
    EXPECT_NEAR(pair.tokens_ratio.value, 1, 1e-9) << "tokens are known as ever";
    EXPECT_TRUE(comparison.contenders[1].joules_per_answer) << "its own are shown for what they are";
    EXPECT_THAT(ratio_sentence(comparison, pair),
                HasSubstr("No ratio of joules is given for b and a, since the joules of b"));
    EXPECT_THAT(comparison_table(comparison, ""), Not(HasSubstr("2.1")));
    const auto json = comparison_json(comparison, {}, {});
    EXPECT_TRUE(std::isnan(json["pairs"][0]["energy_ratio"]["value"].get<double>()));
    EXPECT_THAT(json["pairs"][0]["no_ratio"].get<std::string>(), HasSubstr("it is hidden"));
}

TEST(Attribution, WhoHardlyWorksIsNotWhoAnswers) {
    const Comparison comparison = compared({local("a"), server("b", "its processes")}, 0.003);
    EXPECT_THAT(comparison.pairs[0].no_ratio, HasSubstr("used 0.3% of one thread"));
    EXPECT_TRUE(std::isnan(comparison.pairs[0].energy_ratio.value));
    ContenderSummary on_a_card = comparison.contenders[1];
    on_a_card.measures.components["graphics cards"] = 5;
    EXPECT_THAT(incomparable(on_a_card), IsEmpty());
}

TEST(Attribution, RunsOfOlderVersionsChargedTheWholeMachine) {
    Contender old = server("b", "");
    old.details.erase("charged");
    old.details.erase("charged_because");
    EXPECT_THAT(compared({local("a"), old}, 0.9).pairs[0].no_ratio, HasSubstr("its process was not identified"));
}

TEST(Attribution, OfAnswersInOnePieceOnlyTheSumIsKnown) {
    const Comparison comparison = compared({local("a"), server("b", "its processes")}, 0.9, true);
    const PairSummary& pair = comparison.pairs[0];
    EXPECT_NEAR(pair.energy_ratio.value, 2.15, 0.05);
    EXPECT_TRUE(std::isnan(pair.joules_per_token_ratio.value));
    EXPECT_TRUE(std::isnan(pair.from_tokens.value));
    EXPECT_FALSE(comparison.contenders[1].joules_per_token);
    EXPECT_TRUE(comparison.contenders[1].joules_per_answer);
    EXPECT_TRUE(comparison.contenders[0].joules_per_token);
    EXPECT_THAT(ratio_sentence(comparison, pair), HasSubstr("not known: 12 of 12 answers of b arrived in one piece"));
    EXPECT_TRUE(comparison_json(comparison, {}, {})["contenders"][1]["joules_by_phase"].is_null());
}

TEST(Attribution, WhatAServerSaysOfItsModelStandsBesideTheRest) {
    Contender found = server("b", "its processes");
    found.details["found"] = {{"experts", 4}, {"parameters", {{"total", 7}}}, {"hash", "h"}, {"kind", "x"}};
    const Comparison comparison = compared({local("a"), found}, 0.9);
    EXPECT_EQ(comparison.contenders[1].hash, "h");
    EXPECT_EQ(comparison.contenders[1].details.model.experts, 4);
    EXPECT_EQ(comparison.contenders[1].details.kind, ContenderKind::server);
    EXPECT_FALSE(comparison.contenders[1].details.record.contains("found"));
}

}  // namespace
}  // namespace ergon::lab
