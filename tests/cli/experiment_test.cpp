// compare, eval, report and plan as a user types them.

#include <array>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Experiment : public ::testing::Test {
  protected:
    std::string path(const std::string& name) { return (folder_.path() / name).string(); }
    std::string prompts() {
        return folder_.write("mine.jsonl",
                             "{\"id\": \"a\", \"category\": \"facts\", \"prompt\": \"What is the capital of France?\", "
                             "\"answer\": \"Paris\", \"grader\": \"includes\"}\n"
                             "{\"id\": \"b\", \"category\": \"maths\", \"prompt\": \"What is 2+2?\", \"answer\": 4}\n"
                             "{\"id\": \"c\", \"category\": \"maths\", \"prompt\": \"What is 3+3?\", \"answer\": 6}\n");
    }
    Outcome compare(const std::string& results, std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"compare",
                                           fixture("scripted-thinker") + ":label=thinker",
                                           fixture("scripted-plain"),
                                           "--prompts",
                                           prompts(),
                                           "--idle-seconds",
                                           "0",
                                           "--sessions",
                                           "1",
                                           "--results",
                                           path(results)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_ergon(arguments);
    }
    static std::string content(const std::string& file) {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        return text.str();
    }
    TemporaryFolder folder_;
};

TEST_F(Experiment, GradesByCategoryAndWritesEveryFile) {
    const Outcome outcome = compare("r.sqlite", {"--full", "--repeats", "2", "--html", path("p.html"), "--json-out",
                                                 path("f.json"), "--csv-out", path("t.csv")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("right answers"));
    EXPECT_THAT(outcome.out, HasSubstr("facts"));
    EXPECT_THAT(outcome.out, HasSubstr("Differences ("));
    const json found = json::parse(content(path("f.json")));
    const json& thinker = found["contenders"][0];
    EXPECT_EQ(thinker["label"], "thinker");
    EXPECT_EQ(thinker["answers"], 6);
    EXPECT_EQ(thinker["graded"], 3);
    EXPECT_EQ(thinker["by_task"].size(), 2u);
    EXPECT_EQ(thinker["by_task"][1]["task"], "maths");
    EXPECT_GE(thinker["accuracy"]["high"].get<double>(), thinker["accuracy"]["value"].get<double>());
    EXPECT_TRUE(found["pairs"][0]["p_value"].is_number());
    EXPECT_FALSE(found["pairs"][0]["differs"].empty());
    EXPECT_EQ(found["settings"]["repeats"], 2);
    EXPECT_THAT(content(path("p.html")), HasSubstr("<!DOCTYPE html>"));
    EXPECT_THAT(content(path("t.csv")), HasSubstr("thinker,b,maths,0,1,"));
}

/// Without a word of the user, all sample as the one that recommends something.
TEST_F(Experiment, SamplingIsEqualUnlessAContenderSaysOtherwise) {
    const auto temperatures = [&](const std::vector<std::string>& models) {
        std::vector<std::string> arguments{"compare",        "--prompts", prompts(),    "--limit",     "1",
                                           "--idle-seconds", "0",         "--sessions", "1",           "--results",
                                           path("s.sqlite"), "--restart", "--json-out", path("s.json")};
        arguments.insert(arguments.begin() + 1, models.begin(), models.end());
        const Outcome outcome = run_ergon(arguments);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        std::vector<json> found;
        const json all = json::parse(content(path("s.json")));
        for (const json& one : all["contenders"]) found.push_back(one["details"]["sampling"]["temperature"]);
        return found;
    };
    const std::string thinker = fixture("scripted-thinker"), plain = fixture("scripted-plain");
    const json advice{{"value", 0.6}, {"from", "recommended for DeepSeek-R1"}};
    const json shared{{"value", 0.6}, {"from", "recommended for DeepSeek-R1 of scripted-thinker"}};
    EXPECT_EQ(temperatures({plain, thinker}), (std::vector<json>{shared, advice}));
    EXPECT_EQ(temperatures({thinker, plain + ":temperature=0"})[1], (json{{"value", 0.0}, {"from", "option"}}));
    EXPECT_EQ(temperatures({plain, plain + ":label=again"})[0], (json{{"value", 0.0}, {"from", "ergon"}}));
}

TEST_F(Experiment, ReportMakesTheSameFindingsAgain) {
    const Outcome first = compare("r.sqlite", {"--json-out", path("a.json")});
    ASSERT_EQ(first.exit_code, 0) << first.err;
    const Outcome again = run_ergon({"report", path("r.sqlite"), "--json-out", path("b.json")});
    ASSERT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(again.out, first.out);
    EXPECT_EQ(content(path("a.json")), content(path("b.json")));
    EXPECT_EQ(run_ergon({"report", path("none.sqlite")}).exit_code, 1);
    EXPECT_EQ(run_ergon({"report", path("r.sqlite"), "--run", "7"}).exit_code, 1);
    EXPECT_EQ(run_ergon({"report"}).exit_code, 2);
}

TEST_F(Experiment, ShardsMergeAndRerunsAgree) {
    for (const char* shard : {"1/2", "2/2"}) {
        const Outcome part = compare(std::string("part") + shard[0] + ".sqlite", {"--shard", shard});
        ASSERT_EQ(part.exit_code, 0) << part.err;
    }
    const Outcome merged =
        run_ergon({"report", path("part1.sqlite"), path("part2.sqlite"), "--json-out", path("m.json")});
    ASSERT_EQ(merged.exit_code, 0) << merged.err;
    EXPECT_EQ(json::parse(content(path("m.json")))["contenders"][0]["answers"], 3);
    EXPECT_NE(run_ergon({"report", path("part1.sqlite"), path("part1.sqlite")}).exit_code, 0);
    EXPECT_EQ(compare("x.sqlite", {"--shard", "3/2"}).exit_code, 2);

    ASSERT_EQ(compare("whole.sqlite").exit_code, 0);
    const Outcome verified = compare("rerun.sqlite", {"--verify", path("whole.sqlite")});
    EXPECT_THAT(verified.out, HasSubstr("6 of 6 answers are equal to the bit")) << verified.err;
    const Outcome other = compare("other.sqlite", {"--verify", path("whole.sqlite"), "--max-tokens", "3"});
    EXPECT_EQ(other.exit_code, 1);
    EXPECT_THAT(other.out, HasSubstr("its settings differ"));
}

TEST_F(Experiment, ResumesOnlyWhatIsThere) {
    const Outcome nothing = compare("r.sqlite", {"--resume"});
    EXPECT_EQ(nothing.exit_code, 1);
    EXPECT_THAT(nothing.err, HasSubstr("holds no run of this experiment"));
    EXPECT_EQ(compare("r.sqlite", {"--resume", "--restart"}).exit_code, 2);
}

TEST_F(Experiment, LongPromptsAreLeftOutForAllAndCounted) {
    const Outcome none = compare("l.sqlite", {"--max-prompt", "3"});
    EXPECT_EQ(none.exit_code, 2);
    EXPECT_THAT(none.err, HasSubstr("raise --max-prompt"));
    const std::string mixed =
        folder_.write("mixed.jsonl", "{\"prompt\": \"Hm?\"}\n{\"prompt\": \"" + std::string(4000, 'a') + "\"}\n");
    const Outcome some = run_ergon({"compare", fixture("scripted-thinker"), fixture("scripted-plain"), "--prompts",
                                    mixed, "--idle-seconds", "0", "--sessions", "1", "--max-prompt", "200", "--results",
                                    path("l.sqlite"), "--json-out", path("l.json")});
    ASSERT_EQ(some.exit_code, 0) << some.err;
    EXPECT_THAT(some.err, HasSubstr("1 prompts have more than 200 tokens"));
    EXPECT_EQ(json::parse(content(path("l.json")))["settings"]["prompts_left_out"], 1);
}

TEST_F(Experiment, BadRowsAreRefusedOrLeftOutAndCounted) {
    const std::string mixed = folder_.write(
        "bad.jsonl",
        "{\"prompt\": \"Two?\", \"answer\": 2}\nnot JSON\n{\"prompt\": 3}\n{\"prompt\": \"Four?\", \"answer\": 4}\n");
    std::vector<std::string> arguments{
        "eval",      fixture("scripted-plain"), "--prompts",  mixed,         "--idle-seconds", "0",
        "--results", path("b.sqlite"),          "--json-out", path("b.json")};
    const Outcome refused = run_ergon(arguments);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("bad.jsonl, line 2: expected one JSON object"));
    EXPECT_THAT(refused.err, HasSubstr("skip bad rows: --skip-bad."));
    arguments.emplace_back("--skip-bad");
    const Outcome counted = run_ergon(arguments);
    ASSERT_EQ(counted.exit_code, 0) << counted.err;
    EXPECT_THAT(counted.err, HasSubstr("left out: 2. The first: "));
    const json found = json::parse(content(path("b.json")));
    EXPECT_EQ(found["settings"]["bad_rows_left_out"], 2);
    EXPECT_EQ(found["contenders"][0]["graded"], 2);
}

