#include "text/tokenizer/special_ids.h"

#include <limits>
#include <variant>

#include "base/log.h"

namespace ergon::text {
namespace {

/// The number as it stands in the file, however large; none if it fits no signed integer.
std::optional<std::int64_t> number_under(const formats::Gguf& file, std::string_view key) {
    const auto* whole = std::get_if<std::uint64_t>(&file.metadata().find(key)->second);
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (whole != nullptr && *whole > most) return std::nullopt;
    return file.integer(key);
}

}  // namespace

std::optional<TokenId> SpecialIds::find(std::string_view name) {
    const std::string key = "tokenizer.ggml." + std::string(name);
    if (!file_->has(key)) return std::nullopt;
    const auto id = number_under(*file_, key);
    if (id && *id >= 0 && *id < tokens_) return static_cast<TokenId>(*id);
    if (warned_.emplace(name).second) {
        base::log().warn("{}: {} is {}, but the vocabulary has the ids 0 to {}; it is ignored", file_->path().string(),
                         key, id ? std::to_string(*id) : "too large", tokens_ - 1);
    }
    return std::nullopt;
}

}  // namespace ergon::text
