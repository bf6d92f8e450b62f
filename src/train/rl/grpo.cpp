#include "train/rl/grpo.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace ergon::train {
namespace {

void add_loads(std::vector<std::vector<std::int64_t>>& sum, const std::vector<std::vector<std::int64_t>>& loads) {
    if (sum.empty()) {
        sum = loads;
        return;
    }
    for (std::size_t l = 0; l < loads.size(); ++l) {
        std::ranges::transform(sum[l], loads[l], sum[l].begin(), std::plus());
    }
}

/// The mean of what several steps report; loads add up.
StepReport merged(const std::vector<StepReport>& steps) {
    StepReport all = steps.back();
    all.tokens = all.examples = 0;
    all.loss = all.mtp_loss = all.balance_loss = all.accuracy = all.mtp_acceptance = all.gradient_norm = 0;
    const auto count = static_cast<double>(steps.size());
    for (const StepReport& one : steps) {
        all.tokens += one.tokens;
        all.examples += one.examples;
        all.loss += one.loss / count;
        all.mtp_loss += one.mtp_loss / count;
        all.balance_loss += one.balance_loss / count;
        all.accuracy += one.accuracy / count;
        all.mtp_acceptance += one.mtp_acceptance / count;
        all.gradient_norm += one.gradient_norm / count;
    }
    all.loads.clear();
    for (const StepReport& one : steps) add_loads(all.loads, one.loads);
    all.max_violation = max_violation(all.loads);
    return all;
}

/// Each answer counts alike, and each of its tokens.
Example example_of(const Sample& sample, double advantage) {
    Example e;
    e.ids = sample.ids;
    e.loss_weights.assign(e.ids.size(), 0.0f);
    const float share = 1.0f / static_cast<float>(sample.generated());
    std::fill(e.loss_weights.begin() + sample.prompt, e.loss_weights.end(), share);
    e.policy = PolicyTerms{advantage, {}, {}};
    return e;
}

}  // namespace

Grpo::Grpo(const GrpoOptions& options, const PolicyOptions& policy, std::vector<tasks::Prompt> problems,
           const engine::ChatFormat& words, Weights& weights, Trainer& trainer, base::ThreadPool& pool)
    : options_(options),
      policy_(policy),
      problems_(std::move(problems)),
      words_(words),
      weights_(weights),
      trainer_(trainer),
      pool_(pool),
      work_(weights, pool) {
    if (std::ssize(problems_) < options_.problems) {
        base::fail(base::ErrorCode::bad_argument,
                   "a round takes {} problems, but the files have only {} whose answers can be graded; lower "
                   "grpo.problems or add files",
                   options_.problems, problems_.size());
    }
    read_prompts(words_, problems_, options_.rollout);  // refuses now what a round would refuse
    if (policy_.kl > 0) take_reference();
}

/// The next ones of an order drawn anew for each pass over them; a round never has one twice.
std::vector<tasks::Prompt> Grpo::next_problems() {
    const std::int64_t rounds_in_pass = std::ssize(problems_) / options_.problems;
    const std::int64_t round = trainer_.place(), pass = round / rounds_in_pass;
    const auto key = [&](std::size_t i) {
        return base::random_bits(options_.rollout.seed, static_cast<std::uint64_t>(pass), i);
    };
    std::vector<std::size_t> order(problems_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, key);
    std::vector<tasks::Prompt> taken;
    for (std::int64_t i = 0; i < options_.problems; ++i) {
        taken.push_back(problems_[order[round % rounds_in_pass * options_.problems + i]]);
    }
    return taken;
}

/// Examples of all samples, group by group, with their advantages.
std::vector<Example> Grpo::examples_of(const std::vector<Sample>& samples, const std::vector<tasks::Prompt>& problems,
                                       RoundReport& report) {
    const auto group = static_cast<std::size_t>(options_.rollout.group);
    const auto count = static_cast<double>(samples.size());
    std::vector<Example> examples;
    for (std::size_t first = 0; first < samples.size(); first += group) {
        std::vector<double> rewards;
        for (std::size_t i = first; i < first + group; ++i) {
            const Sample& sample = samples[i];
            const Reward reward =
                reward_of(sample, problems[sample.problem], options_.reward, options_.rollout.thinking, work_);
            rewards.push_back(reward.value);
            report.reward += reward.value / count;
            report.right += (reward.right ? 1 : 0) / count;
            report.well_formed += (reward.well_formed ? 1 : 0) / count;
            report.joules += reward.joules / count;
            report.capped += (sample.answer.stop != engine::StopReason::end_token ? 1 : 0) / count;
            report.thinking_tokens += static_cast<double>(sample.answer[base::Phase::thinking].tokens) / count;
            report.answer_tokens += static_cast<double>(sample.answer[base::Phase::answer].tokens) / count;
            report.sampled_tokens += sample.generated();
        }
        const std::vector<double> advantages = group_advantages(rewards);
        if (std::ranges::any_of(advantages, [](double a) { return a != 0; })) {
            report.informative += static_cast<double>(group) / count;
        }
        for (std::size_t i = 0; i < group; ++i) examples.push_back(example_of(samples[first + i], advantages[i]));
    }
    return examples;
}

