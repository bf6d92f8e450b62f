#include "lab/store/run_summary.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/random.h"
#include "base/temporary_directory.h"
#include "lab/findings/caveats.h"
#include "lab/findings/findings.h"
#include "lab/findings/verify.h"
#include "lab/output/answers_csv.h"
#include "lab/output/comparison_page.h"
#include "lab/store/distillation_traces.h"
#include "lab/store/run_details.h"

namespace ergon::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StoredRuns : public ::testing::Test {
  protected:
    static std::vector<Contender> contenders() {
        const nlohmann::ordered_json details{{"kind", "in-process"}, {"max_tokens", 64}, {"vocabulary", "v"}};
        return {{"alpha", "a.gguf", "ha", details}, {"beta <b>", "b.gguf", "hb", details}};
    }
    /// A run of one shard: ten prompts, of which the shard holds those at its places.
    RunId store(Results& results, int shard = 0, int shards = 1, double joules = 1, const std::string& said = "Paris") {
        const RunDescription run{
            {{"prompts", "mine"}},
            3,
            {{"energy_source", "Simulated."}, {"threads", 2}},
            "0.1.0",
            protocol_json({0, {}, shard == 1 ? Throttling::not_visible : Throttling::visible, {shard, shards}})};
        const RunId id = results.start(run, contenders());
        std::vector<AskedPrompt> prompts;
        for (int i = 0; i < 10; ++i)
            prompts.push_back({fmt::format("p{}", i), i < 5 ? "easy" : "hard", "Where?", "Paris"});
        results.add_prompts(id, prompts);
        for (int i = shard; i < 10; i += shards) {
            for (int contender = 0; contender < 2; ++contender) results.add(id, answer(contender, i, joules, said));
        }
        results.add_machine_event(id, {"idle before", {{"watts", {{"value", 10}}}}, ""});
        results.add_machine_event(id, {"idle after", {{"watts", {{"value", 12}}}}, ""});
        results.finish(id);
        return id;
    }
    static Answer answer(int contender, int prompt, double joules, const std::string& said) {
        Answer answer;
        answer.contender = contender;
        answer.prompt = fmt::format("p{}", prompt);
        answer.text = said + "\n</script><script>alert(1)</script>";
        answer.thinking = contender == 1 ? "Hm, \x1b[31m" : "";
        answer.finish_reason = "stop";
        answer.right = prompt % 2 == 0 || contender == 1;
        answer.measures.others = base::Seconds(contender == 0 ? 1 : 0);
        answer.measures.components = {{"attention", 0.5}, {"router", 0.25}};
        const double noise = 1 + 0.2 * base::random_uniform(1, static_cast<std::uint64_t>(contender),
                                                            static_cast<std::uint64_t>(prompt));
        for (PhaseResult& phase : answer.phases) {
            const base::Joules amount(joules * noise * (1 + contender));
            phase = {base::Tokens(10 + prompt),
                     base::Seconds(1),
                     {amount, amount, amount, energy::Method::measured},
                     {amount, amount, amount, energy::Method::apportioned}};
        }
        return answer;
    }
    test::TemporaryDirectory folder_;
};

/// --threads auto may choose otherwise in each part.
TEST_F(StoredRuns, PartsWhoseThreadsWereTimedMerge) {
    std::vector<std::filesystem::path> files;
    for (int shard = 0; shard < 2; ++shard) {
        std::vector<Contender> timed = contenders();
        for (Contender& one : timed) {
            one.details["threads"] = std::to_string(shard + 1);
            one.details["threads_chosen"] = "timed";
        }
        files.push_back(folder_ / fmt::format("part{}.sqlite", shard));
        Results part(files.back());
        const RunId id =
            part.start({{{"prompts", "mine"}}, 3, {}, "0.1.0", {{"shard", fmt::format("{}/2", shard + 1)}}}, timed);
        part.add_prompts(id, {{fmt::format("p{}", shard), "easy", "Where?", "Paris"}});
        for (int contender = 0; contender < 2; ++contender) part.add(id, answer(contender, shard, 1, "Paris"));
        part.finish(id);
    }
    EXPECT_EQ(load_runs(files).answers, 4);
}

// Every two are compared, so that the time grows with the square of their number.
TEST_F(StoredRuns, MoreContendersThanAreComparedAreRefused) {
    Results results(folder_ / "many.sqlite");
    std::vector<Contender> many;
    for (int i = 0; i <= max_contenders; ++i)
        many.push_back({fmt::format("c{}", i), "m", "h", nlohmann::ordered_json::object()});
    test::expect_error(base::ErrorCode::bad_argument, "65 contenders are too many", [&] { results.start({}, many); });
}

