#pragma once
// What a ratio of joules is made of.

#include <optional>
#include <span>
#include <vector>

namespace ergon::lab {

/// (a - b) / ln(a / b) for a, b >= 0; a where both are equal, 0 where one is 0.
double logarithmic_mean(double a, double b);

/// What a phase took in all.
struct PhaseAmount {
    double tokens = 0;
    double joules = 0;
};

/// The parts of ln(joules of b / joules of a) that come from one phase.
struct DecompositionTerm {
    double tokens = 0;            // from more (or fewer) tokens
    double joules_per_token = 0;  // from dearer (or cheaper) tokens
};

/// Logarithmic-mean (LMDI-I, Ang 2005) decomposition of the ratio of two sums of phases, joules = tokens x joules per
/// token in each: the terms add up to ln(E_b / E_a) exactly. A phase that only one side has is all tokens. Nothing if a
/// side has no joules.
std::optional<std::vector<DecompositionTerm>> decompose(std::span<const PhaseAmount> a, std::span<const PhaseAmount> b);

}  // namespace ergon::lab
