#include "energy/ledger/window.h"

#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/expect_error.h"
#include "energy/counters/wall_log.h"
#include "energy/fake_tree.h"
#include "energy/moving_counter.h"

namespace ergon::energy {
namespace {

using base::Nanoseconds;

MeterOptions options_of(const FakeTree& tree) {
    tree.write("cpuinfo", "processor : 0\nvendor_id : AuthenticAMD\nmodel name : AMD EPYC\nflags : avx2 hypervisor\n");
    tree.write("stat", "cpu 0 0 0 0 0 0 0\n");
    MeterOptions options;
    options.sysfs = options.procfs = tree.root();
    options.nvml_library = "";
    return options;
}

void pause() {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

TEST(Window, ReadsTotalPartsAndTheRest) {
    const FakeTree tree;
    tree.zone("intel-rapl:1", "psys", 1'000'000);
    tree.zone("intel-rapl:0", "package-0", 5'000'000);
    tree.zone("intel-rapl:0:0", "core", 1'000'000);
    MachineReader reader(options_of(tree));
    Window window(reader);
    pause();
    tree.count("intel-rapl:1", 3'000'000);
    tree.count("intel-rapl:0", 6'500'000);
    tree.count("intel-rapl:0:0", 2'000'000);
    const WindowFigures figures = window.figures();
    EXPECT_DOUBLE_EQ(figures.joules.value.value(), 2);
    EXPECT_EQ(figures.joules.method, Method::measured);
    ASSERT_EQ(figures.sensors.size(), 4u);
    const auto joules = [&](const std::string& name) {
        for (const SensorUse& use : figures.sensors) {
            if (use.name == name) return use.joules.value();
        }
        return -1.0;
    };
    EXPECT_DOUBLE_EQ(joules("psys"), 2);
    EXPECT_DOUBLE_EQ(joules("package-0"), 1.5);
    EXPECT_DOUBLE_EQ(joules("rest of the machine"), 0.5);
    const auto json = window_json(figures, reader.overhead());
    EXPECT_EQ(json["joules"]["method"], "measured");
    EXPECT_EQ(json["sensors"].size(), 4u);
    EXPECT_GT(json["overhead"]["processor_seconds"].get<double>(), 0);
}

TEST(Window, ACounterThatFailsIsNeverAZero) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 5'000'000);
    MachineReader reader(options_of(tree));
    Window window(reader);
    pause();
    tree.remove("intel-rapl:0");
    const WindowFigures figures = window.figures();
    EXPECT_GT(figures.joules.value.value(), 0);
    EXPECT_EQ(figures.joules.method, Method::estimated);
    EXPECT_FALSE(figures.sensors.at(0).complete);
}

TEST(Window, AddsUpOverManyReadings) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 0);
    MachineReader reader(options_of(tree));
    Window window(reader);
    for (int i = 1; i <= 5; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        tree.count("intel-rapl:0", static_cast<std::uint64_t>(i) * 100'000);
        window.poll();
    }
    const WindowFigures figures = window.figures();
    EXPECT_NEAR(figures.sensors.at(0).joules.value(), 0.5, 1e-12);
    EXPECT_GE(figures.joules.value.value(), 0.5 - 1e-12);
    EXPECT_LE(figures.joules.value.value(), 0.5 * 1.5) << "the time since it moved last goes on as before";
}

TEST(Window, ACounterThatStandsStillTellsNothing) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 5'000'000);
    MachineReader reader(options_of(tree));
    Window window(reader);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const WindowFigures figures = window.figures();
    EXPECT_EQ(figures.joules.method, Method::estimated) << "a counter that has not moved says nothing, not zero";
    EXPECT_GT(figures.joules.value.value(), 0);
}

