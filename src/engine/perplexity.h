#pragma once
// How well a model predicts a text.

#include <cstdint>
#include <functional>
#include <span>

#include "base/threads.h"
#include "model/language_model.h"

namespace ergon::engine {

struct Perplexity {
    double value = 0;         // exp(-mean ln p) over the scored tokens
    std::int64_t tokens = 0;  // scored
    std::int64_t windows = 0;
};

/// Called after each window with the figure so far and the number of windows in all.
using PerplexityProgress = std::function<void(const Perplexity& so_far, std::int64_t all_windows)>;

/// The text is cut into windows of `window` tokens that do not overlap; an incomplete last one is dropped. Each window
/// runs alone, from an empty cache, and its second half (positions window/2 .. window-1) is scored, each token from the
/// logits one position before it. Sums in double, ascending. Throws Error(bad_argument) if `window` is below 2, longer
/// than the model was made for, or longer than the text.
Perplexity perplexity(model::LanguageModel& model, base::ThreadPool& pool, std::span<const model::TokenId> text,
                      std::int64_t window, model::CacheType cache_type, const PerplexityProgress& progress = {});

}  // namespace ergon::engine
