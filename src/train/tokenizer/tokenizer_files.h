#pragma once
// A tokenizer as Hugging Face's libraries read it: tokenizer.json and tokenizer_config.json.

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/json/json.h"
#include "train/tokenizer/tokenizer_trainer.h"

namespace ergon::train {

/// Tokens beside those that merges make: 256 bytes and DeepSeek's markers. No vocabulary is smaller.
inline constexpr std::int64_t smallest_vocabulary = byte_symbols + 7;

/// Ids as in DeepSeek-V3: begin, end and padding are 0, 1 and 2; then the symbols; at the end `<｜User｜>`,
/// `<｜Assistant｜>`, `<think>` and `</think>`. The last two are shown as text by those who decode without special
/// tokens, as DeepSeek's are.
base::Json tokenizer_json(const LearntMerges& learnt);

/// Names of the special tokens, BOS in front of raw text, the chat template.
base::Json tokenizer_config_json();

/// What tokenizer.json says of normalisation and of cutting text (`normalizer`, `pre_tokenizer`): the rule that GGUF
/// files call pre_tokenizer_name.
base::Json normalizer_json();
base::Json pre_tokenizer_json();

/// Writes both files, each aside and renamed into place; the folder is made if need be. Throws Error(system).
void write_tokenizer(const std::filesystem::path& folder, const LearntMerges& learnt);

}  // namespace ergon::train
