#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "energy/fake_sensor.h"
#include "energy/fake_tree.h"
#include "energy/sensors/sensor_search.h"

namespace ergon::energy {
namespace {

using base::Nanoseconds;
using State = Reading::State;

constexpr std::uint64_t microjoules(double count) {
    return static_cast<std::uint64_t>(count * 1e6);
}

SensorSearch find(const FakeTree& tree, Nanoseconds now) {
    SensorOptions options;
    options.sysfs = tree.root();
    options.nvml_library.clear();
    return find_sensors(options, now);
}

/// What the slices that are known after a reading add up to.
MachineSlice read(MachineCounter& counter, Nanoseconds now) {
    counter.read(now, joules(1));
    MachineSlice sum{};
    for (const MachineSlice& slice : counter.take()) {
        if (sum.end == Nanoseconds(0)) sum.begin = slice.begin;
        sum.end = slice.end;
        sum.counted += slice.counted;
        sum.missing += slice.missing;
        sum.reported = slice.reported;
    }
    return sum;
}

constexpr Missing nothing{};

/// Two sockets in the wrong order, each with parts and memory.
void two_sockets(const FakeTree& tree) {
    tree.zone("intel-rapl:0", "package-1", 0);
    tree.zone("intel-rapl:1", "package-0", 0);
    tree.zone("intel-rapl:0:0", "core", 0);
    tree.zone("intel-rapl:0:1", "dram", 0);
    tree.zone("intel-rapl:1:0", "core", 0);
    tree.zone("intel-rapl:1:1", "dram", 0);
}

/// The second socket's memory takes a joule less: no two counters are the same to the last digit.
void draw(const FakeTree& tree, double package_1, double package_0, double core, double dram) {
    tree.count("intel-rapl:0", microjoules(package_1));
    tree.count("intel-rapl:1", microjoules(package_0));
    tree.count("intel-rapl:0:0", microjoules(core));
    tree.count("intel-rapl:1:0", microjoules(core));
    tree.count("intel-rapl:0:1", microjoules(dram + 1));
    tree.count("intel-rapl:1:1", microjoules(dram));
}

TEST(MachineCounter, AddsPackagesAndMemoryButNotParts) {
    const FakeTree tree;
    two_sockets(tree);
    const SensorSearch search = find(tree, seconds(0));
    ASSERT_TRUE(search.counter) << search.sentence;
    EXPECT_NE(search.sentence.find("package-0/dram"), std::string::npos) << search.sentence;
    draw(tree, 30, 20, 15, 5);
    const MachineSlice slice = read(*search.counter, seconds(1));
    EXPECT_EQ(slice.end, seconds(1));
    EXPECT_EQ(slice.counted, joules(30 + 20 + 6 + 5));
    EXPECT_EQ(slice.missing, nothing);
}

TEST(MachineCounter, ThePlatformContainsThePackages) {
    const FakeTree tree;
    two_sockets(tree);
    tree.zone("intel-rapl:2", "psys", 0);
    const SensorSearch search = find(tree, seconds(0));
    ASSERT_TRUE(search.counter);
    draw(tree, 30, 20, 15, 5);
    tree.count("intel-rapl:2", microjoules(90));
    EXPECT_EQ(read(*search.counter, seconds(1)).counted, joules(90));
}

TEST(MachineCounter, EverySocketsPlatformIsAdded) {
    const FakeTree tree;
    two_sockets(tree);
    tree.zone("intel-rapl:2", "psys", 9);
    tree.zone("intel-rapl:3", "psys-1", 19);
    const SensorSearch search = find(tree, seconds(0));
    ASSERT_TRUE(search.counter);
    EXPECT_EQ(search.counter->info().name, "psys + psys-1");
    draw(tree, 30, 20, 15, 5);
    tree.count("intel-rapl:2", 9 + microjoules(200));
    tree.count("intel-rapl:3", 19 + microjoules(80));
    EXPECT_EQ(read(*search.counter, seconds(1)).counted, joules(280));
}

TEST(MachineCounter, APlatformCounterThatHardlyCountsIsLeft) {
    const FakeTree tree;
    two_sockets(tree);
    tree.zone("intel-rapl:2", "psys", 0);
    const SensorSearch search = find(tree, seconds(0));
    draw(tree, 30, 20, 15, 5);
    tree.count("intel-rapl:2", microjoules(1));
    EXPECT_EQ(read(*search.counter, seconds(1)).counted, joules(61));
    draw(tree, 40, 21, 16, 6);
    tree.count("intel-rapl:2", microjoules(100));
    EXPECT_EQ(read(*search.counter, seconds(2)).counted, joules(13));
}

TEST(MachineCounter, APlatformCounterThatNeverMovesIsLeft) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 0);
    tree.zone("intel-rapl:1", "psys", 0);
    const SensorSearch search = find(tree, seconds(0));
    base::Nanojoules counted{};
    for (int i = 1; i <= 30; ++i) {
        tree.count("intel-rapl:0", microjoules(3.0 * i));
        counted += read(*search.counter, seconds(0.1 * i)).counted;
    }
    EXPECT_EQ(search.counter->info().name, "package-0");
    EXPECT_EQ(counted, joules(90)) << "from the beginning";
}

