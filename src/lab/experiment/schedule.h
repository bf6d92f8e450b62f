#pragma once
// Who answers what, when: balanced, random, and a pure function of its seed.

#include <cstdint>
#include <functional>

#include "lab/store/run_details.h"

namespace ergon::lab {

/// One answer to be made.
struct Trial {
    std::size_t contender = 0;
    std::size_t prompt = 0;
    std::int64_t repeat = 0;
    bool operator==(const Trial&) const = default;
};

struct ScheduleOptions {
    std::size_t contenders = 2;
    std::size_t prompts = 0;
    std::int64_t repeats = 1;
    Shard shard;
    std::uint64_t seed = 0;
    std::int64_t session = 0;  // each draws its order anew
};

/// Calls `visit` with every turn of the shard, in order. In each repeat the prompts come in a random order. They are
/// asked in blocks of two: the first in a random order of contenders, the second in the reverse of it (ABBA or BAAB),
/// so that what drifts evenly (heat, other programs) meets all alike.
void for_each_trial(const ScheduleOptions& options, const std::function<void(const Trial&)>& visit);

/// Answers that the shard asks for in a session.
std::int64_t count_trials(const ScheduleOptions& options);

}  // namespace ergon::lab
