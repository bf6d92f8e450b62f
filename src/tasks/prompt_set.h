#pragma once
// Sets of prompts: one JSON object per line.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::tasks {

struct Prompt {
    std::string id;
    std::string category;
    std::string text;
    std::string answer;  // the right one, where there is one
};

/// Reads {"id", "category", "prompt", "answer"?} from each line; empty lines are skipped. Throws Error(not_found) for
/// an absent file, Error(bad_file) with the line for what is no such object, an id that occurs twice, or a file without
/// prompts.
std::vector<Prompt> read_prompts(const std::filesystem::path& path);

/// A file as it is named, or the set of that name that ships with ergon (data/prompts/NAME.jsonl). Throws
/// Error(not_found) with the names of the sets that ship.
std::filesystem::path find_prompt_set(std::string_view name);

}  // namespace ergon::tasks
