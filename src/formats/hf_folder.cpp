#include "formats/hf_folder.h"

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"

namespace ergon::formats {
namespace {

using base::ErrorCode;
using base::Json;

Json object(Json json, const std::filesystem::path& path) {
    if (!json.is_object())
        base::fail(ErrorCode::bad_file, "{} holds {}; expected an object", path.string(), json.type_name());
    return json;
}

bool holds(const std::filesystem::path& folder, const char* name) {
    return base::path_exists(folder / name);
}

/// A file that need not be there need not be readable either.
Json read_optional(const std::filesystem::path& path) {
    const auto text = base::read_optional_text(path, base::json_file_limit);
    return text ? object(base::parse_json(*text, path.string()), path) : Json();
}

HfFolder read_files(const std::filesystem::path& folder) {
    const std::filesystem::path config = folder / "config.json";
    return {.path = folder,
            .config = base::path_exists(config) ? object(base::read_json(config), config) : Json(),
            .generation_config = read_optional(folder / "generation_config.json"),
            .tokenizer_config = read_optional(folder / "tokenizer_config.json")};
}

}  // namespace

HfFolder HfFolder::open(const std::filesystem::path& path) {
    if (!holds(path, "config.json")) {
        base::check_reachable(path / "config.json");
        base::fail(ErrorCode::not_found, "{} is not a Hugging Face model folder: it {}", path.string(),
                   base::path_exists(path) ? "has no config.json" : "does not exist");
    }
    return read_files(path);
}

HfFolder HfFolder::open_tokenizer(const std::filesystem::path& path) {
    if (!holds(path, "config.json") && !holds(path, "tokenizer_config.json")) {
        base::check_reachable(path / "config.json");
        base::fail(ErrorCode::not_found,
                   "{} is not a Hugging Face folder: it has neither config.json nor tokenizer_config.json",
                   path.string());
    }
    return read_files(path);
}

}  // namespace ergon::formats
