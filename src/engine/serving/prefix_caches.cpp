#include "engine/serving/prefix_caches.h"

#include <algorithm>

#include "base/error.h"
#include "base/memory.h"

namespace ergon::engine {
namespace {

std::int64_t common_beginning(std::span<const TokenId> a, std::span<const TokenId> b) {
    const auto [end, other] = std::ranges::mismatch(a, b);
    return end - a.begin();
}

}  // namespace

PrefixCaches::PrefixCaches(const LoadedModel& model, const PrefixCacheOptions& options)
    : context_(options.context.tokens > 0 ? options.context.tokens : default_context(model)),
      reuse_generated_(options.reuse_generated) {
    if (options.count < 1) base::fail(base::ErrorCode::bad_argument, "A served model needs at least one context.");
    const base::Bytes each = context_bytes(model, {context_, options.context.cache});
    bytes_ = base::Bytes(each.value() * options.count);
    const base::Bytes available = base::available_memory();
    if (bytes_ > available) {
        base::fail(
            base::ErrorCode::out_of_budget,
            "{} contexts of {} tokens take {} of memory, but only {} are free; use a smaller --context, or fewer "
            "with --parallel.",
            options.count, context_, base::readable(bytes_), base::readable(available));
    }
    for (std::int64_t i = 0; i < options.count; ++i) {
        places_.push_back({model.model->make_cache(context_, options.context.cache), {}, 0, false});
    }
}

std::size_t PrefixCaches::free() const {
    return static_cast<std::size_t>(std::ranges::count_if(places_, [](const Place& place) { return !place.taken; }));
}

model::Cache* PrefixCaches::take(std::span<const TokenId> prompt) {
    Place* best = nullptr;
    std::int64_t most = -1;
    const auto beginning = prompt.first(prompt.empty() ? 0 : prompt.size() - 1);
    for (Place& place : places_) {
        if (place.taken) continue;
        const std::int64_t common = common_beginning(place.tokens, beginning);
        if (common > most || (common == most && place.used < best->used)) {
            best = &place;
            most = common;
        }
    }
    if (best == nullptr) return nullptr;
    best->taken = true;
    best->cache->truncate(most);
    best->tokens.clear();
    return best->cache.get();
}

void PrefixCaches::give_back(model::Cache* cache, std::span<const TokenId> tokens, std::int64_t prompt) {
    Place& place = place_of(cache);
    // The last token of an answer was never fed to the model.
    std::int64_t held = std::min(cache->length(), std::ssize(tokens));
    if (!reuse_generated_) held = std::min(held, prompt);
    cache->truncate(held);
    place.tokens.assign(tokens.begin(), tokens.begin() + held);
    place.used = ++clock_;
    place.taken = false;
}

void PrefixCaches::discard(model::Cache* cache) {
    give_back(cache, {}, 0);
}

PrefixCaches::Place& PrefixCaches::place_of(const model::Cache* cache) {
    return *std::ranges::find_if(places_, [&](const Place& place) { return place.cache.get() == cache; });
}

}  // namespace ergon::engine
