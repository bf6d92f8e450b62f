#pragma once
// --threads N|auto: how many threads compute, given or timed once for each model and machine.

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "engine/loaded_model.h"

namespace ergon::cli {

/// How many, and how that was decided.
struct ThreadChoice {
    model::StepThreads threads;
    enum class Way { given, timed, kept, only } way = Way::given;  // only: there was nothing to choose
    std::string remark;                                            // why it is not kept, if it is not

    /// Now, or in an earlier run.
    bool timed() const { return way == Way::timed || way == Way::kept; }
    /// "1 thread generates, 2 read prompts (timed)"
    std::string text() const;
    /// {"decode": 1, "prompt": 2, "chosen": "given" | "timed" | "kept" | "only"}
    nlohmann::ordered_json json() const;
};

/// For the value of an option, as CLI11 asks: what is wrong with "auto" or a number of threads; empty if nothing is.
/// More than there are processors is warned of.
std::string check_thread_count(const std::string& text);

struct ThreadOption {
    std::optional<int> given;  // nothing: auto

    void add(CLI::App& command);
    /// Threads that a pool needs: for auto, as many as processors that this process may use.
    int pool() const;
    /// For a model that was loaded with a pool of pool() threads at least, which goes on with them: what is given, else
    /// what was kept of an earlier run on this machine, else what is timed now.
    ThreadChoice choose(const engine::LoadedModel& model, model::CacheType cache, const model::LoadOptions& load) const;
};

}  // namespace ergon::cli
