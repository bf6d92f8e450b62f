#pragma once
// What was measured, prompt by prompt, and statistics of sums over prompts.

#include <functional>
#include <span>
#include <vector>

namespace ergon::lab {

/// What was measured, a row for each prompt.
class Rows {
  public:
    explicit Rows(std::size_t columns) : columns_(columns) {}
    /// Throws Error(bad_argument) unless the row has as many values as there are columns.
    void add(std::span<const double> row);
    std::size_t size() const { return columns_ == 0 ? 0 : values_.size() / columns_; }
    std::size_t columns() const { return columns_; }
    std::span<const double> operator[](std::size_t row) const {
        return std::span(values_).subspan(row * columns_, columns_);
    }

  private:
    std::size_t columns_;
    std::vector<double> values_;
};

/// Sums over all prompts, or all but one.
struct Sums {
    std::span<const double> columns;
    double rows = 0;
};

/// Writes the value of each statistic.
using Statistics = std::function<void(const Sums& sums, std::span<double> values)>;

}  // namespace ergon::lab