TEST(Window, WhatWasGuessedIsCountedWhenTheCounterMoves) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 0);
    MachineReader reader(options_of(tree));
    Window window(reader);
    for (int i = 1; i <= 3; ++i) {
        pause();
        window.figures();
    }
    tree.count("intel-rapl:0", 2'000'000);
    const WindowFigures figures = window.figures();
    EXPECT_NEAR(figures.joules.value.value(), 2, 1e-9) << "once, and not beside the guesses";
    EXPECT_NE(figures.joules.method, Method::estimated);
}

TEST(Window, HalfAMachineIsNeverMeasured) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 5'000'000);
    tree.zone("intel-rapl:1", "package-1", 7'000'000);
    tree.count_text("intel-rapl:0", "");
    MachineReader reader(options_of(tree));
    EXPECT_EQ(reader.method(), Method::estimated);
    EXPECT_NE(reader.describe().find("package-0 is present but not read"), std::string::npos) << reader.describe();
    Window window(reader);
    pause();
    tree.count("intel-rapl:1", 9'000'000);
    const WindowFigures figures = window.figures();
    EXPECT_EQ(figures.joules.method, Method::estimated);
    EXPECT_NEAR(figures.joules.value.value(), 4, 1e-9) << "2 J counted, and as much for the other socket";
    EXPECT_NEAR(figures.joules.high.value(), 12, 0.5);
    EXPECT_LE(figures.joules.low.value(), 2.4);
    ASSERT_EQ(figures.not_counted.size(), 1u);
    EXPECT_EQ(figures.not_counted[0].name, "package-0");
    EXPECT_EQ(window_json(figures, reader.overhead())["not_counted"][0]["name"], "package-0");
}

TEST(Window, FinishWaitsForACounterThatMovesSoon) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 1'000'000);
    MachineReader reader(options_of(tree));
    Window window(reader);
    std::thread pump([&tree] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        tree.count("intel-rapl:0", 5'000'000);
    });
    pause();
    window.finish();
    pump.join();
    const WindowFigures figures = window.figures();
    EXPECT_LT(figures.seconds.value(), 0.19) << "the time that was waited is not the window's";
    EXPECT_EQ(figures.joules.method, Method::apportioned);
    EXPECT_GT(figures.joules.value.value(), 0);
    EXPECT_LE(figures.joules.low.value(), 0.1 * figures.joules.value.value()) << "its step is ten times the window";
}

TEST(Window, ACounterThatStopsWithTheCommandIsNotWaitedForLong) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 1'000'000);
    auto counter = std::make_unique<MovingCounter>(tree.counter("intel-rapl:0").string(), 50);
    MachineReader reader(options_of(tree));
    Window window(reader);
    for (int i = 0; i < 12; ++i) {
        pause();
        window.poll();
    }
    counter.reset();
    const Nanoseconds begin = base::now();
    window.finish();
    EXPECT_LT(base::to_seconds(base::now() - begin).value(), 1.0) << "some of its steps, not all the patience";
    const WindowFigures figures = window.figures();
    EXPECT_NE(figures.joules.method, Method::estimated);
    EXPECT_LE(figures.joules.low.value(), 50 * figures.seconds.value());
    EXPECT_GE(figures.joules.high.value(), 50 * figures.seconds.value());
    EXPECT_TRUE(figures.not_counted.empty());
}

TEST(Window, AnAbsurdAmountIsAFault) {
    const FakeTree tree;
    MeterOptions options = options_of(tree);
    tree.write("watts", "50 W\n");
    options.sensors = {"file:" + (tree.root() / "watts").string()};
    MachineReader reader(options);
    Window window(reader);
    pause();
    tree.write("watts", "1e300 W\n");
    pause();
    window.poll();
    const WindowFigures figures = window.figures();
    EXPECT_GE(figures.joules.low.value(), 0);
    EXPECT_LT(figures.joules.high.value(), 100);
    EXPECT_EQ(figures.joules.method, Method::estimated);
}

