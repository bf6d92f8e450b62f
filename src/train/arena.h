#pragma once
// Memory of which every piece is taken before the first step.

#include <cstdint>
#include <memory>

#include "base/units.h"

namespace ergon::train {

/// Hands out F32 values, one run after the other. Made without memory it only counts, so that the code that lays out
/// activations is also what tells how much they take.
class Arena {
  public:
    /// Counts: take() gives null pointers.
    Arena() = default;
    /// Holds `values` values, 0 at first. Throws Error(out_of_budget) if the memory cannot be had.
    explicit Arena(std::int64_t values);

    /// n values, on cache lines of their own. Throws Error(out_of_budget) beyond the arena's size.
    float* take(std::int64_t n);
    std::int64_t taken() const { return taken_; }
    /// Gives back what was taken since taken() had this value: for memory that parts of a step use in turn.
    void rewind(std::int64_t taken) { taken_ = taken; }
    /// The most that was ever taken.
    std::int64_t most() const { return most_; }
    base::Bytes bytes() const { return base::Bytes(most_ * std::int64_t{sizeof(float)}); }

  private:
    struct Free {
        void operator()(float* values) const;
    };
    std::unique_ptr<float[], Free> values_;
    std::int64_t taken_ = 0, most_ = 0, size_ = 0;
};

}  // namespace ergon::train
