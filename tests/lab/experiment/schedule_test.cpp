#include "lab/experiment/schedule.h"

#include <gtest/gtest.h>
#include <map>
#include <set>
#include <vector>

namespace ergon::lab {
namespace {

std::vector<Trial> turns(const ScheduleOptions& options) {
    std::vector<Trial> all;
    for_each_trial(options, [&](const Trial& turn) { all.push_back(turn); });
    return all;
}

TEST(Order, EveryoneAnswersEverythingOnce) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const ScheduleOptions options{2 + seed % 3, 1 + seed % 7, 1 + static_cast<std::int64_t>(seed % 4), {}, seed};
        const std::vector<Trial> all = turns(options);
        std::set<std::tuple<std::size_t, std::size_t, std::int64_t>> seen;
        for (const Trial& turn : all) seen.emplace(turn.contender, turn.prompt, turn.repeat);
        EXPECT_EQ(seen.size(), all.size());
        EXPECT_EQ(static_cast<std::int64_t>(all.size()), count_trials(options));
        EXPECT_EQ(all.size(), options.contenders * options.prompts * static_cast<std::size_t>(options.repeats));
    }
}

TEST(Order, BlocksOfTwoPromptsTurnRound) {
    const std::size_t contenders = 3;
    const std::vector<Trial> all = turns({contenders, 8, 1, {}, 5});
    for (std::size_t block = 0; block < all.size(); block += 2 * contenders) {
        for (std::size_t i = 0; i < contenders; ++i) {
            EXPECT_EQ(all[block + i].contender, all[block + 2 * contenders - 1 - i].contender);
            EXPECT_EQ(all[block + i].prompt, all[block].prompt) << "a prompt's answers stand together";
        }
    }
}

TEST(Order, IsRandomAndAFunctionOfTheSeed) {
    const ScheduleOptions options{2, 40, 2, {}, 1};
    ScheduleOptions other = options;
    other.seed = 2;
    EXPECT_EQ(turns(options), turns(options));
    EXPECT_NE(turns(options), turns(other));
    // Each contender begins about half of the 40 blocks of both repeats: 20 +- 4 standard deviations of sqrt(40)/2.
    int first = 0;
    const std::vector<Trial> all = turns(options);
    for (std::size_t block = 0; block < all.size(); block += 4) first += all[block].contender == 0 ? 1 : 0;
    EXPECT_GT(first, 7);
    EXPECT_LT(first, 33);
}

TEST(Order, ShardsDivideThePromptsAndKeepTheirOrder) {
    const ScheduleOptions whole{2, 11, 2, {}, 9};
    std::map<std::size_t, std::int64_t> shard_of;
    std::size_t all = 0;
    for (std::int64_t i = 0; i < 4; ++i) {
        ScheduleOptions part = whole;
        part.shard = {i, 4};
        const std::vector<Trial> its = turns(part);
        EXPECT_EQ(static_cast<std::int64_t>(its.size()), count_trials(part));
        all += its.size();
        for (const Trial& turn : its) {
            const auto [entry, first] = shard_of.emplace(turn.prompt, i);
            EXPECT_EQ(entry->second, i) << "no prompt is in two shards";
        }
    }
    EXPECT_EQ(all, turns(whole).size());
    EXPECT_EQ(count_trials({2, 3, 1, {4, 5}, 1}), 0) << "more shards than prompts";
}

}  // namespace
}  // namespace ergon::lab
