#include "engine/perplexity.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "kernels/elementwise.h"

namespace ergon::engine {
namespace {

using base::ErrorCode;
using model::TokenId;

// Positions whose logits are held at once: 64 rows of a vocabulary of 150,000 are 38 MB (assumed to be little for any
// machine).
constexpr std::int64_t scored_at_once = 64;

std::span<const TokenId> piece(std::span<const TokenId> ids, std::int64_t begin, std::int64_t count) {
    return ids.subspan(begin, count);
}

/// The sum of -ln p over the second half of one window.
double window_loss(model::LanguageModel& model, base::ThreadPool& pool, model::Cache& cache,
                   std::span<const TokenId> window) {
    const auto size = static_cast<std::int64_t>(window.size());
    const std::int64_t first_scored = size / 2;
    energy::WorkAccount account;
    std::vector<float> logits;
    cache.truncate(0);
    if (first_scored > 1) {
        const model::StepItem unscored{&cache, piece(window, 0, first_scored - 1), model::Role::prompt, 0};
        model.forward(std::span(&unscored, 1), logits, account);
    }
    double loss = 0;
    std::vector<double> losses;
    const std::int64_t vocabulary = model.vocabulary();
    for (std::int64_t begin = first_scored - 1; begin < size - 1; begin += scored_at_once) {
        const std::int64_t count = std::min(scored_at_once, size - 1 - begin);
        const model::StepItem scored{&cache, piece(window, begin, count), model::Role::prompt, count};
        model.forward(std::span(&scored, 1), logits, account);
        losses.assign(count, 0);
        pool.run(count, 1, [&](std::int64_t from, std::int64_t to, int) {
            for (std::int64_t i = from; i < to; ++i) {
                const float* row = logits.data() + i * vocabulary;
                const TokenId next = window[begin + i + 1];
                losses[i] = kernels::log_sum_exp(row, vocabulary) - static_cast<double>(row[next]);
            }
        });
        for (const double x : losses) loss += x;
    }
    return loss;
}

}  // namespace

Perplexity perplexity(model::LanguageModel& model, base::ThreadPool& pool, std::span<const TokenId> text,
                      std::int64_t window, model::CacheType cache_type, const PerplexityProgress& progress) {
    const auto length = static_cast<std::int64_t>(text.size());
    if (window < 2 || window > model.context_length()) {
        base::fail(ErrorCode::bad_argument, "A window of {} tokens was requested; expected 2 to {} for this model.",
                   window, model.context_length());
    }
    if (length < window) {
        base::fail(ErrorCode::bad_argument,
                   "The text has {} tokens, fewer than one window of {}; use a longer text or a smaller --window.",
                   length, window);
    }
    const auto cache = model.make_cache(window, cache_type);
    const std::int64_t windows = length / window;
    Perplexity result;
    double loss = 0;
    for (std::int64_t i = 0; i < windows; ++i) {
        loss += window_loss(model, pool, *cache, piece(text, i * window, window));
        result.windows = i + 1;
        result.tokens += window - window / 2;
        result.value = std::exp(loss / static_cast<double>(result.tokens));
        if (progress) progress(result, windows);
    }
    return result;
}

}  // namespace ergon::engine
