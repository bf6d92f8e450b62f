#include "plan/rebound_report.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "base/expect_error.h"
#include "base/strings/characters.h"
#include "plan/inputs.h"
#include "plan/rebound_findings.h"

namespace ergon::plan {
namespace {

using test::exact;
using test::example;
using test::figure;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Findings, SayWhatFollows) {
    const std::vector<std::string> sentences = findings(example());
    ASSERT_EQ(sentences.size(), 4u);
    EXPECT_EQ(
        sentences[0],
        "An answer of dense takes 3.00 (95% interval 2.08 to 4.00) times as many joules as one of sparse, a gain of "
        "3.00: if use grows by 200%, all answers together use as much as today.");
    EXPECT_EQ(sentences[1],
              "At a growth of 50% a year the gain is cancelled after 2.71 (95% interval 1.81 to 3.42) years.");
    EXPECT_THAT(sentences[2], HasSubstr("below 1 the total falls (to 0.577 times at 0.5), above 1 it rises (to 3.00"));
    EXPECT_THAT(sentences[3], AllOf(HasSubstr("after 15.0 billion (95% interval 3.70 billion to 30.8 billion)"),
                                    HasSubstr("that is reached after 7.5")));
}

TEST(Findings, OfDegenerateInputs) {
    ReboundInputs inputs = example();
    inputs.before.training.reset();
    inputs.after.training.reset();
    inputs.after.per_answer = inputs.before.per_answer = exact(300);
    EXPECT_THAT(findings(inputs),
                ElementsAre("An answer of sparse uses as much energy as one of dense: there is no gain."));
    inputs.after.per_answer = exact(600);
    EXPECT_THAT(
        findings(inputs),
        ElementsAre("An answer of sparse takes 2.00 times the joules of one of dense: there is no gain that more "
                    "use could cancel, and use would have to fall by 50% for the total to stay."));
    inputs.after.per_answer = exact(100);
    inputs.growth = 0;
    EXPECT_EQ(findings(inputs).at(1), "Use does not grow, so the gain is never cancelled.");
    inputs.growth = 0.5;
    inputs.after.per_answer = figure(100, 0, 400);
    EXPECT_THAT(findings(inputs).at(0), HasSubstr("3.00 (95% interval from 0.750, open above)"));
    EXPECT_THAT(findings(inputs).at(1), HasSubstr("includes no gain"));
    inputs = example();
    inputs.growth = -0.5;
    EXPECT_THAT(findings(inputs).back(), HasSubstr("that is never reached"));
}

TEST(ReboundText, FitsATerminal) {
    for (const char* name :
         {"m", "a name that is much longer than any column of a table could ever hold, with ü and 世界"}) {
        ReboundInputs inputs = example();
        inputs.before.name = inputs.after.name = name;
        inputs.years = 100;
        inputs.growth = 10;
        inputs.answers_per_day = 1e15;
        std::istringstream lines(rebound_text(inputs));
        int count = 0;
        for (std::string line; std::getline(lines, line); ++count) {
            EXPECT_LE(base::characters(line).size(), 100u) << line;
        }
        EXPECT_GT(count, 120);
    }
}

TEST(ReboundText, HasItsTables) {
    const std::string text = rebound_text(example());
    EXPECT_THAT(text, HasSubstr("these two: 3.00             200%"));
    EXPECT_THAT(text, HasSubstr("price elasticity"));
    EXPECT_THAT(text, HasSubstr("Energy per year"));
    EXPECT_THAT(text, HasSubstr("Joules per answer with training"));
    ReboundInputs untrained = example();
    untrained.after.training.reset();
    EXPECT_THAT(rebound_text(untrained), Not(HasSubstr("with training spread")));
    EXPECT_THAT(rebound_text(untrained), HasSubstr("The training energy of sparse is unknown"));
    untrained.answers_per_day = 0;
    ergon::test::expect_error(base::ErrorCode::bad_argument, "Answers per day", [&] { rebound_text(untrained); });
}

TEST(ReboundPage, HoldsChartsAndSources) {
    const std::string page = report::render(rebound_page(example()));
    for (const char* part :
         {"How long a gain in efficiency lasts", "Energy per year", "Effect of cheaper answers on the total",
          "Training and answers together", "Sorrell", "Jevons", "not a forecast"}) {
        EXPECT_THAT(page, HasSubstr(part));
    }
    EXPECT_THAT(page, Not(HasSubstr("nan")));
    ReboundInputs named = example();
    named.before.name = "<script>alert(1)</script>";
    named.after.training.reset();
    const std::string other = report::render(rebound_page(named));
    EXPECT_THAT(other, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(other, Not(HasSubstr("Training and answers together")));
}

// Gains without end, uses beyond counting: the page is still one.
TEST(ReboundPage, OfExtremes) {
    ReboundInputs inputs = example();
    inputs.after.per_answer = figure(1e-12, 0, 1e-11);
    inputs.answers_per_day = 1e15;
    inputs.growth = 10;
    inputs.years = 100;
    EXPECT_THAT(report::render(rebound_page(inputs)), HasSubstr("open above"));
    inputs.before.per_answer = figure(1e-12, 0, 1e-11);
    inputs.after.per_answer = exact(1e12);
    EXPECT_THAT(report::render(rebound_page(inputs)), HasSubstr("there is no gain"));
}

}  // namespace
}  // namespace ergon::plan
