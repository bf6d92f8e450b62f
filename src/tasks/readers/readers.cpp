#include "tasks/readers/readers.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/files/data_files.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/random.h"
#include "base/strings/characters.h"
#include "base/strings/text.h"
#include "tasks/puzzles/puzzles.h"
#include "tasks/puzzles/solved/solved_puzzles.h"
#include "tasks/readers/csv_tasks.h"
#include "tasks/readers/folder.h"
#include "tasks/readers/json_lines.h"
#include "tasks/readers/prompt_list.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;

constexpr std::int64_t max_shots = 100;           // assumed: more than any context is meant for
constexpr std::int64_t puzzles_unless_told = 60;  // ten of each kind

void check(const TaskOptions& options) {
    if (options.count < 0)
        base::fail(ErrorCode::bad_argument, "{} prompts were requested; expected 0 (all) or more.", options.count);
    if (options.shots < 0 || options.shots > max_shots) {
        base::fail(ErrorCode::bad_argument, "{} solved examples were requested; expected 0 to {}.", options.shots,
                   max_shots);
    }
}

bool has(const nlohmann::json& object, std::initializer_list<const char*> keys) {
    return std::ranges::all_of(keys, [&](const char* key) { return object.contains(key); });
}

Prompt json_prompt(const JsonItem& item) {
    const nlohmann::json& object = item.object;
    expect_object(item);
    if (has(object, {"prompt"})) return own_prompt(item);
    if (has(object, {"input", "ideal"})) return openai_evals_prompt(item);
    if (has(object, {"question", "choices"})) return mmlu_prompt(item);
    if (has(object, {"question", "answer"})) return gsm8k_prompt(item);
    if (has(object, {"problem"})) return math_prompt(item);
    base::fail(ErrorCode::bad_file,
               "{}: expected \"prompt\" (ergon's own format), \"input\" and \"ideal\" (OpenAI evals), \"question\" and "
               "\"answer\" (GSM8K), with \"choices\" (MMLU), or \"problem\" and \"solution\" (MATH).",
               item.place);
}

/// MATH as it was published: SUBJECT/NUMBER.json, one problem each.
void read_json_folder(PromptList& prompts, const std::filesystem::path& folder) {
    for (const std::filesystem::path& file : files_below(folder, ".json")) {
        const JsonItem item = json_item(base::read_text(file, task_file_limit), file.string(),
                                        file.lexically_relative(folder).replace_extension().string());
        prompts.read_row([&] { prompts.add(json_prompt(item), item.place); });
    }
}

/// Whether most of a text's first lines begin as JSON does, so that a bad one among them makes no CSV of it.
bool mostly_json(std::string_view text) {
    constexpr int looked_at = 5;
    int lines = 0, json = 0;
    while (!text.empty() && lines < looked_at) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = base::trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) continue;
        ++lines;
        if (line.starts_with('{') || line.starts_with('[')) ++json;
    }
    return 2 * json > lines;
}

enum class Form { json, csv, lines };

/// By what is in it. The name decides where that tells nothing: text in a file of data is bad data, and no prompts.
Form form_of(std::string_view text, const std::filesystem::path& origin) {
    if (mostly_json(text)) return Form::json;
    if (is_csv_task(text)) return Form::csv;
    const std::string_view begin = base::trimmed(text);
    if (begin.starts_with('{') || begin.starts_with('[')) return Form::json;
    const std::string ending = base::lowered(origin.extension().string());
    return ending == ".csv" || ending == ".json" || ending == ".jsonl" ? Form::csv : Form::lines;
}

void parse_lines(PromptList& prompts, std::string_view text, const std::filesystem::path& origin) {
    std::int64_t number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = base::trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.empty()) continue;
        prompts.read_row([&] {
            const std::string place = fmt::format("{}, line {}", origin.string(), number);
            if (line.find('\0') != line.npos || base::valid_utf8(line) != line) {
                base::fail(ErrorCode::bad_file, "{}: expected a prompt as UTF-8 text.", place);
            }
            prompts.add({fmt::format("{}-{}", origin.stem().string(), number), "", std::string(line), ""}, place);
        });
    }
}

