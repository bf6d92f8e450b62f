#include "lab/experiment/experiment.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <unistd.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/random.h"
#include "lab/comparison.h"
#include "lab/findings/caveats.h"
#include "lab/output/comparison_table.h"
#include "lab/store/design.h"
#include "lab/store/run_summary.h"

namespace ergon::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ExperimentTest : public ::testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    using Answerers = std::vector<std::unique_ptr<Backend>>;

    /// Two scripted models; the thinker first.
    Answerers models(std::int64_t max_tokens = 60) {
        Answerers all;
        for (const char* name : {"scripted-thinker", "scripted-plain"}) {
            engine::LoadedModel& model = models_
                                             .emplace_back(std::make_unique<engine::LoadedModel>(engine::load_model(
                                                 std::filesystem::path(ERGON_FIXTURES) / name, {}, pool_)))
                                             .
                                             operator*();
            LocalOptions options{.generation = {}, .sampling = {}, .label = name, .system = {}};
            options.generation.max_tokens = max_tokens;
            options.generation.sampling = model.chat.defaults.sampling;
            all.push_back(answer_locally(model, options, meter_));
        }
        return all;
    }
    static ExperimentOptions quick() {
        ExperimentOptions options;
        options.idle = base::Seconds(0);
        options.sessions = 1;
        return options;
    }
    std::vector<Answer> answers(Results& results, RunId run) {
        std::vector<Answer> all;
        results.for_each(run, [&all](const Answer& answer) { all.push_back(answer); });
        return all;
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("ergon-experiment-" + std::to_string(::getpid()));
    base::ThreadPool pool_{1};
    energy::Meter meter_;
    std::vector<std::unique_ptr<engine::LoadedModel>> models_;
    std::vector<tasks::Prompt> prompts_ = [] {
        std::vector<tasks::Prompt> prompts(3);
        prompts[0] = {"france", "facts", "What is the capital of France?", "Paris"};
        prompts[1] = {"sum", "maths", "What is 2+2?", "4"};
        prompts[2] = {"other", "", "Hm?", ""};
        prompts[1].grader = tasks::Grader::number;
        return prompts;
    }();
};

TEST_F(ExperimentTest, EveryAnswerIsKeptWithItsPhases) {
    Results results(folder_ / "results.sqlite");
    std::int64_t seen = 0;
    const RunId run = run_experiment(models(), prompts_, quick(), results, [&](const ExperimentProgress& progress) {
        if (progress.answer == nullptr) return;
        EXPECT_EQ(progress.done, ++seen);
        EXPECT_EQ(progress.all, 6);
    });
    const auto kept = answers(results, run);
    ASSERT_EQ(kept.size(), 6u);
    for (const Answer& answer : kept) {
        EXPECT_EQ(answer.finish_reason, "stop") << answer.prompt;
        EXPECT_GT(answer[energy::Phase::prompt].tokens, base::Tokens(5)) << "read anew, from an empty cache";
        EXPECT_EQ(answer[energy::Phase::thinking].tokens > base::Tokens(0), answer.contender == 0);
        EXPECT_GT(answer[energy::Phase::answer].tokens, base::Tokens(0));
        EXPECT_GE(answer[energy::Phase::answer].total.high, answer[energy::Phase::answer].total.value);
        if (answer.prompt == "sum") {
            EXPECT_EQ(answer.text, "4");
            EXPECT_EQ(answer.right, true);
            EXPECT_EQ(answer.category, "maths");
        }
        if (answer.prompt == "other") {
            EXPECT_FALSE(answer.right) << "nobody knows the right answer";
        }
    }
    EXPECT_EQ(results.prompts(run).size(), 3u);
    EXPECT_TRUE(results.finished(run));
}

