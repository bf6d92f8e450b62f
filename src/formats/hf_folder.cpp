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

Json read_object_if_there(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored) ? read_object(path) : Json();
}

}  // namespace

HfFolder HfFolder::open(const std::filesystem::path& path) {
    if (std::error_code ignored; !std::filesystem::exists(path / "config.json", ignored)) {
        base::fail(ErrorCode::not_found, "{} is not a Hugging Face model folder: it has no config.json", path.string());
    }
    return {.path = path,
            .config = read_object(path / "config.json"),
            .generation_config = read_object_if_there(path / "generation_config.json"),
            .tokenizer_config = read_object_if_there(path / "tokenizer_config.json")};
}

}  // namespace ergon::formats