TEST_F(StoredRuns, ShardsMergeIntoTheWhole) {
    Results whole(folder_ / "whole.sqlite");
    const RunSummary expected = load_run(whole, store(whole));
    std::vector<std::filesystem::path> files;
    for (int shard = 0; shard < 3; ++shard) {
        files.push_back(folder_ / fmt::format("part{}.sqlite", shard));
        Results part(files.back());
        store(part, shard, 3);
    }
    const RunSummary merged = load_runs(files);
    EXPECT_EQ(merged.answers, 20);
    EXPECT_EQ(merged.report.comparison.contenders[1].answers, 10);
    EXPECT_EQ(merged.report.comparison.pairs[0].energy_ratio.value,
              expected.report.comparison.pairs[0].energy_ratio.value);
    EXPECT_EQ(merged.report.comparison.pairs[0].energy_ratio.low, expected.report.comparison.pairs[0].energy_ratio.low);
    EXPECT_EQ(merged.report.shown.size(), 10u);
    EXPECT_EQ(merged.energy_source, "Simulated.");
    EXPECT_TRUE(merged.finished);
    EXPECT_EQ(protocol_of(expected.report.run).throttling, Throttling::visible);
    EXPECT_EQ(protocol_of(merged.report.run).throttling, Throttling::not_visible) << "one machine could not see it";
    files.push_back(files[0]);
    test::expect_error(base::ErrorCode::bad_argument, "shard 1/3 again", [&] { load_runs(files); });
    // The whole beside one of its parts would count answers twice, and make intervals too narrow.
    test::expect_error(base::ErrorCode::bad_argument, "some answers would count twice", [&] {
        load_runs({folder_ / "whole.sqlite", files[0]});
    });
}

// A part alone looks like the whole: its figures are of other prompts than the reader thinks.
TEST_F(StoredRuns, PartsThatAreMissingAreNamed) {
    std::vector<std::filesystem::path> files;
    for (int shard = 0; shard < 3; ++shard) {
        files.push_back(folder_ / fmt::format("part{}.sqlite", shard));
        Results part(files.back());
        store(part, shard, 3);
    }
    const auto first_caveat = [](const std::vector<std::filesystem::path>& some) {
        const RunSummary run = load_runs(some);
        return caveats(run.report.comparison, run.report.run, run.report.machine_events).at(0);
    };
    EXPECT_EQ(first_caveat({files[0]}),
              "Parts 2/3 and 3/3 of the experiment are missing: these figures are of one third of the prompts.");
    EXPECT_EQ(first_caveat({files[2], files[0]}),
              "Part 2/3 of the experiment is missing: these figures are of two thirds of the prompts.");
    EXPECT_THAT(first_caveat(files), Not(HasSubstr("missing")));
    Results one(folder_ / "one.sqlite");
    store(one, 4, 100);
    EXPECT_THAT(first_caveat({one.path()}),
                HasSubstr("99 of 100 parts of the experiment are missing: these figures are of 1 of 100 parts"));
}

TEST_F(StoredRuns, OtherExperimentsAndMissingFilesAreRefused) {
    Results mine(folder_ / "mine.sqlite"), empty(folder_ / "empty.sqlite"), other(folder_ / "other.sqlite");
    store(mine);
    std::vector<Contender> changed = contenders();
    changed[0].hash = "another";
    other.start({{{"prompts", "mine"}}, 3, {}, "0.1.0", {{"shard", "2/2"}}}, changed);
    test::expect_error(base::ErrorCode::bad_argument, "their contenders differ", [&] {
        load_runs({mine.path(), other.path()});
    });
    test::expect_error(base::ErrorCode::not_found, "holds no run", [&] { load_runs({empty.path()}); });
    test::expect_error(base::ErrorCode::not_found, "no results file", [&] { load_runs({folder_ / "none.sqlite"}); });
    EXPECT_FALSE(std::filesystem::exists(folder_ / "none.sqlite"));
    test::expect_error(base::ErrorCode::not_found, "has no run 9", [&] { load_runs({mine.path()}, 9); });
}

TEST_F(StoredRuns, ThePageHoldsEverythingAndTrustsNothing) {
    Results results(folder_ / "run.sqlite");
    const RunSummary run = load_run(results, store(results));
    const std::string page = comparison_page(run.report, energy::read_references());
    for (const char* part : {"The result", "By task", "Confounders and limitations", "Method", "Prompts and answers",
                             "Energy per answer by component", "run.sqlite", "idle before", "router", "beta &lt;b&gt;",
                             "Simulated.", "Other programs used", "the kernel counts it"}) {
        EXPECT_THAT(page, HasSubstr(part));
    }
    EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(page, Not(HasSubstr("17,800 J"))) << "of models that are not compared here";
    RunSummary of_the_press = run;
    of_the_press.report.comparison.contenders[1].label = "deepseek_r1-distill.llama-70b Q4";
    EXPECT_THAT(comparison_page(of_the_press.report, energy::read_references()), HasSubstr("The 17,800 J that"));
    EXPECT_EQ(page.find('\x1b'), std::string::npos);
    EXPECT_EQ(page, comparison_page(run.report, energy::read_references())) << "the same run, the same bytes";
}

