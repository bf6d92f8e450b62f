#include "lab/experiment/schedule.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/random.h"

namespace ergon::lab {
namespace {

// Streams of random numbers, apart from each other.
constexpr std::uint64_t prompt_stream = 0x70726f6d;
constexpr std::uint64_t contender_stream = 0x636f6e74;

/// 0 .. count-1 in a random order (Fisher and Yates).
std::vector<std::size_t> shuffled(std::size_t count, base::RandomSequence& random) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    return order;
}

}  // namespace

void for_each_trial(const ScheduleOptions& options, const std::function<void(const Trial&)>& visit) {
    const auto index = static_cast<std::size_t>(options.shard.index),
               count = static_cast<std::size_t>(options.shard.count);
    for (std::int64_t repeat = 0; repeat < options.repeats; ++repeat) {
        const std::uint64_t which =
            static_cast<std::uint64_t>(repeat) + (static_cast<std::uint64_t>(options.session) << 16);
        base::RandomSequence of_prompts(options.seed, prompt_stream + (which << 32));
        base::RandomSequence of_contenders(options.seed, contender_stream + (which << 32));
        const std::vector<std::size_t> prompts = shuffled(options.prompts, of_prompts);
        std::vector<std::size_t> contenders;
        bool first = true;
        for (const std::size_t prompt : prompts) {
            if (prompt % count != index) continue;
            if (first) {
                contenders = shuffled(options.contenders, of_contenders);
            } else {
                std::ranges::reverse(contenders);
            }
            first = !first;
            for (const std::size_t contender : contenders) visit({contender, prompt, repeat});
        }
    }
}

std::int64_t count_trials(const ScheduleOptions& options) {
    const auto prompts = static_cast<std::int64_t>(options.prompts);
    const std::int64_t mine = (prompts - options.shard.index + options.shard.count - 1) / options.shard.count;
    return std::max<std::int64_t>(0, mine) * options.repeats * static_cast<std::int64_t>(options.contenders);
}

}  // namespace ergon::lab
