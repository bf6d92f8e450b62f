// Training as a whole: it learns, with the same bits for any number of threads and across a kill.

#include "train/optimizer/trainer.h"

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <limits>

#include "base/expect_error.h"
#include "base/random.h"
#include "base/sanitized.h"
#include "base/temporary_directory.h"
#include "train/files/checkpoint.h"
#include "train/precisions.h"

namespace ergon::train {
namespace {

using test::precisions;

/// A DeepSeek-V3 in small: latent attention, a dense layer and one with experts, multi-token prediction.
Architecture small_model(bool experts, Precision precision = Precision::fp32) {
    model::Config c;
    c.architecture = model::Architecture::deepseek2;
    c.vocab_size = 24;
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
    if (experts) {
        c.n_routed_experts = 8;
        c.n_shared_experts = 1;
        c.num_experts_per_tok = 2;
        c.moe_intermediate_size = 16;
        c.first_k_dense_replace = 1;
        c.scoring_func = model::ScoringFunc::sigmoid;
        c.topk_method = model::TopkMethod::noaux_tc;
        c.norm_topk_prob = true;
        c.routed_scaling_factor = 1.5;
    }
    return {c, true, precision};
}

/// Copy what stood before the separator: learnt only by attending back.
Example copying(std::int64_t place) {
    base::RandomSequence random(17, static_cast<std::uint64_t>(place));
    const auto length = static_cast<std::int64_t>(3 + random.below(6));
    Example e;
    for (std::int64_t i = 0; i < length; ++i) e.ids.push_back(static_cast<TokenId>(2 + random.below(22)));
    e.ids.push_back(0);
    for (std::int64_t i = 0; i < length; ++i) e.ids.push_back(e.ids[static_cast<std::size_t>(i)]);
    e.ids.push_back(1);
    e.loss_weights.assign(e.ids.size(), 0.0f);
    std::fill(e.loss_weights.begin() + length + 1, e.loss_weights.end(), 1.0f);
    return e;
}

TrainerOptions options() {
    TrainerOptions o;
    o.schedule = {.steps = 300, .warm_up = 20, .decay_from = 200, .learning_rate = 1e-2, .least = 1e-3};
    o.batch_tokens = 800;
    o.micro_tokens = 300;
    o.document = 24;
    o.mtp_factor = 0.3f;
    o.balance = {.bias_step = 0.01f, .sequence_loss = 1e-4f};
    return o;
}

struct Training {
    base::ThreadPool pool;
    Weights weights;
    Trainer trainer;
    explicit Training(int threads, bool experts = true, Precision precision = Precision::fp32)
        : pool(threads), weights(small_model(experts, precision)), trainer(initialised(weights), options(), pool) {}
    static Weights& initialised(Weights& weights) {
        weights.initialise(5, 0.05f);
        return weights;
    }
    std::vector<float> values() { return {weights.values().begin(), weights.values().end()}; }
    std::vector<std::byte> moments() {
        Adamw& adamw = trainer.adamw();
        std::vector<std::byte> all;
        for (const NamedWeight& one : weights.named()) {
            const auto size = one.weight.values() * tensor::info(adamw.moment_type()).block_bytes;
            for (const std::byte* at : {adamw.first(one.weight), adamw.second(one.weight)})
                all.insert(all.end(), at, at + size);
        }
        return all;
    }
    std::vector<std::vector<float>> biases() {
        std::vector<std::vector<float>> all;
        for (const Weights::Bias& one : weights.biases()) all.push_back(one.values);
        return all;
    }
};

class LearnsToCopy : public testing::TestWithParam<Precision> {};

TEST_P(LearnsToCopy, WithAndWithoutExperts) {
    for (const bool experts : {false, true}) {
        if (!experts && GetParam() != Precision::fp32) continue;  // experts have dense layers too
        Training run(2, experts, GetParam());
        const StepReport first = run.trainer.step(copying);
        EXPECT_NEAR(first.loss, std::log(24.0), 0.2);  // nothing known: each of 24 tokens alike
        EXPECT_GE(first.tokens, 800);
        StepReport last;
        for (int step = 1; step < (test::sanitized ? 30 : 300); ++step) last = run.trainer.step(copying);
        EXPECT_LT(last.loss, first.loss);
        if (test::sanitized) continue;  // which see every kind of step; what is learnt is arithmetic
        EXPECT_LT(last.loss, 0.1 * first.loss) << "experts: " << experts;
        EXPECT_GT(last.accuracy, 0.9);
        EXPECT_GT(last.mtp_acceptance, 0.7);
    }
}

INSTANTIATE_TEST_SUITE_P(Precisions, LearnsToCopy, testing::ValuesIn(precisions));

/// DeepSeek-V3's bias against nothing, the same otherwise.
TEST(Trainer, TheBiasEvensTheLoads) {
    if (test::sanitized) GTEST_SKIP() << "what is learnt shows after many steps; others run each of them once";
    const auto mean_violation = [](float bias_step) {
        base::ThreadPool pool(2);
        Weights weights(small_model(true));
        weights.initialise(5, 0.05f);
        TrainerOptions o = options();
        o.balance = {.bias_step = bias_step};
        Trainer trainer(weights, o, pool);
        double sum = 0;
        for (int step = 0; step < 120; ++step) {
            const double violation = trainer.step(copying).max_violation;
            sum += step >= 60 ? violation / 60 : 0;
        }
        return sum;
    };
    EXPECT_LT(mean_violation(0.005f), 0.7 * mean_violation(0));
}

TEST(Trainer, HasTheSameBitsWithAnyNumberOfThreads) {
    for (const Precision precision : precisions) {
        Training expected(1, true, precision);
        for (int step = 0; step < 5; ++step) expected.trainer.step(copying);
        for (const int threads : {2, 4}) {
            Training run(threads, true, precision);
            for (int step = 0; step < 5; ++step) run.trainer.step(copying);
            EXPECT_EQ(run.values(), expected.values()) << threads;
            EXPECT_EQ(run.biases(), expected.biases()) << threads;
        }
    }
}

class GoesOn : public testing::TestWithParam<Precision> {};

TEST_P(GoesOn, FromACheckpointWithTheSameBits) {
    const test::TemporaryDirectory folder;
    const auto path = folder.path() / "checkpoint.safetensors";
    Training whole(2, true, GetParam());
    for (int step = 0; step < 6; ++step) whole.trainer.step(copying);
    {
        Training first(2, true, GetParam());
        for (int step = 0; step < 3; ++step) first.trainer.step(copying);
        save_checkpoint(path, first.weights, first.trainer, 77);
    }
    Training second(3, true, GetParam());
    load_checkpoint(path, second.weights, second.trainer, 77);
    EXPECT_EQ(second.trainer.steps(), 3);
    for (int step = 0; step < 3; ++step) second.trainer.step(copying);
    EXPECT_EQ(second.values(), whole.values());
    EXPECT_EQ(second.biases(), whole.biases());
    EXPECT_EQ(second.trainer.place(), whole.trainer.place());
    EXPECT_EQ(second.moments(), whole.moments());

    const std::vector<float> before = second.values();
    test::expect_error(base::ErrorCode::bad_file, "another recipe",
                       [&] { load_checkpoint(path, second.weights, second.trainer, 78); });
    for (const std::int64_t step : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()}) {
        Training damaged(3, true, GetParam());
        damaged.trainer.adamw().set_steps(step);
        save_checkpoint(path, damaged.weights, damaged.trainer, 77);
        test::expect_error(base::ErrorCode::bad_file, "is damaged: it claims step",
                           [&] { load_checkpoint(path, second.weights, second.trainer, 77); });
        damaged.trainer.adamw().set_steps(1);
        damaged.trainer.set_place(step);
        save_checkpoint(path, damaged.weights, damaged.trainer, 77);
        test::expect_error(base::ErrorCode::bad_file, "is damaged: it claims step",
                           [&] { load_checkpoint(path, second.weights, second.trainer, 77); });
    }
    save_checkpoint(path, whole.weights, whole.trainer, 77);
    const auto flip = [&](std::int64_t place) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(place);
        const int byte = file.get() ^ 4;
        file.seekp(place).put(static_cast<char>(byte));
    };
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path));
    for (const std::int64_t place : {size - 1, size - 30, size / 2, size / 3}) {
        flip(place);
        test::expect_error(base::ErrorCode::bad_file, "the checkpoint is damaged",
                           [&] { load_checkpoint(path, second.weights, second.trainer, 77); });
        flip(place);
    }
    Training other(1, false);
    test::expect_error(base::ErrorCode::bad_file, "not a checkpoint of this model",
                       [&] { load_checkpoint(path, other.weights, other.trainer, 77); });
    Training wider(1, true, GetParam() == Precision::fp32 ? Precision::bf16 : Precision::fp32);
    test::expect_error(base::ErrorCode::bad_file, "the tensor adamw.first.",
                       [&] { load_checkpoint(path, wider.weights, wider.trainer, 77); });
    EXPECT_EQ(second.values(), before);
}

