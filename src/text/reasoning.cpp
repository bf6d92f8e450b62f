#include "text/reasoning.h"

#include <algorithm>

namespace ergon::text {
namespace {

using base::ThoughtMarkers;

/// The tokens of a marker. None where it is not made of tokens of its own: words must not become a marker by chance.
std::vector<TokenId> tokens_of(const Tokenizer& tokenizer, std::string_view marker) {
    if (const auto id = tokenizer.find(marker)) return {*id};
    std::vector<TokenId> ids = tokenizer.encode_with_special(marker);
    if (ids.empty() || !tokenizer.is_control(ids.front())) return {};
    return ids;
}

bool writes(const Tokenizer& tokenizer, const ThoughtMarkers& family) {
    return !tokens_of(tokenizer, family.open).empty() && !tokens_of(tokenizer, family.close).empty();
}

bool spells(const std::string& chat_template, const ThoughtMarkers& family) {
    if (chat_template.find(family.open) != std::string::npos) return true;
    return family.turn.empty() && chat_template.find(family.close) != std::string::npos;
}

}  // namespace

const ThoughtMarkers* thought_markers_of(const Tokenizer& tokenizer) {
    const ThoughtMarkers *first = nullptr, *spelt = nullptr;
    for (const ThoughtMarkers& family : base::thought_families()) {
        const bool told = spells(tokenizer.chat_template(), family);
        if (writes(tokenizer, family)) {
            if (told) return &family;
            if (first == nullptr) first = &family;
        } else if (told && spelt == nullptr && family.turn.empty()) {
            spelt = &family;
        }
    }
    return spelt != nullptr ? spelt : first;
}

ReasoningSplitter::ReasoningSplitter(const Tokenizer& tokenizer, std::span<const TokenId> prompt)
    : tokenizer_(&tokenizer), family_(thought_markers_of(tokenizer)) {
    if (family_ == nullptr) return;
    spelt_ = !writes(tokenizer, *family_);
    if (spelt_) {
        read_spelt_prompt(prompt);
        return;
    }
    const auto add = [&](std::string_view spelling, bool opens) {
        std::vector<TokenId> ids = tokens_of(tokenizer, spelling);
        if (!ids.empty()) markers_.push_back({std::move(ids), opens});
    };
    const std::string turn(family_->turn), answer(family_->answer);
    add(family_->open, true);
    add(family_->close, false);
    if (!answer.empty()) add(answer, false);
    if (!turn.empty()) {
        add(turn + std::string(family_->open), true);
        add(turn + answer, false);
    }
    closing_ = tokens_of(tokenizer, family_->close);
    if (!answer.empty()) {
        const std::vector<TokenId> more = tokens_of(tokenizer, turn + answer);
        closing_.insert(closing_.end(), more.begin(), more.end());
    }
    read_prompt(prompt);
}

/// The last marker of the prompt tells whether it ended inside a thought.
void ReasoningSplitter::read_prompt(std::span<const TokenId> prompt) {
    for (std::size_t i = prompt.size(); i-- > 0;) {
        const Marker* const marker = marker_at(prompt.subspan(i));
        if (marker == nullptr) continue;
        phase_ = marker->opens ? Phase::thinking : Phase::answer;
        prompt_ends_thought_ = !marker->opens && i + marker->ids.size() == prompt.size();
        return;
    }
}

/// The marker that `ids` begins with.
const ReasoningSplitter::Marker* ReasoningSplitter::marker_at(std::span<const TokenId> ids) const {
    const auto found = std::ranges::find_if(markers_, [ids](const Marker& marker) {
        return marker.ids.size() <= ids.size() && std::ranges::equal(marker.ids, ids.first(marker.ids.size()));
    });
    return found == markers_.end() ? nullptr : &*found;
}

bool ReasoningSplitter::may_become_marker() const {
    return std::ranges::any_of(markers_, [this](const Marker& marker) {
        return undecided_.size() < marker.ids.size() &&
               std::ranges::equal(undecided_, std::span(marker.ids).first(undecided_.size()));
    });
}

std::span<const ReasoningSplitter::ClassifiedToken> ReasoningSplitter::push(TokenId id) {
    decided_.clear();
    undecided_.push_back(id);
    spelt_ ? push_letters() : push_token();
    return decided_;
}

void ReasoningSplitter::push_token() {
    while (!undecided_.empty()) {
        if (const Marker* const marker = marker_at(undecided_)) {
            take_marker(marker->opens);
        } else if (may_become_marker()) {
            break;
        } else {
            decide(1);
        }
    }
}

/// The first tokens that are held are text.
void ReasoningSplitter::decide(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) decided_.push_back({undecided_[i], phase_, false});
    undecided_.erase(undecided_.begin(), undecided_.begin() + static_cast<std::ptrdiff_t>(count));
    if (count > 0) just_closed_ = false;
}

