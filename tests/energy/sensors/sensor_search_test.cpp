#include "energy/sensors/sensor_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "energy/fake_sensor.h"
#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SensorSearchTest : public ::testing::Test {
  protected:
    SensorSearchTest() {
        options_.sysfs = tree_.root();
        options_.nvml_library.clear();
        options_.open_perf = [](std::uint32_t, std::uint64_t, int) { return PerfEvent{{}, EACCES}; };
    }
    void perf() {
        tree_.write("bus/event_source/devices/power/type", "21\n");
        tree_.write("bus/event_source/devices/power/cpumask", "0\n");
        tree_.write("bus/event_source/devices/power/events/energy-pkg", "event=0x02\n");
        tree_.write("bus/event_source/devices/power/events/energy-pkg.scale", "1e-6\n");
        tree_.write("bus/event_source/devices/power/events/energy-pkg.unit", "Joules\n");
        options_.open_perf = [](std::uint32_t, std::uint64_t, int) {
            return PerfEvent{[] { return SensorResult<std::uint64_t>{5, {}}; }, 0};
        };
    }
    void battery(const std::string& status) {
        tree_.write("class/power_supply/BAT0/status", status + "\n");
        tree_.write("class/power_supply/BAT0/power_now", "9000000\n");
    }
    SensorSearch find() { return find_sensors(options_, seconds(0)); }
    static const SourceReport& report(const SensorSearch& search, const std::string& source) {
        for (const SourceReport& one : search.sources) {
            if (one.source == source) return one;
        }
        throw std::runtime_error("no report of " + source);
    }

    FakeTree tree_;
    SensorOptions options_;
};

TEST_F(SensorSearchTest, SaysOfEverySourceWhyThereIsNothing) {
    options_.nvml_library = "libno-such-library.so.1";
    const SensorSearch search = find();
    EXPECT_FALSE(search.counter);
    EXPECT_THAT(search.sentence, HasSubstr("No energy counter was found"));
    std::vector<std::string> sources;
    for (const SourceReport& one : search.sources) {
        sources.push_back(one.source);
        EXPECT_EQ(one.problems.size(), 1u) << one.source;
        EXPECT_THAT(one.used, IsEmpty());
        EXPECT_FALSE(one.present) << one.source;
    }
    EXPECT_THAT(sources, ElementsAre("powercap", "perf", "hwmon", "battery", "nvml"));
    EXPECT_THAT(report(search, "nvml").problems[0], HasSubstr("part of the NVIDIA driver"));
}

TEST_F(SensorSearchTest, PerfStandsInForPowercapAndIsLeftWhereThatIs) {
    perf();
    SensorSearch search = find();
    ASSERT_TRUE(search.counter);
    EXPECT_EQ(search.sentence, "the machine's counters (perf: package-0)");
    tree_.zone("intel-rapl:0", "package-0", 0);
    search = find();
    EXPECT_EQ(search.sentence, "the machine's counters (powercap: package-0)");
    EXPECT_THAT(report(search, "powercap").used, ElementsAre("package-0"));
    EXPECT_THAT(report(search, "perf").used, IsEmpty());
    EXPECT_THAT(report(search, "perf").repeated, ElementsAre("package-0"));
    EXPECT_EQ(search.counter->tallies().size(), 1u);
}

TEST_F(SensorSearchTest, WhatIsDeniedIsTheSentence) {
    perf();
    options_.open_perf = [](std::uint32_t, std::uint64_t, int) { return PerfEvent{{}, EACCES}; };
    battery("Charging");
    const SensorSearch search = find();
    EXPECT_FALSE(search.counter);
    EXPECT_THAT(search.sentence, HasSubstr("CAP_PERFMON"));
    EXPECT_THAT(report(search, "battery").problems, ElementsAre(HasSubstr("unplug the charger")));
}

TEST_F(SensorSearchTest, AZoneThatIsBrokenIsTheSentenceWhereNothingElseIs) {
    tree_.zone("intel-rapl:0", "package-0", 0);
    tree_.count_text("intel-rapl:0", "?");
    const SensorSearch search = find();
    EXPECT_FALSE(search.counter);
    EXPECT_THAT(search.sentence, HasSubstr("holds no number"));
    EXPECT_TRUE(report(search, "powercap").present);
}

TEST_F(SensorSearchTest, ABatteryIsTheTotalAndThePackageItsPart) {
    tree_.zone("intel-rapl:0", "package-0", 0);
    battery("Discharging");
    const SensorSearch search = find();
    ASSERT_TRUE(search.counter);
    EXPECT_EQ(search.counter->info().scope, Scope::platform);
    EXPECT_EQ(search.counter->info().step, seconds(5));
    EXPECT_EQ(search.counter->info().horizon, seconds(2));
    tree_.count("intel-rapl:0", 4'000'000);
    search.counter->read(seconds(1), joules(1));
    EXPECT_EQ(search.counter->take().at(0).counted, joules(9));
    ASSERT_EQ(search.counter->tallies().size(), 2u);
    EXPECT_EQ(search.counter->tallies()[1].info.part_of, "BAT0");
    EXPECT_EQ(search.counter->tallies()[1].energy, joules(4));
    EXPECT_EQ(search.counter->rest()->energy, joules(5));
    battery("Charging");
    search.counter->read(seconds(2), joules(1));
    EXPECT_EQ(search.counter->take().at(0).counted, joules(0));
    EXPECT_THAT(search.counter->tallies()[0].problem, HasSubstr("not discharging"));
}

TEST_F(SensorSearchTest, SeveralNamedSensorsAreFeedsOfOneMachine) {
    tree_.zone("intel-rapl:0", "package-0", 0);
    tree_.write("a", "10 W");
    tree_.write("b", "5 W");
    options_.specs = {"file:" + (tree_.root() / "a").string(), "file:" + (tree_.root() / "b").string()};
    const SensorSearch search = find();
    ASSERT_TRUE(search.counter);
    EXPECT_EQ(search.counter->info().scope, Scope::machine);
    search.counter->read(seconds(1), joules(1));
    EXPECT_EQ(search.counter->take().at(0).counted, joules(15));
    EXPECT_THAT(search.sources[0].used, ElementsAre(options_.specs[0].substr(5)));
    EXPECT_THAT(search.sources[1].used, ElementsAre(options_.specs[1].substr(5)));
    options_.specs.push_back("file:/no/such/file");
    test::expect_error(base::ErrorCode::not_found, "/no/such/file", [&] { find(); });
}

}  // namespace
}  // namespace ergon::energy
