#include "train/layers/head.h"

#include <algorithm>
#include <cstring>

#include "kernels/elementwise.h"
#include "train/layers/linear.h"

namespace ergon::train {
namespace {

/// Logits [predictions, vocab_size] of at most head_rows predictions; `rows` gets what the head read.
void head_logits(const Context& c, const Weight& head, const float* x, std::span<const Prediction> predictions,
                 float* rows, float* logits) {
    const std::int64_t hidden = c.config.hidden_size;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        std::copy_n(x + predictions[i].row * hidden, hidden, rows + static_cast<std::int64_t>(i) * hidden);
    }
    const Arena::Scope scratch(c.arena);
    const std::int64_t count = std::ssize(predictions);
    project(c, count, to_stored(c, head.type, count, rows, hidden), {{head, logits}});
}

double log_probability(const float* logits, std::int64_t vocabulary, TokenId target) {
    return static_cast<double>(logits[target]) - kernels::log_sum_exp(logits, vocabulary);
}

template <typename Body>
void for_pieces(std::span<const Prediction> predictions, const Body& body) {
    for (std::size_t first = 0; first < predictions.size(); first += head_rows) {
        const std::size_t count = std::min<std::size_t>(head_rows, predictions.size() - first);
        body(first, predictions.subspan(first, count));
    }
}

}  // namespace

void log_probabilities(const Context& c, const Weight& head, const float* x, std::span<const Prediction> predictions,
                       double* result) {
    const Arena::Scope scratch(c.arena);
    const std::int64_t vocabulary = head.rows;
    float* const rows = c.arena.take(head_rows * head.cols);
    float* const logits = c.arena.take(head_rows * vocabulary);
    for_pieces(predictions, [&](std::size_t first, std::span<const Prediction> piece) {
        head_logits(c, head, x, piece, rows, logits);
        c.pool.for_each(std::ssize(piece), [&](std::int64_t i) {
            result[static_cast<std::int64_t>(first) + i] =
                log_probability(logits + i * vocabulary, vocabulary, piece[i].target);
        });
    });
}

HeadLoss head_loss(const Context& c, const Weight& head, const float* x, std::span<const Prediction> predictions,
                   const Objective& objective, float* dx, TokenId* largest) {
    const Arena::Scope scratch(c.arena);
    const std::int64_t vocabulary = head.rows, hidden = head.cols;
    float* const rows = c.arena.take(head_rows * hidden);
    float* const d_rows = c.arena.take(head_rows * hidden);
    float* const logits = c.arena.take(head_rows * vocabulary);
    std::vector<double> losses(head_rows);
    std::vector<TokenId> best(head_rows);
    HeadLoss result;
    for_pieces(predictions, [&](std::size_t first, std::span<const Prediction> piece) {
        head_logits(c, head, x, piece, rows, logits);
        c.pool.for_each(std::ssize(piece), [&](std::int64_t i) {
            float* const z = logits + i * vocabulary;
            const TokenId target = piece[i].target;
            best[i] = static_cast<TokenId>(kernels::argmax(z, vocabulary));
            const TokenLoss token =
                objective(static_cast<std::int64_t>(first) + i, log_probability(z, vocabulary, target));
            losses[i] = token.loss;
            // d log p / dz = onehot - softmax(z).
            kernels::softmax(z, vocabulary);
            kernels::scale(z, static_cast<float>(-token.slope), vocabulary);
            z[target] += static_cast<float>(token.slope);
        });
        for (std::size_t i = 0; i < piece.size(); ++i) {  // in order: a sum that no thread changes
            result.loss += losses[i];
            result.right += best[i] == piece[i].target ? 1 : 0;
            if (largest != nullptr) largest[first + i] = best[i];
        }
        project_backward(c, std::ssize(piece), StoredTensor::of(rows, hidden), {{head, logits}}, d_rows);
        for (std::size_t i = 0; i < piece.size(); ++i) {
            kernels::add(dx + piece[i].row * hidden, d_rows + static_cast<std::int64_t>(i) * hidden, hidden);
        }
    });
    return result;
}

}  // namespace ergon::train
