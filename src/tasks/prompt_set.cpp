#include "tasks/prompt_set.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/data_files.h"
#include "base/error.h"
#include "base/file.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;
using nlohmann::json;

// Prompt sets are written by hand; anything larger is something else (assumed).
constexpr std::size_t file_limit = 256u << 20;

std::filesystem::path shipped_sets() {
    return base::data_directory() / "prompts";
}

std::string text_field(const json& object, const char* key, const std::string& place, bool required) {
    if (!object.contains(key) && !required) return {};
    if (!object.contains(key) || !object[key].is_string() ||
        (required && object[key].get_ref<const std::string&>().empty())) {
        base::fail(ErrorCode::bad_file, "{}: \"{}\" must be a text{}.", place, key,
                   required ? " that is not empty" : "");
    }
    return object[key].get<std::string>();
}

}  // namespace

std::vector<Prompt> read_prompts(const std::filesystem::path& path) {
    std::istringstream lines(base::read_text(path, file_limit));
    std::vector<Prompt> prompts;
    std::set<std::string> ids;
    std::int64_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const std::string place = fmt::format("{}, line {}", path.string(), number);
        const json object = json::parse(line, nullptr, false);
        if (!object.is_object()) base::fail(ErrorCode::bad_file, "{}: expected one JSON object on the line.", place);
        Prompt prompt{text_field(object, "id", place, true), text_field(object, "category", place, false),
                      text_field(object, "prompt", place, true), text_field(object, "answer", place, false)};
        if (!ids.insert(prompt.id).second) {
            base::fail(ErrorCode::bad_file, "{}: the id \"{}\" occurs twice; each prompt needs its own.", place,
                       prompt.id);
        }
        prompts.push_back(std::move(prompt));
    }
    if (prompts.empty()) base::fail(ErrorCode::bad_file, "{} holds no prompts.", path.string());
    return prompts;
}

std::filesystem::path find_prompt_set(std::string_view name) {
    const std::filesystem::path as_named(name);
    if (std::filesystem::exists(as_named)) return as_named;
    const std::filesystem::path shipped = shipped_sets() / fmt::format("{}.jsonl", name);
    if (std::filesystem::exists(shipped)) return shipped;
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(shipped_sets(), none)) {
        if (entry.path().extension() == ".jsonl") names.push_back(entry.path().stem().string());
    }
    std::ranges::sort(names);
    base::fail(ErrorCode::not_found, "There is no file {}, and no prompt set of that name; ergon ships with: {}.", name,
               fmt::join(names, ", "));
}

}  // namespace ergon::tasks
