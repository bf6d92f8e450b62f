#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <gtest/gtest.h>
#include <numeric>
#include <sched.h>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/competitors.h"
#include "base/error.h"
#include "base/expect_error.h"
#include "base/threads.h"

namespace {

using namespace ergon;
using base::ErrorCode;
using base::ThreadPool;

TEST(ThreadPool, EveryIndexOnceInRangesOfAtMostTheGrain) {
    for (const int threads : {1, 2, 3, 8}) {
        ThreadPool pool(threads);
        EXPECT_EQ(pool.size(), threads);
        for (const std::int64_t count : {0, 1, 2, 7, 64, 1000}) {
            for (const std::int64_t grain : {1, 3, 64, 5000}) {
                std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
                std::atomic<bool> fine{true};
                pool.run(count, grain, [&](std::int64_t begin, std::int64_t end, int worker) {
                    if (begin >= end || end - begin > grain || worker < 0 || worker >= threads) fine = false;
                    for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
                });
                EXPECT_TRUE(fine) << threads << " threads, " << count << " indices, grain " << grain;
                EXPECT_TRUE(std::all_of(visits.begin(), visits.end(), [](const auto& n) { return n == 1; }))
                    << threads << " threads, " << count << " indices, grain " << grain;
            }
        }
    }
}

TEST(ThreadPool, AGrainBelowOneCountsAsOne) {
    ThreadPool pool(2);
    std::atomic<std::int64_t> sum{0};
    pool.run(10, 0, [&](std::int64_t begin, std::int64_t end, int) {
        EXPECT_EQ(end - begin, 1);
        sum += begin;
    });
    EXPECT_EQ(sum, 45);
}

TEST(ThreadPool, NoThreadsAreRefused) {
    test::expect_error(ErrorCode::bad_argument, "must be at least 1, not 0", [] { ThreadPool(0); });
}

// Each loop reads what the one before wrote, without atomics: a loop that returned early, or wrote late, would break
// the sum.
TEST(ThreadPool, ManyShortLoopsSeeEachOthersWritesUnderOversubscription) {
    const int processors = base::available_processors();
    const test::Competitors competitors(processors);
    ThreadPool pool(4 * processors);
    std::vector<std::int64_t> values(257, 0);
    constexpr int loops = 100;
    for (int loop = 0; loop < loops; ++loop) {
        pool.run(static_cast<std::int64_t>(values.size()), 3, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i) ++values[static_cast<std::size_t>(i)];
        });
    }
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), std::int64_t{0}), loops * 257);
}

TEST(ThreadPool, SleepingWorkersWakeAgain) {
    ThreadPool pool(3);
    for (int round = 0; round < 5; ++round) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // longer than the workers spin
        // Every index waits for the others: only three threads at once can finish before the deadline.
        std::atomic<int> inside{0};
        const base::Nanoseconds deadline = base::now() + base::Nanoseconds(10'000'000'000);
        pool.run(3, 1, [&](std::int64_t, std::int64_t, int) {
            ++inside;
            while (inside < 3 && base::now() < deadline) std::this_thread::yield();
        });
        ASSERT_LT(base::now(), deadline) << "a worker slept on, in round " << round;
    }
}

TEST(ThreadPool, PoolsComeAndGoUnderOversubscription) {
    const test::Competitors competitors(base::available_processors());
    for (int round = 0; round < 20; ++round) {
        ThreadPool pool(5);
        std::atomic<int> visits{0};
        if (round % 2 == 0) pool.run(10, 1, [&](std::int64_t, std::int64_t, int) { ++visits; });
        EXPECT_EQ(visits, round % 2 == 0 ? 10 : 0);
    }
}

// Bodies that wait 5 ms each are 40 ms of work however many do it, and no more than all workers for the whole duration.
TEST(ThreadPool, BusyTimeIsSummedOverTheWorkers) {
    for (const int threads : {1, 4}) {
        ThreadPool pool(threads);
        const base::Nanoseconds begin = base::now();
        const base::Nanoseconds busy = pool.run(
            8, 1, [](std::int64_t, std::int64_t, int) { std::this_thread::sleep_for(std::chrono::milliseconds(5)); });
        const base::Nanoseconds elapsed = base::now() - begin;
        EXPECT_GE(busy.value(), 40'000'000);
        EXPECT_LE(busy.value(), threads * elapsed.value());
    }
}

TEST(AvailableProcessors, FollowsTheAffinityMask) {
    cpu_set_t before;
    ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
    EXPECT_EQ(base::available_processors(), CPU_COUNT(&before));
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(base::available_processors(), 1);
    ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

}  // namespace
