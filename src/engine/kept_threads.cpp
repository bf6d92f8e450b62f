#include "engine/kept_threads.h"

#include <exception>

#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/json/json.h"
#include "base/json/json_text.h"

namespace ergon::engine {
namespace {

using base::Json;

constexpr std::size_t max_bytes_of_choices = 1 << 20;
constexpr std::size_t max_choices = 200;

/// {"key": {"decode": 1, "prompt": 2}, ...}, the oldest first.
Json read_choices(const std::filesystem::path& file) {
    Json choices = base::parse_json(base::read_text(file, max_bytes_of_choices), file.string());
    if (!choices.is_object()) choices = Json::object();
    return choices;
}

}  // namespace

std::optional<model::StepThreads> kept_threads(const std::filesystem::path& file, const std::string& key) noexcept try {
    const Json choices = read_choices(file);
    const auto found = choices.find(key);
    if (found == choices.end()) return std::nullopt;
    const model::StepThreads threads{base::get_integer<int>(found->at("decode")),
                                     base::get_integer<int>(found->at("prompt"))};
    return threads.few >= 1 && threads.many >= 1 ? std::optional(threads) : std::nullopt;
} catch (const std::exception&) {
    return std::nullopt;
}

bool keep_threads(const std::filesystem::path& file, const std::string& key, const model::StepThreads& threads) noexcept
    try {
    Json choices = Json::object();
    try {
        choices = read_choices(file);
    } catch (const std::exception&) {  // a new file, or a damaged one that is replaced
    }
    choices.erase(key);
    while (choices.size() >= max_choices) choices.erase(choices.begin());
    choices[key] = {{"decode", threads.few}, {"prompt", threads.many}};
    base::make_folders(file.parent_path());
    base::write_atomically(file, base::json_text(choices, 1) + "\n");
    return true;
} catch (const std::exception&) {
    return false;
}

}  // namespace ergon::engine