TEST(Window, KnowsWorkThatProcDoesNotShow) {
    const FakeTree tree;
    MachineReader reader(options_of(tree));
    Window window(reader);
    pause();
    const double before = window.figures().above_idle.value.value();
    window.count_work(Nanoseconds(15'000'000));
    EXPECT_NEAR(window.figures().above_idle.value.value() - before, 4.2 * 0.015, 4.2 * 0.002)
        << "2.6 W, and 4 GB x 0.4 W of memory";
}

TEST(Window, SeveralFeedsHaveATotalThatTheyAreIn) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 0);
    tree.zone("intel-rapl:1", "package-1", 0);
    MachineReader reader(options_of(tree));
    Window window(reader);
    pause();
    tree.count("intel-rapl:0", 1'000'000);
    tree.count("intel-rapl:1", 2'000'000);
    const WindowFigures figures = window.figures();
    ASSERT_EQ(figures.sensors.size(), 3u);
    EXPECT_DOUBLE_EQ(figures.sensors[0].joules.value(), 3);
    EXPECT_EQ(figures.sensors[1].part_of, figures.sensors[0].name);
}

/// A machine that shows nothing but a card of 40 W.
class CardAlone : public testing::Test {
  protected:
    CardAlone() {
        tree_.write("class/hwmon/hwmon0/name", "amdgpu\n");
        tree_.write("class/hwmon/hwmon0/power1_label", "PPT\n");
        tree_.write("class/hwmon/hwmon0/power1_cap", "200000000\n");
        card("40000000\n");
    }
    void card(const std::string& microwatts) const { tree_.write("class/hwmon/hwmon0/power1_average", microwatts); }

    FakeTree tree_;
};

TEST_F(CardAlone, IsAddedToTheEstimate) {
    MachineReader reader(options_of(tree_));
    EXPECT_EQ(reader.method(), Method::estimated);
    EXPECT_FALSE(reader.counts_machine());
    EXPECT_NE(reader.describe().find("estimated from"), std::string::npos) << reader.describe();
    EXPECT_NE(reader.describe().find("amdgpu"), std::string::npos) << reader.describe();
    Window window(reader);
    pause();
    const Window::Power power = window.poll().value();
    EXPECT_EQ(power.method, Method::estimated);
    pause();  // in a reading of microseconds, clocks read one after the other show more work than its time holds
    const WindowFigures figures = window.figures();
    ASSERT_EQ(figures.sensors.size(), 1u);
    const double card = figures.sensors[0].joules.value(), seconds = figures.seconds.value();
    EXPECT_NEAR(card / seconds, 40, 0.1);
    const PowerRange idle = reader.estimate().idle, active = reader.estimate().active_per_thread;
    const double busy = figures.busy.value();
    EXPECT_NEAR(figures.joules.value.value(), card + idle.value.value() * seconds + active.value.value() * busy, 1e-6);
    const double edges = 2 * 40 * base::to_seconds(reader.counter()->info().step).value();
    EXPECT_NEAR(figures.joules.high.value(), card + edges + idle.high.value() * seconds + active.high.value() * busy,
                1e-6)
        << "only the rest is estimated";
    EXPECT_EQ(figures.joules.method, Method::estimated);
    EXPECT_NEAR(figures.above_idle.value.value(), card + active.value.value() * busy, 1e-6)
        << "a command may work on the card";
    EXPECT_NEAR(figures.above_idle.low.value(), active.low.value() * busy, 1e-6) << "or not";
    EXPECT_GE(power.watts.value.value(), 40 + idle.value.value() - 1e-6);
}

