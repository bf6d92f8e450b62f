#include "model/transformer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/rotary.h"
#include "model/weights/unused_tensors.h"

namespace ergon::model {
namespace {

using base::ErrorCode;
using base::fail;

/// Tokens that run through the layers together. A longer step is cut, which changes no bit of the result; it bounds the
/// memory for activations (V2-Lite: 0.2 MB a token). Assumed: by far more than it takes to read weights once for many
/// tokens.
constexpr std::int64_t max_step_tokens = 2048;

KvCache* cache_of(const StepItem& item) {
    return dynamic_cast<KvCache*>(item.cache);
}

}  // namespace

Transformer::Transformer(const Config& config, WeightSource source, const LoadOptions& options, base::ThreadPool& pool,
                         std::vector<std::string> unused_keys)
    : config_(config),
      source_(std::move(source)),
      weights_(bind_weights(config_, source_, pool)),
      unused_(std::move(unused_keys)),
      rotary_(make_rotary(config_, weights_.rope_divisors)),
      strict_(options.strict),
      pool_(pool),
      threads_{pool.capacity(), pool.capacity()} {
    if (!options.allow_unused) refuse_unused(source_.file(), "tensor", weights_.unused);
    unused_.insert(unused_.end(), weights_.unused.begin(), weights_.unused.end());
}

void Transformer::use_threads(const StepThreads& threads) {
    for (const int count : {threads.few, threads.many}) {
        if (count >= 1 && count <= pool_.capacity()) continue;
        base::fail(base::ErrorCode::bad_argument, "a model that was loaded with {} threads cannot run with {}",
                   pool_.capacity(), count);
    }
    threads_ = threads;
}

base::Bytes Transformer::cache_bytes_per_token(CacheType type) const {
    return model::cache_bytes_per_token(CacheShape(config_), type);
}

std::unique_ptr<Cache> Transformer::make_cache(std::int64_t capacity, CacheType type) const {
    if (capacity > config_.context_length()) {
        fail(ErrorCode::bad_argument, "{}: a context of {} tokens was requested, but the model supports at most {}{}",
             source_.file(), capacity, config_.context_length(),
             config_.context_length() == config_.sliding_window ? " (the window of its sliding-window attention)" : "");
    }
    return std::make_unique<KvCache>(CacheShape(config_), capacity, type);
}

void Transformer::check(std::span<const StepItem> items) const {
    for (std::size_t i = 0; i < items.size(); ++i) {
        const StepItem& item = items[i];
        const KvCache* cache = cache_of(item);
        if (cache == nullptr || !(cache->shape() == CacheShape(config_))) {
            fail(ErrorCode::bad_argument, "the cache of item {} of a step was not made by this model", i);
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (items[j].cache != item.cache) continue;
            fail(ErrorCode::bad_argument, "items {} and {} of a step share a cache", j, i);
        }
        const std::int64_t tokens = std::ssize(item.tokens);
        if (tokens == 0 || item.logits < 0 || item.logits > tokens) {
            fail(ErrorCode::bad_argument, "item {} of a step has {} tokens and wants logits of {}", i, tokens,
                 item.logits);
        }
        if (tokens > cache->capacity() - cache->length()) {
            fail(ErrorCode::out_of_budget,
                 "the context of {} tokens is full: {} are used and {} more are needed; use a larger --context",
                 cache->capacity(), cache->length(), tokens);
        }
        for (const TokenId id : item.tokens) {
            if (id < 0 || id >= config_.vocab_size) {
                fail(ErrorCode::bad_argument, "the token id {} is outside the vocabulary of {} tokens", id,
                     config_.vocab_size);
            }
        }
    }
}

void Transformer::forward(std::span<const StepItem> items, std::vector<float>& logits, energy::WorkAccount& account,
                          HiddenStates* hidden) {
    check(items);
    std::int64_t all_tokens = 0, all_logits = 0;
    for (const StepItem& item : items) {
        all_tokens += std::ssize(item.tokens);
        all_logits += item.logits;
    }
    logits.resize(all_logits * config_.vocab_size);
    const std::int64_t hidden_stride = all_tokens * config_.hidden_size;
    if (hidden != nullptr) {
        hidden->values.resize((config_.num_hidden_layers + 1) * hidden_stride);
    }

    std::vector<StepSlice> pieces;
    std::int64_t tokens_before = 0, logits_before = 0, room = max_step_tokens;
    const auto run_pieces = [&] {
        step_.assign(pieces);
        Recorder recorder(account, step_.sequences());
        run(step_, recorder, logits.data() + logits_before * config_.vocab_size,
            hidden != nullptr ? hidden->values.data() + tokens_before * config_.hidden_size : nullptr, hidden_stride);
        for (const StepSlice& piece : pieces) piece.cache->advance(std::ssize(piece.tokens));
        tokens_before += step_.tokens();
        logits_before += std::ssize(step_.rows_wanted);
        pieces.clear();
        room = max_step_tokens;
    };
    for (const StepItem& item : items) {
        for (std::int64_t done = 0, tokens = std::ssize(item.tokens); done < tokens;) {
            const std::int64_t count = std::min(tokens - done, room);
            const std::int64_t wanted_later = std::min(item.logits, tokens - done - count);
            const std::int64_t wanted = std::min(item.logits, tokens - done) - wanted_later;
            pieces.push_back({cache_of(item), item.tokens.subspan(done, count), strict_ || item.role == Role::generated,
                              wanted, static_cast<std::int32_t>(&item - items.data())});
            done += count;
            room -= count;
            if (room == 0) run_pieces();
        }
    }
    if (!pieces.empty()) run_pieces();
}

void Transformer::run(const Step& step, Recorder& recorder, float* logits, float* hidden, std::int64_t hidden_stride) {
    pool_.use(threads_.of(step.tokens()));  // the pool may serve other models, too
    const Context c{config_, step, rotary_, recorder, work_, pool_};
    const std::int64_t values = step.tokens() * config_.hidden_size;
    float* const x = work_.residual.of(values);  // the residual stream [tokens, hidden_size]
    float* const normed = work_.normed.of(values);
    float* const update = work_.update.of(values);  // what a layer adds to it
    const auto keep_hidden = [&](std::int64_t layer) {
        if (hidden == nullptr) return;
        for (std::int64_t t = 0; t < step.tokens(); ++t) {
            std::copy_n(x + step.row_of[t] * config_.hidden_size, config_.hidden_size,
                        hidden + layer * hidden_stride + t * config_.hidden_size);
        }
    };

    rotary_tables(c);
    embed(c, x);
    keep_hidden(0);
    for (std::int64_t layer = 0; layer < config_.num_hidden_layers; ++layer) {
        const LayerWeights& w = weights_.layers[layer];
        recorder.enter_layer(layer);

        norm(c, x, w.attention_norm, config_.rms_norm_eps, normed);
        if (const auto* gqa = std::get_if<GqaWeights>(&w.attention)) {
            attention_gqa(c, layer, *gqa, normed, update);
        } else {
            attention_mla(c, layer, std::get<MlaWeights>(w.attention), normed, update);
        }
        add_residual(c, update, x);

        norm(c, x, w.ffn_norm, config_.rms_norm_eps, normed);
        if (const auto* dense = std::get_if<DenseFfn>(&w.ffn)) {
            feed_forward(c, Component::dense_feed_forward, *dense, normed, update);
        } else {
            mixture_of_experts(c, std::get<MoeFfn>(w.ffn), normed, update);
        }
        add_residual(c, update, x);
        keep_hidden(layer + 1);
    }
    recorder.enter_layer(-1);
    head(c, x, logits);
}

/// Angles of all positions of the step; every layer uses the same.
void Transformer::rotary_tables(const Context& c) const {
    energy::Work work = c.recorder.begin(Component::attention);
    const std::int64_t pairs = std::ssize(rotary_.frequencies);
    float* const cosines = c.work.cosines.of(c.step.tokens() * pairs);
    float* const sines = c.work.sines.of(c.step.tokens() * pairs);
    const base::Nanoseconds busy = c.pool.for_each(c.step.tokens(), [&](std::int64_t t) {
        float* const cosine = cosines + t * pairs;
        float* const sine = sines + t * pairs;
        kernels::rotary_angles(c.step.positions[t], rotary_.frequencies.data(), pairs, cosine, sine);
        for (std::int64_t i = 0; i < pairs && rotary_.factor != 1; ++i) {
            cosine[i] *= rotary_.factor;
            sine[i] *= rotary_.factor;
        }
    });
    work[energy::Source::activations] = 2 * c.step.tokens() * pairs * std::int64_t{sizeof(float)};
    c.recorder.end(work, busy);
}

void Transformer::embed(const Context& c, float* x) const {
    energy::Work work = c.recorder.begin(Component::embedding);
    const std::int64_t width = config_.hidden_size, tokens = c.step.tokens();
    const base::Nanoseconds busy = c.pool.for_each(tokens, [&](std::int64_t t) {
        const TokenId id = c.step.ids[t];
        kernels::dequantize_row(weights_.embedding.type, weights_.embedding.row(id).data(), width, x + t * width);
    });
    work[energy::Source::weights] = tokens * weights_.embedding.row_bytes();
    work[energy::Source::activations] = tokens * width * std::int64_t{sizeof(float)};
    c.recorder.end(work, busy);
}

/// Final norm and output head of the rows that want logits.
void Transformer::head(const Context& c, const float* x, float* logits) {
    const std::int64_t width = config_.hidden_size, rows = std::ssize(c.step.rows_wanted);
    if (rows == 0) return;
    float* const normed = c.work.normed.of(rows * width);
    energy::Work work = c.recorder.begin(Component::norms_and_residual);
    const base::Nanoseconds busy = c.pool.for_each(rows, [&](std::int64_t i) {
        kernels::rms_norm(x + c.step.rows_wanted[i] * width, weights_.final_norm.data(),
                          static_cast<float>(config_.rms_norm_eps), width, normed + i * width);
    });
    work[energy::Source::activations] = 2 * rows * width * std::int64_t{sizeof(float)};
    work[energy::Arithmetic::f32] = 4 * rows * width;
    c.recorder.end(work, busy, c.step.readers);
    project(c, Component::output_head, rows_of(normed, width, rows), fine, {{&weights_.output_head, logits}},
            c.step.readers);
    check_finite({logits, static_cast<std::size_t>(rows * config_.vocab_size)});
}

/// The one place where numbers that are none are met: whatever went wrong before, in weights, cache or sums, reaches
/// the logits.
void Transformer::check_finite(std::span<const float> logits) const {
    constexpr std::uint32_t exponent = 0x7F800000;  // all ones: infinite or not a number
    std::uint32_t bad = 0;
    for (const float value : logits) bad |= (std::bit_cast<std::uint32_t>(value) & exponent) == exponent ? 1U : 0U;
    if (bad == 0) return;
    fail(ErrorCode::bad_file,
         "{}: the model computes infinite or NaN logits; its weights are damaged or overflow F32: fetch it again",
         source_.file());
}

}  // namespace ergon::model