TEST(MachineCounter, WaitsForAZoneThatFailsOnce) {
    const FakeTree tree;
    two_sockets(tree);
    const SensorSearch search = find(tree, seconds(0));
    draw(tree, 30, 20, 15, 5);
    tree.count_text("intel-rapl:1", "?");
    EXPECT_EQ(read(*search.counter, seconds(1)).end, seconds(0)) << "not known yet";
    draw(tree, 35, 27, 16, 6);
    const MachineSlice whole = read(*search.counter, seconds(2));
    EXPECT_EQ(whole.begin, seconds(0));
    EXPECT_EQ(whole.end, seconds(2));
    EXPECT_EQ(whole.counted, joules(35 + 27 + 13));
    EXPECT_EQ(whole.missing, nothing);
}

TEST(MachineCounter, WhatOneZoneLosesIsGuessedAndTheOthersAreCounted) {
    const FakeTree tree;
    two_sockets(tree);
    draw(tree, 100, 100, 0, 0);
    const SensorSearch search = find(tree, seconds(0));
    draw(tree, 110, 0, 1, 1);
    const MachineSlice lost = read(*search.counter, seconds(1));
    EXPECT_EQ(lost.counted, joules(10 + 2));
    EXPECT_EQ(lost.missing, (Missing{joules(10), joules(0), joules(50)})) << "like the other socket, up to five times";
    draw(tree, 120, 20, 2, 2);
    const MachineSlice next = read(*search.counter, seconds(2));
    EXPECT_EQ(next.begin, seconds(1));
    EXPECT_EQ(next.counted, joules(10 + 20 + 2));
    EXPECT_EQ(next.missing, nothing);
}

TEST(MachineCounter, ASocketThatCannotBeReadIsGuessedWithItsReason) {
    const FakeTree tree;
    two_sockets(tree);
    tree.count_text("intel-rapl:1", "");
    const SensorSearch search = find(tree, seconds(0));
    ASSERT_TRUE(search.counter);
    ASSERT_EQ(search.counter->missing().size(), 1u);
    EXPECT_EQ(search.counter->missing()[0].info.name, "package-0");
    EXPECT_NE(search.counter->missing()[0].problem.find("holds no number"), std::string::npos);
    tree.count("intel-rapl:0", microjoules(90));
    tree.count("intel-rapl:0:1", microjoules(3));
    tree.count("intel-rapl:1:1", microjoules(2));
    const MachineSlice slice = read(*search.counter, seconds(1));
    EXPECT_EQ(slice.counted, joules(95));
    EXPECT_EQ(slice.missing, (Missing{joules(90), joules(18), joules(450)})) << "like the other, a fifth to five times";
}

TEST(MachineCounter, ASocketThatStandsStillIsMissingTheOtherIsCounted) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 1'000'000);
    tree.zone("intel-rapl:1", "package-1", 1'000'000);
    const SensorSearch search = find(tree, seconds(0));
    MachineSlice sum{};
    for (int i = 1; i <= 40; ++i) {
        tree.count("intel-rapl:0", 1'000'000 + microjoules(3.0 * i));
        EXPECT_EQ(read(*search.counter, seconds(0.1 * i)).end, seconds(0)) << "it may yet move";
    }
    for (const MachineSlice& slice : search.counter->guess()) {
        sum.counted += slice.counted;
        sum.pending += slice.pending;
    }
    EXPECT_EQ(sum.counted, joules(120));
    EXPECT_EQ(sum.pending.value, joules(120)) << "like the other";
    EXPECT_NE(search.counter->tallies()[1].problem.find("has not advanced for 4.0 s"), std::string::npos);
    tree.count("intel-rapl:0", 1'000'000 + microjoules(400));
    EXPECT_GT(read(*search.counter, seconds(12.5)).missing.value, joules(1)) << "it is not waited for any more";
    tree.count("intel-rapl:0", 1'000'000 + microjoules(430));
    tree.count("intel-rapl:1", 1'000'000 + microjoules(500));
    const MachineSlice back = read(*search.counter, seconds(13.5));
    EXPECT_EQ(back.missing, nothing);
    EXPECT_NEAR(base::to_joules(back.counted).value(), 30 + 500 / 13.5, 1e-6) << "only its share of the time since";
}

