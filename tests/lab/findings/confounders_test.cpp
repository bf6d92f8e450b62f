#include "lab/findings/confounders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/findings/findings.h"

namespace ergon::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A dense model of 7 billion parameters in this process.
ContenderSummary contender(const std::string& label) {
    ContenderSummary one;
    one.label = label;
    one.hash = "weights";
    one.details = contender_details({{"kind", "in-process"},
                                     {"thinking", true},
                                     {"max_tokens", 512},
                                     {"max_thinking", nullptr},
                                     {"sampling", {{"temperature", {{"value", 0.6}, {"from", "file"}}}}},
                                     {"threads", 2},
                                     {"cache", "f16"},
                                     {"multiple_choice", "as it is written"},
                                     {"batch", 1},
                                     {"vocabulary", "v"},
                                     {"architecture", "llama"},
                                     {"parameters", {{"total", 7e9}, {"active", 7e9}}},
                                     {"experts", 0},
                                     {"bits_per_weight", 4.5}});
    return one;
}

std::vector<std::string> names(const Confounders& found) {
    std::vector<std::string> names;
    for (const Difference& one : found.differs) names.push_back(one.what);
    return names;
}

std::string sentences(const Confounders& found) {
    std::string text;
    for (const std::string& one : found.limitations) text += one + "\n";
    return text;
}

TEST(Confounders, TwinsDifferInNothing) {
    ContenderSummary other = contender("b");
    other.details.sampling->front().from = "option";
    other.details.model.parameters = 7'100'000'000;
    const Confounders found = confounders(contender("a"), other);
    EXPECT_THAT(names(found), IsEmpty()) << differences_text(found);
    EXPECT_THAT(found.not_known, IsEmpty());
    EXPECT_EQ(found.same_tokenizer, true);
    EXPECT_THAT(found.limitations,
                ElementsAre("Both are the same model, so the ratio shows the effect of their settings."));
}

TEST(Confounders, TwoStatesOfOneTrainingDifferInTheirWeights) {
    ContenderSummary other = contender("b");
    other.hash = "other weights";
    const Confounders found = confounders(contender("a"), other);
    EXPECT_EQ(differences_text(found), "weights (digest) (weights / other weights)");
    EXPECT_THAT(found.limitations, ElementsAre("Both models are dense, so this says nothing about sparse experts.",
                                               HasSubstr("such as two checkpoints of one training run")));
}

TEST(Confounders, ForbiddenTextsAreADifference) {
    ContenderSummary other = contender("b");
    other.details.forbidden = {"no", "back"};
    EXPECT_EQ(differences_text(confounders(contender("a"), other)), "forbidden texts (none / \"no\", \"back\")");
}

TEST(Confounders, EachThingThatDiffersIsNamedWithBothValues) {
    ContenderSummary other = contender("b");
    other.hash = "other weights";
    other.reasons = true;
    ContenderDetails& details = other.details;
    details.model.experts = 64;
    details.model.parameters = 16'000'000'000;
    details.model.active_parameters = 2'400'000'000;
    details.model.bits_per_weight = 8.5;
    details.model.architecture = "deepseek2";
    details.model.vocabulary = "w";
    details.max_tokens = 2048;
    details.max_thinking = 100;
    details.thinking = false;
    details.threads = "1";
    details.cache = "f32";
    details.sampling->front().value = std::int64_t{0};
    const Confounders found = confounders(contender("a"), other);
    EXPECT_THAT(names(found),
                ElementsAre("reasoning", "sparse or dense", "parameters", "parameters active per token",
                            "bits per weight", "architecture", "limit on answer tokens", "limit on thinking tokens",
                            "asked to think", "threads", "cache format", "sampling", "weights (digest)", "tokenizer"));
    EXPECT_EQ(found.same_tokenizer, false);
    EXPECT_THAT(differences_text(found), HasSubstr("sparse or dense (dense / 64 experts)"));
    EXPECT_THAT(differences_text(found), HasSubstr("limit on answer tokens (512 / 2048)"));
    EXPECT_THAT(differences_text(found), HasSubstr("temperature 0.6 / temperature 0"));
    EXPECT_THAT(sentences(found), HasSubstr("their sizes differ too"));
    EXPECT_THAT(sentences(found), HasSubstr("12 things differ at once"));
    EXPECT_THAT(sentences(found), HasSubstr("what reasoning costs, not whether it helps"));
}

TEST(Confounders, ThreadsThatWereTimedForEachDifferLikeThoseThatWereGiven) {
    ContenderSummary one = contender("a"), other = contender("b");
    EXPECT_THAT(names(confounders(one, other)), ElementsAre());
    other.details.threads = "1 to generate, 2 to read";
    one.details.threads_timed = other.details.threads_timed = true;
    EXPECT_THAT(names(confounders(one, other)), ElementsAre("threads"));
}

