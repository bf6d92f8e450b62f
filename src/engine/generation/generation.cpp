#include "engine/generation/generation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "engine/components.h"
#include "kernels/elementwise.h"

namespace ergon::engine {

using base::Phase;

std::string_view name(StopReason reason) {
    constexpr std::array<std::string_view, 5> names{"end", "stop", "max_tokens", "context", "cancelled"};
    return names[static_cast<std::size_t>(reason)];
}

Generation::Generation(const text::Tokenizer* tokenizer, std::vector<TokenId> prompt, GenerationOptions options,
                       ChunkCallback on_chunk)
    : tokenizer_(tokenizer),
      options_(std::move(options)),
      on_chunk_(std::move(on_chunk)),
      sampler_(options_.sampling, options_.choice),
      forbidden_(options_.forbidden),
      stops_(options_.stop),
      sequence_(std::move(prompt)),
      prompt_size_(static_cast<std::int64_t>(sequence_.size())) {
    if (sequence_.empty()) base::fail(base::ErrorCode::bad_argument, "The prompt is empty; give at least one token.");
    for (const TokenId id : options_.allowed) {
        if (id >= 0 && (tokenizer_ == nullptr || id < tokenizer_->size())) continue;
        base::fail(base::ErrorCode::bad_argument, "The allowed token {} is not in the vocabulary.", id);
    }
    for (const auto& [id, more] : options_.bias) {
        if (id >= 0 && std::isfinite(more)) continue;
        base::fail(base::ErrorCode::bad_argument, "The bias of token {} is {}; expected a token and a number.", id,
                   more);
    }
    if (tokenizer_ == nullptr) return;
    detokenizer_.emplace(*tokenizer_);
    splitter_.emplace(*tokenizer_, sequence_);
    text_phase_ = splitter_->phase();
}

bool Generation::thought_is_used_up() const {
    return options_.max_thinking && splitter_ && splitter_->can_think() && splitter_->phase() == Phase::thinking &&
           thought_tokens_ >= *options_.max_thinking;
}

/// The first of the likeliest.
TokenId likeliest_of(std::span<const TokenId> allowed, std::span<const float> logits) {
    return *std::ranges::max_element(allowed, {}, [&](TokenId id) { return logits[id]; });
}

/// Some models have more logits than their vocabulary has tokens: padding, which nobody can read.
std::span<float> Generation::readable(std::span<float> logits) const {
    if (tokenizer_ == nullptr) return logits;
    return logits.first(std::min(logits.size(), static_cast<std::size_t>(tokenizer_->size())));
}

/// The likeliest of all; which one is taken is for the caller to fill in.
TokenLogprob likeliest_tokens(std::span<const float> logits, std::int64_t count, double log_sum) {
    std::vector<TokenId> ids(logits.size());
    std::iota(ids.begin(), ids.end(), 0);
    const auto end = ids.begin() + std::min(count, std::ssize(ids));
    std::partial_sort(ids.begin(), end, ids.end(),
                      [&](TokenId a, TokenId b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; });
    TokenLogprob one;
    for (auto id = ids.begin(); id != end; ++id) one.top.emplace_back(*id, static_cast<double>(logits[*id]) - log_sum);
    return one;
}

TokenId Generation::choose(std::span<float> logits) {
    if (!options_.allowed.empty()) return likeliest_of(options_.allowed, logits);
    for (const auto& [id, more] : options_.bias) {
        if (static_cast<std::size_t>(id) < logits.size()) logits[id] += more;
    }
    if (tokenizer_ != nullptr) forbidden_.strike(logits, *tokenizer_);
    return sampler_.choose(logits, sequence_);
}

bool Generation::advance(std::span<float> logits, energy::WorkAccount& account, std::int32_t participant) {
    if (ended_) return false;
    if (generated() >= options_.max_tokens) {
        end(StopReason::max_tokens);
        return false;
    }
    TokenId id = 0;
    if (thought_is_used_up() && forced_.empty()) {
        forced_ = splitter_->closing();
        answer_->thinking_cut = true;
    }
    const bool forced = !forced_.empty();
    logits = readable(logits);
    std::optional<TokenLogprob> logprob;
    {
        const TimedWork work(account, sampling_component, participant);
        std::vector<float> before;  // the sampler overwrites them
        if (options_.logprobs) before.assign(logits.begin(), logits.end());
        id = forced ? forced_.front() : choose(logits);
        if (options_.logprobs) {
            const double log_sum = kernels::log_sum_exp(before.data(), std::ssize(before));
            logprob = likeliest_tokens(before, *options_.logprobs, log_sum);
            logprob->id = id;
            logprob->logprob = static_cast<double>(before[id]) - log_sum;
        }
    }
    if (forced) forced_.erase(forced_.begin());
    const TimedWork work(account, tokenising_component, participant);
    if (!forced && tokenizer_ != nullptr && tokenizer_->ends_generation(id)) {
        answer_->end = id;
        end(StopReason::end_token);
        return false;
    }
    take(id);
    if (logprob) answer_->logprobs.push_back(std::move(*logprob));
    if (stops_.hit()) {
        end(StopReason::stop_string);
    } else if (generated() >= options_.max_tokens) {
        end(StopReason::max_tokens);
    }
    return !ended_;
}

void Generation::take(TokenId id) {
    sequence_.push_back(id);
    if (tokenizer_ != nullptr) forbidden_.push(id, *tokenizer_);
    answer_->tokens.push_back(id);
    if (!splitter_) {
        ++(*answer_)[Phase::answer].tokens;
        return;
    }
    for (const text::ReasoningSplitter::ClassifiedToken& token : splitter_->push(id)) take(token);
}

void Generation::take(const text::ReasoningSplitter::ClassifiedToken& token) {
    if (token.id == text::ReasoningSplitter::no_token) {
        flush();
        text_phase_ = token.phase;
        emit(token.phase, token.beside);
        return;
    }
    ++(*answer_)[token.phase].tokens;
    if (token.phase == Phase::thinking && !token.marker) ++thought_tokens_;
    if (token.marker || token.phase != text_phase_) flush();
    text_phase_ = token.phase;
    if (!token.marker) emit(token.phase, detokenizer_->push(token.id));
}

/// The text that the detokenizer still holds belongs to the phase that ends here.
void Generation::flush() {
    emit(text_phase_, detokenizer_->finish());
}

void Generation::emit(Phase phase, std::string text) {
    std::string& whole = phase == Phase::thinking ? answer_->thinking : answer_->text;
    // Where there are markers, the newlines around them belong to neither the thought nor the answer.
    if (whole.empty() && splitter_->can_think()) text.erase(0, std::min(text.find_first_not_of('\n'), text.size()));
    if (phase == Phase::answer) text = stops_.push(text);
    if (text.empty()) return;
    whole += text;
    if (on_chunk_) on_chunk_({phase, text});
}

void Generation::end(StopReason reason) {
    if (ended_) return;
    ended_ = true;
    answer_->stop = reason;
    if (!detokenizer_) return;
    for (const text::ReasoningSplitter::ClassifiedToken& token : splitter_->finish()) take(token);
    flush();
    const std::string held = stops_.finish();
    if (!held.empty()) {
        answer_->text += held;
        if (on_chunk_) on_chunk_({Phase::answer, held});
    }
    std::string& thinking = answer_->thinking;
    thinking.erase(thinking.find_last_not_of('\n') + 1);
}

}  // namespace ergon::engine
