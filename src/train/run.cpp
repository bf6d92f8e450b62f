#include "train/run.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "energy/window.h"
#include "train/checkpoint.h"
#include "train/export_folder.h"
#include "train/run_page.h"
#include "train/text_examples.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using base::fail;

/// What earlier pieces of the run took, from the log, which is cut back to the checkpoint's step.
StepLine totals_until(const std::filesystem::path& log, std::int64_t steps) {
    const std::vector<StepLine> lines = read_run_log(log, steps);
    std::string kept;
    for (const StepLine& line : lines) kept += line_text(line);
    base::write_atomically(log, kept);
    return lines.empty() ? StepLine{} : lines.back();
}

/// What was added to a sum that only grows; its ends grow with it.
energy::Figure since(const energy::Figure& before, const energy::Figure& now) {
    return {now.value - before.value, now.low - before.low, now.high - before.high, now.method};
}

struct Paths {
    std::filesystem::path checkpoint, log, page, model;
    explicit Paths(const std::filesystem::path& folder)
        : checkpoint(folder / "checkpoint.safetensors"),
          log(folder / "log.jsonl"),
          page(folder / "page.html"),
          model(folder / "model") {}
};

void check_folder(const Paths& paths, const RunOptions& options) {
    const bool there = std::filesystem::exists(paths.checkpoint) || std::filesystem::exists(paths.log);
    if (there && !options.resume) {
        fail(ErrorCode::bad_argument,
             "{} holds a run already; go on with it by --resume, or name another folder with --out",
             options.folder.string());
    }
    if (!there && options.resume) {
        fail(ErrorCode::bad_argument, "{} holds no run that could go on; leave --resume out to begin one",
             options.folder.string());
    }
}

engine::LoadedModel words_of(const std::filesystem::path& folder) {
    const std::filesystem::path json = folder / "tokenizer.json", config = folder / "tokenizer_config.json";
    engine::LoadedModel words;
    words.path = folder;
    words.name = folder.filename().string();
    words.tokenizer = std::make_shared<const text::Tokenizer>(
        text::Tokenizer::from_json(base::read_text(json), formats::read_json(config), json.string()));
    if (!words.words().chat_template().empty()) {
        words.chat_template.emplace(words.words().chat_template(), words.name + "'s chat template");
    }
    return words;
}

TextExamples examples_of(const Recipe& recipe, const engine::LoadedModel& words) {
    std::vector<Pair> pairs;
    for (const std::filesystem::path& file : recipe.data.files) {
        for (Pair& pair : read_pairs(file)) pairs.push_back(std::move(pair));
    }
    return {words, std::move(pairs), recipe.data.thinking, recipe.trainer.document, recipe.seed};
}

Architecture with_vocabulary(Architecture architecture, const engine::LoadedModel& words) {
    architecture.config.vocab_size = words.words().size();
    return architecture;
}

}  // namespace

base::Bytes memory_of(const Recipe& recipe) {
    const Architecture architecture = with_vocabulary(recipe.architecture, words_of(recipe.tokenizer));
    const Limits limits{recipe.trainer.micro_tokens, recipe.trainer.document, recipe.trainer.recompute};
    // Values, gradients and two moments, in F32.
    return weight_bytes(architecture) * 4 + activation_bytes(architecture, limits);
}

Outcome run(const Recipe& recipe, const RunOptions& options, energy::MachineReader& machine, base::ThreadPool& pool,
            const std::function<void(const StepLine&)>& tell) {
    const Paths paths(options.folder);
    check_folder(paths, options);
    std::filesystem::create_directories(options.folder);
    const engine::LoadedModel words = words_of(recipe.tokenizer);
    TextExamples examples = examples_of(recipe, words);
    Weights weights(with_vocabulary(recipe.architecture, words));
    weights.initialise(recipe.seed, recipe.initial_deviation);
    Trainer trainer(weights, recipe.trainer, pool);
    if (options.resume && std::filesystem::exists(paths.checkpoint)) {
        load_checkpoint(paths.checkpoint, weights, trainer, recipe.fingerprint);
    }
    const StepLine before = totals_until(paths.log, trainer.steps());
    StepLine line = before;
    std::ofstream log(paths.log, std::ios::app);
    nlohmann::ordered_json circumstances = machine.machine();
    circumstances["threads_used"] = pool.size();
    const auto write_page = [&] {
        base::write_atomically(paths.page, run_page(recipe, read_run_log(paths.log), circumstances));
    };
    std::int64_t saved = trainer.steps();
    const auto save = [&] {
        save_checkpoint(paths.checkpoint, weights, trainer, recipe.fingerprint);
        saved = trainer.steps();
        write_page();
    };
    energy::Window window(machine);
    energy::WindowFigures last = window.figures();  // loading is not training
    while (trainer.steps() < recipe.trainer.schedule.steps) {
        line.report = trainer.step([&](std::int64_t place) { return examples(place); });
        if (line.report.diverged) {
            write_page();
            return {Ended::diverged, line};
        }
        const energy::WindowFigures now = window.figures();
        line.seconds = now.seconds - last.seconds;
        line.joules = since(last.joules, now.joules);
        line.total += line.joules;
        line.total_seconds += line.seconds;
        line.total_tokens += line.report.tokens;
        last = now;
        log << line_text(line) << std::flush;
        if (!log) fail(ErrorCode::system, "{}: cannot write the log; is the disk full?", paths.log.string());
        tell(line);
        const bool stop = options.stop != nullptr && options.stop->load();
        if (stop || trainer.steps() - saved >= recipe.checkpoint_every ||
            trainer.steps() == recipe.trainer.schedule.steps)
            save();
        if (stop && trainer.steps() < recipe.trainer.schedule.steps) return {Ended::stopped, line};
    }
    export_folder(paths.model, weights, words);
    return {Ended::finished, line};
}

}  // namespace ergon::train