TEST(MachineCounter, OneCounterShownAsTwoDiesIsCountedOnce) {
    for (const bool late : {false, true}) {
        const FakeTree tree;
        tree.zone("intel-rapl:0", "package-0-die-0", 1'000'000);
        tree.zone("intel-rapl:1", "package-0-die-1", 1'000'000);
        const SensorSearch search = find(tree, seconds(0));
        base::Nanojoules counted{};
        for (int i = 1; i <= 10; ++i) {
            const auto shown = [&](double at) { return 1'000'000 + microjoules(60 * at); };
            tree.count("intel-rapl:0", shown(0.1 * i));
            tree.count("intel-rapl:1", shown(late && i == 1 ? 0.101 : 0.1 * i));  // it moved between two readings
            counted += read(*search.counter, seconds(0.1 * i)).counted;
        }
        EXPECT_NEAR(base::to_joules(counted).value(), 60, 0.07) << late;
        EXPECT_EQ(search.counter->info().name, "package-0-die-0");
        EXPECT_EQ(search.counter->tallies()[1].role, Role::repeated);
    }
}

TEST(MachineCounter, SaysWhyThereIsNone) {
    const FakeTree tree;
    const SensorSearch none = find(tree, seconds(0));
    EXPECT_FALSE(none.counter);
    EXPECT_NE(none.sentence.find("No energy counter was found"), std::string::npos);
    tree.zone("intel-rapl:0", "core", 0);  // a part alone is not the machine
    EXPECT_FALSE(find(tree, seconds(0)).counter);
}

/// A machine of fake sensors, known by their names.
class FakeMachine {
  public:
    FakeSensor& add(const std::string& name, const std::string& source, Scope scope, double step = 0,
                    double horizon = 0) {
        auto sensor =
            std::make_unique<FakeSensor>(SensorInfo{name, source, scope, seconds(step), seconds(horizon), {}});
        FakeSensor& added = *sensor;
        sensors_.push_back(std::move(sensor));
        return added;
    }
    MachineCounter open(MachineCounterOptions options = {}) {
        return {std::move(sensors_), seconds(0), std::move(options)};
    }

  private:
    std::vector<std::unique_ptr<Sensor>> sensors_;
};

const Tally& tally(const MachineCounter& counter, const std::string& name) {
    for (const Tally& one : counter.tallies()) {
        if (one.info.name == name) return one;
    }
    throw std::runtime_error("no tally of " + name);
}

TEST(MachineCounter, TellsPartsAndTheRest) {
    FakeMachine machine;
    FakeSensor& package = machine.add("package-0", "powercap", Scope::package, 0.001, 60);
    FakeSensor& core = machine.add("package-0/core", "powercap", Scope::part, 0.001, 50);
    FakeSensor& plug = machine.add("http://plug", "plug", Scope::machine, 1);
    FakeSensor& card = machine.add("gpu-0", "nvml", Scope::accelerator, 0.1);
    MachineCounter counter = machine.open();
    EXPECT_FALSE(counter.rest()) << "nothing is known yet";
    EXPECT_EQ(counter.info().name, "http://plug");
    EXPECT_EQ(counter.description(), "plug: http://plug");
    EXPECT_EQ(counter.info().scope, Scope::machine);
    EXPECT_EQ(counter.info().step, seconds(1));
    EXPECT_EQ(counter.info().horizon, seconds(50)) << "the shortest of all that are read";
    plug.play(100);
    package.play(30);
    core.play(20);
    card.play(50);
    EXPECT_EQ(read(counter, seconds(2)).counted, joules(100));
    EXPECT_EQ(counter.total().energy, joules(100));
    EXPECT_EQ(tally(counter, "package-0").role, Role::part);
    EXPECT_EQ(tally(counter, "package-0").info.part_of, "http://plug");
    EXPECT_DOUBLE_EQ(tally(counter, "package-0").power->value.value(), 15);
    EXPECT_EQ(tally(counter, "package-0/core").role, Role::shown);
    EXPECT_EQ(counter.rest()->energy, joules(20));
    EXPECT_EQ(counter.rest()->counted, seconds(2));
}

