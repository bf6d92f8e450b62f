#pragma once
// What the layers did: each operation adds one record while a step runs. The account knows numbers, not models.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/units.h"

namespace ergon::energy {

/// Parts of a model, by number; whoever runs the model registers their names (ComponentNames).
using ComponentId = std::uint16_t;

/// Where bytes came from.
enum class Source : std::uint8_t { weights, cache, activations };
inline constexpr int source_count = 3;

/// Which arithmetic ran.
enum class Arithmetic : std::uint8_t { f32, f16, bf16, f8, int8 };
inline constexpr int arithmetic_count = 5;

/// One operation of one step.
struct Work {
    ComponentId component = 0;
    base::Nanoseconds begin{};    // base::now() when it started
    base::Nanoseconds elapsed{};  // wall time
    base::Nanoseconds busy{};     // worker time, summed over the workers
    std::array<std::int64_t, source_count> bytes{};
    std::array<std::int64_t, arithmetic_count> operations{};  // a multiply and an add count as two
    std::int32_t sequences = 0;                               // how many sequences shared it
    std::int32_t layer = -1;                                  // -1: outside the layers
    std::int32_t expert = -1;                                 // expert index, -1: not an expert's work
    std::int32_t first_user = 0;                              // of `users` in the account
    std::int32_t users = 0;                                   // 0: every participant of the step, by its tokens

    std::int64_t& operator[](Source source) { return bytes[static_cast<std::size_t>(source)]; }
    std::int64_t operator[](Source source) const { return bytes[static_cast<std::size_t>(source)]; }
    std::int64_t& operator[](Arithmetic kind) { return operations[static_cast<std::size_t>(kind)]; }
    std::int64_t operator[](Arithmetic kind) const { return operations[static_cast<std::size_t>(kind)]; }
};

/// A participant of the step that an operation worked for, and how much: tokens that used a shared weight, or what
/// each took where that is known (keys attended to).
struct User {
    std::int32_t participant = 0;  // position among the step's participants
    std::int64_t amount = 0;       // > 0; in any unit, the same for all users of an operation
};

/// Sums over operations.
struct WorkTotals {
    std::array<std::int64_t, source_count> bytes{};
    std::array<std::int64_t, arithmetic_count> operations{};

    void add(std::span<const Work> records) {
        for (const Work& work : records) {
            for (std::size_t i = 0; i < source_count; ++i) bytes[i] += work.bytes[i];
            for (std::size_t i = 0; i < arithmetic_count; ++i) operations[i] += work.operations[i];
        }
    }
};

/// The records of one step, in the order in which they were made. Written by one thread.
class WorkAccount {
  public:
    /// An account that is off stays empty, and whoever works for it need not look at the clock.
    explicit WorkAccount(bool on = true) : on_(on) {}
    bool on() const { return on_; }

    /// `users`: whom it worked for; nobody named means every participant, by its tokens.
    void add(Work work, std::span<const User> users = {}) {
        if (!on_) return;
        work.first_user = static_cast<std::int32_t>(users_.size());
        work.users = static_cast<std::int32_t>(users.size());
        users_.insert(users_.end(), users.begin(), users.end());
        records_.push_back(work);
    }
    std::span<const Work> records() const { return records_; }
    std::span<const User> users() const { return users_; }
    void clear() {
        records_.clear();
        users_.clear();
    }

  private:
    bool on_;
    std::vector<Work> records_;
    std::vector<User> users_;
};

}  // namespace ergon::energy
