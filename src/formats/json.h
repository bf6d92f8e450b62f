#pragma once
// JSON from outside, parsed with bounds.

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace ergon::formats {

/// Key order is kept: templates print objects in the order of their file. Looking a key up takes time linear in the
/// object's size; a vocabulary is to be iterated.
using Json = nlohmann::ordered_json;

/// Deepest nesting accepted. Assumed: real files stay below 20; it bounds the recursion of whoever walks a document.
inline constexpr int json_depth_limit = 128;
/// Largest file accepted, in bytes. Assumed: a tokenizer.json of 150,000 tokens has 7 to 11 MB. In memory a document
/// takes at most 20 to 30 times its text (measured on arrays of empty texts).
inline constexpr std::size_t json_file_limit = std::size_t{64} << 20;

/// What becomes of an integer that 64 bits do not hold: the nearest real number, or a value that keeps its digits, which
/// no JSON text can hold otherwise (see digits_of).
enum class LargeIntegers { as_reals, as_digits };

/// The digits, and the sign before them, of an integer that was kept so; nothing for any other value.
std::optional<std::string> digits_of(const Json& value);

/// Parses a JSON file. Throws Error(not_found | system), and Error(bad_file) with file, line and column for wrong
/// syntax; a key that stands twice in one object and nesting deeper than `depth` are refused too.
Json read_json(const std::filesystem::path& path, int depth = json_depth_limit,
               LargeIntegers large = LargeIntegers::as_reals);
/// Parses JSON text; `origin` names it in errors.
Json parse_json(std::string_view text, std::string_view origin, int depth = json_depth_limit,
                LargeIntegers large = LargeIntegers::as_reals);

}  // namespace ergon::formats
