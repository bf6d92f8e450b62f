#include "train/run.h"

#include <fmt/format.h>
#include <fstream>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "train/checkpoint.h"
#include "train/export_folder.h"
#include "train/text_examples.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using base::fail;
using formats::Json;

std::string line_text(const StepLine& line) {
    const StepReport& r = line.report;
    nlohmann::ordered_json json{{"step", r.step},
                                {"loss", r.loss},
                                {"accuracy", r.accuracy},
                                {"tokens", r.tokens},
                                {"examples", r.examples},
                                {"learning_rate", r.learning_rate},
                                {"gradient_norm", r.gradient_norm},
                                {"mtp_loss", r.mtp_loss},
                                {"mtp_acceptance", r.mtp_acceptance},
                                {"balance_loss", r.balance_loss},
                                {"max_violation", r.max_violation},
                                {"seconds", line.seconds.value()},
                                {"joules", line.joules},
                                {"joules_per_token", line.joules / static_cast<double>(r.tokens)},
                                {"total_tokens", line.total_tokens},
                                {"total_seconds", line.total_seconds.value()},
                                {"total_joules", line.total}};
    return json.dump() + "\n";
}

/// What earlier pieces of the run took, from the log, which is cut back to the checkpoint's step.
StepLine totals_until(const std::filesystem::path& log, std::int64_t steps) {
    StepLine last;
    std::string kept;
    std::ifstream file(log);
    for (std::string text; std::getline(file, text);) {
        const Json json = Json::parse(text, nullptr, false);
        if (!json.is_object() || !json.contains("step") || json["step"].get<std::int64_t>() > steps) break;
        kept += text + "\n";
        last.total_tokens = json["total_tokens"].get<std::int64_t>();
        last.total_seconds = base::Seconds(json["total_seconds"].get<double>());
        last.total = json["total_joules"].get<energy::Figure>();
    }
    base::write_atomically(log, kept);
    return last;
}

/// What was added to a sum that only grows; its ends grow with it.
energy::Figure since(const energy::Figure& before, const energy::Figure& now) {
    return {now.value - before.value, now.low - before.low, now.high - before.high, now.method};
}

struct Paths {
    std::filesystem::path checkpoint, log, model;
    explicit Paths(const std::filesystem::path& folder)
        : checkpoint(folder / "checkpoint.safetensors"), log(folder / "log.jsonl"), model(folder / "model") {}
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

Memory memory_of(const Recipe& recipe) {
    return memory_of(with_vocabulary(recipe.architecture, words_of(recipe.tokenizer)), recipe.trainer);
}

Ended run(const Recipe& recipe, const RunOptions& options, energy::MachineReader& machine, base::ThreadPool& pool,
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
    energy::Window window(machine);
    const energy::WindowFigures first = window.figures();  // loading is not training
    energy::WindowFigures last = first;
    std::int64_t saved = trainer.steps();
    const auto save = [&] {
        save_checkpoint(paths.checkpoint, weights, trainer, recipe.fingerprint);
        saved = trainer.steps();
    };
    while (trainer.steps() < recipe.trainer.schedule.steps) {
        line.report = trainer.step([&](std::int64_t place) { return examples(place); });
        const energy::WindowFigures now = window.figures();
        line.seconds = now.seconds - last.seconds;
        line.joules = since(last.joules, now.joules);
        line.total = before.total + since(first.joules, now.joules);
        line.total_seconds = before.total_seconds + now.seconds - first.seconds;
        line.total_tokens += line.report.tokens;
        last = now;
        if (line.report.diverged) return Ended::diverged;
        log << line_text(line) << std::flush;
        if (!log) fail(ErrorCode::system, "{}: cannot write the log; is the disk full?", paths.log.string());
        tell(line);
        const bool stop = options.stop != nullptr && options.stop->load();
        if (stop || trainer.steps() - saved >= recipe.checkpoint_every ||
            trainer.steps() == recipe.trainer.schedule.steps)
            save();
        if (stop && trainer.steps() < recipe.trainer.schedule.steps) return Ended::stopped;
    }
    export_folder(paths.model, weights, words);
    return Ended::finished;
}

}  // namespace ergon::train
