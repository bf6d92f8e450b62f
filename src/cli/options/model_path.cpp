#include "cli/options/model_path.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <vector>

#include "base/error.h"
#include "base/files/data_files.h"
#include "base/files/paths.h"
#include "base/secrets.h"

namespace ergon::cli {
namespace {

namespace fs = std::filesystem;

/// Where models are looked up by name: the ones that ship, then the ones that were brought.
std::vector<fs::path> model_folders() {
    std::vector<fs::path> folders{base::shipped_models_directory()};
    if (const auto cache = base::cache_directory()) folders.push_back(*cache / "models");
    return folders;
}

/// Cut-off files (NAME.gguf.part123) are no models.
std::vector<std::string> models_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const fs::path& entry : base::entries(folder)) {
        if (entry.filename().string().find(".part") != std::string::npos) continue;
        const bool is_gguf = entry.extension() == ".gguf";
        if (is_gguf) names.push_back(entry.stem().string());
        if (!is_gguf && base::path_exists(entry / "config.json")) names.push_back(entry.filename().string());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace

fs::path find_model(const std::string& model) {
    if (base::path_exists(model)) return model;
    if (model.starts_with("http://") || model.starts_with("https://")) {
        base::fail(base::ErrorCode::bad_argument,
                   "{} is a server's address; this command needs a model in a file. Servers are for ergon run, "
                   "compare and eval.",
                   base::without_credentials(model));
    }
    if (model.empty() || model.find('/') != std::string::npos) {
        base::check_reachable(model);
        base::fail(base::ErrorCode::not_found, "There is no file or folder '{}'.", base::without_keys(model));
    }
    std::vector<std::string> known;
    for (const fs::path& folder : model_folders()) {
        for (const fs::path& candidate : {folder / model, folder / (model + ".gguf")}) {
            if (base::path_exists(candidate)) return candidate;
        }
        std::ranges::move(models_in(folder), std::back_inserter(known));
    }
    // The beginning of a name stands for it where only one begins so.
    const auto begins = [&](const std::string& name) { return name.starts_with(model); };
    if (std::ranges::count_if(known, begins) == 1) return find_model(*std::ranges::find_if(known, begins));
    const fs::path shipped = base::shipped_models_directory();
    if (!base::path_exists(shipped)) {
        base::fail(
            base::ErrorCode::not_found,
            "There is no model '{}': no such file or folder. The small models that ship are files in {}/, which is "
            "not there, since this program was moved away from its sources: bring that folder back, or name a "
            "model's file.",
            base::without_keys(model), shipped.string());
    }
    std::vector<std::string> places;
    for (const fs::path& folder : model_folders()) places.push_back(folder.string() + "/");
    base::fail(base::ErrorCode::not_found,
               "There is no model '{}': no such file or folder, nor one in {} ({}). Name a file, a folder or one of "
               "those.",
               base::without_keys(model), fmt::join(places, " or "),
               known.empty() ? "which hold no models" : fmt::format("where there are: {}", fmt::join(known, ", ")));
}

}  // namespace ergon::cli