TEST_F(ExperimentTest, TheMachineAtRestIsWatchedBeforeAndAfter) {
    Results results(folder_ / "results.sqlite");
    ExperimentOptions options = quick();
    options.idle = base::Seconds(0.05);
    const RunId run = run_experiment(models(), prompts_, options, results);
    const std::vector<MachineEvent> machine_events = results.machine_events(run);
    ASSERT_EQ(machine_events.size(), 2u);
    EXPECT_EQ(machine_events[0].kind, "idle before");
    EXPECT_EQ(machine_events[1].kind, "idle after");
    for (const MachineEvent& one : machine_events) {
        EXPECT_GE(one.details["seconds"].get<double>(), 0.05);
        EXPECT_LE(one.details["watts"]["low"].get<double>(), one.details["watts"]["value"].get<double>());
    }
}

TEST_F(ExperimentTest, TheProtocolSaysWhetherThrottlingCouldBeSeen) {
    Results results(folder_ / "results.sqlite");
    ExperimentOptions options = quick();
    options.meter.sysfs = folder_ / "sys";
    const auto throttling = [&] {
        const RunId run = run_experiment(models(), std::span(prompts_).first(1), options, results);
        return results.description(run).protocol["throttling"].get<std::string>();
    };
    EXPECT_EQ(throttling(), "not visible: the kernel counts none here");
    const auto counts = options.meter.sysfs / "devices/system/cpu/cpu0/thermal_throttle";
    std::filesystem::create_directories(counts);
    std::ofstream(counts / "core_throttle_count") << "0\n";
    EXPECT_EQ(throttling(), "visible: the kernel counts it");
}

TEST_F(ExperimentTest, CapsAreEqualAndMarked) {
    Results results(folder_ / "results.sqlite");
    const RunId run = run_experiment(models(5), std::span(prompts_).first(1), quick(), results);
    for (const Answer& answer : answers(results, run)) {
        const auto generated = answer[energy::Phase::thinking].tokens + answer[energy::Phase::answer].tokens;
        EXPECT_LE(generated, base::Tokens(5));
        EXPECT_EQ(answer.finish_reason, answer.contender == 0 ? "length" : "stop");
    }
}

TEST_F(ExperimentTest, AnAnswerThatCannotFitIsSaidBeforeAnythingRuns) {
    Results results(folder_ / "results.sqlite");
    try {
        run_experiment(models(2040), prompts_, quick(), results);  // the second model's context is 2048
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("Lower --max-tokens"));
        EXPECT_THAT(error.what(), HasSubstr("scripted-plain"));
    }
}

TEST_F(ExperimentTest, MultipleChoiceByTheLikeliestLetter) {
    const engine::LoadedModel model =
        engine::load_model(std::filesystem::path(ERGON_FIXTURES) / "scripted-thinker", {}, pool_);
    LocalOptions options{.generation = {}, .sampling = {}, .label = "m", .system = {}};
    options.generation.max_tokens = 60;
    options.by_likelihood = true;
    const auto backend = answer_locally(model, options, meter_);
    prompts_[0].choices = {"Paris", "London", "Rome"};
    prompts_[0].answer = "A";
    prompts_[0].grader = tasks::Grader::choice;
    backend->prepare(prompts_);
    const Answer answer = backend->answer(prompts_[0], 0);
    EXPECT_THAT((std::vector<std::string>{"A", "B", "C"}), ::testing::Contains(answer.text));
    EXPECT_EQ(answer.thinking, "") << "no thought is asked for";
    EXPECT_EQ(answer.finish_reason, "stop") << "one letter is a whole answer";
    EXPECT_EQ(answer[energy::Phase::answer].tokens, base::Tokens(1));
    EXPECT_EQ(backend->answer(prompts_[1], 0).text, "4") << "what is no multiple choice is answered as ever";
}

