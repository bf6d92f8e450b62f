// Reinforcement learning as a whole: what is sampled and learnt is the same whatever the threads, and it learns.

#include "train/rl/grpo.h"

#include <cstring>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "kernels/elementwise.h"
#include "model/transformer.h"
#include "train/files/checkpoint.h"
#include "train/run/text_examples.h"

namespace ergon::train {
namespace {

const std::filesystem::path training_words = std::filesystem::path(ERGON_FIXTURES) / "training-words";

Architecture small_policy(const engine::ChatFormat& words) {
    model::Config c;
    c.architecture = model::Architecture::deepseek2;
    c.vocab_size = words.tokenizer().size();
    c.hidden_size = 32;
    c.intermediate_size = 64;
    c.num_hidden_layers = 2;
    c.max_position_embeddings = 64;
    c.rms_norm_eps = 1e-6;
    c.num_attention_heads = c.num_key_value_heads = 2;
    c.kv_lora_rank = 16;
    c.qk_nope_head_dim = 16;
    c.qk_rope_head_dim = 8;
    c.v_head_dim = 16;
    c.n_routed_experts = 4;
    c.num_experts_per_tok = 2;
    c.moe_intermediate_size = 16;
    c.first_k_dense_replace = 1;
    c.scoring_func = model::ScoringFunc::sigmoid;
    c.topk_method = model::TopkMethod::noaux_tc;
    c.norm_topk_prob = true;
    return {c, false};
}

/// Say a digit: what is right can be found by chance, so that there is something to learn from.
std::vector<tasks::Prompt> say_a_digit() {
    std::vector<tasks::Prompt> problems;
    for (int i = 0; i < 10; ++i) {
        tasks::Prompt p;
        p.id = "say-" + std::to_string(i);
        p.text = std::to_string(i);
        p.grader = tasks::Grader::regex;
        p.pattern = "[0-9]";
        problems.push_back(p);
    }
    return problems;
}

/// All that a run consists of.
struct Learning {
    explicit Learning(int threads, const std::function<void(GrpoOptions&, PolicyOptions&)>& change = {})
        : pool(threads), words(load_chat_format(training_words)), weights(small_policy(words)) {
        weights.initialise(9, 0.1f);
        for (Weights::Bias& bias : weights.biases()) bias.values.assign(bias.values.size(), 0.01f);
        options.problems = 4;
        options.rollout = {.group = 8, .max_tokens = 6, .document = 32, .at_once = 16, .thinking = false, .seed = 5};
        policy = {0.2, 0.01};
        if (change) change(options, policy);
        trainer_options.adamw.weight_decay = 0;
        trainer_options.schedule = {100, 0, 100, 0.02, 0.02};
        trainer_options.batch_tokens = trainer_options.micro_tokens = 128;
        trainer_options.document = 32;
        trainer_options.policy = policy;
        trainer.emplace(weights, trainer_options, pool);
        grpo.emplace(options, policy, say_a_digit(), words, weights, *trainer, pool);
    }
    RoundReport round() {
        const StepReport report = grpo->round();
        EXPECT_FALSE(report.diverged);
        return report.round.value();
    }
    std::vector<float> values() {
        const auto v = weights.values();
        return {v.begin(), v.end()};
    }

