#include "train/run/run.h"

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/digest.h"
#include "base/error.h"
#include "base/files/file.h"
#include "base/files/file_lock.h"
#include "base/files/paths.h"
#include "base/log.h"
#include "base/memory.h"
#include "tasks/readers/json_lines.h"
#include "tasks/readers/readers.h"
#include "train/files/checkpoint.h"
#include "train/files/export_folder.h"
#include "train/files/export_gguf.h"
#include "train/files/import_folder.h"
#include "train/run/run_account.h"
#include "train/run/run_page.h"
#include "train/run/text_examples.h"
#include "train/tokenizer/export_tokenizer.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using base::fail;

/// What earlier pieces of the run took, from the log, which is cut back to the checkpoint's step.
StepLine totals_until(const std::filesystem::path& log, std::int64_t steps) {
    const std::vector<StepLine> lines = read_run_log(log, steps);
    if (const std::int64_t logged = lines.empty() ? 0 : lines.back().report.step; logged != steps) {
        fail(ErrorCode::bad_file,
             "{} ends with step {}, and the checkpoint is of step {}, so what the run has taken is not known; restore "
             "the log, "
             "or train anew with another --out",
             log.string(), logged, steps);
    }
    std::string kept;
    std::int64_t step = 0;
    for (const StepLine& line : lines) {
        if (line.report.step != ++step) {
            fail(ErrorCode::bad_file,
                 "{}: step {} stands where step {} is expected; restore the log, or train anew with another --out",
                 log.string(), line.report.step, step);
        }
        kept += line_text(line);
    }
    base::write_atomically(log, kept);
    return lines.empty() ? StepLine{} : lines.back();
}

struct Paths {
    std::filesystem::path checkpoint, log, page, model, gguf;
    explicit Paths(const std::filesystem::path& folder)
        : checkpoint(folder / "checkpoint.safetensors"),
          log(folder / "log.jsonl"),
          page(folder / "page.html"),
          model(folder / "model"),
          gguf(folder / "model.gguf") {}
};

void check_folder(const Paths& paths, const RunOptions& options) {
    base::check_reachable(paths.checkpoint);
    const bool there = base::path_exists(paths.checkpoint) || base::path_exists(paths.log);
    if (there && !options.resume) {
        fail(ErrorCode::bad_argument,
             "{} already has a run; continue it with --resume, or use another folder with --out",
             options.folder.string());
    }
    if (!there && options.resume) {
        fail(ErrorCode::bad_argument, "{} has no run to resume; start one without --resume", options.folder.string());
    }
}

/// What is read is not written.
void check_inputs(const Paths& paths, const Recipe& recipe) {
    std::vector<std::filesystem::path> read = recipe.data.files;
    read.push_back(recipe.file);
    for (const std::filesystem::path& written : {paths.checkpoint, paths.log, paths.page, paths.gguf}) {
        for (const std::filesystem::path& one : read) {
            std::error_code none;
            if (!std::filesystem::equivalent(written, one, none)) continue;
            fail(ErrorCode::bad_argument, "the run would overwrite its own input {}; use another folder with --out",
                 written.string());
        }
    }
}

constexpr const char* lock_name = "run.lock";

