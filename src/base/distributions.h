#pragma once
// Distribution functions and quantiles that intervals are made of.

#include <span>

namespace ergon::base {

/// The standard normal distribution function and its inverse (to the last digits of a double; infinite at 0 and 1).
double normal_distribution(double z);
double normal_quantile(double probability);

/// Of values in ascending order: linear interpolation between order statistics, position p (n - 1), as NumPy's default.
double quantile(std::span<const double> sorted, double probability);

/// The beta distribution function (regularised incomplete beta function, DLMF 8.17.22) of a, b > 0, and its inverse.
double beta_distribution(double x, double a, double b);
double beta_quantile(double probability, double a, double b);

/// Student's t: how far from 0 the middle `probability` of its distribution reaches, with `freedom` >= 1 degrees of
/// freedom, whole or not.
double student_reach(double probability, double freedom);

}  // namespace ergon::base