/// Gives each answer a text and joules that depend on nothing but contender, prompt and repeat.
class Simulated final : public Backend {
  public:
    Simulated(std::string label, double factor)
        : contender_{std::move(label), "simulated", "", {{"kind", "simulated"}}}, factor_(factor) {}
    const Contender& contender() const override { return contender_; }
    void prepare(std::span<const tasks::Prompt>) override {}
    std::optional<std::int64_t> prompt_tokens(const tasks::Prompt&) const override { return std::nullopt; }
    void warm_up() override {}
    Answer answer(const tasks::Prompt& prompt, std::int64_t repeat) override {
        Answer answer;
        answer.prompt = prompt.id;
        answer.repeat = repeat;
        answer.category = prompt.category;
        answer.text = prompt.id + " said";
        answer.finish_reason = "stop";
        const double noise =
            base::random_uniform(prompt.id.size() * 7919 + static_cast<unsigned char>(prompt.id.back()),
                                 static_cast<std::uint64_t>(repeat), contender_.label.size());
        for (PhaseResult& phase : answer.phases) {
            phase.tokens = base::Tokens(10 + static_cast<std::int64_t>(40 * noise * factor_));
            phase.seconds = base::Seconds(0.5);
            const base::Joules joules(static_cast<double>(phase.tokens.value()) * 0.5);
            phase.total = phase.above_idle = {joules, joules * 0.9, joules * 1.1, energy::Method::estimated};
        }
        return answer;
    }

  private:
    Contender contender_;
    double factor_;
};

class KilledExperiment : public ExperimentTest {
  protected:
    static constexpr std::int64_t answers_in_all = 36;

    KilledExperiment() {
        prompts_.clear();
        for (int i = 0; i < 6; ++i)
            prompts_.push_back({"prompt" + std::to_string(i), i % 2 == 0 ? "even" : "odd", "?", ""});
    }
    static Answerers simulated() {
        Answerers all;
        all.push_back(std::make_unique<Simulated>("a", 1));
        all.push_back(std::make_unique<Simulated>("bb", 2));
        return all;
    }
    static ExperimentOptions thrice() {
        ExperimentOptions options = quick();
        options.repeats = 3;
        options.seed = 7;
        return options;
    }
    static std::string table(Results& results, RunId run) {
        ComparisonBuilder builder(results.contenders(run));
        results.for_each(run, [&](const Answer& answer) { builder.add(answer); });
        return comparison_table(builder.finish(7), "simulated");
    }
};

TEST_F(KilledExperiment, GivesTheSameTableWhereverItWasKilled) {
    struct Killed {};
    Results whole(folder_ / "whole.sqlite");
    const std::string expected = table(whole, run_experiment(simulated(), prompts_, thrice(), whole));
    EXPECT_THAT(expected, HasSubstr("18"));
    for (std::int64_t at = 1; at < answers_in_all; ++at) {
        Results results(folder_ / ("killed" + std::to_string(at) + ".sqlite"));
        EXPECT_THROW(run_experiment(simulated(), prompts_, thrice(), results,
                                    [&](const ExperimentProgress& progress) {
                                        if (progress.answer != nullptr && progress.done == at) throw Killed();
                                    }),
                     Killed);
        const RunId first = results.last_run().value();
        EXPECT_EQ(results.answers(first), at);
        ExperimentOptions resumed = thrice();
        resumed.resume = Resume::must;
        const RunId run = run_experiment(simulated(), prompts_, resumed, results,
                                         [&](const ExperimentProgress& progress) { EXPECT_EQ(progress.already, at); });
        EXPECT_EQ(run, first);
        EXPECT_EQ(table(results, run), expected) << "killed after " << at;
    }
}

