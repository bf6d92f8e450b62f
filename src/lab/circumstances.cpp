#include "lab/circumstances.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "base/memory.h"
#include "lab/conditions.h"
#include "lab/terminal_text.h"

namespace ergon::lab {
namespace {

// Assumed: other programs that take less of the machine than this are what every machine has.
constexpr double tolerated_load = 0.05;
// Assumed: idle power that drifts by less is steady.
constexpr double tolerated_drift = 0.1;

/// Zero if there is no such number.
double number(const nlohmann::ordered_json& object, const char* key) {
    const bool there = object.is_object() && object.contains(key) && object[key].is_number();
    return there ? object[key].get<double>() : 0;
}

std::optional<double> watts(const std::vector<Condition>& conditions, const std::string& kind, bool last) {
    std::optional<double> found;
    for (const Condition& one : conditions) {
        if (one.kind != kind || !one.details.contains("watts") || !one.details["watts"].is_object()) continue;
        const auto value = one.details["watts"].find("value");
        if (value == one.details["watts"].end() || !value->is_number()) continue;
        if (!found || last) found = value->get<double>();
    }
    return found;
}

void add_load(const Comparison& comparison, const RunDescription& run, std::vector<std::string>& sentences) {
    const double threads = number(run.machine, "threads");
    for (const ContenderSummary& one : comparison.contenders) {
        if (!(one.seconds > base::Seconds(0)) || !(threads > 0)) continue;
        const double load = one.measures.others / one.seconds / threads;
        if (load <= tolerated_load) continue;
        sentences.push_back(
            fmt::format("Other programs took {:.0f}% of the machine while {} answered.", 100 * load, shown(one.label)));
    }
}

void add_drift(const std::vector<Condition>& conditions, std::vector<std::string>& sentences) {
    const auto before = watts(conditions, "idle before", false), after = watts(conditions, "idle after", true);
    if (!before || !after || !(*before > 0)) return;
    const double drift = *after / *before - 1;
    if (std::abs(drift) <= tolerated_drift) return;
    sentences.push_back(fmt::format("At rest the machine took {:.3g} W before and {:.3g} W after, {:+.0f}%.", *before,
                                    *after, 100 * drift));
}

/// Small models never show what reading weights from memory takes.
void add_cache(const Comparison& comparison, const RunDescription& run, std::vector<std::string>& sentences) {
    if (!weights_in_cache(comparison, run)) return;
    sentences.push_back(fmt::format(
        "All weights fit into the processor's cache ({}): what large models spend most joules on, reading weights from "
        "memory, these do not.",
        base::readable(base::Bytes(static_cast<std::int64_t>(number(run.machine, "cache_bytes"))))));
}

void add_judge(const Comparison& comparison, std::vector<std::string>& sentences) {
    AnswerMeasures all;
    for (const ContenderSummary& one : comparison.contenders) all += one.measures;
    if (!(all.verdicts > 0)) return;
    const std::string joules =
        all.judge_joules > 0 ? fmt::format(" and {} J", digits(all.judge_joules)) : std::string();
    sentences.push_back(
        fmt::format("A judge said what is right: {:.0f} verdicts took {:.0f} tokens{}, which are in no figure above.",
                    all.verdicts, all.judge_tokens, joules));
}

}  // namespace

bool weights_in_cache(const Comparison& comparison, const RunDescription& run) {
    const double cache = number(run.machine, "cache_bytes");
    return !comparison.contenders.empty() && std::ranges::all_of(comparison.contenders, [cache](const auto& one) {
        const double weights = number(one.details, "weight_bytes");
        return weights > 0 && weights < cache;
    });
}

std::vector<std::string> circumstances(const Comparison& comparison, const RunDescription& run,
                                       const std::vector<Condition>& conditions) {
    std::vector<std::string> sentences;
    add_cache(comparison, run, sentences);
    add_load(comparison, run, sentences);
    add_drift(conditions, sentences);
    add_judge(comparison, sentences);
    double paused = 0;
    for (const Condition& one : conditions) {
        if (one.kind == "throttled" && one.details.contains("pause_seconds") &&
            one.details["pause_seconds"].is_number()) {
            paused += one.details["pause_seconds"].get<double>();
        }
    }
    if (paused > 0) {
        sentences.push_back(
            fmt::format("The processor slowed down for its heat; {:.0f} s were waited for it.", paused));
    }
    if (throttled_unseen(run)) {
        sentences.emplace_back("Whether the processor slowed down for its heat could not be seen.");
    }
    return sentences;
}

}  // namespace ergon::lab