TEST_F(StoredRuns, ThePageBeginsWithItsFindingAndCanBeCited) {
    Results results(folder_ / "run.sqlite");
    const RunSummary run = load_run(results, store(results));
    const std::string page = comparison_page(run.report, energy::read_references());
    EXPECT_THAT(page, HasSubstr("<h1>" + headline(run.report.comparison).substr(0, 4)));
    EXPECT_THAT(headline(run.report.comparison), HasSubstr(" times the joules of alpha per answer (95% interval "));
    EXPECT_LT(page.find("<figure"), page.find("<table")) << "one chart before all tables";
    EXPECT_THAT(page, HasSubstr("Cite this"));
    EXPECT_THAT(page, HasSubstr(run.report.digest));
    EXPECT_EQ(run.report.digest.size(), 16u);
}

TEST_F(StoredRuns, TheDigestNamesARunWhateverTheOrderOfItsParts) {
    std::vector<std::filesystem::path> files;
    for (int shard = 0; shard < 2; ++shard) {
        files.push_back(folder_ / fmt::format("part{}.sqlite", shard));
        Results part(files.back());
        store(part, shard, 2);
    }
    EXPECT_EQ(load_runs({files[0], files[1]}).report.digest, load_runs({files[1], files[0]}).report.digest);
    EXPECT_NE(load_runs({files[0]}).report.digest, load_runs({files[1]}).report.digest);
    Results other(folder_ / "other.sqlite");
    store(other, 0, 2, 1, "Rome");
    EXPECT_NE(load_runs({other.path()}).report.digest, load_runs({files[0]}).report.digest) << "one answer differs";
}

TEST_F(StoredRuns, CircumstancesAreSaidWhereTheyMatter) {
    Results results(folder_ / "run.sqlite");
    const RunSummary run = load_run(results, store(results));
    const auto said = caveats(run.report.comparison, run.report.run, run.report.machine_events);
    ASSERT_EQ(said.size(), 2u);
    EXPECT_THAT(said[0], HasSubstr("Other programs used 17% of the machine's processor time while alpha answered"));
    EXPECT_THAT(said[1], HasSubstr("drew 10 W before the run and 12 W after it (+20%)"));
    EXPECT_TRUE(caveats(run.report.comparison, {}, {}).empty());
    const std::vector<MachineEvent> hot{{"throttled", {{"pause_seconds", 30}}, ""}};
    EXPECT_THAT(caveats(run.report.comparison, {}, hot).at(0), "The CPU was thermally throttled; paused 30 s to cool.");
    RunDescription blind;
    note_throttling_not_visible(blind);
    EXPECT_THAT(caveats(run.report.comparison, blind, {}).at(0), HasSubstr("does not report thermal throttling"));
}

TEST_F(StoredRuns, WeightsWithinTheCacheAreSaidToBe) {
    Results results(folder_ / "run.sqlite");
    Comparison comparison = load_run(results, store(results)).report.comparison;
    RunDescription run;
    run.machine["cache_bytes"] = 32 << 20;
    EXPECT_TRUE(caveats(comparison, run, {}).empty()) << "nothing is known of their weights";
    comparison.contenders[0].details.model.weight_bytes = 4'000'000;
    EXPECT_TRUE(caveats(comparison, run, {}).empty());
    comparison.contenders[1].details.model.weight_bytes = 9'000'000;
    EXPECT_THAT(caveats(comparison, run, {}).at(0), HasSubstr("cache (33.6 MB)"));
    comparison.contenders[1].details.model.weight_bytes = 90'000'000;
    EXPECT_TRUE(caveats(comparison, run, {}).empty());
}

