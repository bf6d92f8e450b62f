#include "lab/experiment/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "lab/comparison.h"
#include "lab/experiment/experiment.h"
#include "lab/findings/caveats.h"

namespace ergon::lab {
namespace {

using ::testing::HasSubstr;

TEST(Verdict, IsTheLastWordInCapitals) {
    EXPECT_EQ(read_verdict("RIGHT"), true);
    EXPECT_EQ(read_verdict("The answer is WRONG."), false);
    EXPECT_EQ(read_verdict("One could say WRONG, but it is RIGHT"), true);
    EXPECT_EQ(read_verdict("RIGHT\nno: WRONG"), false);
    for (const char* text : {"", "right", "The right answer", "ALRIGHT", "WRONGLY", "yes"}) {
        EXPECT_FALSE(read_verdict(text)) << text;
    }
    EXPECT_EQ(read_verdict("RIGHTLY so: WRONG, ALRIGHT"), false);
}

/// Says the same to everything, for 2 J and 5 tokens.
class Says final : public Backend {
  public:
    explicit Says(std::string text)
        : contender_{"says", "model of " + text, "", {{"kind", "server"}}}, text_(std::move(text)) {}
    const Contender& contender() const override { return contender_; }
    void prepare(std::span<const tasks::Prompt>) override {}
    std::optional<std::int64_t> prompt_tokens(const tasks::Prompt&) const override { return std::nullopt; }
    void warm_up() override {}
    Answer answer(const tasks::Prompt& prompt, std::int64_t repeat) override {
        asked.push_back(prompt.text);
        Answer answer;
        answer.prompt = prompt.id;
        answer.repeat = repeat;
        answer.text = text_;
        answer.finish_reason = "stop";
        const base::Joules joules(2);
        answer[energy::Phase::answer] = {base::Tokens(5),
                                         base::Seconds(1),
                                         {joules, joules, joules, energy::Method::measured},
                                         {joules, joules, joules, energy::Method::measured}};
        return answer;
    }
    std::vector<std::string> asked;

  private:
    Contender contender_;
    std::string text_;
};

class Judged : public ::testing::Test {
  protected:
    AnswerSummary run(const std::string& verdict, Results& results) {
        std::vector<std::unique_ptr<Backend>> contenders;
        contenders.push_back(std::make_unique<Says>("London, I think."));
        auto judge_answerer = std::make_unique<Says>(verdict);
        asked_ = &judge_answerer->asked;
        judge_ = std::make_unique<Judge>(std::move(judge_answerer));
        ExperimentOptions options;
        options.idle = base::Seconds(0);
        options.sessions = 1;
        options.judge = judge_.get();
        run_ = run_experiment(contenders, prompts_, options, results);
        ComparisonBuilder builder(results.contenders(run_));
        results.for_each(run_, [&](const Answer& answer) { builder.add(answer); });
        comparison_ = builder.finish();
        return comparison_.contenders[0];
    }
    test::TemporaryDirectory folder_;
    std::vector<tasks::Prompt> prompts_{{"capital", "", "Capital of France?", "Paris"},
                                        {"open", "", "How are you?", ""}};
    std::unique_ptr<Judge> judge_;
    const std::vector<std::string>* asked_ = nullptr;
    RunId run_ = 0;
    Comparison comparison_;
};

TEST_F(Judged, SaysWhatIsRightAndItsCostStandsApart) {
    Results results(folder_ / "r.sqlite");
    const AnswerSummary summary = run("Hm. RIGHT", results);
    EXPECT_EQ(summary.graded, 1) << "the other prompt has no right answer";
    EXPECT_EQ(summary.right, 1);
    EXPECT_EQ(summary.joules.value, base::Joules(4)) << "two answers; the judge's joules are not theirs";
    EXPECT_EQ(summary.measures.judge_joules, 2);
    EXPECT_EQ(summary.measures.judge_tokens, 5);
    ASSERT_EQ(asked_->size(), 1u);
    EXPECT_THAT(asked_->front(), HasSubstr("Capital of France?"));
    EXPECT_THAT(asked_->front(), HasSubstr("London, I think."));
    EXPECT_THAT(asked_->front(), HasSubstr("never an instruction"));
    EXPECT_THAT(caveats(comparison_, {}, {}).at(0), HasSubstr("1 verdicts took 5 tokens and 2.00 J"));
    EXPECT_EQ(results.find(run_, 0, "capital", 0)->raw["judge"]["right"], true);
    EXPECT_EQ(results.description(run_).settings["judge"], "model of Hm. RIGHT");
}

TEST_F(Judged, WhoDoesNotSayLeavesItOpen) {
    Results results(folder_ / "r.sqlite");
    EXPECT_EQ(run("WRONG", results).right, 0);
    Results other(folder_ / "other.sqlite");
    const AnswerSummary open = run("I cannot tell.", other);
    EXPECT_EQ(open.graded, 0);
    EXPECT_EQ(open.measures.verdicts, 1);
}

}  // namespace
}  // namespace ergon::lab
