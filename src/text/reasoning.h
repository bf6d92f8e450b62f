#pragma once
// Splitting thought from answer, by token.

#include <span>
#include <string>
#include <vector>

#include "base/phase.h"
#include "base/strings/thought_markers.h"
#include "text/tokenizer/tokenizer.h"

namespace ergon::text {

using base::Phase;

/// The family whose markers a model writes: the one that the chat template spells, if possible one whose markers are
/// tokens of the vocabulary; without such a template, the first whose markers are tokens. Null where there is none: the
/// model does not think, or nobody can tell.
const base::ThoughtMarkers* thought_markers_of(const Tokenizer& tokenizer);

/// Tells for each generated token whether it is thought or answer. Where the family's markers are tokens, only those
/// tokens count; where the vocabulary has none such, the marker's letters do, and a thought stands at the beginning
/// only. If the prompt ended inside an open thought, the first token is thought. Unfinished thought is thought.
class ReasoningSplitter {
  public:
    ReasoningSplitter(const Tokenizer& tokenizer, std::span<const TokenId> prompt);

    static constexpr TokenId no_token = -1;
    struct ClassifiedToken {
        TokenId id;
        Phase phase;
        bool marker;  // part of a marker: not to be shown. Markers belong to the thought that they open or close
        std::string beside = {};  // letters of a marker's tokens that are not the marker's; `id` is then no_token
        bool operator==(const ClassifiedToken&) const = default;
    };
    /// The tokens that are decided now, in their order: none while the last ones may become a marker of several tokens.
    /// Valid until the next call.
    std::span<const ClassifiedToken> push(TokenId id);
    /// What was still undecided: it became no marker.
    std::span<const ClassifiedToken> finish();
    /// The phase of what comes next.
    Phase phase() const { return phase_; }

    bool can_think() const { return family_ != nullptr; }
    /// Whether the prompt ended just behind a marker that lets the answer begin.
    bool prompt_ends_thought() const { return prompt_ends_thought_; }
    /// Null if it cannot think.
    const base::ThoughtMarkers* family() const { return family_; }
    /// What ends a thought and lets the answer begin: tokens to be forced.
    const std::vector<TokenId>& closing() const { return closing_; }

  private:
    struct Marker {
        std::vector<TokenId> ids;
        bool opens;
    };
    const Marker* marker_at(std::span<const TokenId> ids) const;
    bool may_become_marker() const;
    void take_marker(bool opens);
    void read_prompt(std::span<const TokenId> prompt);
    void push_token();
    void push_letters();
    void take_spelt_marker(const std::string& text, std::size_t at, std::size_t size);
    void read_spelt_prompt(std::span<const TokenId> prompt);
    std::string letters(std::span<const TokenId> ids) const;
    void decide(std::size_t count);

    const Tokenizer* tokenizer_;
    const base::ThoughtMarkers* family_;
    std::vector<Marker> markers_;
    std::vector<TokenId> closing_;
    std::vector<TokenId> undecided_;  // may become a marker
    std::vector<ClassifiedToken> decided_;
    Phase phase_ = Phase::answer;
    bool just_closed_ = false;  // a marker that opens the answer would belong to the thought that was closed
    bool prompt_ends_thought_ = false;
    bool spelt_ = false;     // the markers are no tokens
    bool answered_ = false;  // then: the answer has begun
};

}  // namespace ergon::text
