#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <gtest/gtest.h>
#include <numeric>
#include <sched.h>
#include <thread>
#include <time.h>
#include <vector>

#include "base/clock.h"
#include "base/competitors.h"
#include "base/error.h"
#include "base/expect_error.h"
#include "base/processors.h"
#include "base/temporary_directory.h"

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

TEST(ThreadPool, WhatABodyThrowsIsThrownOnAndThePoolStaysGood) {
    for (const int threads : {1, 2, 5}) {
        ThreadPool pool(threads);
        for (std::int64_t bad = 0; bad < 64; ++bad) {
            test::expect_error(ErrorCode::system, "index " + std::to_string(bad), [&] {
                pool.for_each(64, [&](std::int64_t i) {
                    if (i == bad) base::fail(ErrorCode::system, "index {}", i);
                });
            });
            EXPECT_THROW(pool.for_each(64, [](std::int64_t) { throw std::bad_alloc(); }), std::bad_alloc);
            std::atomic<std::int64_t> sum{0};
            pool.for_each(64, [&](std::int64_t i) { sum += i; });
            EXPECT_EQ(sum, 63 * 32);
        }
    }
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

base::Nanoseconds processor_time(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return base::Nanoseconds(std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec);
}

/// Of all threads but this one.
base::Nanoseconds time_of_others() {
    return processor_time(CLOCK_PROCESS_CPUTIME_ID) - processor_time(CLOCK_THREAD_CPUTIME_ID);
}

TEST(ThreadPool, ALoopHasSoManyThreadsAsAreInUse) {
    ThreadPool pool(4);
    EXPECT_EQ(pool.capacity(), 4);
    for (int round = 0; round < 200; ++round) {
        const int used = 1 + round * 7 % 4;
        pool.use(used);
        ASSERT_EQ(pool.size(), used);
        std::atomic<int> visits{0}, strangers{0};
        pool.run(40, 1, [&](std::int64_t, std::int64_t, int worker) {
            ++visits;
            if (worker >= used) ++strangers;
        });
        ASSERT_EQ(visits, 40);
        ASSERT_EQ(strangers, 0) << "of " << used << " threads in use, in round " << round;
    }
    EXPECT_EQ(pool.capacity(), 4);
}

// Three threads must be inside at once, after the pool had been narrowed to one.
TEST(ThreadPool, ThreadsThatWereNotInUseComeBack) {
    ThreadPool pool(3);
    for (int round = 0; round < 5; ++round) {
        pool.use(1);
        pool.run(10, 1, [](std::int64_t, std::int64_t, int) {});
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        pool.use(3);
        std::atomic<int> inside{0};
        const base::Nanoseconds deadline = base::now() + base::Nanoseconds(10'000'000'000);
        pool.run(3, 1, [&](std::int64_t, std::int64_t, int) {
            ++inside;
            while (inside < 3 && base::now() < deadline) std::this_thread::yield();
        });
        ASSERT_LT(base::now(), deadline) << "a worker slept on, in round " << round;
    }
}

TEST(ThreadPool, ThreadsThatAreNotThereCannotBeUsed) {
    ThreadPool pool(2);
    test::expect_error(ErrorCode::bad_argument, "cannot use 3", [&] { pool.use(3); });
    test::expect_error(ErrorCode::bad_argument, "cannot use 0", [&] { pool.use(0); });
    EXPECT_EQ(pool.size(), 2);
}

// Thousands of loops in a tenth of a second: workers that were woken, or that span, for each would take a good part of
// it.
TEST(ThreadPool, WorkersThatAreNotInUseTakeNoProcessorTime) {
    ThreadPool pool(4);
    pool.use(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const base::Nanoseconds before = time_of_others(), spun = pool.spinning();
    const base::Nanoseconds end = base::now() + base::Nanoseconds(100'000'000);
    while (base::now() < end) pool.run(100, 1, [](std::int64_t, std::int64_t, int) {});
    EXPECT_LT((time_of_others() - before).value(), 5'000'000);
    EXPECT_EQ(pool.spinning(), spun);
}

// Gaps of a millisecond: a worker spins for a small part of each, 25 us, and sleeps through the rest.
TEST(ThreadPool, SpinningEndsSoonAndIsCounted) {
    ThreadPool pool(2);
    constexpr int gaps = 50;
    const base::Nanoseconds before = time_of_others();
    for (int gap = 0; gap < gaps; ++gap) {
        pool.run(2, 1, [](std::int64_t, std::int64_t, int) {});
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GT(pool.spinning().value(), 0);
    // A tenth of the gaps holds the spins, the wakes and what the clocks of a busy machine add to them.
    EXPECT_LT((time_of_others() - before).value(), gaps * 1'000'000 / 10);
}

TEST(AvailableProcessors, FollowsTheAffinityMask) {
    cpu_set_t before;
    ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
    EXPECT_EQ(base::available_processors("/nowhere"), CPU_COUNT(&before));  // without a quota
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(base::available_processors(), 1);
    ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

void put(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

TEST(AvailableProcessors, FollowsTheQuotaOfAnyControlGroupAbove) {
    const int all = base::available_processors("/nowhere");
    if (all < 2) GTEST_SKIP() << "one processor is the least there can be";
    const test::TemporaryDirectory root;
    const std::filesystem::path groups = root.path() / "sys/fs/cgroup";
    put(root.path() / "proc/self/cgroup", "0::/pod/container\n");
    EXPECT_EQ(base::available_processors(root.path()), all);  // groups that cannot be read have no quota
    put(groups / "pod/container/cpu.max", "max 100000\n");
    put(groups / "pod/cpu.max", "50000 100000\n");
    EXPECT_EQ(base::available_processors(root.path()), 1);
    put(groups / "pod/cpu.max", "110000 100000\n");
    EXPECT_EQ(base::available_processors(root.path()), 2);  // a tenth of a second one is of use
    put(groups / "pod/cpu.max", "max 100000\n");
    put(groups / "cpu.max", "100000 100000\n");
    EXPECT_EQ(base::available_processors(root.path()), 1);
    put(groups / "cpu.max", "99900000 100000\n");
    EXPECT_EQ(base::available_processors(root.path()), all);
}

TEST(AvailableProcessors, FollowsTheQuotaOfTheFirstVersionOfGroups) {
    const int all = base::available_processors("/nowhere");
    if (all < 2) GTEST_SKIP() << "one processor is the least there can be";
    const test::TemporaryDirectory root;
    const std::filesystem::path group = root.path() / "sys/fs/cgroup/cpu,cpuacct/docker/x";
    put(root.path() / "proc/self/cgroup", "7:cpuset:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/\nnonsense\n");
    put(group / "cpu.cfs_period_us", "100000\n");
    put(group / "cpu.cfs_quota_us", "-1\n");
    EXPECT_EQ(base::available_processors(root.path()), all);
    put(group / "cpu.cfs_quota_us", "100000\n");
    EXPECT_EQ(base::available_processors(root.path()), 1);
}

}  // namespace
