#pragma once
// The tokens that a GGUF file gives a role: begin, end, unknown and the like.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "formats/gguf.h"
#include "text/token_id.h"

namespace ergon::text {

class SpecialIds {
  public:
    /// `tokens`: how many the vocabulary has. The file must outlive it.
    SpecialIds(const formats::Gguf& file, std::int64_t tokens) : file_(&file), tokens_(tokens) {}

    /// The id under `tokenizer.ggml.<name>`. Nothing where the file has none, and where it is outside of the vocabulary
    /// (-1 says "none" in many files), of which it warns once. Throws Error(bad_file) for what is no integer.
    std::optional<TokenId> find(std::string_view name);

  private:
    const formats::Gguf* file_;
    std::int64_t tokens_;
    std::set<std::string, std::less<>> warned_;
};

}  // namespace ergon::text
