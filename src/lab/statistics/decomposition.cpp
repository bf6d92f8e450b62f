#include "lab/statistics/decomposition.h"

#include <algorithm>
#include <cmath>

namespace ergon::lab {

double logarithmic_mean(double a, double b) {
    if (a <= 0 || b <= 0) return 0;
    // It is symmetric; by the smaller of the two, log1p keeps its precision at both ends.
    const double smaller = std::min(a, b);
    const double difference = (std::max(a, b) - smaller) / smaller;
    return difference == 0 ? smaller : smaller * difference / std::log1p(difference);
}

std::optional<std::vector<DecompositionTerm>> decompose(std::span<const PhaseAmount> a,
                                                        std::span<const PhaseAmount> b) {
    double joules_a = 0;
    double joules_b = 0;
    for (const PhaseAmount& phase : a) joules_a += phase.joules;
    for (const PhaseAmount& phase : b) joules_b += phase.joules;
    if (!(joules_a > 0 && joules_b > 0)) return std::nullopt;

    const double whole = logarithmic_mean(joules_b, joules_a);
    std::vector<DecompositionTerm> terms(std::min(a.size(), b.size()));
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const double both = (b[i].joules - a[i].joules) / whole;  // what this phase adds to ln(E_b / E_a)
        const bool tokens_on_both = a[i].tokens > 0 && b[i].tokens > 0;
        const bool joules_on_both = a[i].joules > 0 && b[i].joules > 0;
        if (tokens_on_both && joules_on_both) {
            terms[i].tokens = logarithmic_mean(b[i].joules, a[i].joules) / whole * std::log(b[i].tokens / a[i].tokens);
            terms[i].joules_per_token = both - terms[i].tokens;
        } else if ((a[i].tokens > 0) != (b[i].tokens > 0)) {
            terms[i].tokens = both;
        } else {
            terms[i].joules_per_token = both;  // joules without tokens, or tokens without joules, on one side
        }
    }
    return terms;
}

}  // namespace ergon::lab
