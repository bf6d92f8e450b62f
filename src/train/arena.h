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

    /// Memory that parts of a step use in turn: what is taken while a scope lives is given back at its end.
    class Scope {
      public:
        explicit Scope(Arena& arena) : arena_(arena), before_(arena.taken_) {}
        ~Scope() { arena_.taken_ = before_; }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;
        /// Bytes taken in it so far.
        std::int64_t taken() const { return arena_.taken_ - before_; }

      private:
        Arena& arena_;
        std::int64_t before_;
    };

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