TEST_F(KilledExperiment, OnlyTheSameExperimentIsGoneOnWith) {
    struct Killed {};
    Results results(folder_ / "results.sqlite");
    const auto kill = [](const ExperimentProgress& progress) {
        if (progress.answer != nullptr) throw Killed();
    };
    ExperimentOptions must = thrice();
    must.resume = Resume::must;
    const auto refused = [&] {
        test::expect_error(base::ErrorCode::not_found, "holds no run of this experiment",
                           [&] { run_experiment(simulated(), prompts_, must, results); });
    };
    refused();
    EXPECT_THROW(run_experiment(simulated(), prompts_, thrice(), results, kill), Killed);
    const RunId first = results.last_run().value();
    ExperimentOptions anew = thrice();
    anew.resume = Resume::never;
    EXPECT_THROW(run_experiment(simulated(), prompts_, anew, results, kill), Killed);
    EXPECT_NE(results.last_run(), first);
    ExperimentOptions other = thrice();
    other.seed = 8;
    EXPECT_THROW(run_experiment(simulated(), prompts_, other, results, kill), Killed);
    EXPECT_EQ(results.last_run(), first + 2) << "three runs";
    prompts_[0].text = "Another question?";
    refused();
    prompts_[0].text = "?";
    const RunId whole = run_experiment(simulated(), prompts_, must, results);
    EXPECT_EQ(results.answers(whole), answers_in_all);
    const auto nothing = [](const ExperimentProgress&) { ADD_FAILURE() << "asked again"; };
    EXPECT_EQ(run_experiment(simulated(), prompts_, must, results, nothing), whole) << "finished, and left as it is";
}

TEST_F(KilledExperiment, TheDesignIsKeptWithTheRun) {
    struct Killed {};
    Results results(folder_ / "results.sqlite");
    ExperimentOptions designed = thrice();
    designed.factors = {{"size", {"small", "large"}}};
    EXPECT_THROW(run_experiment(simulated(), prompts_, designed, results,
                                [](const ExperimentProgress& progress) {
                                    if (progress.answer != nullptr) throw Killed();
                                }),
                 Killed);
    EXPECT_EQ(kept_factors(results, results.last_run().value()), designed.factors) << "before the last answer";
    const RunId run = run_experiment(simulated(), prompts_, thrice(), results);
    EXPECT_EQ(kept_factors(results, run), designed.factors) << "whoever goes on without naming them keeps them";
}

TEST_F(KilledExperiment, ShardsMakeTheWholeTogether) {
    Results whole(folder_ / "whole.sqlite");
    const RunId run = run_experiment(simulated(), prompts_, thrice(), whole);
    ComparisonBuilder merged(whole.contenders(run));
    std::int64_t all = 0;
    for (std::int64_t i = 0; i < 4; ++i) {
        Results part(folder_ / ("part" + std::to_string(i) + ".sqlite"));
        ExperimentOptions options = thrice();
        options.shard = {i, 4};
        const RunId id = run_experiment(simulated(), prompts_, options, part);
        all += part.answers(id);
        part.for_each(id, [&](const Answer& answer) { merged.add(answer); });
    }
    EXPECT_EQ(all, answers_in_all);
    EXPECT_EQ(comparison_table(merged.finish(7), "simulated"), table(whole, run));
}

/// Fails at some prompts until it is mended.
class Failing final : public Backend {
  public:
    Failing(std::unique_ptr<Backend> inner, std::set<std::string> prompts)
        : inner_(std::move(inner)), prompts_(std::move(prompts)) {}
    const Contender& contender() const override { return inner_->contender(); }
    void prepare(std::span<const tasks::Prompt> prompts) override { inner_->prepare(prompts); }
    std::optional<std::int64_t> prompt_tokens(const tasks::Prompt&) const override { return std::nullopt; }
    void warm_up() override {}
    Answer answer(const tasks::Prompt& prompt, std::int64_t repeat) override {
        if (prompts_.contains(prompt.id)) base::fail(base::ErrorCode::system, "HTTP 500 at {}.", prompt.id);
        return inner_->answer(prompt, repeat);
    }

  private:
    std::unique_ptr<Backend> inner_;
    std::set<std::string> prompts_;
};