void parse_file(PromptList& prompts, std::string_view text, const std::filesystem::path& origin, std::uint64_t seed) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    if (base::trimmed(text).empty()) return;
    switch (form_of(text, origin)) {
        case Form::csv: return parse_csv_task(prompts, text, origin, seed);
        case Form::lines: return parse_lines(prompts, text, origin);
        case Form::json: break;
    }
    for_each_json_line(text, origin, [&](const JsonItem& item) {
        prompts.read_row([&] { prompts.add(json_prompt(item), item.place); });
    });
}

/// A sample of `count` in the order of the file; each set of them is equally likely.
std::vector<Prompt> sampled(std::vector<Prompt> prompts, const TaskOptions& options) {
    const auto count = static_cast<std::size_t>(options.count);
    if (count == 0 || count >= prompts.size()) return prompts;
    base::RandomSequence random(options.seed);
    std::vector<Prompt> sample;
    // Selection sampling (Knuth, volume 2, algorithm S).
    for (std::size_t i = 0; i < prompts.size() && sample.size() < count; ++i) {
        if (random.below(prompts.size() - i) < count - sample.size()) sample.push_back(std::move(prompts[i]));
    }
    return sample;
}

std::vector<Prompt> finished(PromptList& list, const std::filesystem::path& origin, const TaskOptions& options) {
    std::vector<Prompt> prompts = list.take();
    if (prompts.empty()) {
        const bool bad = options.skipped != nullptr && options.skipped->count > 0;
        base::fail(ErrorCode::bad_file, "{} has no prompts{}", origin.string(),
                   bad ? "; every row is invalid, the first because: " + options.skipped->first : ".");
    }
    return sampled(std::move(prompts), options);
}

/// Worked puzzles of the held-out split.
std::vector<Prompt> held_out(std::uint64_t seed, std::int64_t count) {
    std::vector<Prompt> prompts;
    for (std::int64_t i = 0; i < count; ++i) {
        prompts.push_back(solved_puzzle(seed, Split::held_out, static_cast<std::uint64_t>(i)).prompt);
    }
    return prompts;
}

/// data/prompts/NAME.jsonl, which is part of the program.
const base::EmbeddedFile& find_shipped(std::string_view name) {
    std::vector<std::string> names{"held-out", "puzzles"};
    for (const base::EmbeddedFile& file : base::embedded_files()) {
        if (!file.name.starts_with("prompts/")) continue;
        const std::string stem = std::filesystem::path(file.name).stem().string();
        if (stem == name) return file;
        names.push_back(stem);
    }
    std::ranges::sort(names);
    base::fail(ErrorCode::not_found, "{} is neither a file nor a built-in prompt set; built in are: {}.", name,
               fmt::join(names, ", "));
}

}  // namespace

std::vector<Prompt> parse_task(std::string_view text, const std::filesystem::path& origin, const TaskOptions& options) {
    check(options);
    PromptList prompts(options.skipped, options.skip_option);
    parse_file(prompts, text, origin, options.seed);
    return finished(prompts, origin, options);
}

std::vector<Prompt> read_task(const std::filesystem::path& path, const TaskOptions& options) {
    check(options);
    if (!base::is_folder(path)) return parse_task(base::read_text(path, task_file_limit), path, options);
    PromptList prompts(options.skipped, options.skip_option);
    read_mmlu(prompts, path, options);
    if (prompts.empty()) read_json_folder(prompts, path);
    return finished(prompts, path, options);
}

std::vector<Prompt> open_task(std::string_view name, const TaskOptions& options) {
    check(options);
    const std::int64_t made = options.count == 0 ? puzzles_unless_told : options.count;
    if (name == "puzzles") return puzzles(options.seed, made);
    if (name == "held-out") return held_out(options.seed, made);
    const std::filesystem::path path(name);
    if (base::path_exists(path)) return read_task(path, options);
    if (path.has_parent_path()) base::check_reachable(path);
    const base::EmbeddedFile& shipped = find_shipped(name);
    return parse_task(shipped.text, std::filesystem::path("data") / shipped.name, options);
}

}  // namespace ergon::tasks
