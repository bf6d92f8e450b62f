#pragma once
// JSON from outside, parsed with bounds: the only place where the library's parser is called (tests/ground checks it).

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json/json_text.h"

namespace ergon::base {

/// Key order is kept: templates print objects in the order of their file. Looking a key up takes time linear in the
/// object's size; a vocabulary is to be iterated.
using Json = nlohmann::ordered_json;

/// The same with the keys of an object in a tree: where key order does not matter and many keys are looked up.
using TreeJson = nlohmann::json;

/// Deepest nesting accepted. Assumed: real files stay below 20; it bounds the recursion of whoever walks a document.
inline constexpr int json_depth_limit = 128;
/// Largest file accepted, in bytes. Assumed: a tokenizer.json of 150,000 tokens has 7 to 11 MB.
inline constexpr std::size_t json_file_limit = std::size_t{64} << 20;
/// Most values in one document, those in values included. Assumed: a tokenizer.json of 262,144 tokens and twice as many
/// merges, each a list of two, has 2 million. A value takes up to 100 bytes in memory, beside its text.
inline constexpr std::size_t json_value_limit = std::size_t{4} << 20;

/// What becomes of an integer that 64 bits do not hold: the nearest real number, or a value that keeps its digits,
/// which no JSON text can hold otherwise (see digits_of).
enum class LargeIntegers { as_reals, as_digits };

/// What becomes of values that are nested too deep: the document is refused, or read without them.
enum class DeeperValues { refused, dropped };

struct JsonRules {
    int depth = json_depth_limit;
    DeeperValues deeper = DeeperValues::refused;
    LargeIntegers large = LargeIntegers::as_reals;
};

/// The digits, and the sign before them, of an integer that was kept so; nothing for any other value.
std::optional<std::string> digits_of(const Json& value);

/// Parses JSON text into Json or TreeJson; `origin` names it in errors. Throws Error(bad_file) with line and column for
/// wrong syntax; a key that stands twice in one object, nesting beyond the rules and too many values are refused too.
template <typename Document = Json>
Document parse_json(std::string_view text, std::string_view origin, const JsonRules& rules = {});
/// Parses a JSON file. Throws Error(not_found | system), and as above.
Json read_json(const std::filesystem::path& path, const JsonRules& rules = {});

/// Whether a whole number stands here that the type holds.
template <std::integral Integer, typename Document>
bool holds_integer(const Document& json) {
    if (json.is_number_unsigned()) return std::in_range<Integer>(json.template get<std::uint64_t>());
    return json.is_number_integer() && std::in_range<Integer>(json.template get<std::int64_t>());
}

/// That number. Throws Error(bad_file) if there is none: the library's own get() cuts 1.5 to 1, and has no defined
/// result for 1e300.
template <std::integral Integer, typename Document>
Integer get_integer(const Document& json) {
    if (!holds_integer<Integer>(json)) {
        fail(ErrorCode::bad_file, "expected a whole number from {} to {}, not {}", std::numeric_limits<Integer>::min(),
             std::numeric_limits<Integer>::max(), json_text(json));
    }
    return json.template get<Integer>();
}

}  // namespace ergon::base