INSTANTIATE_TEST_SUITE_P(Precisions, GoesOn, testing::ValuesIn(precisions));

TEST(Trainer, BatchesMayBeCountedInExamples) {
    base::ThreadPool pool(2);
    Weights weights(small_model(true));
    weights.initialise(5, 0.05f);
    TrainerOptions o = options();
    o.batch_examples = 7;
    Trainer trainer(weights, o, pool);
    for (std::int64_t step = 1; step <= 3; ++step) {
        EXPECT_EQ(trainer.step(copying).examples, 7);
        EXPECT_EQ(trainer.place(), 7 * step);
    }
}

TEST(Trainer, StopsBeforeWeightsAreSpoilt) {
    Training run(2);
    run.trainer.step(copying);
    run.weights.embedding.value[5 * 32] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> before = run.values();
    const StepReport report = run.trainer.step(copying);
    EXPECT_TRUE(report.diverged);
    const std::vector<float> after = run.values();
    EXPECT_EQ(std::memcmp(before.data(), after.data(), before.size() * sizeof(float)), 0);
}

TEST(Trainer, RefusesExamplesThatDoNotFit) {
    Training run(1);
    test::expect_error(base::ErrorCode::bad_argument, "example 0 has 25 tokens", [&] {
        run.trainer.step([](std::int64_t) { return Example{std::vector<TokenId>(25), std::vector<float>(25)}; });
    });
    test::expect_error(base::ErrorCode::bad_argument, "token id 24 is outside", [&] {
        run.trainer.step([](std::int64_t) { return Example{{1, 24}, {0, 1}}; });
    });
}

