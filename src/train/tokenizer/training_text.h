#pragma once
// The text that a tokenizer learns from: files, cut into pieces and counted by several threads.

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/threads.h"
#include "base/units.h"
#include "train/tokenizer/tokenizer_trainer.h"

namespace ergon::train {

/// How our tokenizers cut text: the rule that GGUF files call so, which other engines know. Digits stand alone, so that
/// a number is read digit by digit.
inline constexpr std::string_view pre_tokenizer_name = "deepseek-r1-qwen";

struct TrainingText {
    PieceCounts pieces;
    base::Bytes bytes{0};  // of text: in JSON lines, of the fields that are text
};

/// Adds the pieces of one text, normalised and cut as the tokenizer will do it. Markers such as `</think>` are words
/// here (contract 5 of docs/architecture.md). Bytes that are not UTF-8 are pieces of their own.
class PieceCounter {
  public:
    PieceCounter();
    ~PieceCounter();
    PieceCounter(PieceCounter&&) noexcept;
    /// Throws Error(bad_file), beginning with `origin`, for a piece that no text of people has.
    void add(std::string_view text, std::string_view origin = "The text");
    const TrainingText& counted() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Reads all files. One whose name ends in .jsonl has one JSON object per line, of which "prompt", "thinking", "answer"
/// and "text" are each a text of its own (or a number); any other is plain text. The result depends on neither the
/// order of the files nor the number of threads. Throws Error(not_found | system) for what cannot be read,
/// Error(bad_file) with file and line for a line that is no object or has none of these fields.
TrainingText read_training_text(std::span<const std::filesystem::path> files, base::ThreadPool& pool);

/// Cuts a text behind line breaks where every piece ends, whatever stands around it, into parts of at least `size`
/// bytes (the last may be smaller).
std::vector<std::string_view> cut_between_pieces(std::string_view text, std::size_t size);

}  // namespace ergon::train
