#include "cli/commands/verify.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/output.h"
#include "lab/findings/verify.h"

namespace ergon::cli {

void verify(lab::Results& results, lab::RunId run, const lab::RunSummary& loaded, const std::string& other_file,
            bool on_stderr) {
    const lab::RunSummary other = lab::load_runs({other_file});
    lab::Results there(other_file, lab::Access::read);
    const lab::Agreement agreement = lab::compare_runs(results, run, there, there.last_run().value());
    base::write_text(on_stderr ? base::Stream::error : base::Stream::out,
                     fmt::format("\nAgainst {}:\n{}", other_file,
                                 lab::agreement_text(agreement, loaded.report.comparison, other.report.comparison)));
    if (!agreement.agrees()) throw CLI::RuntimeError(1);
}

}  // namespace ergon::cli
