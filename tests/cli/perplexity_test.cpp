#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string text_file(const TemporaryFolder& folder) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += "The quick brown fox jumps over the lazy dog. ";
    return folder.write("text.txt", text);
}

TEST(Perplexity, JsonHasTheFigureTheScoredTokensAndTheWindow) {
    const TemporaryFolder folder;
    const Outcome outcome =
        run_ergon({"perplexity", fixture("scripted-plain"), text_file(folder), "--window", "64", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json found = json::parse(outcome.out);
    EXPECT_EQ(found.size(), 4u);
    EXPECT_EQ(found["threads"]["chosen"], "only");
    EXPECT_EQ(found["window"], 64);
    EXPECT_EQ(found["tokens"].get<int>() % 32, 0);
    EXPECT_GT(found["tokens"], 200);
    // The script predicts its own words, never the fox: every token costs its logit of 60 (and the other logits are
    // 0).
    EXPECT_NEAR(std::log(found["perplexity"].get<double>()), 60, 1);
}

TEST(Perplexity, PeopleGetASentence) {
    const TemporaryFolder folder;
    const Outcome outcome = run_ergon({"perplexity", fixture("scripted-plain"), text_file(folder)});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, ::testing::MatchesRegex("perplexity .* over 256 tokens \\(the second halves of 1 windows "
                                                     "of 512\\); 1 thread computes \\(no choice\\)\n"));
}

TEST(Perplexity, ShortTextsAndWrongFilesAreRefused) {
    const TemporaryFolder folder;
    const Outcome brief = run_ergon({"perplexity", fixture("scripted-plain"), folder.write("short.txt", "Only this.")});
    EXPECT_EQ(brief.exit_code, 2);
    EXPECT_THAT(brief.err, HasSubstr("fewer than one window of 512"));
    EXPECT_EQ(run_ergon({"perplexity", fixture("scripted-plain"), "/no/such.txt"}).exit_code, 1);
    EXPECT_EQ(run_ergon({"perplexity", fixture("scripted-plain"), text_file(folder), "--window", "1"}).exit_code, 2);
}

}  // namespace
}  // namespace ergon::cli
