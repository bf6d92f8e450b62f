#pragma once
// Thought and answer told apart in a text, for servers that leave the markers of a thought in it.

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/strings/thought_markers.h"
#include "client/chat.h"

namespace ergon::client {

/// Reads a text in pieces, cut anywhere. A thought stands at the beginning only, between the markers of one family
/// (base/strings/thought_markers.h): what comes after it is the answer, tags and all, and so is a text that begins
/// otherwise, for somebody may write about tags. A closing tag without an opening one says that all before it was
/// thought: the template opened it and the server did not repeat it.
class ThinkTags {
  public:
    /// Told when the text gets to `thinking` or to `answer`; told `answer` once more if a closing tag makes thought of
    /// what seemed an answer.
    using OnPhase = std::function<void(Phase)>;

    /// Given the text of a phase as it becomes sure, without the white space before it.
    using OnText = std::function<void(Phase, std::string_view)>;

    /// `may_close_unopened`: whether a closing tag counts without an opening one.
    ThinkTags(bool may_close_unopened, OnPhase on_phase, OnText on_text)
        : may_close_unopened_(may_close_unopened), on_phase_(std::move(on_phase)), on_text_(std::move(on_text)) {}

    void push(std::string_view piece);
    /// The text is at its end: what might have become a tag is text.
    void finish();

    /// Without the white space around it.
    const std::string& thinking() const { return thinking_; }
    /// Without the white space between tag and answer.
    const std::string& answer() const { return answer_; }

  private:
    enum class State { beginning, thinking, closed, unsure_answer, answer };
    std::string_view pending_behind_white_space();
    void begin(bool at_end);
    void look_for_close();
    void go_on_after_close(bool at_end);
    void add(Phase phase, std::string_view text);

    bool may_close_unopened_;
    OnPhase on_phase_;
    OnText on_text_;
    State state_ = State::beginning;
    const base::ThoughtMarkers* family_ = nullptr;  // once a marker of it was read
    bool after_tag_ = false;
    std::string pending_;    // may become a tag
    std::size_t white_ = 0;  // so many of its first bytes are known to be white space
    std::string thinking_;
    std::string answer_;
};

}  // namespace ergon::client
