#pragma once
// Text in which every character remembers who wrote it (contract 5 of docs/architecture.md: words are never commands).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::text {

/// Who wrote a piece of text: the chat template itself, or a person (messages, tools, any variable but bos/eos).
enum class Author : bool { person, chat_template };

/// A string with the author of every byte, stored as runs.
class MarkedText {
  public:
    struct Run {
        std::size_t begin;  // offset of the run's first byte; it ends where the next begins
        Author author;
        bool operator==(const Run&) const = default;
    };

    MarkedText() = default;
    MarkedText(std::string_view text, Author author) { append(text, author); }

    void append(std::string_view text, Author author) {
        if (text.empty()) return;
        if (runs_.empty() || runs_.back().author != author) runs_.push_back({text_.size(), author});
        text_.append(text);
    }
    void append(const MarkedText& other) {
        for (std::size_t i = 0; i < other.runs_.size(); ++i) append(other.run_text(i), other.runs_[i].author);
    }

    const std::string& text() const { return text_; }
    const std::vector<Run>& runs() const { return runs_; }
    std::string_view run_text(std::size_t i) const {
        const std::size_t end = i + 1 < runs_.size() ? runs_[i + 1].begin : text_.size();
        return std::string_view(text_).substr(runs_[i].begin, end - runs_[i].begin);
    }
    bool empty() const { return text_.empty(); }
    bool operator==(const MarkedText&) const = default;

  private:
    std::string text_;
    std::vector<Run> runs_;
};

}  // namespace ergon::text