    base::ThreadPool pool;
    engine::ChatFormat words;
    Weights weights;
    GrpoOptions options;
    PolicyOptions policy;
    TrainerOptions trainer_options;
    std::optional<Trainer> trainer;
    std::optional<Grpo> grpo;
};

TEST(Rollout, DoesNotDependOnThreadsOrOnHowManyGrowAtOnce) {
    const std::vector<tasks::Prompt> problems = say_a_digit();
    const auto sampled = [&](int threads, std::int64_t at_once, std::uint64_t seed) {
        Learning run(threads);
        RolloutOptions o = run.options.rollout;
        o.at_once = at_once;
        o.seed = seed;
        std::vector<std::vector<TokenId>> all;
        for (const Sample& one : sample_answers(run.weights, run.words, problems, o, run.pool)) all.push_back(one.ids);
        return all;
    };
    const auto one = sampled(1, 1, 7);
    EXPECT_EQ(one.size(), 80u);
    EXPECT_NE(one[0], one[1]) << "answers of a group are drawn apart";
    EXPECT_EQ(one, sampled(3, 7, 7));
    EXPECT_EQ(one, sampled(2, 256, 7));
    EXPECT_NE(one, sampled(2, 256, 8));
}

TEST(Rollout, SamplesEndAsTheyDid) {
    Learning run(2);
    RolloutOptions o = run.options.rollout;
    o.max_tokens = 40;
    std::int64_t ended = 0;
    const TokenId end = *run.words.tokenizer().eos();
    for (const Sample& one : sample_answers(run.weights, run.words, say_a_digit(), o, run.pool)) {
        EXPECT_LE(std::ssize(one.ids), o.document);
        EXPECT_GT(one.generated(), 0);
        const bool by_itself = one.answer.stop == engine::StopReason::end_token;
        EXPECT_EQ(one.ids.back() == end, by_itself);
        EXPECT_EQ(one.generated(), std::ssize(one.answer.tokens) + (by_itself ? 1 : 0));
        ended += by_itself ? 1 : 0;
    }
    EXPECT_GT(ended, 0);
}

TEST(Rollout, RefusesAPromptWithoutRoomForAnAnswer) {
    Learning run(1);
    RolloutOptions o = run.options.rollout;
    o.document = 3;
    test::expect_error(base::ErrorCode::bad_argument, "say-0: the prompt has",
                       [&] { sample_answers(run.weights, run.words, say_a_digit(), o, run.pool); });
}

/// What the engine counts, token by token, is what the line through its first two tokens predicts.
TEST(CountedWork, IsWhatTheEngineCounts) {
    Learning run(2);
    const CountedWork work(run.weights, run.pool);
    model::Transformer engine(run.weights.architecture().config,
                              model::WeightSource(model::TensorsInMemory(run.weights.tensors())), {.strict = true},
                              run.pool);
    const auto cache = engine.make_cache(40, model::CacheType::f32);
    const std::int64_t prompt = 9, tokens = 20;
    std::vector<float> logits;
    double bytes = 0, operations = 0;
    for (std::int64_t t = 0; t < prompt + tokens; ++t) {
        const auto id = static_cast<TokenId>(t);
        const model::StepItem item{cache.get(), std::span(&id, 1), model::Role::generated, 1};
        energy::WorkAccount account;
        engine.forward(std::span(&item, 1), logits, account, nullptr);
        if (t < prompt) continue;
        energy::WorkTotals totals;
        totals.add(account.records());
        for (const std::int64_t one : totals.bytes) bytes += static_cast<double>(one);
        for (const std::int64_t one : totals.operations) operations += static_cast<double>(one);
    }
    EXPECT_EQ(work.bytes(prompt, tokens), bytes);
    EXPECT_EQ(work.operations(prompt, tokens), operations);
    EXPECT_GT(operations, 0);
}

TEST(Reward, IsTheSumOfItsParts) {
    Learning run(1);
    const CountedWork work(run.weights, run.pool);
    const tasks::Prompt problem = say_a_digit()[3];
    Sample sample;
    sample.ids.assign(9, 0);
    sample.prompt = 4;
    sample.answer.text = "7";
    sample.answer.stop = engine::StopReason::end_token;
    RewardOptions o;
    o.accuracy = 2;
    o.format = 0.5;
    o.token_cost = 0.01;
    o.joule_cost = 3;
    o.joules_per_byte = 1e-9;
    o.joules_per_operation = 2e-9;
    const double joules = 1e-9 * work.bytes(4, 5) + 2e-9 * work.operations(4, 5);
    const Reward right = reward_of(sample, problem, o, false, work);
    EXPECT_TRUE(right.right && right.well_formed);
    EXPECT_DOUBLE_EQ(right.joules, joules);
    EXPECT_DOUBLE_EQ(right.value, 2 + 0.5 - 0.05 - 3 * joules);
    EXPECT_FALSE(reward_of(sample, problem, o, true, work).well_formed) << "it was to think";
    sample.answer.stop = engine::StopReason::max_tokens;
    sample.answer.text = "x";
    const Reward wrong = reward_of(sample, problem, o, false, work);
    EXPECT_FALSE(wrong.right || wrong.well_formed);
    EXPECT_EQ(wrong.value, 0) << "only a right answer pays for its length";
}

TEST(Grpo, RaisesTheReward) {
    Learning run(2);
    double before = 0, after = 0;
    for (int i = 0; i < 40; ++i) {
        const double right = run.round().right;
        if (i < 5) before += right / 5;
        if (i >= 35) after += right / 5;
    }
    EXPECT_LT(before, 0.5);
    EXPECT_GT(after, 0.9);
}

TEST(Grpo, PaysForWhatItSaysByTheToken) {
    Learning run(2, [](GrpoOptions& o, PolicyOptions& p) {
        o.reward.token_cost = 0.2;
        p.kl = 0;
    });
    double before = 0, after = 0;
    for (int i = 0; i < 40; ++i) {
        const RoundReport r = run.round();
        const double tokens = static_cast<double>(r.sampled_tokens) / 32;
        if (i < 5) before += tokens / 5;
        if (i >= 35) after += tokens / 5;
    }
    EXPECT_GT(before, 4);
    EXPECT_LT(after, 2.5);
}

TEST(Grpo, HasTheSameBitsWithAnyNumberOfThreads) {
    const auto change = [](GrpoOptions& o, PolicyOptions&) { o.updates = 2; };
    Learning one(1, change), three(3, change);
    for (int i = 0; i < 3; ++i) {
        const RoundReport a = one.round(), b = three.round();
        EXPECT_EQ(a.reward, b.reward);
        EXPECT_EQ(a.divergence, b.divergence);
    }
    const std::vector<float> x = one.values(), y = three.values();
    EXPECT_EQ(std::memcmp(x.data(), y.data(), x.size() * sizeof(float)), 0);
}

TEST(Grpo, GoesOnFromACheckpointWithTheSameBits) {
    const auto change = [](GrpoOptions& o, PolicyOptions& p) {
        o.updates = 2;
        o.reference_every = 2;
        p.kl = 0.1;
    };
    const test::TemporaryDirectory folder;
    const std::filesystem::path file = folder.path() / "checkpoint.safetensors";
    Learning whole(2, change);
    for (int i = 0; i < 3; ++i) whole.round();
    save_checkpoint(file, whole.weights, *whole.trainer, 1, whole.grpo->state());
    Learning resumed(2, change);
    load_checkpoint(file, resumed.weights, *resumed.trainer, 1, resumed.grpo->state());
    for (int i = 0; i < 2; ++i) {
        const RoundReport a = whole.round(), b = resumed.round();
        EXPECT_EQ(a.divergence, b.divergence);
        EXPECT_GT(a.divergence + a.reward, 0);
    }
    const std::vector<float> x = whole.values(), y = resumed.values();
    EXPECT_EQ(std::memcmp(x.data(), y.data(), x.size() * sizeof(float)), 0);
}

TEST(Grpo, RefusesTooFewProblems) {
    test::expect_error(base::ErrorCode::bad_argument, "a round takes 11 problems, but the files have only 10",
                       [] { Learning run(1, [](GrpoOptions& o, PolicyOptions&) { o.problems = 11; }); });
}

}  // namespace
}  // namespace ergon::train