TEST(MachineCounter, APartThatFailsLeavesTheTotalWhole) {
    FakeMachine machine;
    FakeSensor& psys = machine.add("psys", "powercap", Scope::platform);
    FakeSensor& package = machine.add("package-0", "powercap", Scope::package);
    MachineCounter counter = machine.open();
    psys.play(10);
    package.fail(State::lost);
    EXPECT_EQ(read(counter, seconds(1)).counted, joules(10));
    EXPECT_EQ(tally(counter, "package-0").lost, seconds(1));
    EXPECT_EQ(tally(counter, "package-0").problem, "package-0 failed");
    EXPECT_FALSE(tally(counter, "package-0").power);
    EXPECT_FALSE(counter.rest()) << "not 10 J: the part is not known";
    psys.play(10);
    package.fail(State::pending);
    EXPECT_EQ(read(counter, seconds(2)).counted, joules(10));
    EXPECT_FALSE(counter.rest());
    psys.play(10);
    package.play(12);  // of two seconds
    EXPECT_EQ(read(counter, seconds(3)).counted, joules(10));
    EXPECT_EQ(counter.rest()->energy, joules(20 - 12));
    EXPECT_EQ(counter.rest()->counted, seconds(2));
    EXPECT_EQ(tally(counter, "psys").energy, joules(30));
    EXPECT_EQ(tally(counter, "package-0").energy, joules(12));
    EXPECT_EQ(tally(counter, "package-0").counted, seconds(2));
    EXPECT_EQ(tally(counter, "package-0").problem, "");
    EXPECT_EQ(counter.total().lost, seconds(0));
}

TEST(MachineCounter, ATotalThatFailsIsNeverZeroNorReplaced) {
    FakeMachine machine;
    FakeSensor& plug = machine.add("plug", "plug", Scope::machine);
    FakeSensor& package = machine.add("package-0", "powercap", Scope::package);
    MachineCounter counter = machine.open();
    plug.fail(State::pending);
    package.play(5);
    EXPECT_EQ(read(counter, seconds(1)).end, seconds(0));
    plug.fail(State::lost);
    package.play(5);
    const MachineSlice lost = read(counter, seconds(2));
    EXPECT_EQ(lost.end, seconds(2));
    EXPECT_FALSE(lost.reported) << "a guess of the machine takes its place";
    EXPECT_EQ(lost.counted, joules(0));
    EXPECT_EQ(counter.total().lost, seconds(2));
    EXPECT_EQ(counter.total().energy, joules(0));
    EXPECT_EQ(tally(counter, "plug").problem, "plug failed");
    EXPECT_EQ(tally(counter, "package-0").energy, joules(10));
    EXPECT_FALSE(counter.rest());
    plug.play(20);
    package.play(5);
    EXPECT_EQ(read(counter, seconds(3)).counted, joules(20));
    EXPECT_EQ(counter.rest()->energy, joules(15));
}

TEST(MachineCounter, RestartKeepsSumsAndGivesUpWhatIsPending) {
    FakeMachine machine;
    FakeSensor& first = machine.add("package-0", "powercap", Scope::package);
    FakeSensor& second = machine.add("package-1", "powercap", Scope::package);
    MachineCounter counter = machine.open();
    first.play(3);
    second.play(4);
    read(counter, seconds(1));
    first.play(1);
    second.fail(State::pending);
    EXPECT_EQ(read(counter, seconds(2)).end, seconds(0));
    counter.restart(seconds(4));
    EXPECT_EQ(counter.total().energy, joules(7));
    EXPECT_EQ(tally(counter, "package-0").lost, seconds(0));
    EXPECT_EQ(tally(counter, "package-1").lost, seconds(3)) << "from its last valid reading until the restart";
    first.play(2);
    second.play(2);
    const MachineSlice after = read(counter, seconds(5));
    EXPECT_EQ(after.begin, seconds(4));
    EXPECT_EQ(after.counted, joules(4)) << "the joule that was counted before belongs to time that was given up";
    EXPECT_EQ(counter.total().energy, joules(11));
}

