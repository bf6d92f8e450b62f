#include "train/layers/transformer.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/rotary.h"
#include "train/layers/attention.h"
#include "train/layers/embedding.h"
#include "train/scratch_memory.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using base::fail;

/// Everything of a step that lies in one arena.
struct Layout {
    Angles angles;
    std::vector<BlockSaved> blocks;
    float *out, *normed, *d, *d_normed;
    std::optional<MtpSaved> mtp;

    Layout(Arena& arena, const Architecture& a, const Limits& limits) {
        const model::Config& c = a.config;
        const std::int64_t values = limits.tokens * c.hidden_size, pairs = limits.tokens * c.rope_dim() / 2;
        angles = {arena.take(pairs), arena.take(pairs), arena.take(pairs)};
        std::vector<float*> inputs;
        for (std::int64_t l = 0; l < c.num_hidden_layers; ++l) inputs.push_back(arena.take(values));
        out = arena.take(values);
        normed = arena.take(values);
        d = arena.take(values);
        d_normed = arena.take(values);
        std::int64_t widest = 0;
        for (std::int64_t l = 0; l < c.num_hidden_layers; ++l) {
            std::optional<Arena::Scope> in_turn;
            if (limits.recompute) in_turn.emplace(arena);
            blocks.push_back(BlockSaved::take(arena, a, c.is_moe_layer(l), limits.tokens, inputs[l]));
            if (in_turn) widest = std::max(widest, in_turn->taken());
        }
        arena.take<std::byte>(widest);  // where blocks take the same memory in turn: the largest one's
        if (a.mtp) mtp = MtpSaved::take(arena, a, limits.tokens);
    }
};

base::Bytes arena_bytes(const Architecture& a, const Limits& limits) {
    Arena count;
    const Layout layout(count, a, limits);
    return count.most() + scratch_bytes(a, limits.tokens);
}

}  // namespace

base::Bytes activation_bytes(const Architecture& architecture, const Limits& limits) {
    return arena_bytes(architecture, limits);
}

Transformer::Transformer(Weights& weights, const Limits& limits, base::ThreadPool& pool)
    : weights_(weights),
      limits_(limits),
      pool_(pool),
      arena_(arena_bytes(weights.architecture(), limits)),
      rotary_(model::make_rotary(weights.architecture().config, {})) {
    Layout layout(arena_, weights.architecture(), limits);
    angles_ = layout.angles;
    angles_.pairing = rotary_.pairing;
    blocks_ = std::move(layout.blocks);
    out_ = layout.out;
    normed_ = layout.normed;
    d_ = layout.d;
    d_normed_ = layout.d_normed;
    mtp_ = std::move(layout.mtp);
    const model::Config& c = weights.architecture().config;
    for (std::int64_t l = 0; l < c.num_hidden_layers + (mtp_ ? 1 : 0); ++l) {
        if (c.is_moe_layer(l)) loads_.emplace_back(static_cast<std::size_t>(c.n_routed_experts));
    }
}

void Transformer::check(const Batch& batch, std::span<const Prediction> predictions) const {
    const model::Config& c = weights_.architecture().config;
    if (batch.tokens() == 0 || batch.tokens() > limits_.tokens) {
        fail(ErrorCode::bad_argument, "a batch has {} tokens; expected 1 to {}", batch.tokens(), limits_.tokens);
    }
    for (const Document& d : batch.documents) {
        if (d.tokens > limits_.document) {
            fail(ErrorCode::bad_argument, "a document has {} tokens; expected at most {}", d.tokens, limits_.document);
        }
    }
    const auto inside = [&](TokenId id) { return id >= 0 && id < c.vocab_size; };
    for (const TokenId id : batch.ids) {
        if (!inside(id))
            fail(ErrorCode::bad_argument, "the token id {} is outside the vocabulary of {} tokens", id, c.vocab_size);
    }
    for (const Prediction& p : predictions) {
        if (p.row < 0 || p.row >= batch.tokens() || !inside(p.target)) {
            fail(ErrorCode::bad_argument,
                 "a prediction of token {} at row {} is outside the vocabulary of {} tokens or the batch of {} rows",
                 p.target, p.row, c.vocab_size, batch.tokens());
        }
    }
}

void Transformer::fill_angles(const Batch& batch) {
    const std::int64_t pairs = std::ssize(rotary_.frequencies);
    for (const Document& d : batch.documents) {
        for (std::int64_t t = 0; t < d.tokens; ++t) {
            const std::int64_t at = (d.first + t) * pairs;
            kernels::rotary_angles(t, rotary_.frequencies.data(), pairs, angles_.cosines + at, angles_.sines + at);
            for (std::int64_t i = at; i < at + pairs; ++i) {
                if (rotary_.factor != 1) {
                    angles_.cosines[i] *= rotary_.factor;
                    angles_.sines[i] *= rotary_.factor;
                }
                angles_.negative_sines[i] = -angles_.sines[i];
            }
        }
    }
}

Context Transformer::context(const Batch& batch) {
    return {weights_.architecture().config, batch, angles_, scratch_, pool_, arena_};
}

