#pragma once
// Examples for fine-tuning from pairs of prompt and answer, as the model's chat template writes them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/chat_format.h"
#include "train/optimizer/trainer.h"

namespace ergon::train {

/// What a model is to answer, and what it is to think first.
struct Pair {
    std::string prompt, thinking, answer;
};

/// Tokenizer and chat template of a folder, without a model. Throws base::Error.
engine::ChatFormat load_chat_format(const std::filesystem::path& folder);

/// Pairs from JSON lines with the texts `prompt`, `answer` and, if there is one, `thinking`. Throws Error(bad_file |
/// not_found) with file and line.
std::vector<Pair> read_pairs(const std::filesystem::path& file);

/// The template's prompt, then what is learnt: the thought and its end marker if `thinking`, the answer, the end token.
/// The loss counts on what is learnt alone. Throws Error(unsupported) for a tokenizer without the marker or an end
/// token.
Example make_example(const engine::ChatFormat& words, const Pair& pair, bool thinking);

/// All pairs in an order drawn anew for each round from `seed`. Examples longer than `document` tokens are left out.
class TextExamples {
  public:
    /// Throws Error(bad_argument) if none is left.
    TextExamples(const engine::ChatFormat& words, std::vector<Pair> pairs, bool thinking, std::int64_t document,
                 std::uint64_t seed);
    const Example& operator()(std::int64_t place);
    std::int64_t size() const { return std::ssize(examples_); }
    std::int64_t left_out() const { return left_out_; }

  private:
    std::vector<Example> examples_;
    std::int64_t left_out_ = 0;
    std::uint64_t seed_;
    std::int64_t round_ = -1;
    std::vector<std::int64_t> order_;  // of round_
};

}  // namespace ergon::train