TEST_F(StoredRuns, TheCsvHasARowForEachAnswerAndEachFailure) {
    Results results(folder_ / "run.sqlite");
    const RunId id = store(results);
    results.add_failure(id, {1, "p3", 1, 0, "HTTP 500"});
    const RunSummary loaded = load_run(results, id);
    const std::string csv = answers_csv(loaded.parts);
    EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 2 * 10 + 1);
    EXPECT_THAT(csv, HasSubstr("\nbeta <b>,p3,easy,0,1,failed,,,"));
    EXPECT_THAT(csv, HasSubstr("alpha,p0,easy,0,0,"));
    EXPECT_THAT(csv, HasSubstr("beta <b>,p9,"));
    const std::size_t columns = static_cast<std::size_t>(std::ranges::count(csv.substr(0, csv.find('\n')), ','));
    for (std::size_t begin = 0; begin < csv.size();) {
        const std::size_t end = csv.find('\n', begin);
        EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(csv.substr(begin, end - begin), ',')), columns);
        begin = end + 1;
    }
}

TEST_F(StoredRuns, TracesAreTheRightAnswersEachOnce) {
    Results results(folder_ / "run.sqlite");
    const RunDescription run{{}, 3, {}, "0.1.0", {}};
    const RunId id = results.start(run, contenders());
    results.add_prompts(id, {{"p0", "", "Where?", "Paris"}, {"p1", "", "And \"there\"?", "Paris"}});
    const auto add = [&](int contender, int prompt, std::int64_t repeat, std::optional<bool> right,
                         const std::string& text, const std::string& end) {
        Answer one = answer(contender, prompt, 2, "");
        one.repeat = repeat;
        one.right = right;
        one.text = text;
        one.finish_reason = end;
        results.add(id, one);
    };
    add(1, 0, 0, true, "Paris", "stop");
    add(1, 0, 1, true, "Paris", "stop");     // said before
    add(1, 0, 2, true, "In Paris", "stop");  // in other words
    add(1, 0, 3, false, "Rome", "stop");
    add(1, 1, 0, true, "Paris, which", "length");  // cut off
    add(0, 1, 0, true, "Paris\n", "stop");
    add(0, 0, 0, std::nullopt, "Well", "stop");
    const Traces found = traces(results, id);
    EXPECT_EQ(found.kept, 3);
    EXPECT_EQ(found.right, 5);
    EXPECT_EQ(found.graded, 6);
    EXPECT_GT(found.joules.value.value(), 11);
    std::istringstream lines(found.lines);
    std::vector<nlohmann::json> all;
    for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0]["prompt"], "And \"there\"?");
    EXPECT_EQ(all[0]["answer"], "Paris\n");
    EXPECT_FALSE(all[0].contains("thinking"));
    EXPECT_EQ(all[0]["contender"], "alpha");
    EXPECT_EQ(all[1]["thinking"], "Hm, \x1b[31m");
    EXPECT_EQ(all[2]["answer"], "In Paris");
}

TEST_F(StoredRuns, ARerunAgreesToTheBitWhateverItsJoules) {
    Results here(folder_ / "here.sqlite"), there(folder_ / "there.sqlite");
    const RunId a = store(here), b = store(there, 0, 1, 7);
    const Agreement agreement = compare_runs(here, a, there, b);
    EXPECT_TRUE(agreement.agrees());
    EXPECT_EQ(agreement.compared, 20);
    EXPECT_EQ(agreement.equal, 20);
    EXPECT_EQ(agreement.ratios.size(), 3u);
    const std::string text =
        agreement_text(agreement, load_run(here, a).report.comparison, load_run(there, b).report.comparison);
    EXPECT_THAT(text, HasSubstr("20 of 20 answers are equal to the bit"));
    EXPECT_THAT(text, HasSubstr("The two runs agree."));
}

TEST_F(StoredRuns, WhatDiffersIsSaid) {
    Results here(folder_ / "here.sqlite"), there(folder_ / "there.sqlite");
    const RunId a = store(here), b = store(there, 0, 1, 1, "London");
    const Agreement agreement = compare_runs(here, a, there, b);
    EXPECT_FALSE(agreement.agrees());
    EXPECT_EQ(agreement.equal, 0);
    EXPECT_EQ(agreement.differing.size(), 5u) << "the first few";
    EXPECT_THAT(agreement.differing[0], HasSubstr("alpha on \"p0\", repeat 1"));
    std::vector<Contender> changed = contenders();
    changed[0].details["max_tokens"] = 32;
    changed[1].label = "gamma";
    const RunId other = there.start({{{"prompts", "mine"}}, 3, {}, "0.1.0", {}}, changed);
    const Agreement nothing = compare_runs(here, a, there, other);
    EXPECT_EQ(nothing.compared, 0);
    EXPECT_FALSE(nothing.agrees());
    ASSERT_EQ(nothing.not_comparable.size(), 2u);
    EXPECT_THAT(nothing.not_comparable[0], HasSubstr("settings differ"));
    EXPECT_THAT(nothing.not_comparable[1], HasSubstr("no contender of that name"));
}

}  // namespace
}  // namespace ergon::lab
