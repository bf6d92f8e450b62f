#include <gtest/gtest.h>

#include "energy/sensor_search.h"
#include "fake_tree.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;
using State = Reading::State;

constexpr Nanoseconds seconds(double count) {
    return Nanoseconds(static_cast<std::int64_t>(count * 1e9));
}
constexpr Nanojoules joules(double count) {
    return Nanojoules(static_cast<std::int64_t>(count * 1e9));
}
constexpr std::uint64_t microjoules(double count) {
    return static_cast<std::uint64_t>(count * 1e6);
}

SensorSearch find(const FakeTree& tree, Nanoseconds now) {
    SensorOptions options;
    options.sysfs = tree.root();
    options.nvml_library.clear();
    return find_sensors(options, now);
}

/// Two sockets in the wrong order, each with parts and memory.
void two_sockets(const FakeTree& tree) {
    tree.zone("intel-rapl:0", "package-1", 0);
    tree.zone("intel-rapl:1", "package-0", 0);
    tree.zone("intel-rapl:0:0", "core", 0);
    tree.zone("intel-rapl:0:1", "dram", 0);
    tree.zone("intel-rapl:1:0", "core", 0);
    tree.zone("intel-rapl:1:1", "dram", 0);
}

void draw(const FakeTree& tree, double package_1, double package_0, double core, double dram) {
    tree.count("intel-rapl:0", microjoules(package_1));
    tree.count("intel-rapl:1", microjoules(package_0));
    tree.count("intel-rapl:0:0", microjoules(core));
    tree.count("intel-rapl:1:0", microjoules(core));
    tree.count("intel-rapl:0:1", microjoules(dram));
    tree.count("intel-rapl:1:1", microjoules(dram));
}

TEST(MachineCounter, AddsPackagesAndMemoryButNotParts) {
    const FakeTree tree;
    two_sockets(tree);
    const SensorSearch search = find(tree, seconds(0));
    ASSERT_TRUE(search.counter) << search.sentence;
    EXPECT_NE(search.sentence.find("package-0/dram"), std::string::npos) << search.sentence;
    draw(tree, 30, 20, 15, 5);
    const Reading reading = search.counter->read(seconds(1));
    ASSERT_EQ(reading.state, State::valid);
    EXPECT_EQ(reading.energy, joules(30 + 20 + 2 * 5));
}

TEST(MachineCounter, ThePlatformContainsThePackages) {
    const FakeTree tree;
    two_sockets(tree);
    tree.zone("intel-rapl:2", "psys", 0);
    const SensorSearch search = find(tree, seconds(0));
    ASSERT_TRUE(search.counter);
    draw(tree, 30, 20, 15, 5);
    tree.count("intel-rapl:2", microjoules(90));
    EXPECT_EQ(search.counter->read(seconds(1)).energy, joules(90));
}

TEST(MachineCounter, APlatformCounterThatHardlyCountsIsLeft) {
    const FakeTree tree;
    two_sockets(tree);
    tree.zone("intel-rapl:2", "psys", 0);
    const SensorSearch search = find(tree, seconds(0));
    draw(tree, 30, 20, 15, 5);
    tree.count("intel-rapl:2", microjoules(1));
    EXPECT_EQ(search.counter->read(seconds(1)).energy, joules(60));
    draw(tree, 40, 20, 15, 5);
    tree.count("intel-rapl:2", microjoules(100));
    EXPECT_EQ(search.counter->read(seconds(2)).energy, joules(10));
}

TEST(MachineCounter, WaitsForAZoneThatFailsOnce) {
    const FakeTree tree;
    two_sockets(tree);
    const SensorSearch search = find(tree, seconds(0));
    draw(tree, 30, 20, 15, 5);
    tree.count_text("intel-rapl:1", "?");
    EXPECT_EQ(search.counter->read(seconds(1)).state, State::pending);
    draw(tree, 35, 27, 15, 5);
    const Reading whole = search.counter->read(seconds(2));
    ASSERT_EQ(whole.state, State::valid);
    EXPECT_EQ(whole.begin, seconds(0));
    EXPECT_EQ(whole.energy, joules(35 + 27 + 10));
}

TEST(MachineCounter, WhatOneZoneLosesIsLostForAll) {
    const FakeTree tree;
    two_sockets(tree);
    draw(tree, 100, 100, 0, 0);
    const SensorSearch search = find(tree, seconds(0));
    draw(tree, 110, 0, 0, 0);
    EXPECT_EQ(search.counter->read(seconds(1)).state, State::lost);
    draw(tree, 120, 20, 0, 0);
    const Reading next = search.counter->read(seconds(2));
    ASSERT_EQ(next.state, State::valid);
    EXPECT_EQ(next.begin, seconds(1));
    EXPECT_EQ(next.energy, joules(10 + 20));
}

TEST(MachineCounter, SaysWhyThereIsNone) {
    const FakeTree tree;
    const SensorSearch none = find(tree, seconds(0));
    EXPECT_FALSE(none.counter);
    EXPECT_NE(none.sentence.find("No energy counter was found"), std::string::npos);
    tree.zone("intel-rapl:0", "core", 0);  // a part alone is not the machine
    EXPECT_FALSE(find(tree, seconds(0)).counter);
}

}  // namespace
}  // namespace ergon::energy