TEST_F(CardAlone, IsAnAccountOfItsOwnBesideRequests) {
    MachineReader reader(options_of(tree_), true);
    reader.start(base::now());
    Ledger ledger;
    ledger.begin_request(1, reader.last_reading());
    pause();
    const std::vector<Interval> intervals = reader.read(base::now(), false);
    ASSERT_EQ(intervals.size(), 1u);
    const Interval& interval = intervals[0];
    EXPECT_FALSE(interval.counted);
    ledger.add_interval(interval);
    ledger.end_request(1, interval.end);
    ledger.settle(interval.end);
    const RequestAccount account = ledger.take(1).value();
    const Charge& prompt = account.phases[0];
    EXPECT_EQ(prompt.active + prompt.idle, interval.energy);
    EXPECT_NEAR(base::to_joules(interval.devices).value(), 40 * base::to_seconds(interval.end - interval.begin).value(),
                1e-3);
    EXPECT_EQ(account.devices, interval.devices);
    EXPECT_EQ(ledger.common().devices, interval.devices);
    const RequestFigures figures = figures_of(account, reader.uncertainty());
    EXPECT_LT(figures.total.high.value(), 0.5 * base::to_joules(interval.devices).value())
        << "a card at rest is no part of an answer";
    EXPECT_NE(reader.describe().find("devices that the engine does not use"), std::string::npos) << reader.describe();
}

TEST_F(CardAlone, TimeOfWhichItTellsNothingGetsItsMeanPower) {
    MachineReader reader(options_of(tree_));
    Window window(reader);
    pause();
    window.figures();
    card("none\n");
    pause();
    window.figures();
    const WindowFigures figures = window.figures();
    ASSERT_EQ(figures.sensors.size(), 1u);
    EXPECT_FALSE(figures.sensors[0].complete);
    const double seconds = figures.seconds.value();
    const double active = reader.estimate().active_per_thread.value.value() * figures.busy.value();
    EXPECT_NEAR(figures.joules.value.value(), (40 + reader.estimate().idle.value.value()) * seconds + active, 1e-6);
    EXPECT_LE(figures.sensors[0].joules.value(), 40 * (seconds - 0.02) + 1e-6) << "only what it counted";
}

class CalibratedReader : public testing::Test {
  protected:
    std::filesystem::path write(const Processor& machine) const {
        Calibration calibration;
        calibration.machine = fingerprint_of(machine);
        calibration.source = "a meter at the wall";
        calibration.left_out_error = 0.02;
        calibration.any_work = {7, 4, 12};
        calibration.coefficients[static_cast<std::size_t>(Resource::time)] = {10, 9.5, 10.5};
        calibration.coefficients[static_cast<std::size_t>(Resource::busy_time)] = {4, 3.9, 4.1};
        calibration.coefficients[static_cast<std::size_t>(Resource::memory_bytes)] = {1e-9, 1e-9, 1e-9};
        tree_.write("calibration.json", write_calibration(calibration));
        return tree_.root() / "calibration.json";
    }
    FakeTree tree_;
};

TEST_F(CalibratedReader, UsesTheCalibrationOfThisMachine) {
    MeterOptions options = options_of(tree_);
    options.calibration = write(read_processor(tree_.root()));
    const MachineReader reader(options, true);
    EXPECT_DOUBLE_EQ(reader.estimate().idle.value.value(), 10);
    EXPECT_DOUBLE_EQ(reader.estimate().idle.low.value(), 9.5);
    EXPECT_NEAR(reader.estimate().active_per_thread.high.value(), 4 * (1 + 1.96 * 0.02), 1e-4);
    EXPECT_DOUBLE_EQ(reader.work_cost().joules_per_byte[0], 1e-9);
    EXPECT_NE(reader.describe().find("calibration"), std::string::npos) << reader.describe();
}

TEST_F(CalibratedReader, LeavesThatOfAnotherMachineAside) {
    MeterOptions options = options_of(tree_);
    Processor other = read_processor(tree_.root());
    other.threads = 64;
    options.calibration = write(other);
    const MachineReader reader(options);
    EXPECT_LT(reader.estimate().idle.value.value(), 5);
    EXPECT_NE(reader.describe().find("is ignored"), std::string::npos) << reader.describe();
    options.calibration_named = true;
    test::expect_error(base::ErrorCode::bad_argument, "The calibration belongs to ", [&] { MachineReader{options}; });
}