TEST_F(KilledExperiment, FailedAnswersAreKeptCountedAndTriedAgain) {
    const auto contenders = [](std::set<std::string> failing) {
        Answerers all;
        all.push_back(std::make_unique<Simulated>("a", 1));
        all.push_back(std::make_unique<Failing>(std::make_unique<Simulated>("bb", 2), std::move(failing)));
        all.push_back(std::make_unique<Simulated>("ccc", 3));
        return all;
    };
    Results results(folder_ / "results.sqlite");
    std::int64_t told = 0, done = 0;
    const RunId run = run_experiment(contenders({"prompt1", "prompt4"}), prompts_, quick(), results,
                                     [&](const ExperimentProgress& progress) {
                                         told += progress.failure != nullptr ? 1 : 0;
                                         done = progress.done;
                                     });
    EXPECT_EQ(told, 2);
    EXPECT_EQ(done, 18);
    EXPECT_EQ(results.answers(run), 16);
    ASSERT_EQ(results.failures(run).size(), 2u);
    EXPECT_EQ(results.failures(run)[0].reason, "HTTP 500 at prompt1.");
    EXPECT_FALSE(results.finished(run));

    const RunSummary loaded = load_run(results, run);
    const Comparison& comparison = loaded.report.comparison;
    EXPECT_EQ(comparison.contenders[0].answers, 6);
    EXPECT_EQ(comparison.contenders[1].failed, 2);
    EXPECT_EQ(comparison.failed_prompts, 2);
    ASSERT_EQ(comparison.pairs.size(), 3u);
    for (const PairSummary& pair : comparison.pairs) {
        EXPECT_EQ(pair.prompts, 4) << "also of the two that answered all: " << pair.a << " " << pair.b;
    }
    const auto sentences = caveats(comparison, loaded.report.run, {});
    EXPECT_THAT(sentences, ::testing::Contains(::testing::AllOf(
                               HasSubstr("0 of 6 by a, 2 of 6 by bb, 0 of 6 by ccc"), HasSubstr("HTTP 500 at prompt4."),
                               HasSubstr("The 2 prompts are left out of all comparisons"))));

    const RunId again = run_experiment(contenders({"prompt4"}), prompts_, quick(), results);
    EXPECT_EQ(again, run);
    EXPECT_EQ(results.failures(run).size(), 1u);
    EXPECT_EQ(run_experiment(contenders({}), prompts_, quick(), results), run);
    EXPECT_TRUE(results.finished(run));
    EXPECT_EQ(results.answers(run), 18);
    EXPECT_EQ(load_run(results, run).report.comparison.failed_prompts, 0);
}

TEST_F(KilledExperiment, TooManyFailuresEndTheRunWithWhatIsKept) {
    Answerers all;
    all.push_back(std::make_unique<Simulated>("a", 1));
    all.push_back(std::make_unique<Failing>(std::make_unique<Simulated>("bb", 2),
                                            std::set<std::string>{"prompt0", "prompt1", "prompt2", "prompt3"}));
    Results results(folder_ / "results.sqlite");
    ExperimentOptions options = quick();
    const auto refusal = [&] {
        try {
            run_experiment(all, prompts_, options, results);
        } catch (const base::Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(refusal(), "") << "five may fail at least";
    options.max_failures = 2;
    options.resume = Resume::never;
    const std::string said = refusal();
    EXPECT_THAT(said, HasSubstr("3 answers failed, more than the 2 of --max-failures; the last, of bb to \"prompt"));
    const std::int64_t kept = results.answers(results.last_run().value());
    EXPECT_GT(kept, 0);
    EXPECT_THAT(said, HasSubstr(std::to_string(kept) + " of 12 answers are kept in " + results.path().string()));
    EXPECT_THAT(said, HasSubstr("the same command goes on"));
    EXPECT_EQ(results.failures(results.last_run().value()).size(), 3u);
    options.max_failures = 0;
    EXPECT_THAT(refusal(), HasSubstr("1 answers failed, more than the 0"));
}

TEST_F(KilledExperiment, LabelsThatAreEqualAreNumbered) {
    Answerers same;
    for (int i = 0; i < 2; ++i) same.push_back(std::make_unique<Simulated>("a", 1));
    Results results(folder_ / "results.sqlite");
    const auto contenders = results.contenders(run_experiment(same, prompts_, quick(), results));
    EXPECT_EQ(contenders[0].label, "a #1");
    EXPECT_EQ(contenders[1].label, "a #2");
}

}  // namespace
}  // namespace ergon::lab
