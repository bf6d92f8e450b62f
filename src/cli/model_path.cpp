#include "cli/model_path.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <vector>

#include "base/data_files.h"
#include "base/error.h"
#include "base/file.h"

namespace ergon::cli {
namespace {

namespace fs = std::filesystem;

/// Where models are looked up by name: the ones that ship, then the ones that were brought.
std::array<fs::path, 2> model_folders() {
    return {base::shipped_models_directory(), base::cache_directory() / "models"};
}

std::vector<std::string> models_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
        const bool is_gguf = entry.path().extension() == ".gguf";
        if (is_gguf) names.push_back(entry.path().stem().string());
        if (!is_gguf && fs::exists(entry.path() / "config.json", none))
            names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace

fs::path find_model(const std::string& model) {
    std::error_code none;
    if (fs::exists(model, none)) return model;
    if (model.empty() || model.find('/') != std::string::npos) {
        base::fail(base::ErrorCode::not_found, "There is no file or folder '{}'.", model);
    }
    std::vector<std::string> known;
    for (const fs::path& folder : model_folders()) {
        for (const fs::path& candidate : {folder / model, folder / (model + ".gguf")}) {
            if (fs::exists(candidate, none)) return candidate;
        }
        std::ranges::move(models_in(folder), std::back_inserter(known));
    }
    const auto [shipped, brought] = model_folders();
    if (!fs::exists(shipped, none)) {
        base::fail(base::ErrorCode::not_found,
                   "There is no model '{}': no such file or folder, nor one in {}/. The small models that ship are "
                   "files in {}/, which is not there, since this program was moved away from its sources: bring that "
                   "folder back, or name a model's file.",
                   model, brought.string(), shipped.string());
    }
    base::fail(base::ErrorCode::not_found,
               "There is no model '{}': no such file or folder, nor one in {}/ or {}/ ({}). Name a file, a folder or "
               "one of those.",
               model, shipped.string(), brought.string(),
               known.empty() ? "which hold no models" : fmt::format("where there are: {}", fmt::join(known, ", ")));
}

}  // namespace ergon::cli
