#include "train/rl/rollout.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>

#include "base/error.h"
#include "engine/chat_prompt.h"
#include "engine/scheduler.h"
#include "model/transformer.h"

namespace ergon::train {
namespace {

model::Transformer engine_of(const Weights& weights, base::ThreadPool& pool) {
    return {weights.architecture().config,
            model::WeightSource(model::TensorsInMemory(weights.tensors())),
            {.strict = true},
            pool};
}

}  // namespace

std::vector<std::vector<TokenId>> read_prompts(const engine::ChatFormat& words, std::span<const tasks::Prompt> problems,
                                               const RolloutOptions& o) {
    std::vector<std::vector<TokenId>> all;
    for (const tasks::Prompt& problem : problems) {
        const engine::Message message{"user", problem.text};
        all.push_back(engine::chat_prompt(words, std::span(&message, 1), o.thinking));
        if (std::ssize(all.back()) + 1 < o.document) continue;
        base::fail(base::ErrorCode::bad_argument,
                   "{}: the prompt has {} tokens, which leaves no room for an answer within {}; raise "
                   "training.document_tokens",
                   problem.id, all.back().size(), o.document);
    }
    return all;
}

namespace {

/// An answer that grows, in a cache of its own.
struct Growing {
    std::size_t place;
    model::Cache* cache;
    std::shared_ptr<const engine::Answer> answer;

    // Nothing is cancelled here, so that an answer says so only as long as it is not over.
    bool over() const { return answer->stop != engine::StopReason::cancelled; }
};

class Sampling {
  public:
    Sampling(const Weights& weights, const engine::ChatFormat& words, const RolloutOptions& options,
             base::ThreadPool& pool)
        : engine_(engine_of(weights, pool)),
          scheduler_(engine_, words.find_tokenizer(), nullptr, std::max(options.at_once, step_tokens)),
          options_(options) {}

    void run(std::vector<Sample>& samples, const std::vector<std::vector<TokenId>>& prompts) {
        for (std::size_t next = 0; next < samples.size() || !growing_.empty();) {
            while (next < samples.size() && std::ssize(growing_) < options_.at_once) {
                add(next, prompts[samples[next].problem]);
                ++next;
            }
            scheduler_.step();
            std::erase_if(growing_, [&](const Growing& one) {
                if (!one.over()) return false;
                samples[one.place].answer = *one.answer;
                free_.push_back(one.cache);
                return true;
            });
        }
    }

  private:
    /// Measured: a step of 512 prompt tokens reads as fast as longer ones (docs/performance.md).
    static constexpr std::int64_t step_tokens = engine::Scheduler::default_step_tokens;

    void add(std::size_t place, const std::vector<TokenId>& prompt) {
        if (free_.empty()) {
            caches_.push_back(engine_.make_cache(options_.document, model::CacheType::f32));
            free_.push_back(caches_.back().get());
        }
        model::Cache* const cache = free_.back();
        free_.pop_back();
        cache->truncate(0);
        engine::GenerationOptions o;
        o.sampling.temperature = 1;
        o.sampling.seed = options_.seed;
        o.choice = place;
        // One token is left for the end.
        o.max_tokens = std::min(options_.max_tokens, options_.document - std::ssize(prompt) - 1);
        growing_.push_back({place, cache, scheduler_.add({prompt, o, cache, {}, nullptr})});
    }

    model::Transformer engine_;
    engine::Scheduler scheduler_;
    const RolloutOptions& options_;
    std::vector<std::unique_ptr<model::Cache>> caches_;
    std::vector<model::Cache*> free_;
    std::vector<Growing> growing_;
};

}  // namespace

base::Bytes rollout_bytes(const Architecture& architecture, const RolloutOptions& options, std::int64_t answers) {
    const model::Config& c = architecture.config;
    const std::int64_t values = c.num_hidden_layers * (c.cached_key_values() + c.cached_value_values());
    return weight_bytes(architecture).values +
           base::Bytes(values * options.document * std::min(options.at_once, answers) *
                       static_cast<std::int64_t>(sizeof(float)));
}

std::vector<Sample> sample_answers(const Weights& weights, const engine::ChatFormat& words,
                                   std::span<const tasks::Prompt> problems, const RolloutOptions& options,
                                   base::ThreadPool& pool) {
    const std::vector<std::vector<TokenId>> prompts = read_prompts(words, problems, options);
    std::vector<Sample> samples(problems.size() * static_cast<std::size_t>(options.group));
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i].problem = i / static_cast<std::size_t>(options.group);
    }
    Sampling(weights, words, options, pool).run(samples, prompts);
    for (Sample& one : samples) {
        one.ids = prompts[one.problem];
        one.prompt = std::ssize(one.ids);
        one.ids.insert(one.ids.end(), one.answer.tokens.begin(), one.answer.tokens.end());
        if (one.answer.end) one.ids.push_back(*one.answer.end);
    }
    return samples;
}

CountedWork::CountedWork(const Weights& weights, base::ThreadPool& pool) {
    model::Transformer engine = engine_of(weights, pool);
    const auto cache = engine.make_cache(2, model::CacheType::f32);
    std::array<double, 2> bytes{}, operations{};
    std::vector<float> logits;
    for (std::size_t before = 0; before < 2; ++before) {
        const TokenId id = 0;
        const model::StepItem item{cache.get(), std::span(&id, 1), model::Role::generated, 1};
        energy::WorkAccount account;
        engine.forward(std::span(&item, 1), logits, account, nullptr);
        energy::WorkTotals totals;
        totals.add(account.records());
        bytes[before] = static_cast<double>(std::accumulate(totals.bytes.begin(), totals.bytes.end(), std::int64_t{0}));
        operations[before] =
            static_cast<double>(std::accumulate(totals.operations.begin(), totals.operations.end(), std::int64_t{0}));
    }
    bytes_ = {bytes[0], bytes[1] - bytes[0]};
    operations_ = {operations[0], operations[1] - operations[0]};
}

}  // namespace ergon::train