/// Whether an answer whose reward is its group's mean teaches nothing: no divergence, no second prediction, no experts
/// to be balanced.
bool Grpo::teaches_by_advantage_alone() const {
    return reference_.empty() && trainer_.options().mtp_factor == 0 &&
           weights_.architecture().config.n_routed_experts == 0;
}

void Grpo::swap_reference() {
    const std::span<float> values = weights_.values();
    std::swap_ranges(values.begin(), values.end(), reference_.begin());
    auto other = reference_.begin() + std::ssize(values);
    for (Weights::Bias& bias : weights_.biases()) {
        other = std::swap_ranges(bias.values.begin(), bias.values.end(), other);
    }
}

void Grpo::take_reference() {
    const std::span<const float> values = weights_.values();
    reference_.assign(values.begin(), values.end());
    for (const Weights::Bias& bias : weights_.biases()) {
        reference_.insert(reference_.end(), bias.values.begin(), bias.values.end());
    }
}

/// The old ones are needed where weights move within the round, the reference's where the divergence counts.
void Grpo::add_log_probabilities(std::vector<Example>& examples) {
    std::vector<std::vector<double>> old, reference;
    if (options_.updates > 1) old = trainer_.log_probabilities(examples);
    if (!reference_.empty()) {
        swap_reference();
        reference = trainer_.log_probabilities(examples);
        swap_reference();
    }
    for (std::size_t i = 0; i < examples.size(); ++i) {
        if (!old.empty()) examples[i].policy->old = std::move(old[i]);
        if (!reference.empty()) examples[i].policy->reference = std::move(reference[i]);
    }
}

StepReport Grpo::round() {
    RoundReport report;
    const std::int64_t round = trainer_.place();
    if (!reference_.empty() && options_.reference_every > 0 && round > 0 && round % options_.reference_every == 0) {
        take_reference();
    }
    const std::vector<tasks::Prompt> problems = next_problems();
    RolloutOptions rollout = options_.rollout;
    rollout.seed = base::random_bits(options_.rollout.seed, ~std::uint64_t{0}, static_cast<std::uint64_t>(round));
    const std::vector<Sample> samples = sample_answers(weights_, words_, problems, rollout, pool_);
    std::vector<Example> examples = examples_of(samples, problems, report);
    const double all = static_cast<double>(examples.size()) / static_cast<double>(options_.updates);
    std::size_t unit = static_cast<std::size_t>(options_.rollout.group);  // steps take whole groups
    if (teaches_by_advantage_alone()) {
        std::erase_if(examples, [](const Example& e) { return e.policy->advantage == 0; });
        unit = 1;
    }
    add_log_probabilities(examples);
    std::vector<StepReport> steps;
    const std::span<const Example> rest(examples);
    const auto updates = static_cast<std::size_t>(options_.updates);
    for (std::size_t i = 0; i < updates; ++i) {
        const std::size_t units = rest.size() / unit;
        const std::size_t first = units * i / updates * unit, end = units * (i + 1) / updates * unit;
        steps.push_back(trainer_.step(rest.subspan(first, end - first), all));
        if (steps.back().diverged) break;
    }
    trainer_.set_place(round + 1);
    StepReport all_steps = merged(steps);
    // On policy the advantages of a group cancel, and what is left of the loss is the divergence.
    if (!reference_.empty()) report.divergence = steps.front().loss / policy_.kl;
    all_steps.tokens += report.sampled_tokens;
    all_steps.round = report;
    return all_steps;
}

std::vector<tensor::TensorView> Grpo::state() const {
    if (reference_.empty()) return {};
    return {{"ergon.reference", tensor::DType::f32, {std::ssize(reference_)}, std::as_bytes(std::span(reference_))}};
}

}  // namespace ergon::train
