#include "client/think_tags.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace ergon::client {
namespace {

using base::ThoughtMarkers;

constexpr std::string_view white_space = " \t\r\n";

std::string_view without_leading_space(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(white_space), text.size()));
}

std::string trimmed(std::string_view text) {
    return std::string(without_leading_space(text.substr(0, text.find_last_not_of(white_space) + 1)));
}

/// Length of the longest end of `text` that is a beginning of `tag`.
std::size_t begun(std::string_view text, std::string_view tag) {
    std::size_t length = std::min(text.size(), tag.size() - 1);
    while (!text.ends_with(tag.substr(0, length))) --length;
    return length;
}

enum class Meaning { opens, closes, answers };

struct Tag {
    std::string spelling;
    Meaning meaning;
    const ThoughtMarkers* family;
};

void add_parts(const ThoughtMarkers& family, std::vector<Tag>& tags) {
    const std::string turn(family.turn), open(family.open), answer(family.answer);
    tags.push_back({open, Meaning::opens, &family});
    if (!answer.empty()) tags.push_back({answer, Meaning::answers, &family});
    if (turn.empty()) return;
    tags.push_back({turn + open, Meaning::opens, &family});
    tags.push_back({turn + answer, Meaning::answers, &family});
}

/// What a reply may begin with.
std::vector<Tag> first_tags(bool may_close_unopened) {
    std::vector<Tag> tags;
    for (const ThoughtMarkers& family : base::thought_families()) {
        add_parts(family, tags);
        // Where each part is a message of its own no template opens a thought for the model.
        if (may_close_unopened && family.turn.empty()) {
            tags.push_back({std::string(family.close), Meaning::closes, &family});
        }
    }
    return tags;
}

/// What may stand behind a closed thought: the answer's marker, and another thought where thoughts are messages.
std::vector<Tag> tags_after(const ThoughtMarkers& family) {
    std::vector<Tag> tags;
    add_parts(family, tags);
    std::erase_if(tags, [&](const Tag& tag) { return tag.meaning == Meaning::opens && family.turn.empty(); });
    return tags;
}

/// The tag that a text begins with; null if it begins with none.
const Tag* tag_at(std::string_view text, const std::vector<Tag>& tags) {
    const auto found = std::ranges::find_if(tags, [text](const Tag& tag) { return text.starts_with(tag.spelling); });
    return found == tags.end() ? nullptr : &*found;
}

bool may_become_tag(std::string_view text, const std::vector<Tag>& tags) {
    return std::ranges::any_of(tags, [text](const Tag& tag) { return tag.spelling.starts_with(text); });
}

}  // namespace

void ThinkTags::push(std::string_view piece) {
    if (state_ == State::answer) return add(Phase::answer, piece);
    pending_ += piece;
    if (state_ == State::beginning) begin(false);
    for (std::size_t before = std::string::npos; before != pending_.size();) {
        before = pending_.size();
        if (state_ == State::thinking || state_ == State::unsure_answer) look_for_close();
        if (state_ == State::closed) go_on_after_close(false);
    }
    if (state_ == State::answer) add(Phase::answer, std::exchange(pending_, {}));
}

void ThinkTags::finish() {
    if (state_ == State::beginning && !pending_.empty()) begin(true);
    if (state_ == State::closed) go_on_after_close(true);
    if (state_ == State::thinking) {
        add(Phase::thinking, std::exchange(pending_, {}));
        thinking_ = trimmed(thinking_);
    }
    add(Phase::answer, std::exchange(pending_, {}));
}

/// Looked for once: a text may begin with megabytes of it, in pieces.
std::string_view ThinkTags::pending_behind_white_space() {
    white_ = std::min(pending_.find_first_not_of(white_space, white_), pending_.size());
    return std::string_view(pending_).substr(white_);
}

void ThinkTags::begin(bool at_end) {
    const std::vector<Tag> tags = first_tags(may_close_unopened_);
    const std::string_view text = pending_behind_white_space();
    if (const Tag* const tag = tag_at(text, tags)) {
        pending_.erase(0, white_ + tag->spelling.size());
        white_ = 0;
        family_ = tag->family;
        after_tag_ = tag->meaning != Meaning::opens;
        state_ = tag->meaning == Meaning::opens ? State::thinking : State::answer;
    } else if (!at_end && may_become_tag(text, tags)) {
        return;
    } else {
        state_ = may_close_unopened_ ? State::unsure_answer : State::answer;
    }
    on_phase_(state_ == State::thinking ? Phase::thinking : Phase::answer);
}

void ThinkTags::look_for_close() {
    const Phase phase = state_ == State::thinking ? Phase::thinking : Phase::answer;
    std::size_t end = std::string::npos, may_begin = pending_.size();
    const ThoughtMarkers* closed = nullptr;
    for (const ThoughtMarkers& family : base::thought_families()) {
        if (state_ == State::thinking ? &family != family_ : !family.turn.empty()) continue;
        const std::size_t at = pending_.find(family.close);
        if (at < end) {
            end = at;
            closed = &family;
        }
        may_begin = std::min(may_begin, pending_.size() - begun(pending_, family.close));
    }
    if (closed == nullptr) {
        add(phase, std::string_view(pending_).substr(0, may_begin));
        pending_.erase(0, may_begin);
        return;
    }
    add(phase, std::string_view(pending_).substr(0, end));
    pending_.erase(0, end + closed->close.size());
    family_ = closed;
    thinking_ = trimmed(phase == Phase::thinking ? thinking_ : answer_);
    answer_.clear();
    after_tag_ = true;
    state_ = closed->answer.empty() ? State::answer : State::closed;
    if (state_ == State::answer) on_phase_(Phase::answer);
}

void ThinkTags::go_on_after_close(bool at_end) {
    const std::vector<Tag> tags = tags_after(*family_);
    const std::string_view text = pending_behind_white_space();
    if (const Tag* const tag = tag_at(text, tags)) {
        pending_.erase(0, white_ + tag->spelling.size());
        white_ = 0;
        state_ = tag->meaning == Meaning::opens ? State::thinking : State::answer;
    } else if (!at_end && may_become_tag(text, tags)) {
        return;
    } else {
        state_ = State::answer;
    }
    if (state_ == State::answer) return on_phase_(Phase::answer);
    if (!thinking_.empty()) add(Phase::thinking, "\n\n");
}

void ThinkTags::add(Phase phase, std::string_view text) {
    std::string& whole = phase == Phase::thinking ? thinking_ : answer_;
    if (whole.empty() && (phase == Phase::thinking || after_tag_)) text = without_leading_space(text);
    if (text.empty()) return;
    whole += text;
    on_text_(phase, text);
}

}  // namespace ergon::client
