#include "engine/session.h"

#include <algorithm>

#include "base/error.h"
#include "base/memory.h"

namespace ergon::engine {
namespace {

using base::ErrorCode;

std::int64_t context_tokens(const LoadedModel& model, const ContextOptions& options) {
    return options.tokens > 0 ? options.tokens : default_context(model);
}

}  // namespace

std::int64_t default_context(const LoadedModel& model) {
    return std::min<std::int64_t>(model.model->context_length(), model.chat.thinks() ? 32768 : 8192);
}

base::Bytes context_bytes(const LoadedModel& model, const ContextOptions& options) {
    const std::int64_t tokens = context_tokens(model, options);
    if (tokens > model.model->context_length()) {
        base::fail(ErrorCode::bad_argument, "A context of {} tokens was requested, but {} supports at most {}.", tokens,
                   model.name, model.model->context_length());
    }
    return model.model->cache_bytes_per_token(options.cache) * tokens;
}

Session::Session(const LoadedModel& model, const ContextOptions& options, energy::Meter* meter)
    : model_(model), meter_(meter), bytes_(engine::context_bytes(model, options)) {
    const std::int64_t tokens = context_tokens(model, options);
    const base::Bytes available = base::available_memory();
    if (bytes_ > available) {
        base::fail(ErrorCode::out_of_budget,
                   "A context of {} tokens takes {}, but only {} of memory are free; use a smaller --context.", tokens,
                   base::readable(bytes_), base::readable(available));
    }
    cache_ = model.model->make_cache(tokens, options.cache);
}

Answer Session::answer(std::vector<TokenId> prompt, const GenerationOptions& options, ChunkCallback on_chunk,
                       const std::atomic<bool>* cancelled) {
    const auto common = std::ranges::mismatch(prompt, tokens_).in1 - prompt.begin();
    // The last token is always read: its logits are wanted.
    const auto kept = std::min<std::int64_t>(common, static_cast<std::int64_t>(prompt.size()) - 1);
    cache_->truncate(std::max<std::int64_t>(kept, 0));
    tokens_.resize(static_cast<std::size_t>(cache_->length()));  // all that stays true if the prompt is refused
    std::vector<TokenId> sequence = prompt;

    Scheduler scheduler(*model_.model, model_.chat.find_tokenizer(), meter_);
    const auto growing = scheduler.add({std::move(prompt), options, cache_.get(), std::move(on_chunk), cancelled});
    energy::WorkTotals work;
    while (scheduler.step()) work.add(scheduler.last_work().records());
    Answer answer = *growing;
    answer.work = work;
    sequence.insert(sequence.end(), answer.tokens.begin(), answer.tokens.end());
    tokens_ = std::move(sequence);
    tokens_.resize(static_cast<std::size_t>(cache_->length()));
    return answer;
}

void Session::clear() {
    cache_->truncate(0);
    tokens_.clear();
}

}  // namespace ergon::engine