TEST(MachineCounter, SlowCountersOfDifferentTimesAddUp) {
    FakeMachine machine;
    FakeSensor& first = machine.add("package-0", "powercap", Scope::package);
    FakeSensor& second = machine.add("package-1", "powercap", Scope::package);
    MachineCounter counter = machine.open();
    base::Nanojoules counted{};
    for (int i = 1; i <= 8; ++i) {  // one moves at every even reading, the other at every odd one
        i % 2 == 0 ? first.play(4) : first.fail(State::pending);
        i % 2 == 1 ? second.play(i == 1 ? 3 : 6) : second.fail(State::pending);
        counted += read(counter, seconds(i)).counted;
    }
    EXPECT_EQ(counted, joules(2 * 7 + 3 * 7)) << "of seven seconds, in which both have told";
    const std::vector<MachineSlice> rest = counter.give_up();
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].counted, joules(2));
    EXPECT_EQ(rest[0].pending.value, joules(3)) << "at its own rate";
    first.fail(State::pending);
    second.play(6);
    EXPECT_EQ(read(counter, seconds(9)).end, seconds(0));
    first.play(4);
    second.fail(State::pending);
    EXPECT_EQ(read(counter, seconds(10)).counted, joules(2 + 3)) << "what was guessed is not counted again";
}

TEST(MachineCounter, APsysThatHardlyCountsIsLeftButItsShowGoesOn) {
    FakeMachine machine;
    FakeSensor& psys = machine.add("psys", "powercap", Scope::platform);
    FakeSensor& package = machine.add("package-0", "powercap", Scope::package);
    FakeSensor& core = machine.add("package-0/core", "powercap", Scope::part);
    MachineCounter counter = machine.open();
    core.play(1);
    psys.play(4);
    package.play(4.9);
    EXPECT_EQ(read(counter, seconds(1)).counted, joules(4)) << "less than 5 J do not judge";
    psys.play(0.4);
    package.play(0.2);
    core.fail(State::lost);
    EXPECT_EQ(read(counter, seconds(2)).counted, joules(0.2)) << "4.4 of 5.1 J: left for the package";
    EXPECT_EQ(counter.info().name, "package-0");
    EXPECT_EQ(tally(counter, "psys").role, Role::shown);
    EXPECT_EQ(tally(counter, "package-0").role, Role::total);
    EXPECT_EQ(tally(counter, "package-0").info.part_of, "");
    EXPECT_FALSE(counter.rest());
    psys.play(100);
    package.play(3);
    core.play(1);
    EXPECT_EQ(read(counter, seconds(3)).counted, joules(3));
    EXPECT_EQ(tally(counter, "psys").energy, joules(104.4));
}

TEST(MachineCounter, ASlowTotalIsNotJudgedBeforeItHasMoved) {
    FakeMachine machine;
    FakeSensor& battery = machine.add("BAT0", "battery", Scope::platform, 5);
    FakeSensor& package = machine.add("package-0", "powercap", Scope::package);
    MachineCounter counter = machine.open();
    for (int i = 1; i <= 49; ++i) {
        battery.play(1);
        package.play(10);
        EXPECT_EQ(read(counter, seconds(i)).counted, joules(1)) << i;
    }
    battery.play(1);
    package.play(10);
    EXPECT_EQ(read(counter, seconds(50)).counted, joules(10)) << "ten steps of five seconds";
}

TEST(MachineCounter, CardsAloneAreCountedAndAreNotTheMachine) {
    FakeMachine machine;
    FakeSensor& card = machine.add("gpu-0", "nvml", Scope::accelerator);
    MachineCounter counter = machine.open();
    EXPECT_FALSE(counter.covers_processor());
    card.play(50);
    EXPECT_EQ(read(counter, seconds(1)).counted, joules(50));
}

TEST(MachineCounter, DevicesApartAreNotInTheTotal) {
    FakeMachine machine;
    FakeSensor& package = machine.add("package-0", "powercap", Scope::package);
    FakeSensor& card = machine.add("gpu-0", "nvml", Scope::accelerator);
    MachineCounterOptions options;
    options.devices_apart = true;
    MachineCounter counter = machine.open(options);
    package.play(3);
    card.play(50);
    EXPECT_EQ(read(counter, seconds(1)).counted, joules(3));
    EXPECT_EQ(counter.devices_energy(), joules(50));
    EXPECT_EQ(counter.info().name, "package-0");
    EXPECT_EQ(counter.all_names(), "package-0 + gpu-0");
}

TEST(MachineCounter, SensorsWithoutATotalAreRefused) {
    FakeMachine machine;
    machine.add("package-0/dram", "powercap", Scope::memory);
    test::expect_error(base::ErrorCode::bad_argument, "no total", [&] { machine.open(); });
}

}  // namespace
}  // namespace ergon::energy
