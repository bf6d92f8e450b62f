#include "engine/generation/sampler.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "kernels/elementwise.h"

namespace ergon::engine {
namespace {

using base::ErrorCode;

void check_range(const char* name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
        base::fail(ErrorCode::bad_argument, "{} is {}, but must lie between {} and {}.", name, value, low, high);
    }
}

}  // namespace

void check(const SamplerSettings& settings) {
    check_range("temperature", settings.temperature, 0, 100);
    check_range("top-k", static_cast<double>(settings.top_k), 0, 1e9);
    check_range("top-p", settings.top_p, 0, 1);
    check_range("min-p", settings.min_p, 0, 1);
    check_range("repeat-penalty", settings.repeat_penalty, 0.01, 100);
}

Sampler::Sampler(const SamplerSettings& settings, std::uint64_t choice) : settings_(settings), choice_(choice) {
    check(settings);
}

bool Sampler::more_likely(const Candidate& a, const Candidate& b) {
    return a.probability != b.probability ? a.probability > b.probability : a.id < b.id;
}

bool Sampler::by_id(const Candidate& a, const Candidate& b) {
    return a.id < b.id;
}

TokenId Sampler::choose(std::span<float> logits, std::span<const TokenId> history) {
    if (settings_.repeat_penalty != 1) penalise(logits, history);
    const auto n = static_cast<std::int64_t>(logits.size());
    const std::int64_t likeliest = kernels::argmax(logits.data(), n);
    const float highest = logits[likeliest];
    if (!std::isfinite(highest)) {
        base::fail(
            ErrorCode::bad_file,
            "The model gives no finite logit at position {}; its file is damaged, or its number formats overflow.",
            history.size());
    }
    if (settings_.temperature == 0) return static_cast<TokenId>(likeliest);

    // The highest logit becomes 0 before the division, so that no temperature overflows.
    for (float& x : logits) {
        const double scaled = (static_cast<double>(x) - static_cast<double>(highest)) / settings_.temperature;
        x = std::isnan(x) ? -std::numeric_limits<float>::infinity() : static_cast<float>(scaled);
    }
    kernels::softmax(logits.data(), n);

    // Tokens below this have together less than half of what top-p leaves out: they are never in its set, and need no
    // sorting.
    const double left_out = settings_.top_k > 0 ? 0 : 1 - settings_.top_p;
    const auto negligible = static_cast<float>(left_out / (2 * static_cast<double>(n)));
    kept_.clear();
    for (std::size_t id = 0; id < logits.size(); ++id) {
        if (logits[id] > negligible) kept_.push_back({logits[id], static_cast<TokenId>(id)});
    }
    if (settings_.top_k > 0) keep_likeliest(static_cast<std::size_t>(settings_.top_k));
    if (settings_.top_p < 1) keep_nucleus();
    const float top = logits[likeliest];
    if (settings_.min_p > 0) keep_above(static_cast<float>(settings_.min_p * static_cast<double>(top)));
    return draw(history.size());
}

void Sampler::penalise(std::span<float> logits, std::span<const TokenId> history) {
    seen_.assign(logits.size(), false);
    const auto penalty = static_cast<float>(settings_.repeat_penalty);
    for (const TokenId id : history) {
        const auto i = static_cast<std::size_t>(id);
        if (i >= logits.size() || seen_[i]) continue;
        seen_[i] = true;
        logits[i] = logits[i] > 0 ? logits[i] / penalty : logits[i] * penalty;
    }
}

void Sampler::keep_likeliest(std::size_t count) {
    if (kept_.size() <= count) return;
    std::nth_element(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(count), kept_.end(), more_likely);
    kept_.resize(count);
    std::sort(kept_.begin(), kept_.end(), by_id);
}

void Sampler::keep_nucleus() {
    double total = 1;
    if (settings_.top_k > 0) {
        total = 0;
        for (const Candidate& c : kept_) total += static_cast<double>(c.probability);
    }
    // A heap gives the likeliest one by one: few are wanted of many.
    const auto less_likely = [](const Candidate& a, const Candidate& b) { return more_likely(b, a); };
    std::make_heap(kept_.begin(), kept_.end(), less_likely);
    double sum = 0;
    auto heap_end = kept_.end();
    while (heap_end != kept_.begin() && (heap_end == kept_.end() || sum < settings_.top_p * total)) {
        std::pop_heap(kept_.begin(), heap_end, less_likely);
        --heap_end;
        sum += static_cast<double>(heap_end->probability);
    }
    kept_.erase(kept_.begin(), heap_end);
    std::sort(kept_.begin(), kept_.end(), by_id);
}

void Sampler::keep_above(float floor) {
    std::erase_if(kept_, [floor](const Candidate& c) { return c.probability < floor; });
}

TokenId Sampler::draw(std::uint64_t position) const {
    double total = 0;
    for (const Candidate& c : kept_) total += static_cast<double>(c.probability);
    const double target = base::random_uniform(settings_.seed, choice_, position) * total;
    double sum = 0;
    for (const Candidate& c : kept_) {
        sum += static_cast<double>(c.probability);
        if (target < sum) return c.id;
    }
    return kept_.back().id;
}

}  // namespace ergon::engine