void Transformer::forward(const Context& c) {
    fill_angles(c.batch);
    weights_.round(pool_);
    const std::int64_t hidden = c.config.hidden_size;
    embed(c, weights_.embedding, c.batch.ids, blocks_.empty() ? out_ : blocks_.front().x, hidden);
    for (std::size_t l = 0; l < blocks_.size(); ++l) {
        float* const y = l + 1 < blocks_.size() ? blocks_[l + 1].x : out_;
        block(c, weights_.layers[l], weights_.biases(), blocks_[l], y);
    }
    norm(c, c.tokens(), out_, hidden, weights_.final_norm, c.config.rms_norm_eps, normed_, hidden);
}

std::vector<double> Transformer::log_probabilities(const Batch& batch, std::span<const Prediction> predictions) {
    check(batch, predictions);
    const Context c = context(batch);
    forward(c);
    std::vector<double> result(predictions.size());
    train::log_probabilities(c, weights_.head, normed_, predictions, result.data());
    return result;
}

void Transformer::count_loads(const BlockSaved& saved, std::size_t& layer) {
    const auto* moe = std::get_if<MoeSaved>(&saved.ffn);
    if (moe == nullptr) return;
    std::vector<std::int64_t>& loads = loads_[layer++];
    for (std::size_t e = 0; e < loads.size(); ++e) loads[e] += moe->slots.begin[e + 1] - moe->slots.begin[e];
}

/// The loss of multi-token prediction: row t is to give the target of row t + 1.
HeadLoss Transformer::predict_two(const Context& c, const Task& task, std::span<const TokenId> likeliest,
                                  StepResult& result) {
    std::vector<Prediction> predictions;
    std::vector<std::size_t> of;  // the prediction that each stands in for
    std::vector<char> ends(c.tokens());
    for (const Document& d : c.batch.documents) ends[d.first] = 1;
    for (std::size_t i = 0; i < task.predictions.size(); ++i) {
        const Prediction& p = task.predictions[i];
        if (ends[p.row] != 0) continue;  // the first row has none before it
        predictions.push_back({p.row - 1, p.target});
        of.push_back(i);
    }
    std::vector<TokenId> drafts(predictions.size());
    float* const d = d_normed_;
    std::fill_n(d, c.tokens() * c.config.hidden_size, 0.0f);
    const HeadLoss loss = head_loss(
        c, weights_.head, mtp_->normed, predictions,
        [&](std::int64_t i, double log_probability) {
            const auto weight = static_cast<double>(task.mtp_weights[of[i]]);
            return TokenLoss{-weight * log_probability, -weight * static_cast<double>(task.mtp_factor)};
        },
        d, drafts.data());
    result.mtp_predictions = std::ssize(predictions);
    for (std::size_t i = 0; i < drafts.size(); ++i) result.mtp_accepted += drafts[i] == likeliest[of[i]] ? 1 : 0;
    return loss;
}

StepResult Transformer::step(const Batch& batch, const Task& task) {
    check(batch, task.predictions);
    const Context c = context(batch);
    const std::int64_t hidden = c.config.hidden_size, values = c.tokens() * hidden;
    const bool two = mtp_ && task.mtp_factor > 0;
    forward(c);
    StepResult result;
    std::size_t layer = 0;
    for (const BlockSaved& saved : blocks_) count_loads(saved, layer);

    float* const d_head = d_;  // the gradient by normed_
    std::fill_n(d_head, values, 0.0f);
    std::vector<TokenId> likeliest(task.predictions.size());
    const HeadLoss loss =
        head_loss(c, weights_.head, normed_, task.predictions, task.objective, d_head, likeliest.data());
    result.loss = loss.loss;
    result.right = loss.right;
    if (two) {
        next_ = next_tokens(batch);
        mtp(c, weights_, weights_.biases(), next_, normed_, *mtp_);
        count_loads(mtp_->block, layer);
        result.mtp_loss = predict_two(c, task, likeliest, result).loss;
        result.balance_loss += mtp_backward(c, weights_, next_, normed_, *mtp_, task.balance, d_normed_, d_head);
    }
    backward(c, task, result);
    return result;
}

/// From d_, the gradient by what the head read, to the embedding.
void Transformer::backward(const Context& c, const Task& task, StepResult& result) {
    const std::int64_t hidden = c.config.hidden_size, values = c.tokens() * hidden;
    float* const d = d_normed_;
    std::fill_n(d, values, 0.0f);
    norm_backward(c, c.tokens(), out_, hidden, weights_.final_norm, c.config.rms_norm_eps, d_, hidden, d);
    for (std::size_t l = blocks_.size(); l-- > 0;) {
        // The last block's memory still holds its own; of the others, the blocks behind have taken it.
        if (limits_.recompute && l + 1 < blocks_.size()) {
            block(c, weights_.layers[l], weights_.biases(), blocks_[l], blocks_[l + 1].x);
        }
        result.balance_loss += block_backward(c, weights_.layers[l], blocks_[l], task.balance, d);
    }
    embed_backward(c, weights_.embedding, c.batch.ids, d, hidden);
}

}  // namespace ergon::train
