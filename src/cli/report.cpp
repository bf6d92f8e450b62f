// ergon report RUN.sqlite...: the findings of a run again, or of the parts of one together.

#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/findings_files.h"
#include "cli/verify.h"

namespace ergon::cli {
namespace {

struct ReportOptions {
    std::vector<std::string> files;
    std::int64_t run = 0;
    std::string verify;
    FindingsFiles out;
    CostOptions cost;
};

void report(const ReportOptions& options) {
    const std::vector<std::filesystem::path> files(options.files.begin(), options.files.end());
    if (options.run > 0 && files.size() > 1) {
        base::fail(base::ErrorCode::bad_argument, "--run names a run of one file, but {} files were given.",
                   files.size());
    }
    const lab::LoadedRun loaded = lab::load_runs(
        files, options.run > 0 ? std::optional(lab::RunId{options.run}) : std::nullopt, options.out.design());
    print_findings(loaded, options.cost);
    options.out.write(loaded, options.cost);
    if (options.verify.empty()) return;
    if (files.size() > 1) {
        base::fail(base::ErrorCode::bad_argument, "--verify compares two whole runs, but {} files were given.",
                   files.size());
    }
    lab::Results results(files[0]);
    verify(results, options.run > 0 ? options.run : results.last_run().value(), loaded, options.verify);
}

}  // namespace

void add_report(CLI::App& program) {
    auto options = std::make_shared<ReportOptions>();
    CLI::App& command =
        *program.add_subcommand("report", "Table, page and data of a finished comparison, from its results file");
    command.add_option("RUN.sqlite", options->files, "Results files; several are merged as parts (--shard) of one run")
        ->required();
    command.add_option("--run", options->run, "Which run of the file; without it the last one");
    command.add_option("--verify", options->verify, "Also say whether the run in this other file agrees")
        ->type_name("FILE");
    options->out.add(command);
    options->cost.add(command);
    command.footer(
        "Examples:\n"
        "  ergon report ergon-results.sqlite --html page.html\n"
        "  ergon report part-1.sqlite part-2.sqlite part-3.sqlite --json findings.json");
    command.callback([options] { report(*options); });
}

}  // namespace ergon::cli
