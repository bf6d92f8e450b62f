#pragma once
// Tasks that are one JSON object per problem: what the readers of readers.h are made of.

#include <cstdint>
#include <filesystem>
#include <functional>
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
    nlohmann::json object;
    std::string place;    // "file.jsonl, line 3"
    std::string id;       // "file-3"
    std::string problem;  // why there is no object, if the text is no JSON: a sentence
};

/// A text that should be one value.
JsonItem json_item(std::string_view text, std::string place, std::string id);

/// Throws Error(bad_file), beginning with the place, if the item is no object.
void expect_object(const JsonItem& item);

/// One item at a time, so that a file's values never stand in memory together.
using UseItem = std::function<void(const JsonItem&)>;

/// One value per line, whatever it is; empty lines are skipped. Or the elements of one list that is all of the text.
/// `first_line` is the number of the text's first line in its file.
void for_each_json_line(std::string_view text, const std::filesystem::path& origin, const UseItem& use,
                        std::int64_t first_line = 1);

/// The same for objects. Throws Error(bad_file) with the line of anything else.
void for_each_json_object(std::string_view text, const std::filesystem::path& origin, const UseItem& use,
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
