#include "energy/estimate/least_squares.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ergon::energy {
namespace {

// A column whose part that is its own is this small beside the whole cannot be told from the others: rounding of a
// double's 53 bits is squared by the normal equations.
constexpr double min_pivot = 1e-11;

/// The minimiser over the columns in `active`, zero elsewhere.
std::vector<double> solve_active(std::span<const double> products, std::span<const double> right,
                                 const std::vector<std::size_t>& active) {
    const std::size_t n = right.size(), m = active.size();
    std::vector<double> a(m * m), b(m), x(n);
    for (std::size_t i = 0; i < m; ++i) {
        b[i] = right[active[i]];
        for (std::size_t k = 0; k < m; ++k) a[i * m + k] = products[active[i] * n + active[k]];
    }
    solve_symmetric(a, b, m);
    for (std::size_t i = 0; i < m; ++i) x[active[i]] = b[i];
    return x;
}

}  // namespace

void solve_symmetric(std::span<double> a, std::span<double> b, std::size_t stride) {
    const std::size_t n = b.size();
    const auto at = [&](std::size_t i, std::size_t k) -> double& { return a[i * stride + k]; };
    for (std::size_t k = 0; k < n; ++k) {  // the lower triangle becomes L; a column left out has a zero diagonal
        const double diagonal = at(k, k);
        double pivot = diagonal;
        for (std::size_t j = 0; j < k; ++j) pivot -= at(k, j) * at(k, j);
        const bool usable = pivot > min_pivot * diagonal && pivot > 0;
        at(k, k) = usable ? std::sqrt(pivot) : 0;
        for (std::size_t i = k + 1; i < n; ++i) {
            double value = at(i, k);
            for (std::size_t j = 0; j < k; ++j) value -= at(i, j) * at(k, j);
            at(i, k) = usable ? value / at(k, k) : 0;
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < i; ++k) b[i] -= at(i, k) * b[k];
        b[i] = at(i, i) > 0 ? b[i] / at(i, i) : 0;
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t k = i + 1; k < n; ++k) b[i] -= at(k, i) * b[k];
        b[i] = at(i, i) > 0 ? b[i] / at(i, i) : 0;
    }
}

void solve_non_negative(std::span<const double> products, std::span<const double> right, std::span<double> x) {
    const std::size_t n = right.size();
    std::ranges::fill(x, 0.0);
    std::vector<std::size_t> active;
    std::vector<bool> refused(n);  // entered and left at once: rounding, not need
    const std::size_t max_rounds = 3 * n;
    for (std::size_t round = 0; round < max_rounds; ++round) {
        std::size_t best = n;
        double steepest = 0;
        for (std::size_t i = 0; i < n; ++i) {
            if (refused[i] || std::ranges::find(active, i) != active.end()) continue;
            double gradient = right[i];
            for (std::size_t k = 0; k < n; ++k) gradient -= products[i * n + k] * x[k];
            const double scale = std::sqrt(products[i * n + i]);
            if (scale > 0 && gradient / scale > steepest) {
                steepest = gradient / scale;
                best = i;
            }
        }
        if (best == n) return;
        active.push_back(best);
        std::vector<double> next = solve_active(products, right, active);
        if (next[best] <= 0) {
            active.pop_back();
            refused[best] = true;
            continue;
        }
        // Towards the minimiser as far as nothing turns negative; what reaches zero leaves.
        while (std::ranges::any_of(active, [&](std::size_t i) { return next[i] <= 0; })) {
            double step = 1;
            for (const std::size_t i : active) {
                if (next[i] <= 0) step = std::min(step, x[i] / (x[i] - next[i]));
            }
            for (const std::size_t i : active) x[i] += step * (next[i] - x[i]);
            std::erase_if(active, [&](std::size_t i) {
                const bool leaves = next[i] <= 0 && x[i] <= 1e-12 * std::abs(next[i]);
                if (leaves) x[i] = 0;
                return leaves;
            });
            next = solve_active(products, right, active);
        }
        for (const std::size_t i : active) x[i] = next[i];
    }
}

}  // namespace ergon::energy
