#pragma once
// One answer as it grows: logits in, tokens and text out, until something ends it.

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"
#include "energy/meter.h"
#include "engine/generation/forbidden_texts.h"
#include "engine/generation/sampler.h"
#include "engine/generation/stop_strings.h"
#include "text/reasoning.h"
#include "text/tokenizer/tokenizer.h"

namespace ergon::engine {

enum class StopReason : std::uint8_t { end_token, stop_string, max_tokens, context_full, cancelled };
std::string_view name(StopReason reason);  // "end", "stop", "max_tokens", "context", "cancelled"

struct GenerationOptions {
    SamplerSettings sampling;
    /// Generated tokens, thinking included; 0 only reads the prompt.
    std::int64_t max_tokens = std::numeric_limits<std::int64_t>::max();
    /// Tokens of thought after which the markers that end it are put in and the answer begins.
    std::optional<std::int64_t> max_thinking;
    /// Strings that end the answer; they are looked for in the answer, not in the thought, and are not part of it.
    std::vector<std::string> stop;
    /// Texts that neither thought nor answer contains: the next likeliest token stands where one would be completed.
    std::vector<std::string> forbidden;
    /// If there are any, each token is the likeliest of these, whatever the sampler's settings.
    std::vector<TokenId> allowed;
    /// Added to the logits of tokens before one is chosen (OpenAI's logit_bias).
    std::vector<std::pair<TokenId, float>> bias = {};
    /// Answer::logprobs, with so many of the likeliest tokens beside each that was taken.
    std::optional<std::int64_t> logprobs = {};
    /// Index of this answer among those asked for in one request (enters the random numbers).
    std::uint64_t choice = 0;
};

/// Text that became complete, of one phase. Markers and control tokens bring none.
struct TextChunk {
    base::Phase phase = base::Phase::answer;
    std::string_view text;
};
using ChunkCallback = std::function<void(const TextChunk&)>;

struct PhaseUse {
    std::int64_t tokens = 0;
    std::int64_t steps = 0;  // of the model that worked on it; a phase's first token may come from the step before it
    base::Seconds time{};    // wall time of those steps
};

/// Log-probabilities (natural) by the model itself, at temperature 1, before bias and penalties.
struct TokenLogprob {
    TokenId id = 0;
    double logprob = 0;
    std::vector<std::pair<TokenId, double>> top;  // the likeliest, falling
};

/// An answer when it is over (or so far).
struct Answer {
    std::vector<TokenId> tokens;         // generated ones, the end token excluded
    std::optional<TokenId> end;          // the end token, if that is what ended it
    std::vector<TokenLogprob> logprobs;  // of `tokens`, if they were asked for
    std::string thinking;
    std::string text;
    StopReason stop = StopReason::cancelled;
    bool thinking_cut = false;  // the thought was ended by GenerationOptions::max_thinking
    /// By phase. The prompt's tokens are those that were read; those found in the cache are `reused`. Markers count for
    /// the thought.
    std::array<PhaseUse, base::phase_count> use{};
    std::int64_t reused = 0;
    /// Whether times and joules are known of each phase. Else only their sums are, and the phase `answer` has them: a
    /// server sent all at once.
    bool by_phase = true;
    /// What it cost, if it was metered and is over.
    std::optional<energy::RequestFigures> energy;
    /// Bytes and operations of the steps, if it was metered and ran alone.
    energy::WorkTotals work;

    PhaseUse& operator[](base::Phase phase) { return use[static_cast<std::size_t>(phase)]; }
    const PhaseUse& operator[](base::Phase phase) const { return use[static_cast<std::size_t>(phase)]; }
};

class Generation {
  public:
    /// The tokenizer says which tokens end an answer, and what text they are; without one (null) there is no text, and
    /// nothing ends an answer but its limits. Throws Error(bad_argument) for options out of range or an empty prompt.
    Generation(const text::Tokenizer* tokenizer, std::vector<TokenId> prompt, GenerationOptions options,
               ChunkCallback on_chunk);

    /// Takes the next token from logits [vocabulary] (overwritten). True if it must be fed to the model to go on. What
    /// it took is added to the account for that participant of the step.
    bool advance(std::span<float> logits, energy::WorkAccount& account, std::int32_t participant);
    /// Ends it from outside.
    void end(StopReason reason);

    bool ended() const { return ended_; }
    /// Prompt and generated tokens.
    const std::vector<TokenId>& sequence() const { return sequence_; }
    std::int64_t prompt_size() const { return prompt_size_; }
    std::int64_t generated() const { return static_cast<std::int64_t>(sequence_.size()) - prompt_size_; }
    /// The phase that the next generated token is expected to belong to: what a step that computes it works for.
    base::Phase phase() const { return splitter_ ? splitter_->phase() : base::Phase::answer; }
    Answer& answer() { return *answer_; }
    /// The answer outlives the generation for whoever holds it.
    std::shared_ptr<const Answer> shared_answer() const { return answer_; }

  private:
    bool thought_is_used_up() const;
    std::span<float> readable(std::span<float> logits) const;
    TokenId choose(std::span<float> logits);
    void take(TokenId id);
    void take(const text::ReasoningSplitter::ClassifiedToken& token);
    void emit(base::Phase phase, std::string text);
    void flush();

    const text::Tokenizer* tokenizer_;
    GenerationOptions options_;
    ChunkCallback on_chunk_;
    Sampler sampler_;
    ForbiddenTexts forbidden_;
    StopStrings stops_;
    std::vector<TokenId> sequence_;
    std::int64_t prompt_size_;
    std::optional<text::ReasoningSplitter> splitter_;
    std::optional<text::Detokenizer> detokenizer_;
    base::Phase text_phase_ = base::Phase::answer;  // the phase of the text in the detokenizer
    std::int64_t thought_tokens_ = 0;
    std::vector<TokenId> forced_;  // what comes next, whatever the logits say
    bool ended_ = false;
    std::shared_ptr<Answer> answer_ = std::make_shared<Answer>();
};

}  // namespace ergon::engine