TEST_F(Experiment, AModelAgainstItselfInADesign) {
    const std::string model = fixture("scripted-thinker");
    const auto run = [&](const std::string& factor) {
        return run_ergon({"compare", model, model + ":no_think,label=direct", "--prompts", prompts(), "--sessions", "1",
                          "--idle-seconds", "0", "--results", path("d.sqlite"), "--full", "--factor", factor});
    };
    const Outcome outcome = run("thinking=yes,no");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Both are the same model"));
    EXPECT_THAT(outcome.out, HasSubstr("no thinking over thinking"));
    const Outcome wrong = run("thinking=yes,no,maybe");
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_THAT(wrong.err, HasSubstr("has 3 levels, but there are 2 contenders"));
}

TEST_F(Experiment, WithoutModelsTheFourThatShipAreAsked) {
    const Outcome outcome = run_ergon({"compare", "--limit", "6", "--max-tokens", "60", "--sessions", "1",
                                       "--idle-seconds", "0", "--results", path("s.sqlite"), "--json-out",
                                       path("s.json"), "--html", path("s.html"), "--no-slice"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, ::testing::StartsWith("How do experts and thinking change the energy per answer"));
    EXPECT_LE(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 40) << "one screen\n" << outcome.out;
    const json found = json::parse(content(path("s.json")));
    EXPECT_FALSE(found.contains("layer_slice"));
    ASSERT_EQ(found["contenders"].size(), 4u);
    constexpr std::array names{"ergon-dense-direct", "ergon-dense-think", "ergon-moe-direct", "ergon-moe-think"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const json& one = found["contenders"][i];
        EXPECT_EQ(one["label"], names[i]);
        EXPECT_EQ(one["answers"], 6);
        EXPECT_EQ(one["graded"], 6);
    }
    EXPECT_THAT(outcome.out, HasSubstr("sparse experts over dense"));
    EXPECT_THAT(outcome.out, HasSubstr("thinking over no thinking"));
    EXPECT_THAT(outcome.out, Not(HasSubstr("ergon-moe-think over"))) << "pairs are for --full";
    const Outcome full = run_ergon({"report", path("s.sqlite"), "--full"});
    EXPECT_THAT(full.out, HasSubstr("ergon-moe-think over ergon-moe-direct"));
    EXPECT_THAT(full.out, Not(HasSubstr("ergon-moe-think over ergon-dense-direct"))) << "differ in both factors";
    EXPECT_EQ(found["pairs"].size(), 6u);
    const std::string page = content(path("s.html"));
    const std::size_t result = page.find("<h2"), effect = page.find("Thinking over no thinking: an answer takes");
    EXPECT_THAT(page, HasSubstr("These models are small."));
    EXPECT_LT(effect, result) << "the page begins with what the factors do";
    EXPECT_GT(page.find("ergon-moe-think took"), result);
    EXPECT_GT(page.find("ergon-moe-think over ergon-dense-direct"), page.find("Compared with published figures"));
}

TEST_F(Experiment, NothingCanBeForbiddenToLetters) {
    const Outcome outcome =
        run_ergon({"eval", fixture("scripted-plain"), "--prompts", prompts(), "--by-likelihood", "--forbid", "no"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("remove one of them"));
}

TEST_F(Experiment, EvalGradesOneModel) {
    const Outcome outcome =
        run_ergon({"eval", fixture("scripted-plain"), "--prompts", prompts(), "--sessions", "1", "--idle-seconds", "0",
                   "--results", path("e.sqlite"), "--json-out", path("e.json")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("right answers"));
    const json found = json::parse(content(path("e.json")));
    EXPECT_EQ(found["contenders"].size(), 1u);
    EXPECT_EQ(found["pairs"].size(), 0u);
    EXPECT_EQ(run_ergon({"eval", fixture("scripted-plain"), fixture("scripted-plain")}).exit_code, 2);
    const Outcome unknown = run_ergon({"eval", fixture("scripted-plain"), "--prompts", "no-such-task"});
    EXPECT_EQ(unknown.exit_code, 1);
    EXPECT_THAT(unknown.err, HasSubstr("puzzles"));
}

TEST_F(Experiment, ServersThatCannotBeAskedAreASentence) {
    const Outcome dead = compare("s.sqlite", {"http://127.0.0.1:1/v1#m"});
    EXPECT_EQ(dead.exit_code, 1);
    EXPECT_THAT(dead.err, ::testing::StartsWith("ergon: "));
    EXPECT_THAT(compare("s.sqlite", {"http://127.0.0.1:1/v1#m:threads=2"}).err, HasSubstr("remove them"));
    EXPECT_THAT(compare("s.sqlite", {"http://127.0.0.1:1/v1#m:key=NO_SUCH_VARIABLE_HERE"}).err,
                HasSubstr("NO_SUCH_VARIABLE_HERE"));
}

TEST_F(Experiment, JevonsTakesARun) {
    ASSERT_EQ(compare("few.sqlite").exit_code, 0);
    const Outcome few = run_ergon({"plan", "jevons", path("few.sqlite"), "--answers-per-day", "1000"});
    EXPECT_EQ(few.exit_code, 2);
    EXPECT_THAT(few.err, HasSubstr("too few prompts"));
    ASSERT_EQ(run_ergon({"compare", fixture("scripted-thinker") + ":label=thinker", fixture("scripted-plain"),
                         "--limit", "8", "--idle-seconds", "0", "--sessions", "1", "--results", path("r.sqlite")})
                  .exit_code,
              0);
    const Outcome outcome = run_ergon({"plan", "jevons", path("r.sqlite"), "--answers-per-day", "1000", "--growth",
                                       "0.5", "--json-out", path("j.json"), "--html", path("j.html")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("if use grows by"));
    const json found = json::parse(content(path("j.json")));
    EXPECT_EQ(found["answers_per_day"], 1000);
    EXPECT_EQ(found["years"].size(), 11u);
    EXPECT_THAT(content(path("j.html")), HasSubstr("<!DOCTYPE html>"));
    EXPECT_EQ(run_ergon({"plan", "jevons", path("r.sqlite")}).exit_code, 2);
    const Outcome unknown =
        run_ergon({"plan", "jevons", path("r.sqlite"), "--answers-per-day", "1", "--before", "nobody"});
    EXPECT_EQ(unknown.exit_code, 2);
    EXPECT_THAT(unknown.err, HasSubstr("thinker"));
}

}  // namespace
}  // namespace ergon::cli
