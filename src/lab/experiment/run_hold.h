#pragma once
// Which run of a results file is asked, and that no other process asks it too.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/files/file_lock.h"
#include "lab/store/results.h"

namespace ergon::lab {

enum class Resume : std::uint8_t {
    if_any,  // the newest run of the same experiment: an unfinished one goes on, a finished one stays as it is; else
             // begins
    must,    // there has to be one
    never,   // begins anew
};

struct HeldRun {
    RunId id = 0;
    bool finished = false;               // there is nothing left to ask
    std::optional<base::FileLock> lock;  // of a run that is not finished: `<results file>.run<id>.lock`
};

/// Finds or begins the run, in one transaction, and holds it as long as the result lives. Throws Error(system), naming
/// the process, if another one is asking it; Error(not_found) if there has to be one and there is none.
HeldRun hold_run(Results& results, const RunDescription& run, const std::vector<Contender>& contenders, Resume resume);

}  // namespace ergon::lab
