#include "train/run.h"

#include <fmt/format.h>
#include <fstream>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "tasks/readers.h"
#include "train/checkpoint.h"
#include "train/export_folder.h"
#include "train/export_gguf.h"
#include "train/export_tokenizer.h"
#include "train/import_folder.h"
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
    if (line.round) {
        json["reward"] = line.round->reward;
        json["right"] = line.round->right;
        json["well_formed"] = line.round->well_formed;
        json["capped"] = line.round->capped;
        json["thinking_tokens"] = line.round->thinking_tokens;
        json["answer_tokens"] = line.round->answer_tokens;
        json["sampled_tokens"] = line.round->sampled_tokens;
        json["counted_joules"] = line.round->joules;
        json["divergence"] = line.round->divergence;
        json["informative"] = line.round->informative;
    }
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
    std::filesystem::path checkpoint, log, model, gguf;
    explicit Paths(const std::filesystem::path& folder)
        : checkpoint(folder / "checkpoint.safetensors"),
          log(folder / "log.jsonl"),
          model(folder / "model"),
          gguf(folder / "model.gguf") {}
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

TextExamples examples_of(const Recipe& recipe, const engine::LoadedModel& words) {
    std::vector<Pair> pairs;
    for (const std::filesystem::path& file : recipe.data.files) {
        for (Pair& pair : read_pairs(file)) pairs.push_back(std::move(pair));
    }
    return {words, std::move(pairs), recipe.data.thinking, recipe.trainer.document, recipe.seed};
}

/// What can be graded.
std::vector<tasks::Prompt> problems_of(const Recipe& recipe) {
    std::vector<tasks::Prompt> problems;
    for (const std::filesystem::path& file : recipe.data.files) {
        for (tasks::Prompt& one : tasks::read_task(file, {})) {
            if (one.grader != tasks::Grader::none) problems.push_back(std::move(one));
        }
    }
    return problems;
}

Architecture with_vocabulary(Architecture architecture, const engine::LoadedModel& words) {
    architecture.config.vocab_size = words.words().size();
    return architecture;
}

}  // namespace

base::Bytes memory_of(const Recipe& recipe) {
    const Architecture architecture = with_vocabulary(recipe.architecture, load_words(recipe.tokenizer));
    const Limits limits{recipe.trainer.micro_tokens, recipe.trainer.document, recipe.trainer.recompute};
    // Values, gradients and two moments, in F32.
    base::Bytes bytes = weight_bytes(architecture) * 4 + activation_bytes(architecture, limits);
    if (recipe.grpo) {
        bytes += rollout_bytes(architecture, recipe.grpo->rollout);
        if (recipe.trainer.policy.kl > 0) bytes += weight_bytes(architecture);
    }
    return bytes;
}

Ended run(const Recipe& recipe, const RunOptions& options, energy::MachineReader& machine, base::ThreadPool& pool,
          const std::function<void(const StepLine&)>& tell) {
    const Paths paths(options.folder);
    check_folder(paths, options);
    std::filesystem::create_directories(options.folder);
    const engine::LoadedModel words = load_words(recipe.tokenizer);
    if (recipe.exported.gguf) gguf_tokenizer_metadata(recipe.tokenizer);  // refuses now what it would refuse at the end
    Weights weights(with_vocabulary(recipe.architecture, words));
    if (recipe.initial.empty()) {
        weights.initialise(recipe.seed, recipe.initial_deviation);
    } else {
        import_folder(recipe.initial, weights);
    }
    Trainer trainer(weights, recipe.trainer, pool);
    std::optional<TextExamples> examples;
    std::optional<Grpo> grpo;
    if (recipe.grpo) {
        grpo.emplace(*recipe.grpo, recipe.trainer.policy, problems_of(recipe), words, weights, trainer, pool);
    } else {
        examples.emplace(examples_of(recipe, words));
    }
    const std::vector<tensor::TensorView> more = grpo ? grpo->state() : std::vector<tensor::TensorView>{};
    if (options.resume && std::filesystem::exists(paths.checkpoint)) {
        load_checkpoint(paths.checkpoint, weights, trainer, recipe.fingerprint, more);
    }
    const StepLine before = totals_until(paths.log, trainer.steps());
    StepLine line = before;
    std::ofstream log(paths.log, std::ios::app);
    energy::Window window(machine);
    const energy::WindowFigures first = window.figures();  // loading is not training
    energy::WindowFigures last = first;
    std::int64_t saved = trainer.steps();
    const auto save = [&] {
        save_checkpoint(paths.checkpoint, weights, trainer, recipe.fingerprint, more);
        saved = trainer.steps();
    };
    while (trainer.steps() < recipe.trainer.schedule.steps) {
        if (grpo) {
            line.report = grpo->round(line.round.emplace());
        } else {
            line.report = trainer.step([&](std::int64_t place) { return (*examples)(place); });
        }
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
    if (const auto type = recipe.exported.gguf) {
        export_gguf(paths.gguf, weights, recipe.tokenizer, *type, recipe.exported.mtp);
    }
    return Ended::finished;
}

}  // namespace ergon::train
