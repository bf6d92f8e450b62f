#pragma once
// A trained tokenizer on its way into model files.

#include <filesystem>
#include <vector>

#include "formats/gguf_writer.h"

namespace ergon::train {

/// The keys `tokenizer.*` of a GGUF file for the tokenizer in a folder that `write_tokenizer` wrote: vocabulary, kinds
/// of tokens, merges, the name of the pre-tokenizer, special ids, chat template. Whoever reads them gets the ids that
/// the folder gives. Throws Error(bad_file | not_found) if the folder holds no tokenizer, Error(unsupported) for one
/// that cuts text in another way.
std::vector<formats::GgufField> gguf_tokenizer_metadata(const std::filesystem::path& folder);

}  // namespace ergon::train