/// All that is held is a marker. It belongs to the thought; one that closes where there was none belongs to the answer.
void ReasoningSplitter::take_marker(bool opens) {
    const bool of_thought = opens || phase_ == Phase::thinking || just_closed_;
    for (const TokenId id : undecided_) decided_.push_back({id, of_thought ? Phase::thinking : Phase::answer, true});
    undecided_.clear();
    phase_ = opens ? Phase::thinking : Phase::answer;
    just_closed_ = !opens && of_thought && !family_->answer.empty();
}

std::span<const ReasoningSplitter::ClassifiedToken> ReasoningSplitter::finish() {
    decided_.clear();
    decide(undecided_.size());
    return decided_;
}

// --- markers that are no tokens --------------------------------------------------------------------------------------

std::string ReasoningSplitter::letters(std::span<const TokenId> ids) const {
    std::string text;
    for (const TokenId id : ids) {
        if (!tokenizer_->is_control(id)) text += tokenizer_->bytes(id);
    }
    return text;
}

/// Only the end of the prompt tells: what a person wrote may stand anywhere else.
void ReasoningSplitter::read_spelt_prompt(std::span<const TokenId> prompt) {
    constexpr std::size_t tail = 64;  // tokens; a marker and line ends have fewer
    std::string text = letters(prompt.last(std::min(tail, prompt.size())));
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    if (text.ends_with(family_->open)) phase_ = Phase::thinking;
    prompt_ends_thought_ = text.ends_with(family_->close);
    answered_ = prompt_ends_thought_;
    closing_ = tokenizer_->encode(family_->close);
}

void ReasoningSplitter::push_letters() {
    const std::string_view marker = phase_ == Phase::thinking ? family_->close : family_->open;
    const bool wanted = phase_ == Phase::thinking || !answered_;
    const std::string text = letters(undecided_);
    const std::size_t at = wanted ? text.find(marker) : std::string::npos;
    if (at != std::string::npos) return take_spelt_marker(text, at, marker.size());
    std::size_t begun = wanted ? std::min(text.size(), marker.size() - 1) : 0;
    while (!text.ends_with(marker.substr(0, begun))) --begun;
    std::size_t sure = 0, bytes = 0;  // tokens before what may become a marker, and theirs
    for (; sure < undecided_.size(); ++sure) {
        bytes += letters({&undecided_[sure], 1}).size();
        if (bytes > text.size() - begun) break;
    }
    if (phase_ == Phase::answer && text.find_first_not_of(" \t\r\n") < text.size() - begun) answered_ = true;
    decide(sure);
}

/// A marker ends in the last token that is held.
void ReasoningSplitter::take_spelt_marker(const std::string& text, std::size_t at, std::size_t size) {
    std::size_t bytes = 0;
    while (const std::size_t next = letters({undecided_.data(), 1}).size()) {
        if (bytes + next > at) break;
        bytes += next;
        decide(1);
    }
    if (at > bytes) decided_.push_back({no_token, phase_, false, text.substr(bytes, at - bytes)});
    for (const TokenId id : undecided_) decided_.push_back({id, Phase::thinking, true});
    undecided_.clear();
    phase_ = phase_ == Phase::thinking ? Phase::answer : Phase::thinking;
    answered_ = phase_ == Phase::answer;
    if (at + size < text.size()) decided_.push_back({no_token, phase_, false, text.substr(at + size)});
}

}  // namespace ergon::text
