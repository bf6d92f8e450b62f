// Loss and every gradient against PyTorch, and what must not change a bit of them.

#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include "kernels/builds/isa.h"
#include "train/precisions.h"
#include "train/training_fixture.h"

namespace ergon::train {
namespace {

using test::precisions;
using test::TrainingFixture;

class Gradients : public testing::TestWithParam<std::string> {};

struct StepOutcome {
    StepResult result;
    std::vector<float> gradients;
    bool operator==(const StepOutcome& other) const {
        return result.loss == other.result.loss && result.mtp_loss == other.result.mtp_loss &&
               result.balance_loss == other.result.balance_loss && gradients == other.gradients;
    }
};

StepOutcome run_step(const TrainingFixture& fixture, int threads = 2, bool recompute = false) {
    base::ThreadPool pool(threads);
    Weights weights(fixture.architecture);
    fixture.load(weights);
    Transformer transformer(weights, fixture.limits(recompute), pool);
    const StepResult result = transformer.step(fixture.batch, fixture.task());
    const auto gradients = weights.gradients();
    return {result, {gradients.begin(), gradients.end()}};
}

/// PyTorch's own gradients in float32 differ from those in float64 by `float32_noise` of a tensor's largest. Another
/// order of summing differs as much, so that both together, and a factor of 4 for the extremes of thousands of values,
/// bound ours.
TEST_P(Gradients, AreThoseOfPyTorch) {
    const TrainingFixture fixture(GetParam());
    base::ThreadPool pool(2);
    Weights weights(fixture.architecture);
    fixture.load(weights);
    Transformer transformer(weights, fixture.limits(), pool);
    const StepResult result = transformer.step(fixture.batch, fixture.task());
    const double noise = fixture.facts["float32_noise"].get<double>();
    const auto expect_near = [&](double found, const char* name) {
        const double expected = fixture.facts[name].get<double>();
        EXPECT_NEAR(found, expected, 4 * noise * std::abs(expected)) << name;
    };
    expect_near(result.loss, "loss");
    expect_near(result.mtp_loss, "mtp_loss");
    expect_near(result.balance_loss, "balance_loss");

    const auto file = formats::Safetensors::open(fixture.folder / "gradients.safetensors");
    std::int64_t compared = 0, all = 0;
    for (const NamedWeight& one : weights.named()) {
        const tensor::TensorView* expected = file.find(one.name());
        all += one.weight.values();
        if (expected == nullptr) {  // no token met this expert
            for (std::int64_t i = 0; i < one.weight.values(); ++i) ASSERT_EQ(one.weight.gradient[i], 0) << one.name();
            continue;
        }
        const auto* values = reinterpret_cast<const float*>(expected->bytes.data());
        double largest = 0, worst = 0;
        for (std::int64_t i = 0; i < one.weight.values(); ++i, ++compared) {
            largest = std::max(largest, std::abs(static_cast<double>(values[i])));
            worst =
                std::max(worst, std::abs(static_cast<double>(values[i]) - static_cast<double>(one.weight.gradient[i])));
        }
        EXPECT_LE(worst, 4 * 2 * noise * largest) << one.name() << ", largest " << largest;
    }
    EXPECT_GT(compared, all * 9 / 10);
}

TEST_P(Gradients, DoNotDependOnThreads) {
    TrainingFixture fixture(GetParam());
    for (const Precision precision : precisions) {
        fixture.architecture.precision = precision;
        const StepOutcome expected = run_step(fixture, 1);
        for (const int threads : {2, 3, 5}) EXPECT_EQ(run_step(fixture, threads), expected) << threads;
    }
}

TEST_P(Gradients, DoNotDependOnTheBuild) {
    TrainingFixture fixture(GetParam());
    const kernels::Isa best = kernels::current_isa();
    for (const Precision precision : precisions) {
        fixture.architecture.precision = precision;
        const StepOutcome expected = run_step(fixture);
        for (const kernels::Isa isa : kernels::available_isas()) {
            kernels::use_isa(isa);
            EXPECT_EQ(run_step(fixture), expected) << kernels::name(isa);
        }
        kernels::use_isa(best);
    }
}

TEST_P(Gradients, RecomputingChangesNothing) {
    TrainingFixture fixture(GetParam());
    for (const Precision precision : precisions) {
        fixture.architecture.precision = precision;
        EXPECT_EQ(run_step(fixture, 2, true), run_step(fixture, 2, false));
        EXPECT_LT(activation_bytes(fixture.architecture, fixture.limits(true)),
                  activation_bytes(fixture.architecture, fixture.limits(false)));
    }
}

/// Documents in one batch, or in one each: the same sums over tokens. Only embedding and head have two sources (a tied
/// head, multi-token prediction), which alternate document by document then; they differ by the rounding of that.
TEST_P(Gradients, DoNotDependOnHowDocumentsArePacked) {
    const TrainingFixture fixture(GetParam());
    const StepOutcome whole = run_step(fixture);
    base::ThreadPool pool(2);
    Weights weights(fixture.architecture);
    fixture.load(weights);
    Transformer transformer(weights, fixture.limits(), pool);
    StepResult sum;
    for (const Document& d : fixture.batch.documents) {
        Batch one;
        const auto first = fixture.batch.ids.begin() + d.first;
        one.add({first, first + d.tokens});
        std::vector<Prediction> predictions;
        std::vector<float> loss_weights;
        for (std::size_t i = 0; i < fixture.predictions.size(); ++i) {
            const Prediction& p = fixture.predictions[i];
            if (p.row < d.first || p.row >= d.first + d.tokens) continue;
            predictions.push_back({p.row - d.first, p.target});
            loss_weights.push_back(fixture.loss_weights[i]);
        }
        Task task = fixture.task();
        task.predictions = predictions;
        task.mtp_weights = loss_weights;
        task.objective = [&](std::int64_t i, double log_probability) {
            const auto weight = static_cast<double>(loss_weights[static_cast<std::size_t>(i)]);
            return TokenLoss{-weight * log_probability, -weight};
        };
        sum.loss += transformer.step(one, task).loss;
    }
    EXPECT_NEAR(sum.loss, whole.result.loss, 1e-12 * whole.result.loss);  // doubles, added in another order
    for (const NamedWeight& one : weights.named()) {
        const std::int64_t offset = one.weight.gradient - weights.gradients().data();
        for (std::int64_t i = 0; i < one.weight.values(); ++i) {
            const float expected = whole.gradients[static_cast<std::size_t>(offset + i)];
            if (one.part == model::Part::embedding || one.part == model::Part::output_head) {
                ASSERT_NEAR(one.weight.gradient[i], expected, 64 * 0x1p-24 * 10)
                    << i;  // tens of terms, up to 10 in all
            } else {
                ASSERT_EQ(one.weight.gradient[i], expected) << one.name() << ' ' << i;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, Gradients, testing::Values("llama", "v2", "v3"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace ergon::train
