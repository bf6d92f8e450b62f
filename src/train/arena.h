#pragma once
// Memory of which every piece is taken before the first step.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/units.h"

namespace ergon::train {

/// Hands out runs of values, one after the other. Made without memory it only counts, so that the code that lays out
/// activations is also what tells how much they take.
class Arena {
  public:
    /// Counts: take() gives null pointers.
    Arena() = default;
    /// Holds so many bytes, 0 at first. Throws Error(out_of_budget) if the memory cannot be had.
    explicit Arena(base::Bytes bytes);

    /// n values, on cache lines of their own. Throws Error(out_of_budget) beyond the arena's size.
    template <typename Value = float>
    Value* take(std::int64_t n) {
        return reinterpret_cast<Value*>(take_bytes(n * std::int64_t{sizeof(Value)}));
    }
    /// Bytes taken; those taken since taken() had this value are given back: for memory that parts of a step use in
    /// turn.
    std::int64_t taken() const { return taken_; }
    void rewind(std::int64_t taken) { taken_ = taken; }
    /// The most that was ever taken.
    base::Bytes most() const { return base::Bytes(max_); }
    /// What it holds.
    base::Bytes size() const { return base::Bytes(size_); }

  private:
    std::byte* take_bytes(std::int64_t n);

    struct Free {
        void operator()(std::byte* memory) const;
    };
    std::unique_ptr<std::byte[], Free> memory_;
    std::int64_t taken_ = 0, max_ = 0, size_ = 0;
};

}  // namespace ergon::train
