#include "lab/findings/caveats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>

#include "base/memory.h"
#include "base/strings/characters.h"
#include "lab/figure_text.h"
#include "lab/store/run_details.h"

namespace ergon::lab {
namespace {

// Assumed: other programs that take less of the machine than this are what every machine has.
constexpr double tolerated_load = 0.05;
// Assumed: idle power that drifts by less is steady.
constexpr double tolerated_drift = 0.1;

/// Of the machine at rest: the first time, or the last.
std::optional<double> watts(const std::vector<MachineEvent>& machine_events, const std::string& kind, bool last) {
    std::optional<double> found;
    for (const MachineEvent& one : machine_events) {
        const std::optional<IdlePower> idle = one.kind == kind ? idle_power(one) : std::nullopt;
        if (idle && (!found || last)) found = idle->value.value();
    }
    return found;
}

/// Share of the machine that other programs took: of the time in which they were counted, and of what this program
/// left. Older runs kept only the time of the answers' steps, which is less.
double load_of_others(const ContenderSummary& one, double threads) {
    const AnswerMeasures& measures = one.measures;
    const base::Seconds elapsed = measures.elapsed > base::Seconds(0) ? measures.elapsed : one.seconds;
    if (!(elapsed > base::Seconds(0)) || !(threads > 0)) return 0;
    const base::Seconds all = elapsed * threads;
    const base::Seconds left = std::max(all - measures.processor, base::Seconds(0));
    return std::min(measures.others, left) / all;
}

void add_load(const Comparison& comparison, const RunDescription& run, std::vector<std::string>& sentences) {
    const auto threads = static_cast<double>(machine_details(run).threads);
    for (const ContenderSummary& one : comparison.contenders) {
        const double load = load_of_others(one, threads);
        if (load <= tolerated_load) continue;
        sentences.push_back(
            fmt::format("Other programs used {:.0f}% of the machine's processor time while {} answered.", 100 * load,
                        shown(one.label)));
    }
}

void add_drift(const std::vector<MachineEvent>& machine_events, std::vector<std::string>& sentences) {
    const auto before = watts(machine_events, idle_before, false), after = watts(machine_events, idle_after, true);
    if (!before || !after || !(*before > 0)) return;
    const double drift = *after / *before - 1;
    if (std::abs(drift) <= tolerated_drift) return;
    sentences.push_back(fmt::format("The idle machine drew {:.3g} W before the run and {:.3g} W after it ({:+.0f}%).",
                                    *before, *after, 100 * drift));
}

/// Small models never show what reading weights from memory takes.
void add_cache(const Comparison& comparison, const RunDescription& run, std::vector<std::string>& sentences) {
    if (!weights_in_cache(comparison, run)) return;
    sentences.push_back(fmt::format(
        "All weights fit into the processor's cache ({}): these models do not read weights from memory, which is where "
        "large models spend most of their energy.",
        base::readable(machine_details(run).cache)));
}

/// "one third", "2 of 5 parts".
std::string fraction_text(std::int64_t some, std::int64_t all) {
    constexpr std::array<const char*, 3> words{"half", "third", "quarter"};
    const auto which = static_cast<std::size_t>(all - 2);
    if (which >= words.size()) return fmt::format("{} of {} parts", some, all);
    return fmt::format("{} {}{}", some == 1 ? "one" : some == 2 ? "two" : "three", words[which], some == 1 ? "" : "s");
}

void add_missing_parts(const Comparison& comparison, std::vector<std::string>& sentences) {
    constexpr std::size_t max_named = 8;
    const std::vector<Shard> missing = missing_shards(comparison.parts, max_named);
    if (missing.empty()) return;
    const std::int64_t all = missing.front().count, there = std::ssize(comparison.parts);
    std::string names = missing.size() == 1 ? "Part " : "Parts ";
    for (std::size_t i = 0; i < missing.size(); ++i) {
        names += (i == 0 ? "" : i + 1 == missing.size() ? " and " : ", ") + shard_text(missing[i]);
    }
    if (all - there > std::ssize(missing)) names = fmt::format("{} of {} parts", all - there, all);
    sentences.push_back(fmt::format("{} of the experiment {} missing: these figures are of {} of the prompts.", names,
                                    all - there == 1 ? "is" : "are", fraction_text(there, all)));
}

std::string without_field(const std::string& field) {
    if (field == "max_tokens") return "with its newer name, max_completion_tokens";
    if (field == "seed") return "without it, so they are not reproducible";
    if (field == "temperature" || field == "top_p") return "without it, with the server's own setting";
    return "without it";
}

void add_judge(const Comparison& comparison, std::vector<std::string>& sentences) {
    AnswerMeasures all;
    for (const ContenderSummary& one : comparison.contenders) all += one.measures;
    if (!(all.verdicts > 0)) return;
    const std::string joules = all.judge_joules > 0 ? fmt::format(" and {} J{}", digits(all.judge_joules),
                                                                  base::watt_hours_note(base::Joules(all.judge_joules)))
                                                    : std::string();
    sentences.push_back(
        fmt::format("A judge model graded the answers: {:.0f} verdicts took {:.0f} tokens{}, which no figure includes.",
                    all.verdicts, all.judge_tokens, joules));
}

void add_counted_in_chunks(const Comparison& comparison, std::vector<std::string>& sentences) {
    for (const ContenderSummary& one : comparison.contenders) {
        if (one.counted_in_chunks == 0) continue;
        sentences.push_back(
            fmt::format("{} reported no token counts in {} of {} answers. The events of its stream are counted "
                        "instead, so its tokens "
                        "and joules per token are per event, and the length of its prompts is not known.",
                        shown(one.label), one.counted_in_chunks, one.answers));
    }
}

void add_in_one_piece(const Comparison& comparison, std::vector<std::string>& sentences) {
    for (const ContenderSummary& one : comparison.contenders) {
        if (one.in_one_piece == 0) continue;
        sentences.push_back(fmt::format(
            "{} of {} answers of {} arrived in one piece (not streamed, or collected by a proxy): the energy of its "
            "phases cannot be told apart, so joules per token are not known; the total is.",
            one.in_one_piece, one.answers, shown(one.label)));
    }
}

void add_failures(const Comparison& comparison, std::vector<std::string>& sentences) {
    if (comparison.failed_prompts == 0) return;
    std::vector<std::string> sides;
    std::string reasons;
    for (const ContenderSummary& one : comparison.contenders) {
        sides.push_back(fmt::format("{} of {} by {}", one.failed, one.failed + one.answers, shown(one.label)));
        if (one.failed > 0) {
            reasons +=
                fmt::format(" Last failure of {}: {}", shown(one.label), base::one_line(one.failed_because, 400));
        }
    }
    sentences.push_back(fmt::format(
        "Failed answers: {}. {} left out of all comparisons between contenders; run the same command again to retry.{}",
        fmt::join(sides, ", "),
        comparison.failed_prompts == 1 ? "The prompt is" : fmt::format("The {} prompts are", comparison.failed_prompts),
        reasons));
}

void add_left_out(const Comparison& comparison, std::vector<std::string>& sentences) {
    for (const ContenderSummary& one : comparison.contenders) {
        for (const auto& [field, answers] : one.left_out) {
            sentences.push_back(fmt::format("{} rejects the request field {}: {} of {} answers were requested {}.",
                                            shown(one.label), field, answers, one.answers, without_field(field)));
        }
    }
}

}  // namespace

bool weights_in_cache(const Comparison& comparison, const RunDescription& run) {
    const std::int64_t cache = machine_details(run).cache.value();
    return !comparison.contenders.empty() && std::ranges::all_of(comparison.contenders, [cache](const auto& one) {
        const std::int64_t weights = one.details.model.weight_bytes.value_or(0);
        return weights > 0 && weights < cache;
    });
}

std::vector<std::string> caveats(const Comparison& comparison, const RunDescription& run,
                                 const std::vector<MachineEvent>& machine_events) {
    std::vector<std::string> sentences;
    add_missing_parts(comparison, sentences);
    add_cache(comparison, run, sentences);
    add_load(comparison, run, sentences);
    add_drift(machine_events, sentences);
    add_judge(comparison, sentences);
    add_counted_in_chunks(comparison, sentences);
    add_in_one_piece(comparison, sentences);
    add_left_out(comparison, sentences);
    add_failures(comparison, sentences);
    double paused = 0;
    for (const MachineEvent& one : machine_events) {
        if (const auto pause = cooling_pause(one)) paused += pause->pause.value();
    }
    if (paused > 0) {
        sentences.push_back(fmt::format("The CPU was thermally throttled; paused {:.0f} s to cool.", paused));
    }
    if (protocol_of(run).throttling == Throttling::not_visible) {
        sentences.emplace_back("This machine does not report thermal throttling, so it may have gone unnoticed.");
    }
    return sentences;
}

}  // namespace ergon::lab
