#include "formats/hf_folder.h"

#include <system_error>

#include "base/error.h"

namespace ergon::formats {
namespace {

using base::ErrorCode;

Json read_object(const std::filesystem::path& path) {
    Json json = read_json(path);
    if (!json.is_object())
        base::fail(ErrorCode::bad_file, "{} holds {} where an object was expected", path.string(), json.type_name());
    return json;
}

bool holds(const std::filesystem::path& folder, const char* name) {
    std::error_code ignored;
    return std::filesystem::exists(folder / name, ignored);
}

HfFolder read_files(const std::filesystem::path& folder) {
    const auto read = [&](const char* name) { return holds(folder, name) ? read_object(folder / name) : Json(); };
    return {.path = folder,
            .config = read("config.json"),
            .generation_config = read("generation_config.json"),
            .tokenizer_config = read("tokenizer_config.json")};
}

}  // namespace

HfFolder HfFolder::open(const std::filesystem::path& path) {
    if (!holds(path, "config.json")) {
        std::error_code ignored;
        base::fail(ErrorCode::not_found, "{} is not a Hugging Face model folder: it {}", path.string(),
                   std::filesystem::exists(path, ignored) ? "has no config.json" : "does not exist");
    }
    return read_files(path);
}

HfFolder HfFolder::open_tokenizer(const std::filesystem::path& path) {
    if (!holds(path, "config.json") && !holds(path, "tokenizer_config.json")) {
        base::fail(ErrorCode::not_found,
                   "{} is not a Hugging Face folder: it has neither config.json nor tokenizer_config.json",
                   path.string());
    }
    return read_files(path);
}

}  // namespace ergon::formats
