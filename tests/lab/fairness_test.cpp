#include "lab/fairness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/findings.h"

namespace ergon::lab {
namespace {

using nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A dense model of 7 billion parameters in this process.
ContenderSummary contender(const std::string& label) {
    ContenderSummary one;
    one.label = label;
    one.hash = "hash of " + label;
    one.details = {{"kind", "in-process"},
                   {"thinking", true},
                   {"max_tokens", 512},
                   {"max_thinking", nullptr},
                   {"sampling", {{"temperature", {{"value", 0.6}, {"from", "file"}}}}},
                   {"threads", 2},
                   {"cache", "f16"},
                   {"batch", 1},
                   {"vocabulary", "v"},
                   {"architecture", "llama"},
                   {"parameters", {{"total", 7e9}, {"active", 7e9}}},
                   {"experts", 0},
                   {"bits_per_weight", 4.5}};
    return one;
}

std::vector<std::string> names(const Fairness& found) {
    std::vector<std::string> names;
    for (const Difference& one : found.differs) names.push_back(one.what);
    return names;
}

std::string sentences(const Fairness& found) {
    std::string text;
    for (const std::string& one : found.shows) text += one + "\n";
    return text;
}

TEST(Fairness, TwinsDifferInNothing) {
    ContenderSummary other = contender("b");
    other.details["sampling"]["temperature"]["from"] = "option";
    other.details["parameters"]["total"] = 7.1e9;
    const Fairness found = fairness(contender("a"), other);
    EXPECT_THAT(names(found), IsEmpty()) << differences_text(found);
    EXPECT_TRUE(found.same_tokenizer);
    EXPECT_THAT(found.shows, ElementsAre("Both are dense, so this says nothing about sparse experts."));
}

TEST(Fairness, ForbiddenTextsAreADifference) {
    ContenderSummary other = contender("b");
    other.details["forbidden"] = {"no", "back"};
    EXPECT_THAT(names(fairness(contender("a"), other)), ElementsAre("forbidden texts"));
}

TEST(Fairness, EachThingThatDiffersIsNamedWithBothValues) {
    ContenderSummary other = contender("b");
    other.reasons = true;
    ordered_json& details = other.details;
    details["experts"] = 64;
    details["parameters"] = {{"total", 16e9}, {"active", 2.4e9}};
    details["bits_per_weight"] = 8.5;
    details["architecture"] = "deepseek2";
    details["max_tokens"] = 2048;
    details["max_thinking"] = 100;
    details["thinking"] = false;
    details["threads"] = 1;
    details["cache"] = "f32";
    details["sampling"]["temperature"]["value"] = 0;
    details["vocabulary"] = "w";
    const Fairness found = fairness(contender("a"), other);
    EXPECT_THAT(names(found),
                ElementsAre("reasoning", "sparse or dense", "parameters", "parameters active per token",
                            "bits per weight", "architecture", "cap on the answer's tokens", "cap on thinking tokens",
                            "asked to think", "threads", "cache", "sampling", "tokenizer"));
    EXPECT_FALSE(found.same_tokenizer);
    EXPECT_THAT(differences_text(found), HasSubstr("sparse or dense (dense / 64 experts)"));
    EXPECT_THAT(differences_text(found), HasSubstr("cap on the answer's tokens (512 / 2048)"));
    EXPECT_THAT(differences_text(found), HasSubstr("temperature 0.6 / temperature 0"));
    EXPECT_THAT(sentences(found), HasSubstr("their sizes differ too"));
    EXPECT_THAT(sentences(found), HasSubstr("12 things differ at once"));
    EXPECT_THAT(sentences(found), HasSubstr("what the thinking costs, not what it is worth"));
}

TEST(Fairness, SaysWhatASparseModelShows) {
    ContenderSummary sparse = contender("b");
    sparse.details["experts"] = 64;
    sparse.details["parameters"] = {{"total", 40e9}, {"active", 7e9}};
    EXPECT_THAT(sentences(fairness(contender("a"), sparse)), HasSubstr("as many active parameters"));
    sparse.details["parameters"] = {{"total", 7e9}, {"active", 1e9}};
    EXPECT_THAT(sentences(fairness(contender("a"), sparse)), HasSubstr("as many parameters in all"));
    EXPECT_THAT(sentences(fairness(sparse, sparse)), Not(HasSubstr("experts")));
}

TEST(Fairness, AModelAgainstItself) {
    ContenderSummary direct = contender("a");
    direct.details["thinking"] = false;
    const Fairness found = fairness(contender("a"), direct);
    EXPECT_THAT(names(found), ElementsAre("asked to think"));
    EXPECT_THAT(found.shows, ElementsAre("Both are the same model, so the ratio is that of their settings."));
}

TEST(Fairness, ServersSayLittle) {
    ContenderSummary server;
    server.label = "far";
    server.details = {{"kind", "server"}, {"on_this_machine", false}};
    const Fairness found = fairness(contender("a"), server);
    EXPECT_THAT(differences_text(found), HasSubstr("where they run (in this process / a server elsewhere)"));
    EXPECT_THAT(differences_text(found), HasSubstr("parameters (7.00 billion / not known)"));
    EXPECT_THAT(sentences(found), HasSubstr("not known, so this says nothing about sparse experts"));
    EXPECT_FALSE(found.same_tokenizer);
    EXPECT_THAT(sentences(found), Not(HasSubstr("whole machine")));
    server.details["on_this_machine"] = true;
    EXPECT_THAT(sentences(fairness(contender("a"), server)), HasSubstr("those of the whole machine while it answered"));
}

TEST(Fairness, OddDetailsBreakNothing) {
    ContenderSummary odd;
    odd.details = {{"parameters", 3}, {"experts", "many"}, {"sampling", 4}, {"bits_per_weight", nullptr}};
    EXPECT_FALSE(fairness(odd, contender("a")).differs.empty());
    EXPECT_FALSE(fairness(contender("a"), odd).differs.empty());
}

}  // namespace
}  // namespace ergon::lab
