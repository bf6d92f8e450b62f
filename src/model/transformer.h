#pragma once
// The transformer: weights, and the forward pass over them.

#include "model/layers.h"
#include "model/load.h"
#include "model/weights/weights.h"

namespace ergon::model {

class Transformer final : public Model {
  public:
    /// `source` is kept: the embedding is read from its files. `unused_keys`: what its configuration left unused.
    Transformer(const Config& config, WeightSource source, const LoadOptions& options, base::ThreadPool& pool,
                std::vector<std::string> unused_keys = {});

    const Config& config() const override { return config_; }
    base::Bytes weight_bytes() const override { return base::Bytes(weights_.bytes); }
    const std::vector<std::string>& unused() const override { return unused_; }
    void use_threads(const StepThreads& threads) override;
    std::int64_t vocabulary() const override { return config_.vocab_size; }
    std::int64_t context_length() const override { return config_.context_length(); }
    base::Bytes cache_bytes_per_token(CacheType type) const override;
    const std::vector<std::string>& component_names() const override { return model::component_names(); }
    std::unique_ptr<Cache> make_cache(std::int64_t capacity, CacheType type) const override;
    void forward(std::span<const StepItem> step, std::vector<float>& logits, energy::WorkAccount& account,
                 HiddenStates* hidden) override;

  private:
    void check(std::span<const StepItem> items) const;
    /// One step of bounded size: `logits` [rows wanted, vocab_size]; `hidden` (if not null) points at the step's first
    /// token in [layers + 1, hidden_stride / hidden_size tokens, hidden_size].
    void run(const Step& step, Recorder& recorder, float* logits, float* hidden, std::int64_t hidden_stride);
    void embed(const Context& c, float* x) const;
    void rotary_tables(const Context& c) const;
    void head(const Context& c, const float* x, float* logits);
    void check_finite(std::span<const float> logits) const;

    Config config_;
    WeightSource source_;
    Weights weights_;
    std::vector<std::string> unused_;
    Rotary rotary_;
    bool strict_;
    base::ThreadPool& pool_;
    StepThreads threads_;
    Workspace work_;
    Step step_;
};

}  // namespace ergon::model
