#pragma once
// Least squares with coefficients that cannot be negative, for a handful of columns.

#include <array>
#include <cstddef>
#include <span>

namespace ergon::energy {

template <std::size_t N>
using Vector = std::array<double, N>;

/// X^T X and X^T y of a least-squares problem, row by row.
template <std::size_t N>
struct NormalEquations {
    std::array<Vector<N>, N> products{};
    Vector<N> right{};

    void add(const Vector<N>& row, double y) {
        for (std::size_t i = 0; i < N; ++i) {
            right[i] += row[i] * y;
            for (std::size_t k = 0; k < N; ++k) products[i][k] += row[i] * row[k];
        }
    }
};

/// Solves A x = b for symmetric positive definite A [n, n] (rows `stride` apart) by Cholesky's decomposition, in place:
/// `a` and `b` are overwritten, b by x. A pivot below `least` times its diagonal leaves that unknown at zero: its
/// column says nothing that the others do not.
void solve_symmetric(std::span<double> a, std::span<double> b, std::size_t stride);

/// The x >= 0 that minimises |X x - y|, from the normal equations. Lawson and Hanson, Solving Least Squares Problems,
/// 1974, chapter 23: columns enter where the gradient asks for them and leave where they would turn negative.
void solve_non_negative(std::span<const double> products, std::span<const double> right, std::span<double> x);

template <std::size_t N>
Vector<N> solve_non_negative(const NormalEquations<N>& equations) {
    Vector<N * N> products{};
    for (std::size_t i = 0; i < N; ++i) {
        for (std::size_t k = 0; k < N; ++k) products[i * N + k] = equations.products[i][k];
    }
    Vector<N> x{};
    solve_non_negative(products, equations.right, x);
    return x;
}

}  // namespace ergon::energy
