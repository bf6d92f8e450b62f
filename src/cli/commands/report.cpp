// ergon report RUN.sqlite...: the findings of a run again, or of the parts of one together.

#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "base/output.h"
#include "base/strings/format_number.h"
#include "cli/commands.h"
#include "cli/commands/verify.h"
#include "cli/options/findings_files.h"
#include "cli/options/output_files.h"
#include "lab/findings/puzzle_findings.h"
#include "lab/store/distillation_traces.h"
#include "tasks/puzzles/solved/import.h"

namespace ergon::cli {
namespace {

struct ReportOptions {
    std::vector<std::string> files;
    std::int64_t run = 0;
    std::string verify, traces, puzzles;
    FindingsFiles out;
    bool full = false;
    CostOptions cost;
};

/// The right answers of all files' runs.
void write_traces(const std::vector<std::filesystem::path>& files, std::int64_t run, const std::string& out) {
    lab::Traces all;
    for (const std::filesystem::path& file : files) {
        lab::Results results(file, lab::Access::read);
        const lab::Traces one = lab::traces(results, run > 0 ? run : results.last_run().value());
        all.lines += one.lines;
        all.kept += one.kept;
        all.right += one.right;
        all.graded += one.graded;
        all.joules += one.joules;
        all.metered = all.metered && one.metered;
    }
    if (all.kept == 0) {
        base::fail(base::ErrorCode::bad_argument,
                   "None of {} graded answers is right and complete, so that there is nothing to learn from: ask more "
                   "often (--repeats), with higher caps, or another model.",
                   all.graded);
    }
    write_output(out, all.lines);
    const base::Unit joules{"J", base::Prefixes::all};
    base::tell("Written: {}, {} different right answers; {} of {} were right{}.", out, all.kept, all.right, all.graded,
               all.metered ? fmt::format(", which took {}{} ({})", base::with_unit(all.joules.value.value(), joules),
                                         base::watt_hours_note(all.joules.value), energy::name(all.joules.method))
                           : "");
}

/// Of worked puzzles: by difficulty, and revision. Printed unless stdout holds data, and returned for the JSON.
nlohmann::ordered_json find_puzzles(lab::Results& results, lab::RunId run, const std::string& file, bool print) {
    const std::vector<tasks::SolvedPuzzle> puzzles = tasks::read_solved_puzzles(file);
    const std::vector<lab::PuzzleFindings> found = lab::puzzle_findings(results, run, puzzles);
    if (print) base::print("\n{}", lab::puzzle_text(found));
    return {{"puzzles", lab::puzzle_json(found)}};
}

void report(const ReportOptions& options) {
    const std::vector<std::filesystem::path> files(options.files.begin(), options.files.end());
    std::vector<std::string> read = options.files;
    read.insert(read.end(), {options.verify, options.puzzles});
    std::vector<std::string> outputs = options.out.outputs();
    outputs.push_back(options.traces);
    check_outputs(outputs, read);
    const bool data = any_is_stdout(outputs);
    const bool of_one = options.run > 0 || !options.verify.empty() || !options.puzzles.empty();
    if (of_one && files.size() > 1) {
        base::fail(base::ErrorCode::bad_argument,
                   "--run, --verify and --puzzles are about one file's run, but {} files were given: give one.",
                   files.size());
    }
    const lab::RunSummary loaded = lab::load_runs(
        files, options.run > 0 ? std::optional(lab::RunId{options.run}) : std::nullopt, options.out.design());
    if (!data) print_findings(loaded, options.cost, options.full);
    std::optional<lab::Results> results;
    if (of_one) results.emplace(files[0], lab::Access::read);
    const lab::RunId run = options.run > 0 ? options.run : results ? results->last_run().value() : 0;
    nlohmann::ordered_json more = nlohmann::ordered_json::object();
    if (!options.puzzles.empty()) more = find_puzzles(*results, run, options.puzzles, !data);
    options.out.write(loaded, options.cost, more);
    if (!options.traces.empty()) write_traces(files, options.run, options.traces);
    if (!options.verify.empty()) verify(*results, run, loaded, options.verify, data);
}

}  // namespace

void add_report(CLI::App& program) {
    auto options = std::make_shared<ReportOptions>();
    CLI::App& command =
        *program.add_subcommand("report", "Print or export the findings of a comparison from its results file");
    command.add_option("RUN.sqlite", options->files, "Results files; several are merged as shards of one run")
        ->required();
    command.add_option("--run", options->run, "Run number in the file [last]")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
    command.add_option("--verify", options->verify, "Check the run against the one in this file")->type_name("FILE");
    options->out.add(command);
    add_full(command, options->full);
    command
        .add_option("--traces", options->traces,
                    "Write correct answers with their reasoning as JSON lines for ergon train; - is stdout")
        ->type_name("FILE")
        ->group("Output");
    command
        .add_option(
            "--puzzles", options->puzzles,
            "The puzzles that were asked (from ergon puzzles --json): also report accuracy by difficulty, and how "
            "often reasoning was revised")
        ->type_name("FILE");
    options->cost.add(command);
    command.footer(
        "Examples:\n"
        "  ergon report ergon-results.sqlite --html page.html\n"
        "  ergon report part-1.sqlite part-2.sqlite part-3.sqlite --json-out findings.json\n"
        "  ergon report teacher.sqlite --traces lessons.jsonl");
    command.callback([options] { report(*options); });
}

}  // namespace ergon::cli
