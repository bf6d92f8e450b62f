#include "cli/options/thread_options.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/digest.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "base/processors.h"
#include "cli/commands.h"
#include "cli/options/machine_options.h"
#include "engine/kept_threads.h"
#include "engine/thread_choice.h"
#include "kernels/builds/isa.h"
#include "lab/experiment/fingerprint.h"

namespace ergon::cli {
namespace {

constexpr const char* way_names[] = {"given", "timed", "kept", "only"};
constexpr const char* way_words[] = {"given", "timed", "as timed before", "no choice"};

/// Counters of this machine alone: plugs and exporters are too slow to time by, and are asked by the command's own
/// meter.
energy::MeterOptions counters_here() {
    energy::MeterOptions options = machine_options();
    options.sensors.clear();
    return options;
}

/// Another machine, model, program or way of computing is timed anew. A program is told by its file as well as by its
/// version: builds of one version compute at different speeds.
std::string key_of(const engine::LoadedModel& model, int most, model::CacheType cache, const model::LoadOptions& load) {
    const energy::MachineReader reader(counters_here());
    base::Digest digest;
    digest.add(base::json_text(reader.machine()));
    digest.add(lab::file_fingerprint(model.path));
    digest.add(version());
    const std::filesystem::path program = "/proc/self/exe";
    std::error_code none;
    if (std::filesystem::exists(program, none)) digest.add(lab::file_fingerprint(program));
    digest.add(kernels::name(kernels::current_isa()));
    digest.add(static_cast<std::uint64_t>(most), static_cast<std::uint64_t>(cache));
    digest.add(load.strict ? "strict" : "");
    return digest.text();
}

/// Nothing where this user has no folder of data.
std::optional<std::filesystem::path> file_of_choices() {
    const auto calibration = energy::standard_calibration_path();
    if (!calibration) return std::nullopt;
    return calibration->parent_path() / "threads.json";
}

}  // namespace

std::string ThreadChoice::text() const {
    const auto count = [](int number) { return fmt::format("{} thread{}", number, number == 1 ? "" : "s"); };
    const std::string counts =
        threads.few == threads.many
            ? fmt::format("{} compute{}", count(threads.few), threads.few == 1 ? "s" : "")
            : fmt::format("{} generate{}, {} read{} prompts", count(threads.few), threads.few == 1 ? "s" : "",
                          threads.many, threads.many == 1 ? "s" : "");
    return fmt::format("{} ({}{})", counts, way_words[static_cast<int>(way)], remark);
}

nlohmann::ordered_json ThreadChoice::json() const {
    return {{"decode", threads.few}, {"prompt", threads.many}, {"chosen", way_names[static_cast<int>(way)]}};
}

std::string check_thread_count(const std::string& text) {
    int count = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    const bool decimal = problem == std::errc() && end == text.data() + text.size();
    if (text == "auto") return {};
    if (!decimal || count < 1 || count > 1024)
        return fmt::format("expected auto or a number from 1 to 1024, not \"{}\"", text);
    if (const int available = base::available_processors(); count > available) {
        base::tell("ergon: {} threads are more than the {} available processor{}; expect a lower speed.", count,
                   available, available == 1 ? "" : "s");
    }
    return {};
}

void ThreadOption::add(CLI::App& command) {
    command
        .add_option_function<std::string>(
            "--threads",
            [this](const std::string& text) {
                given.reset();
                if (text != "auto") given = std::stoi(text);
            },
            "Number of worker threads; auto: the count with the lowest energy within 5% of the best speed, measured "
            "once "
            "per model and machine")
        ->check(CLI::Validator(check_thread_count, ""))
        ->type_name("N|auto")
        ->default_str("auto");
}

int ThreadOption::pool() const {
    return given.value_or(base::available_processors());
}

ThreadChoice ThreadOption::choose(const engine::LoadedModel& model, model::CacheType cache,
                                  const model::LoadOptions& load) const {
    using Way = ThreadChoice::Way;
    const int most = pool();
    if (given) {
        model.model->use_threads({most, most});
        return {{most, most}, Way::given, ""};
    }
    const bool computes = model.config.has_value();  // a scripted model does not
    if (!computes || most == 1) return {{1, 1}, Way::only, ""};
    const std::string key = key_of(model, most, cache, load);
    const auto file = file_of_choices();
    const std::optional<model::StepThreads> kept = file ? engine::kept_threads(*file, key) : std::nullopt;
    if (kept && std::max(kept->few, kept->many) <= most) {
        model.model->use_threads(*kept);
        return {*kept, Way::kept, ""};
    }
    const engine::TimedThreads timed = engine::choose_threads(*model.model, most, cache, counters_here());
    ThreadChoice choice{timed.threads, Way::timed, ""};
    if (timed.disturbed) {
        choice.remark = " while other programs were busy, so not kept";
    } else if (!file || !engine::keep_threads(*file, key, timed.threads)) {
        choice.remark = fmt::format("; {}, so not kept",
                                    file ? file->string() + " cannot be written" : "this user has no folder for it");
    }
    return choice;
}

}  // namespace ergon::cli
