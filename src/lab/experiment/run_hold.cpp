#include "lab/experiment/run_hold.h"

#include <fmt/format.h>

#include "base/error.h"

namespace ergon::lab {
namespace {

/// Beside the file itself, whatever name it was opened by: two names of one file are one file.
std::filesystem::path lock_path(const std::filesystem::path& results, RunId run) {
    std::error_code none;
    std::filesystem::path file = std::filesystem::canonical(results, none);
    if (none) file = results;
    return file += fmt::format(".run{}.lock", run);
}

}  // namespace

HeldRun hold_run(Results& results, const RunDescription& run, const std::vector<Contender>& contenders, Resume resume) {
    HeldRun held;
    results.together([&] {
        const std::optional<RunId> found = resume == Resume::never ? std::nullopt : results.latest(run, contenders);
        if (!found && resume == Resume::must) {
            base::fail(base::ErrorCode::not_found,
                       "{} holds no run of this experiment (the same contenders, prompts, settings, seed, "
                       "machine and version): leave --resume away to begin one.",
                       results.path().string());
        }
        held.id = found ? *found : results.start(run, contenders);
        held.finished = found && results.finished(held.id);
        if (held.finished) return;
        held.lock.emplace(lock_path(results.path(), held.id),
                          fmt::format("Run {} of {}", held.id, results.path().string()),
                          "wait until it ends, or keep this run elsewhere (--results FILE)");
    });
    return held;
}

}  // namespace ergon::lab
