#include "lab/experiment/server/server_facts.h"

#include <array>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include "base/json/json_text.h"
#include "base/secrets.h"
#include "base/strings/characters.h"
#include "client/server_request.h"
#include "lab/experiment/model_details.h"

namespace ergon::lab {
namespace {

using nlohmann::json;

const json& value_at(const json& object, std::string_view key) {
    static const json none;
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

std::optional<double> count_at(const json& object, std::string_view key) {
    constexpr double most = 1e18;
    const json& value = value_at(object, key);
    if (!value.is_number() || !(value.get<double>() > 0 && value.get<double>() < most)) return std::nullopt;
    return value.get<double>();
}

std::string text_at(const json& object, std::string_view key) {
    constexpr std::size_t longest = 1000;
    const json& value = value_at(object, key);
    return value.is_string() ? base::one_line(value.get_ref<const std::string&>(), longest) : std::string();
}

std::optional<std::int64_t> whole(std::optional<double> count) {
    return count ? std::optional(static_cast<std::int64_t>(*count)) : std::nullopt;
}

/// llama.cpp puts {"n_params", "size"} beside the name, vLLM the folder as "root".
std::string take_models(const json& answer, const std::string& model, ModelDetails& details) {
    const json& list = value_at(answer, "data");
    if (!list.is_array()) return {};
    for (const json& one : list) {
        if (value_at(one, "id") != model) continue;
        const json& meta = value_at(one, "meta");
        const auto parameters = count_at(meta, "n_params"), size = count_at(meta, "size");
        details.parameters = whole(parameters);
        details.weight_bytes = whole(size);
        if (parameters && size) details.bits_per_weight = 8 * *size / *parameters;
        if (text_at(one, "owned_by") == "vllm") details.software = "vLLM";
        return text_at(one, "root");
    }
    return {};
}

/// llama.cpp's server; the model's file.
std::string take_props(const json& answer, ModelDetails& details) {
    if (const std::string build = text_at(answer, "build_info"); !build.empty())
        details.software = "llama.cpp " + build;
    return text_at(answer, "model_path");
}

/// Ollama's "model_info" has the keys of the GGUF file.
void take_show(const json& answer, ModelDetails& details) {
    const json& info = value_at(answer, "model_info");
    const std::string architecture = text_at(info, "general.architecture");
    if (architecture.empty()) return;
    details.architecture = architecture;
    const auto experts = count_at(info, architecture + ".expert_count");
    details.experts = whole(experts).value_or(0);
    const auto parameters = count_at(info, "general.parameter_count");
    if (!parameters) return;
    details.parameters = whole(parameters);
    if (!experts) details.active_parameters = details.parameters;
}

/// What the file says goes before what the server says.
void take_known(const ModelDetails& file, ModelDetails& details) {
    const auto take = [](const auto& from, auto& to) {
        if (from) to = from;
    };
    if (!file.architecture.empty()) details.architecture = file.architecture;
    if (!file.vocabulary.empty()) details.vocabulary = file.vocabulary;
    take(file.parameters, details.parameters);
    take(file.active_parameters, details.active_parameters);
    take(file.experts, details.experts);
    take(file.bits_per_weight, details.bits_per_weight);
    take(file.weight_bytes, details.weight_bytes);
}

bool is_gguf(const std::filesystem::path& path) {
    std::array<char, 4> magic{};
    std::error_code none;
    if (!std::filesystem::is_regular_file(path, none)) return false;
    return std::ifstream(path, std::ios::binary).read(magic.data(), magic.size()) &&
           std::string_view(magic.data(), magic.size()) == "GGUF";
}

/// Files that a process has mapped or open; as far as its user is ours.
std::set<std::filesystem::path> files_of(const std::filesystem::path& process) {
    std::set<std::filesystem::path> files;
    std::ifstream maps(process / "maps");
    for (std::string line; std::getline(maps, line);) {
        // "address permissions offset device inode   path"; what may be run is no model.
        const std::size_t path = line.find('/');
        const bool runs = line.find('x') < line.find(' ', line.find(' ') + 1);
        if (path != line.npos && !runs) files.insert(line.substr(path));
    }
    std::error_code problem;
    std::filesystem::directory_iterator open(process / "fd", problem);
    for (; !problem && open != std::filesystem::directory_iterator(); open.increment(problem)) {
        std::error_code unreadable;
        const std::filesystem::path target = std::filesystem::read_symlink(open->path(), unreadable);
        if (target.is_absolute()) files.insert(target);
    }
    return files;
}

/// The first shard of several, or the file itself.
std::filesystem::path first_shard(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const std::size_t of = name.rfind("-of-");
    constexpr std::size_t digits = 5;  // "-00002-of-00003.gguf"
    if (of == name.npos || of < digits) return path;
    return path.parent_path() / (name.substr(0, of - digits) + "00001" + name.substr(of));
}

/// The one model that the processes hold; nothing if they hold several.
std::filesystem::path model_file(const std::filesystem::path& procfs, const std::vector<int>& processes,
                                 const std::string& named) {
    std::set<std::filesystem::path> models;
    for (const int pid : processes) {
        for (const std::filesystem::path& file : files_of(procfs / std::to_string(pid))) {
            if (is_gguf(file)) models.insert(first_shard(file));
        }
    }
    if (models.size() == 1) return *models.begin();
    if (named.empty() || processes.empty()) return {};
    std::error_code none;
    const std::filesystem::path cwd =
        std::filesystem::read_symlink(procfs / std::to_string(processes.front()) / "cwd", none);
    const std::filesystem::path path = cwd / named;  // what is absolute stays so
    return is_gguf(path) || std::filesystem::exists(path / "config.json", none) ? path : std::filesystem::path();
}

}  // namespace

ServerFacts server_facts(const client::EndpointAddress& address, const std::string& key,
                         const std::filesystem::path& procfs, const std::vector<int>& processes) {
    ServerFacts facts;
    std::string named;
    const client::SelfReport models = client::self_report(address.base + "/models", key);
    facts.answered = models.answered;
    if (models.said) named = take_models(*models.said, address.model, facts.details);
    if (models.answered && address.base.ends_with("/v1")) {
        const std::string root = address.base.substr(0, address.base.size() - 3);
        if (const auto props = client::self_report(root + "/props", key).said) {
            if (const std::string path = take_props(*props, facts.details); !path.empty()) named = path;
        }
        const auto version = client::self_report(root + "/api/version", key).said;
        if (version && !text_at(*version, "version").empty()) {
            const std::string question = base::json_text(json{{"model", address.model}});
            const auto show = client::self_report(root + "/api/show", key, question).said;
            facts.details.software = "Ollama " + text_at(*version, "version");
            if (show) take_show(*show, facts.details);
        }
    }
    for (std::string* const text : {&facts.details.software, &facts.details.architecture}) {
        *text = base::without_keys(*text, key);
    }
    if (const std::filesystem::path file = model_file(procfs, processes, named); !file.empty()) {
        const ModelFile model = describe_model_file(file);
        take_known(model.details, facts.details);
        facts.hash = model.hash;
    }
    return facts;
}

}  // namespace ergon::lab
