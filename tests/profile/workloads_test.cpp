#include "profile/workloads.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/sanitized.h"

namespace ergon::profile {
namespace {

using base::Seconds;
using energy::Resource;
using energy::Usage;

TEST(Workloads, SayWhatTheyTook) {
    const Workloads workloads;
    std::set<std::string> names;
    std::array<bool, energy::resource_count> seen{};
    for (const energy::Workload& workload : workloads.all(2)) {
        EXPECT_TRUE(names.insert(workload.name).second) << workload.name;
        workload.run(Seconds(0.02));
        const Usage usage = workload.account();
        EXPECT_GE(usage[Resource::time], 0.02) << workload.name;
        const bool idle = workload.name == "idle";
        EXPECT_EQ(usage[Resource::busy_time] > 0, !idle) << workload.name;
        EXPECT_LE(usage[Resource::busy_time], 2.2 * usage[Resource::time]) << workload.name;
        for (std::size_t i = 0; i < energy::resource_count; ++i) seen[i] = seen[i] || usage.amounts[i] > 0;
    }
    EXPECT_EQ(names.size(), 1u + 2 * 7);
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_TRUE(seen[i]) << energy::resource_names[i];
}

TEST(Workloads, NearerCachesAreNotSlower) {
    if (test::sanitized) GTEST_SKIP() << "a sanitized loop is bound by its checks, not by caches";
    const Workloads workloads;
    std::map<std::string, double> rates;
    for (int round = 0; round < 3; ++round) {
        for (const energy::Workload& workload : workloads.all(1)) {
            workload.run(Seconds(0.05));
            const Usage usage = workload.account();
            double amount = 0;
            for (const Resource resource : {Resource::near_bytes, Resource::shared_bytes, Resource::memory_bytes}) {
                amount += usage[resource];
            }
            double& best = rates[workload.name];
            best = std::max(best, amount / usage[Resource::time]);
        }
    }
    EXPECT_GT(rates.at("first cache, 1 thread"), rates.at("memory, 1 thread"));
    EXPECT_GT(rates.at("second cache, 1 thread"), rates.at("memory, 1 thread"));
}

TEST(Workloads, FindTheLimitsOfTheMachine) {
    const Workloads workloads;
    const MachineLimits limits = workloads.limits(1, base::Bytes(std::int64_t{1} << 40), Seconds(0.05));
    EXPECT_FALSE(limits.from_cache);
    EXPECT_EQ(limits.threads, 1);
    EXPECT_GT(limits.bytes_per_second, 1e8);  // a tenth of the slowest machine of this century
    EXPECT_GT(limits.float_operations_per_second, 1e8);
    EXPECT_GT(limits.int8_operations_per_second, 1e8);
}

// Weights that fit a cache are read faster than memory gives: what memory gives is no limit for them. Best of several,
// as neighbours may have the machine for a while.
TEST(Workloads, LimitsAreThoseOfAsManyBytesAsTheWeights) {
    if (test::sanitized) GTEST_SKIP() << "a sanitized loop is bound by its checks, not by caches";
    const Workloads workloads;
    double small = 0, large = 0;
    for (int round = 0; round < 3; ++round) {
        const MachineLimits near = workloads.limits(1, base::Bytes(100'000), Seconds(0.02));
        EXPECT_TRUE(near.from_cache);
        small = std::max(small, near.bytes_per_second);
        large =
            std::max(large, workloads.limits(1, base::Bytes(std::int64_t{1} << 40), Seconds(0.02)).bytes_per_second);
    }
    EXPECT_GT(small, large);
}

TEST(Workloads, TheBestOfTwoMeasurementsIsTakenLimitByLimit) {
    const MachineLimits best = best_of({2, false, 3, 5, 1}, {2, false, 4, 2, 7});
    EXPECT_EQ(best.bytes_per_second, 4);
    EXPECT_EQ(best.float_operations_per_second, 5);
    EXPECT_EQ(best.int8_operations_per_second, 7);
}

}  // namespace
}  // namespace ergon::profile
