#include "lab/experiment/machine_events.h"

#include <fstream>
#include <gtest/gtest.h>

#include "base/temporary_directory.h"

namespace ergon::lab {
namespace {

class Throttled : public ::testing::Test {
  protected:
    void count(int processor, const std::string& events) {
        const auto folder =
            folder_.path() / "devices/system/cpu" / ("cpu" + std::to_string(processor)) / "thermal_throttle";
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "core_throttle_count") << events;
    }
    test::TemporaryDirectory folder_;
};

TEST_F(Throttled, NothingToSeeIsNothing) {
    ThrottleWatch watch(folder_.path());
    EXPECT_FALSE(watch.visible());
    EXPECT_FALSE(cool_down(watch, [](base::Seconds) { FAIL() << "nothing to wait for"; }));
}

TEST_F(Throttled, WaitsUntilNoMoreEventsCome) {
    count(0, "5\n");
    count(1, "7\n");
    ThrottleWatch watch(folder_.path());
    EXPECT_TRUE(watch.visible());
    EXPECT_FALSE(cool_down(watch, [](base::Seconds) { FAIL() << "what was before does not matter"; }));
    count(1, "9\n");
    int waits = 0;
    const auto pause = cool_down(watch, [&](base::Seconds) {
        if (++waits == 1) count(0, "6\n");
    });
    ASSERT_TRUE(pause);
    EXPECT_EQ(waits, 2);
    EXPECT_EQ(pause->kind, "throttled");
    EXPECT_EQ(pause->details["events"], 3);
    EXPECT_EQ(pause->details["pause_seconds"], 20);
}

TEST_F(Throttled, DoesNotWaitForEver) {
    int events = 0;
    count(0, "0");
    ThrottleWatch watch(folder_.path());
    count(0, "1");
    const auto pause = cool_down(watch, [&](base::Seconds) { count(0, std::to_string(2 + events++)); });
    ASSERT_TRUE(pause);
    EXPECT_EQ(pause->details["pause_seconds"], 120);
    count(0, "garbage");
    EXPECT_FALSE(cool_down(watch, [](base::Seconds) {}));
}

// The kernel says of each file in /sys that it has 4096 bytes; some may not be read, some are folders.
TEST_F(Throttled, WhatTheFilesClaimAndHideDoesNotEndTheProgram) {
    count(0, "5\n" + std::string(4094, '\0'));
    count(1, "");
    const auto odd = folder_.path() / "devices/system/cpu/cpu2/thermal_throttle";
    std::filesystem::create_directories(odd / "core_throttle_count");
    std::filesystem::create_symlink("loop", folder_.path() / "devices/system/cpu/loop");
    ThrottleWatch watch(folder_.path());
    EXPECT_TRUE(watch.visible());
    count(0, "6\n" + std::string(4094, '\0'));
    EXPECT_EQ(watch.events(), 1);
}

}  // namespace
}  // namespace ergon::lab
