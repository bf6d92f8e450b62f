#pragma once
// Designs of several factors: what each does to joules and right answers, and how they act together.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lab/statistics/uncertainty.h"

namespace ergon::lab {

/// What varies between contenders on purpose.
struct Factor {
    std::string name;  // "thinking"
    std::vector<std::string>
        levels;  // of each contender, in their order; the first one's is what others are held against
    bool operator==(const Factor&) const = default;
};

/// "thinking=no,yes,no,yes": one level for each contender. Throws Error(bad_argument) for anything else.
Factor parse_factor(const std::string& text);

/// A level of a factor, held against another.
struct FactorLevel {
    std::string factor;  // "experts"
    std::string level;   // "sparse"
    std::string base;    // "dense"
    bool operator==(const FactorLevel&) const = default;
};

/// What a level of a factor does against its first level, averaged over the other factors, or what two levels together
/// do beyond what each does alone.
struct Effect {
    std::vector<FactorLevel> levels;  // one, or two that act together
    bool interaction() const { return levels.size() > 1; }
    ConfidenceInterval joules;                             // a ratio, of geometric means over the other factors' levels
    std::optional<ConfidenceInterval> accuracy;            // a difference of shares; nothing without right answers
    std::optional<ConfidenceInterval> joules_per_correct;  // a ratio
    // p-values (uncertainty.h), corrected for the number of effects (Holm), for each of the three.
    double joules_p_value = 1;
    double accuracy_p_value = 1;
    double joules_per_correct_p_value = 1;
};

/// "sparse experts over dense", "thinking over no thinking", of two "sparse experts with thinking".
std::string effect_name(const Effect& effect);

/// Over the prompts that all contenders answered (`prompts`: for each of them the sums of every contender). Throws
/// Error(bad_argument) unless the factors fit the contenders, have two levels at least, and every combination of levels
/// is there exactly once.
std::vector<Effect> effects(std::span<const Factor> factors, std::span<const SampledPrompt> prompts,
                            std::size_t contenders, const MachineErrors& errors, std::uint64_t seed);

}  // namespace ergon::lab
