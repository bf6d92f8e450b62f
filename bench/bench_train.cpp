// Steps of training: tokens per second, and the operations of the products beside the peak of the same build's FMA
// chains. Shapes: a dense Llama (256 wide, 6 layers, 5.3 M parameters) and a DeepSeek-V3 (latent attention, 16 experts,
// 3 used and 1 shared), 16 sequences of 256 tokens. bench_train [SECONDS [THREADS [PRECISION]]], which is fp32, bf16 or
// fp8.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/processors.h"
#include "base/random.h"
#include "kernels/throughput.h"
#include "train/optimizer/trainer.h"

namespace {

using namespace ergon;

constexpr std::int64_t sequence = 256, sequences = 16, vocabulary = 2048;

train::Architecture llama() {
    model::Config c;
    c.architecture = model::Architecture::llama;
    c.vocab_size = vocabulary;
    c.hidden_size = 256;
    c.intermediate_size = 688;
    c.num_hidden_layers = 6;
    c.rms_norm_eps = 1e-6;
    c.tie_word_embeddings = true;
    c.num_attention_heads = c.num_key_value_heads = 8;
    c.head_dim = 32;
    return {c, false};
}

train::Architecture deepseek() {
    train::Architecture a = llama();
    model::Config& c = a.config;
    c.architecture = model::Architecture::deepseek2;
    c.kv_lora_rank = 64;
    c.qk_nope_head_dim = 32;
    c.qk_rope_head_dim = 16;
    c.v_head_dim = 32;
    c.n_routed_experts = 16;
    c.n_shared_experts = 1;
    c.num_experts_per_tok = 3;
    c.moe_intermediate_size = 172;
    c.scoring_func = model::ScoringFunc::sigmoid;
    c.topk_method = model::TopkMethod::noaux_tc;
    c.norm_topk_prob = true;
    c.routed_scaling_factor = 2.5;
    return a;
}

/// Seconds of the quickest of many runs of the FMA chains: operations per second that the processor can do.
double peak_operations(base::ThreadPool& pool) {
    double best = 0;
    for (int turn = 0; turn < 20; ++turn) {
        std::vector<std::int64_t> operations(static_cast<std::size_t>(pool.size()));
        const base::Nanoseconds begin = base::now();
        pool.run(pool.size(), 1, [&](std::int64_t first, std::int64_t end, int) {
            for (std::int64_t i = first; i < end; ++i)
                operations[static_cast<std::size_t>(i)] = kernels::run_float_chains(2'000'000);
        });
        double sum = 0;
        for (const std::int64_t one : operations) sum += static_cast<double>(one);
        best = std::max(best, sum / base::to_seconds(base::now() - begin).value());
    }
    return best;
}

/// Multiplies and adds of the weights that one token meets, forward and twice as many back.
double operations_per_token(const train::Weights& weights, const model::Config& c) {
    double values = 0;
    for (const train::NamedWeight& one : weights.named()) {
        const bool expert = one.part == model::Part::expert_gate || one.part == model::Part::expert_up ||
                            one.part == model::Part::expert_down;
        const double share =
            expert ? static_cast<double>(c.num_experts_per_tok) / static_cast<double>(c.n_routed_experts) : 1;
        if (one.decays && (one.part != model::Part::embedding || c.tie_word_embeddings))
            values += share * static_cast<double>(one.weight.values());
    }
    return 6 * values;
}

train::Example random_text(std::int64_t place) {
    base::RandomSequence random(1, static_cast<std::uint64_t>(place));
    train::Example e;
    for (std::int64_t t = 0; t < sequence; ++t) e.ids.push_back(static_cast<train::TokenId>(random.below(vocabulary)));
    e.loss_weights.assign(sequence, 1.0f);
    return e;
}

void measure(const char* name, const train::Architecture& architecture, double seconds, base::ThreadPool& pool,
             double peak) {
    train::Weights weights(architecture);
    weights.initialise(1, 0.02f);
    train::TrainerOptions options;
    options.schedule = {.steps = 1000, .warm_up = 1, .decay_from = 1000, .learning_rate = 1e-3};
    options.batch_tokens = options.micro_tokens = sequence * sequences;
    options.document = sequence;
    train::Trainer trainer(weights, options, pool);
    const double first = trainer.step(random_text).loss;
    if (std::abs(first - std::log(static_cast<double>(vocabulary))) > 0.5) {
        fmt::print("{}: the first loss is {}, which is wrong\n", name, first);
        return;
    }
    std::vector<double> rates;
    for (const base::Nanoseconds begin = base::now();
         base::to_seconds(base::now() - begin).value() < seconds || rates.size() < 3;) {
        const base::Nanoseconds start = base::now();
        const auto tokens = static_cast<double>(trainer.step(random_text).tokens);
        rates.push_back(tokens / base::to_seconds(base::now() - start).value());
    }
    std::sort(rates.begin(), rates.end());
    const double median = rates[rates.size() / 2];
    fmt::print(
        "{}: {:.0f} tokens/s (median of {}; {:.0f} to {:.0f}), {:.1f} million weights, activations {:.0f} MB, products "
        "at {:.0f}% of the peak of {:.0f} GFLOPS\n",
        name, median, rates.size(), rates.front(), rates.back(), static_cast<double>(weights.values().size()) * 1e-6,
        static_cast<double>(train::activation_bytes(architecture, {options.micro_tokens, sequence, false}).value()) *
            1e-6,
        100 * median * operations_per_token(weights, architecture.config) / peak, peak * 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? std::atof(argv[1]) : 10;
    base::ThreadPool pool(argc > 2 ? std::atoi(argv[2]) : base::available_processors());
    const double peak = peak_operations(pool);
    const std::string precision = argc > 3 ? argv[3] : "fp32";
    for (train::Architecture a : {llama(), deepseek()}) {
        a.precision = precision == "fp8"    ? train::Precision::fp8
                      : precision == "bf16" ? train::Precision::bf16
                                            : train::Precision::fp32;
        measure(a.config.n_routed_experts > 0 ? "sparse" : "dense", a, seconds, pool, peak);
    }
}