TEST_F(CalibratedReader, AllowsForAnyWorkWhereNobodyAccountsForIt) {
    MeterOptions options = options_of(tree_);
    options.calibration = write(read_processor(tree_.root()));
    const PowerRange active = MachineReader(options).estimate().active_per_thread;
    EXPECT_DOUBLE_EQ(active.value.value(), 7);
    EXPECT_DOUBLE_EQ(active.low.value(), 4);
    EXPECT_DOUBLE_EQ(active.high.value(), 12);
}

TEST_F(CalibratedReader, LeavesThatOfAnotherMeterAside) {
    MeterOptions options = options_of(tree_);
    tree_.zone("intel-rapl:0", "package-0", 0);
    options.calibration = write(read_processor(tree_.root()));
    const MachineReader reader(options, true);
    EXPECT_EQ(reader.work_cost().joules_per_byte[0], 0);
    EXPECT_NE(reader.describe().find("made with a meter at the wall"), std::string::npos) << reader.describe();
    options.calibration_named = true;
    test::expect_error(base::ErrorCode::bad_argument, "made with a meter at the wall",
                       [&] { MachineReader(options, true); });
}

TEST_F(CalibratedReader, DoesNotMissOneThatIsNotThere) {
    MeterOptions options = options_of(tree_);
    options.calibration = tree_.root() / "nothing.json";
    EXPECT_EQ(MachineReader(options).describe().find("is ignored"), std::string::npos);
    options.calibration_named = true;
    test::expect_error(base::ErrorCode::not_found, "nothing.json: No such file or directory",
                       [&] { MachineReader{options}; });
}

TEST(MachineReader, WaitsLongerWhereReadingCostsMuch) {
    const FakeTree tree;
    MeterOptions options = options_of(tree);
    options.interval = Nanoseconds(1'000'000);
    MachineReader reader(options);
    Window window(reader);
    for (int i = 0; i < 20; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        window.poll();
    }
    // A thousandth of a thread: a reading of 20 us and more is worth 20 ms.
    const double cost = reader.overhead().processor_time.value() / 20;
    EXPECT_GE(base::to_seconds(reader.interval()).value(), std::min(0.9 * cost * 1000, 1.0));
}

TEST(WallLog, ReadsSecondsAndDates) {
    const FakeTree tree;
    tree.write("log.csv",
               "time,watts\n2026-11-22T17:13:35Z, 41.5, 230\n1795367616.5,42\n\n2026-11-22 17:13:37.25,43\n");
    const std::vector<WallReading> log = read_wall_log(tree.root() / "log.csv");
    ASSERT_EQ(log.size(), 3u);
    EXPECT_DOUBLE_EQ(log[0].time, 1795367615);
    EXPECT_DOUBLE_EQ(log[2].time, 1795367617.25);
    EXPECT_DOUBLE_EQ(log[0].power.value(), 41.5);
    EXPECT_DOUBLE_EQ(mean_power(log, 1795367615, 1795367618)->value(), (41.5 + 42 + 43) / 3);
    EXPECT_FALSE(mean_power(log, 1795367616, 1795367618)) << "two readings are no mean";
}

TEST(WallLog, RefusesWhatIsNone) {
    const FakeTree tree;
    for (const char* text : {"1,2\nx,3\n", "1,2\n3,-1\n", "1,2\n0,3\n", "1,2\n5\n", "1,2\n2026-13,4\n",
                             "1,2\n2026-11-22T17:13:35abc,4\n"}) {
        tree.write("log.csv", text);
        SCOPED_TRACE(text);
        test::expect_error(base::ErrorCode::bad_file, "expected a time",
                           [&] { read_wall_log(tree.root() / "log.csv"); });
    }
}

}  // namespace
}  // namespace ergon::energy
