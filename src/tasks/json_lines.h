#pragma once
// Tasks that are one JSON object per problem: what the readers of readers.h are made of.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/prompt_set.h"

namespace ergon::tasks {

/// Largest file of prompts. Assumed: the largest public test, MMLU, has 7 MB.
inline constexpr std::size_t task_file_limit = std::size_t{256} << 20;

/// A line's value, and where it stands.
struct JsonItem {
    nlohmann::json object;  // discarded, if the line is no JSON
    std::string place;      // "file.jsonl, line 3"
    std::string id;         // "file-3"
};

/// One value per line, whatever it is; empty lines are skipped. Or the elements of one list that is all of the text.
std::vector<JsonItem> json_lines(std::string_view text, const std::filesystem::path& origin,
                                 std::int64_t first_line = 1);

/// One object per line; empty lines are skipped. `first_line` is the number of the text's first line in its file.
/// Throws Error(bad_file) with the line.
std::vector<JsonItem> parse_json_lines(std::string_view text, const std::filesystem::path& origin,
                                       std::int64_t first_line = 1);

/// A text of an object. Throws Error(bad_file), beginning with the place, if it is absent though required, no text, or
/// empty though required.
std::string text_field(const JsonItem& item, const char* key, bool required);
/// Its texts, none if the key is absent. Throws Error(bad_file), beginning with the place, for anything else.
std::vector<std::string> text_list(const JsonItem& item, const char* key);

/// The same for what may be a number, true or false as well: its spelling in JSON, 42 and not 42.0. Empty if absent or
/// null.
std::string text_or_number(const JsonItem& item, const char* key);

/// Each as readers.h says. Throw Error(bad_file), beginning with the place.
Prompt own_prompt(const JsonItem& item);
Prompt openai_evals_prompt(const JsonItem& item);
Prompt gsm8k_prompt(const JsonItem& item);
Prompt math_prompt(const JsonItem& item);
Prompt mmlu_prompt(const JsonItem& item);

}  // namespace ergon::tasks
