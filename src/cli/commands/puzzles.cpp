// ergon puzzles: the puzzles that models learn from, and those held back to examine them.

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <optional>

#include "base/files/file.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/data_output.h"
#include "cli/options/output_files.h"
#include "tasks/puzzles/small_talk.h"
#include "tasks/puzzles/solved/export.h"
#include "tasks/puzzles/solved/solved_puzzles.h"

namespace ergon::cli {
namespace {

struct PuzzleOptions {
    std::string split = "train", kind, style = "think", conversation;
    std::int64_t seed = 1, first = 0, count = 5;
    int difficulty = 0;
    DataOutput json;
};

template <std::size_t size>
std::size_t index_of(const std::array<std::string_view, size>& names, const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

template <std::size_t size>
std::vector<std::string> list_of(const std::array<std::string_view, size>& names) {
    return {names.begin(), names.end()};
}

tasks::Mixture mixture_of(const PuzzleOptions& options) {
    tasks::Mixture mixture;
    if (!options.kind.empty()) {
        mixture.kinds = {};
        mixture.kinds[index_of(tasks::solved_kind_names, options.kind)] = 1;
    }
    if (options.difficulty > 0) {
        mixture.difficulties = {};
        mixture.difficulties[static_cast<std::size_t>(options.difficulty - 1)] = 1;
    }
    return mixture;
}

/// JSON lines as they are made, which may be many: to stdout, to a file, or to both.
class JsonLines {
  public:
    explicit JsonLines(const DataOutput& output) : on_stdout_(output.on_stdout()) {
        if (!output.file.empty() && !is_stdout(output.file)) file_.emplace(output.file);
    }
    void add(const std::string& line) {
        if (on_stdout_) base::print_data("{}\n", line);
        const std::string ended = line + "\n";
        if (file_) file_->write(std::as_bytes(std::span(ended)));
    }
    void finish() {
        if (file_) file_->commit();
    }

  private:
    bool on_stdout_;
    std::optional<base::AtomicFile> file_;
};

/// Exchanges of plain talk, which nothing grades.
void write_conversation(const PuzzleOptions& options, JsonLines& lines) {
    const std::vector<tasks::Topic> topics = tasks::read_conversation(options.conversation);
    for (std::int64_t i = 0; i < options.count && base::output_problem() == 0; ++i) {
        const tasks::Exchange one = tasks::exchange(topics, static_cast<std::uint64_t>(options.seed),
                                                    static_cast<std::uint64_t>(options.first + i));
        if (options.json.asked()) lines.add(tasks::json_line(one));
        if (!options.json.on_stdout()) {
            base::print_data("{}{}\n{}\n", i == 0 ? "" : "\n", one.user, one.assistant);
        }
    }
}

void write_puzzles(const PuzzleOptions& options, JsonLines& lines) {
    const auto split = static_cast<tasks::Split>(index_of(tasks::split_names, options.split));
    const tasks::Mixture mixture = mixture_of(options);
    const bool think = options.style == "think";
    for (std::int64_t i = 0; i < options.count && base::output_problem() == 0; ++i) {
        const tasks::SolvedPuzzle puzzle = tasks::solved_puzzle(static_cast<std::uint64_t>(options.seed), split,
                                                                static_cast<std::uint64_t>(options.first + i), mixture);
        if (options.json.asked()) lines.add(tasks::json_line(puzzle, think));
        if (options.json.on_stdout()) continue;
        base::print_data("{}{}, difficulty {}\n{}\n", i == 0 ? "" : "\n", puzzle.prompt.category, puzzle.difficulty,
                         puzzle.prompt.text);
        if (think) base::print_data("<think>\n{}\n</think>\n", puzzle.thinking);
        base::print_data("{}\n", puzzle.reply());
    }
}

void puzzles(const PuzzleOptions& options) {
    check_outputs(options.json.outputs(), {options.conversation});
    JsonLines lines(options.json);
    options.conversation.empty() ? write_puzzles(options, lines) : write_conversation(options, lines);
    lines.finish();
}

}  // namespace

void add_puzzles(CLI::App& program) {
    auto options = std::make_shared<PuzzleOptions>();
    CLI::App& command =
        *program.add_subcommand("puzzles", "Generate puzzles with worked solutions, for training and evaluation");
    const CLI::Range whole(std::int64_t{0}, std::int64_t{1} << 62);
    command.add_option("--split", options->split, "Split, disjoint up to rearrangement [train]")
        ->check(CLI::IsMember(list_of(tasks::split_names)))
        ->type_name("SPLIT");
    command.add_option("--count", options->count, "Number of puzzles [5]")->check(whole)->type_name("N");
    command.add_option("--first", options->first, "Index of the first puzzle [0]")->check(whole)->type_name("N");
    command.add_option("--seed", options->seed, "Random seed [1]")->check(whole)->type_name("N");
    command.add_option("--kind", options->kind, "Only puzzles of this kind [all]")
        ->check(CLI::IsMember(list_of(tasks::solved_kind_names)))
        ->type_name("KIND");
    command.add_option("--difficulty", options->difficulty, "Only this difficulty, from 1 (easy) to 5 (hard) [all]")
        ->check(CLI::Range(1, tasks::hardest))
        ->type_name("N");
    command
        .add_option("--style", options->style,
                    "Include the worked solution (think) or the answer alone (direct) [think]")
        ->check(CLI::IsMember({"think", "direct"}))
        ->type_name("STYLE");
    command
        .add_option("--conversation", options->conversation,
                    "Generate conversation from this file of topics instead (data/conversation.jsonl)")
        ->type_name("FILE")
        ->excludes("--kind", "--difficulty", "--split", "--style");
    options->json.add_json(command, "one object per line");
    command.footer(
        "The same options give the same puzzles on every machine. docs/puzzles.md has an example of each kind.\n\n"
        "Examples:\n"
        "  ergon puzzles --kind countdown --difficulty 4\n"
        "  ergon puzzles --split held-out --count 40 --style direct --json > held-out.jsonl\n"
        "  ergon eval model.gguf --prompts held-out.jsonl");
    command.callback([options] { puzzles(*options); });
}

}  // namespace ergon::cli