TEST(Confounders, SaysWhatASparseModelShows) {
    ContenderSummary sparse = contender("b");
    sparse.hash = "other weights";
    sparse.details.model.experts = 64;
    sparse.details.model.parameters = 40'000'000'000;
    EXPECT_THAT(sentences(confounders(contender("a"), sparse)), HasSubstr("as many active parameters"));
    sparse.details.model.parameters = 7'000'000'000;
    sparse.details.model.active_parameters = 1'000'000'000;
    EXPECT_THAT(sentences(confounders(contender("a"), sparse)), HasSubstr("as many parameters in total"));
    EXPECT_THAT(sentences(confounders(sparse, sparse)), Not(HasSubstr("experts")));
}

TEST(Confounders, AModelAgainstItself) {
    ContenderSummary direct = contender("a");
    direct.details.thinking = false;
    const Confounders found = confounders(contender("a"), direct);
    EXPECT_THAT(names(found), ElementsAre("asked to think"));
    EXPECT_THAT(found.limitations,
                ElementsAre("Both are the same model, so the ratio shows the effect of their settings."));
}

ContenderSummary server(const std::string& label) {
    ContenderSummary one;
    one.label = label;
    one.details = contender_details({{"kind", "server"},
                                     {"on_this_machine", false},
                                     {"thinking", true},
                                     {"max_tokens", 512},
                                     {"max_thinking", nullptr},
                                     {"sampling", {{"temperature", {{"value", 0.6}, {"from", "option"}}}}}});
    return one;
}

TEST(Confounders, WhatIsNotKnownIsNotDifferent) {
    const Confounders found = confounders(contender("a"), server("far"));
    EXPECT_EQ(differences_text(found), "where they run (in this process / a server elsewhere)");
    EXPECT_THAT(found.not_known,
                ElementsAre("sparse or dense", "parameters", "parameters active per token", "bits per weight",
                            "architecture", "batch size", "threads", "cache format", "weights (digest)", "tokenizer"));
    EXPECT_THAT(sentences(found), HasSubstr("not known, so this says nothing about sparse experts"));
    EXPECT_FALSE(found.same_tokenizer.has_value());
    const Confounders two = confounders(server("far"), server("away"));
    EXPECT_THAT(names(two), IsEmpty());
    EXPECT_THAT(two.not_known, ::testing::Contains("tokenizer"));
    EXPECT_FALSE(two.same_tokenizer.has_value());
    EXPECT_THAT(sentences(two), Not(HasSubstr("things differ at once")));
}

TEST(Confounders, TheTextSaysWhatIsNotKnown) {
    Comparison comparison;
    comparison.contenders = {server("far"), server("away")};
    PairSummary pair;
    pair.b = 1;
    EXPECT_THAT(confounders_text(comparison, pair), HasSubstr("No known property or setting differs"));
    EXPECT_THAT(confounders_text(comparison, pair),
                HasSubstr("Not known for one or both: sparse or dense, parameters"));
    pair.energy_ratio = pair.joules_per_word_ratio = pair.joules_per_character_ratio = {2, 1, 3};
    EXPECT_THAT(finding(comparison, pair), HasSubstr("Whether their tokenizers are the same is not known"));
    EXPECT_THAT(finding(comparison, pair), Not(HasSubstr("differ, so")));
}

TEST(Confounders, AServerWithTheSameFileIsTheSameModel) {
    ContenderSummary known = server("near");
    known.hash = contender("a").hash;
    known.details.on_this_machine = true;
    known.details.charge = Charge::processes;
    known.details.model = contender("a").details.model;
    const Confounders found = confounders(contender("a"), known);
    EXPECT_EQ(differences_text(found), "where they run (in this process / a server on this machine)");
    EXPECT_EQ(found.same_tokenizer, true);
    EXPECT_THAT(sentences(found), HasSubstr("Both are the same model"));
    EXPECT_THAT(sentences(found), HasSubstr("joules of near are its processes' share of the machine"));
}

TEST(Confounders, ServersWhoseProcessIsNotKnownAreNotComparedByJoules) {
    ContenderSummary near = server("near");
    near.details.on_this_machine = true;
    EXPECT_THAT(sentences(confounders(contender("a"), near)),
                HasSubstr("joules cannot: the joules of near are those of the "
                          "whole machine"));
    near.details.charge = Charge::machine;
    near.details.charge_reason = "port 8080 belongs to ssh, which passes on what it hears";
    EXPECT_THAT(sentences(confounders(contender("a"), near)), HasSubstr("belongs to ssh"));
}

TEST(Confounders, AFieldThatAServerRefusesIsItsOwnSetting) {
    ContenderSummary refuses = server("far");
    refuses.left_out["temperature"] = 4;
    EXPECT_EQ(differences_text(confounders(server("a"), refuses)),
              "sampling (temperature 0.6 / temperature the server's own)");
}

TEST(Confounders, OddDetailsBreakNothing) {
    ContenderSummary odd;
    odd.details = contender_details(
        {{"parameters", 3}, {"experts", "many"}, {"sampling", 4}, {"bits_per_weight", nullptr}, {"threads", 1e300}});
    EXPECT_THAT(confounders(odd, contender("a")).not_known, ::testing::Contains("parameters"));
    EXPECT_THAT(confounders(contender("a"), odd).not_known, ::testing::Contains("sampling"));
}

}  // namespace
}  // namespace ergon::lab