/// A run's folder, which goes again if it was made for a run that never began.
class Folder {
  public:
    explicit Folder(const std::filesystem::path& folder) : path_(folder) {
        std::error_code error;
        made_ = std::filesystem::create_directories(folder, error);
        if (error) {
            fail(ErrorCode::system, "the folder {} cannot be created ({}); use another with --out", folder.string(),
                 error.message());
        }
    }
    ~Folder() {
        if (!made_ || begun_) return;
        std::error_code none;  // what is not empty stays
        const std::filesystem::path log = Paths(path_).log;
        if (std::filesystem::file_size(log, none) == 0) std::filesystem::remove(log, none);
        std::filesystem::remove(path_ / lock_name, none);
        std::filesystem::remove(path_, none);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void check() const {
        const Paths paths(path_);
        base::check_writable(paths.log);
        for (const std::filesystem::path& file : {paths.checkpoint, paths.log, paths.page, paths.gguf}) {
            base::check_regular(file);
        }
    }
    void begin() { begun_ = true; }

  private:
    std::filesystem::path path_;
    bool made_ = false, begun_ = false;
};

/// Before weights are made, which takes long where they are many.
void check_memory(const Recipe& recipe) {
    const base::Bytes needed = memory_of(recipe).total(), available = base::available_memory();
    if (needed <= available) return;
    fail(ErrorCode::out_of_budget,
         "training needs {} of memory, but only {} are free; use a smaller model or smaller batches "
         "(training.micro_tokens), or close other programs",
         base::readable(needed), base::readable(available));
}

TextExamples examples_of(const Recipe& recipe, const engine::ChatFormat& words) {
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

/// Of the recipe and of the files that it names: a run goes on with what it began with.
std::uint64_t fingerprint_of(const Recipe& recipe) {
    base::Digest digest;
    digest.add(recipe.fingerprint, 0);
    digest.add(base::read_text(recipe.tokenizer / "tokenizer.json"));
    for (const std::filesystem::path& file : recipe.data.files) {
        if (base::is_plain_file(file)) digest.add(base::read_text(file, tasks::task_file_limit));
    }
    return digest.value();
}

Architecture with_vocabulary(Architecture architecture, const engine::ChatFormat& words) {
    architecture.config.vocab_size = words.tokenizer().size();
    return architecture;
}

class Run {
  public:
    Run(const Recipe& recipe, const RunOptions& options, energy::Meter& meter, base::ThreadPool& pool)
        : recipe_(recipe),
          options_(options),
          paths_(options.folder),
          words_(load_chat_format(recipe.tokenizer)),
          weights_(with_vocabulary(recipe.architecture, words_)),
          trainer_(first_weights(), recipe.trainer, pool),
          machine_(meter.machine()) {
        fingerprint_ = fingerprint_of(recipe);
        // What would be refused at the end is refused now.
        if (recipe.exported.gguf) gguf_tokenizer_metadata(recipe.tokenizer);
        if (recipe.grpo) {
            grpo_.emplace(*recipe.grpo, recipe.trainer.policy, problems_of(recipe), words_, weights_, trainer_, pool);
        } else {
            examples_.emplace(examples_of(recipe, words_));
            if (examples_->left_out() > 0) {
                base::log().warn("{} of {} examples have more than {} tokens and are skipped", examples_->left_out(),
                                 examples_->left_out() + examples_->size(), recipe.trainer.document);
            }
        }
        if (options.resume && base::path_exists(paths_.checkpoint)) {
            load_checkpoint(paths_.checkpoint, weights_, trainer_, fingerprint_, more_state());
        }
        saved_ = trainer_.steps();
        machine_["threads_used"] = pool.size();
        if (!options.power.empty()) machine_["power"] = options.power;
        if (options.grid) schedule_.emplace(*options.grid);
        const StepLine before = totals_until(paths_.log, trainer_.steps());
        log_.open(paths_.log, std::ios::app);
        if (!log_) {
            fail(ErrorCode::system, "cannot open {}: {}", paths_.log.string(), base::refusal(paths_.log, errno));
        }
        account_.emplace(before, meter, schedule_ ? &*schedule_ : nullptr);  // loading is not training
    }

    Outcome follow(const std::function<void(const StepLine&)>& tell) {
        while (!done()) {
            const base::GramsPerKilowattHour intensity = schedule_ ? clean_grid() : base::GramsPerKilowattHour();
            if (stopped()) break;
            const StepReport report = step();
            if (report.diverged) {
                // A round that diverged half-way is none that a run could go on from.
                if (!grpo_ && trainer_.steps() != saved_) save();
                write_page();
                return outcome(RunStatus::diverged);
            }
            account_->trained(report, intensity);
            log_ << line_text(account_->line()) << std::flush;
            if (!log_)
                fail(ErrorCode::system, "{}: cannot write the log; check that the disk is not full",
                     paths_.log.string());
            tell(account_->line());
            if (trainer_.steps() - saved_ >= recipe_.checkpoint_every) save();
        }
        if (trainer_.steps() != saved_) save();
        write_page();
        if (!done()) return outcome(RunStatus::stopped);
        export_folder(paths_.model, weights_, words_, recipe_.data.thinking);
        if (const auto type = recipe_.exported.gguf) {
            export_gguf(paths_.gguf, weights_, paths_.model, *type, recipe_.exported.mtp, recipe_.exported.description);
        }
        return outcome(RunStatus::finished);
    }

  private:
    Weights& first_weights() {
        if (recipe_.initial.empty()) {
            weights_.initialise(recipe_.seed, recipe_.initial_deviation);
        } else {
            import_folder(recipe_.initial, weights_);
        }
        return weights_;
    }
    StepReport step() {
        if (grpo_) return grpo_->round();
        return trainer_.step([&](std::int64_t place) { return (*examples_)(place); });
    }
    std::vector<tensor::TensorView> more_state() const {
        return grpo_ ? grpo_->state() : std::vector<tensor::TensorView>{};
    }
    bool done() const { return trainer_.steps() >= recipe_.trainer.schedule.steps; }
    bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

    Outcome outcome(RunStatus ended) const {
        Outcome outcome{ended, account_->line(), {}, {}};
        if (!grpo_) return outcome;
        const std::vector<StepLine> lines = read_run_log(paths_.log);
        outcome.change = change_of_right(lines);
        outcome.finding = right_sentence(lines);
        return outcome;
    }

    void write_page() const {
        base::write_atomically(paths_.page, run_page(recipe_, read_run_log(paths_.log), machine_));
    }

    void save() {
        save_checkpoint(paths_.checkpoint, weights_, trainer_, fingerprint_, more_state());
        saved_ = trainer_.steps();
        write_page();
    }

    /// The grid as the next step begins. With all that was learnt saved, waits until it is clean. A grid that is not
    /// known ends the run, with a checkpoint.
    base::GramsPerKilowattHour clean_grid() try {
        const base::GramsPerKilowattHour intensity = schedule_->look();
        if (schedule_->clean(intensity) || trainer_.steps() != saved_) return intensity;
        schedule_->wait(options_.stop, [&](base::GramsPerKilowattHour held) { account_->waited(held); });
        return schedule_->look();
    } catch (const base::Error&) {
        if (trainer_.steps() != saved_) save();
        throw;
    }

    const Recipe& recipe_;
    const RunOptions& options_;
    Paths paths_;
    engine::ChatFormat words_;
    Weights weights_;
    Trainer trainer_;
    std::optional<TextExamples> examples_;  // of fine-tuning
    std::optional<Grpo> grpo_;              // or reinforcement learning
    std::uint64_t fingerprint_ = 0;
    std::int64_t saved_ = 0;  // the step of the last checkpoint
    nlohmann::ordered_json machine_;
    std::ofstream log_;
    std::optional<CarbonAwareSchedule> schedule_;
    std::optional<RunAccount> account_;
};

}  // namespace

Memory memory_of(const Recipe& recipe) {
    const Architecture architecture = with_vocabulary(recipe.architecture, load_chat_format(recipe.tokenizer));
    Memory memory = memory_of(architecture, recipe.trainer);
    if (recipe.grpo) {
        memory.sampling =
            rollout_bytes(architecture, recipe.grpo->rollout, recipe.grpo->problems * recipe.grpo->rollout.group);
        if (recipe.trainer.policy.kl > 0) memory.sampling += weight_bytes(architecture).values;
    }
    return memory;
}

Outcome run(const Recipe& recipe, const RunOptions& options, energy::Meter& meter, base::ThreadPool& pool,
            const std::function<void(const StepLine&)>& tell) {
    // What is refused here leaves no folder behind.
    if (options.resume) check_folder(Paths(options.folder), options);
    if (options.grid) options.grid->grid(options.grid->clock.now());
    check_inputs(Paths(options.folder), recipe);
    check_memory(recipe);
    Folder folder(options.folder);
    folder.check();
    const base::FileLock lock(options.folder / lock_name, options.folder.string(),
                              "wait until it ends, or use another folder with --out");
    check_folder(Paths(options.folder), options);
    Run run(recipe, options, meter, pool);
    folder.begin();
    return run.follow(tell);
}

}  // namespace ergon::train
