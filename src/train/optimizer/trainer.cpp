#include "train/optimizer/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace ergon::train {

double max_violation(const std::vector<std::vector<std::int64_t>>& loads) {
    double worst = 0;
    for (const std::vector<std::int64_t>& layer : loads) {
        const auto sum = static_cast<double>(std::accumulate(layer.begin(), layer.end(), std::int64_t{0}));
        if (sum == 0) continue;
        const double mean = sum / static_cast<double>(layer.size());
        worst = std::max(worst, (static_cast<double>(*std::max_element(layer.begin(), layer.end())) - mean) / mean);
    }
    return worst;
}

Memory memory_of(const Architecture& architecture, const TrainerOptions& options) {
    return {weight_bytes(architecture), moment_bytes(architecture),
            activation_bytes(architecture, {options.micro_tokens, options.document, options.recompute}), base::Bytes()};
}

Trainer::Trainer(Weights& weights, const TrainerOptions& options, base::ThreadPool& pool)
    : weights_(weights),
      options_(options),
      pool_(pool),
      adamw_(weights, options.adamw),
      transformer_(weights, {options.micro_tokens, options.document, options.recompute}, pool) {
    if (options.document > options.micro_tokens) {
        base::fail(base::ErrorCode::bad_argument,
                   "documents of {} tokens do not fit into the {} of a micro-batch; raise micro_tokens",
                   options.document, options.micro_tokens);
    }
}

std::vector<std::vector<double>> Trainer::log_probabilities(std::span<const Example> examples) {
    std::vector<std::vector<double>> all;
    for (const Example& one : examples) all.emplace_back(one.ids.size(), 0.0);
    for (const MicroBatch& micro : pack(examples, options_.micro_tokens, options_.document)) {
        const std::vector<double> found = transformer_.log_probabilities(micro.batch, micro.predictions);
        for (std::size_t i = 0; i < found.size(); ++i) {
            all[micro.example[i] - examples.data()][micro.token[i]] = found[i];
        }
    }
    return all;
}

/// b_i += gamma sign(mean load - load_i), by the loads of the whole step (DeepSeek-V3, section 2.1.2).
void Trainer::move_biases() {
    std::vector<Weights::Bias>& biases = weights_.biases();
    const auto& loads = transformer_.loads();
    for (std::size_t layer = 0; layer < biases.size() && options_.balance.bias_step > 0; ++layer) {
        const std::vector<std::int64_t>& load = loads[layer];
        const std::int64_t sum = std::accumulate(load.begin(), load.end(), std::int64_t{0});
        for (std::size_t e = 0; e < load.size(); ++e) {
            const std::int64_t excess = load[e] * std::ssize(load) - sum;  // times the experts, to stay in integers
            const float sign = excess == 0 ? 0.0f : excess > 0 ? -1.0f : 1.0f;
            biases[layer].values[e] += options_.balance.bias_step * sign;
        }
    }
}

StepReport Trainer::step(const Examples& examples) {
    std::vector<Example> taken;
    const bool counted = options_.batch_examples > 0;
    for (std::int64_t tokens = 0;
         counted ? std::ssize(taken) < options_.batch_examples : tokens < options_.batch_tokens; ++place_) {
        taken.push_back(examples(place_));
        tokens += std::max<std::int64_t>(std::ssize(taken.back().ids), 1);
    }
    return step(taken);
}

StepReport Trainer::step(std::span<const Example> examples, std::optional<double> total_weight) {
    const std::vector<MicroBatch> micros = pack(examples, options_.micro_tokens, options_.document);
    StepReport report;
    double weight = 0;
    std::int64_t predictions = 0, right = 0, drafts = 0, accepted = 0;
    for (const MicroBatch& micro : micros) {
        for (const float one : micro.weights) weight += static_cast<double>(one);
        report.tokens += micro.batch.tokens();
        report.examples += std::ssize(micro.batch.documents);
    }
    weight = total_weight.value_or(weight);
    for (auto& layer : transformer_.loads()) std::ranges::fill(layer, 0);
    weights_.clear_gradients();
    for (const MicroBatch& micro : micros) {
        Task task;
        task.predictions = micro.predictions;
        task.objective = [&](std::int64_t i, double log_probability) {
            return micro.loss(i, log_probability, options_.policy);
        };
        task.mtp_factor = options_.mtp_factor;
        task.mtp_weights = micro.weights;
        // Gradients are divided by `weight` at the end; the balance losses are means over documents or tokens.
        task.balance.sequence_loss = static_cast<float>(static_cast<double>(options_.balance.sequence_loss) * weight /
                                                        static_cast<double>(report.examples));
        task.balance.batch_loss =
            static_cast<float>(static_cast<double>(options_.balance.batch_loss) * weight *
                               static_cast<double>(micro.batch.tokens()) / static_cast<double>(report.tokens));
        const StepResult result = transformer_.step(micro.batch, task);
        report.loss += result.loss;
        report.mtp_loss += result.mtp_loss;
        report.balance_loss += result.balance_loss;
        right += result.right;
        predictions += std::ssize(micro.predictions);
        drafts += result.mtp_predictions;
        accepted += result.mtp_accepted;
    }
    const auto share = [](std::int64_t part, std::int64_t whole) {
        return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
    };
    const double scale = weight > 0 ? 1 / weight : 0;
    report.loss *= scale;
    report.mtp_loss *= scale;
    report.balance_loss *= scale;
    report.accuracy = share(right, predictions);
    report.mtp_acceptance = share(accepted, drafts);
    report.loads = transformer_.loads();
    report.max_violation = max_violation(report.loads);
    report.learning_rate = options_.schedule.at(adamw_.steps());
    report.diverged = !std::isfinite(report.loss);
    if (!report.diverged) {
        report.gradient_norm = adamw_.step(report.learning_rate, scale, pool_);
        report.diverged = !std::isfinite(report.gradient_norm);
    }
    if (!report.diverged) move_biases();
    report.step = adamw_.steps();
    return report;
}

}  // namespace ergon::train
