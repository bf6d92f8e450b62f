#pragma once
// Tests for paired answers: is a difference more than luck?

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lab/statistics/confidence_interval.h"

namespace ergon::lab {

/// Two-sided p-value of ln(sum b / sum a) under the hypothesis that within each pair a and b could as well be exchanged
/// (Good 2005, chapter 3). Every exchange is counted where there are at most `draws` of them; else so many are drawn,
/// and the observed one counts as one more. 1 where a sum is not positive. Throws Error(bad_argument) unless a and b
/// are as long.
double permutation_p(std::span<const double> a, std::span<const double> b, std::uint64_t seed,
                     std::int64_t draws = 10'000);

/// Exact two-sided p-value that of the pairs of right and wrong answers which differ, either contender has as many
/// right (McNemar 1947; Clopper and Pearson's binomial): `only_a` were right with a alone, `only_b` with b alone.
double mcnemar_p(std::int64_t only_a, std::int64_t only_b);

/// Interval of a share of `count` trials (Wilson 1927), [0, 1] without trials. `successes` may be a mean over repeats.
ConfidenceInterval wilson(double successes, double count, double confidence = 0.95);

/// The same, exact (Clopper and Pearson 1934): holds the truth at least as often as it says, also for few trials.
ConfidenceInterval clopper_pearson(double successes, double count, double confidence = 0.95);

/// Interval of the mean of b less that of a, shares right between 0 and 1 of the same prompts (Newcombe 1998, "Improved
/// confidence intervals for the difference between binomial proportions based on paired data", method 10: Wilson's
/// intervals of both, combined with their correlation). Shares may be means over repeats, or over other factors'
/// levels.
/// [-1, 1] without prompts.
/// Throws Error(bad_argument) unless a and b are as long.
ConfidenceInterval newcombe(std::span<const double> a, std::span<const double> b, double confidence = 0.95);

/// What a ratio's interval says of its being 1.
enum class Equivalence : std::uint8_t { equal, different, undecided };

/// Equal where the whole 95% interval lies between 1 / (1 + margin) and 1 + margin: two one-sided tests at 2.5% each
/// (Schuirmann 1987), on the ratio's logarithm. Different where it leaves 1 out, else undecided. A ratio that is shown
/// to differ by less than the margin is equal.
Equivalence equivalence(const ConfidenceInterval& ratio, double margin);
/// "equal within 5%", "different", "undecided".
std::string name(Equivalence equivalence, double margin);

/// p-values of several comparisons, so corrected that the chance of a false claim among all of them stays what it is
/// for one (Holm 1979). In the order given.
std::vector<double> holm(std::span<const double> p_values);

}  // namespace ergon::lab
