#pragma once
// What the tests of the tokenizer trainer share.

#include <filesystem>
#include <string_view>

#include "base/json/json.h"
#include "text/tokenizer/tokenizer.h"
#include "train/tokenizer/tokenizer_files.h"
#include "train/tokenizer/training_text.h"

namespace ergon::test {

/// Merges learnt from one text, as its pieces stand.
inline train::LearntMerges learnt_from(std::string_view text, std::int64_t max_merges, std::int64_t min_count = 2) {
    train::PieceCounter counter;
    counter.add(text);
    return train::learn_merges(counter.counted().pieces, {.max_merges = max_merges, .min_count = min_count});
}

/// The tokenizer of such merges, by way of its file.
inline text::Tokenizer tokenizer_of(const train::LearntMerges& learnt) {
    return text::Tokenizer::from_json(train::tokenizer_json(learnt).dump(), train::tokenizer_config_json(), "learnt");
}

}  // namespace ergon::test