TEST(Adamw, IsItsFormula) {
    Training run(2);
    AdamwOptions o;
    o.clip = 0.5;
    Adamw adamw(run.weights, o);
    const std::size_t size = run.weights.values().size();
    std::vector<double> w(run.weights.values().begin(), run.weights.values().end()), m(size), v(size);
    std::vector<char> decays(size);
    for (const NamedWeight& one : run.weights.named()) {
        const std::int64_t offset = one.weight.value - run.weights.values().data();
        if (one.decays) std::fill_n(decays.begin() + offset, one.weight.values(), 1);
    }
    base::RandomSequence random(3);
    for (int t = 1; t <= 4; ++t) {
        double norm = 0;
        for (const NamedWeight& one : run.weights.named()) {
            for (std::int64_t i = 0; i < one.weight.values(); ++i) {
                one.weight.gradient[i] = static_cast<float>(random.uniform() - 0.5);
                norm += std::pow(2.0 * static_cast<double>(one.weight.gradient[i]), 2);
            }
        }
        norm = std::sqrt(norm);
        const double rate = 0.01 * t;
        EXPECT_NEAR(adamw.step(rate, 2.0, run.pool), norm, 1e-6 * norm);
        for (std::size_t i = 0; i < size; ++i) {
            const double g = 2.0 * static_cast<double>(run.weights.gradients()[i]) * std::min(1.0, 0.5 / norm);
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.95 * v[i] + 0.05 * g * g;
            w[i] *= decays[i] ? 1 - rate * 0.1 : 1;
            w[i] -= rate * m[i] / (1 - std::pow(0.9, t)) / (std::sqrt(v[i] / (1 - std::pow(0.95, t))) + 1e-8);
        }
    }
    // Each of four steps rounds the moments, the direction and the weight: some 2^-24 of a step of at most 0.04.
    for (const NamedWeight& one : run.weights.named()) {
        const std::int64_t offset = one.weight.value - run.weights.values().data();
        for (std::int64_t i = 0; i < one.weight.values(); ++i) {
            const double expected = w[static_cast<std::size_t>(offset + i)];
            ASSERT_NEAR(one.weight.value[i], expected, 4 * 8 * 0x1p-24 * (std::abs(expected) + 0.1)) << one.name();
        }
    }
}

TEST(Schedule, WarmsUpStaysAndFalls) {
    const Schedule s{.steps = 100, .warm_up = 10, .decay_from = 60, .learning_rate = 2, .least = 0.5};
    EXPECT_DOUBLE_EQ(s.at(0), 0.2);
    EXPECT_DOUBLE_EQ(s.at(9), 2);
    EXPECT_DOUBLE_EQ(s.at(59), 2);
    EXPECT_NEAR(s.at(80), 1.25, 1e-6);
    EXPECT_NEAR(s.at(100), 0.5, 1e-6);
}

}  // namespace
}  // namespace ergon::train
