#include "energy/sensors/perf_power.h"

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "energy/fake_sensor.h"
#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = Reading::State;

constexpr const char* rapl_scale = "2.3283064365386962890625e-10\n";  // 2^-32, as the kernel prints it

/// A power unit whose counters a test sets by (event's number, processor).
class PerfPowerTest : public ::testing::Test {
  protected:
    void event(const std::string& name, const std::string& config, const std::string& scale = rapl_scale,
               const std::string& unit = "Joules\n") {
        tree_.write("bus/event_source/devices/power/events/" + name, config);
        tree_.write("bus/event_source/devices/power/events/" + name + ".scale", scale);
        tree_.write("bus/event_source/devices/power/events/" + name + ".unit", unit);
    }
    void unit(const std::string& processors) {
        tree_.write("bus/event_source/devices/power/type", "21\n");
        tree_.write("bus/event_source/devices/power/cpumask", processors);
    }
    void package_of(int processor, int package) {
        tree_.write("devices/system/cpu/cpu" + std::to_string(processor) + "/topology/physical_package_id",
                    std::to_string(package) + "\n");
    }
    FoundSensors find() {
        const auto open = [this](std::uint32_t type, std::uint64_t config, int processor) -> PerfEvent {
            EXPECT_EQ(type, 21u);
            opened_.push_back({config, processor});
            if (refusal_ != 0) return {{}, refusal_};
            if (processor == refused_processor_) return {{}, ENODEV};
            return {[this, config, processor]() -> SensorResult<std::uint64_t> {
                        if (broken_) return {{}, "broken"};
                        return {counts_[{config, processor}], {}};
                    },
                    0};
        };
        return find_perf_power(tree_.root(), open, seconds(0));
    }

    FakeTree tree_;
    std::map<std::pair<std::uint64_t, int>, std::uint64_t> counts_;
    std::vector<std::pair<std::uint64_t, int>> opened_;
    int refusal_ = 0;
    int refused_processor_ = -1;
    bool broken_ = false;
};

std::vector<std::string> names(const FoundSensors& found) {
    std::vector<std::string> list;
    for (const auto& sensor : found.sensors) list.push_back(sensor->info().name);
    return list;
}

TEST_F(PerfPowerTest, NothingThereIsNoProblem) {
    const FoundSensors found = find();
    EXPECT_TRUE(found.sensors.empty());
    EXPECT_TRUE(found.problems.empty());
}

TEST_F(PerfPowerTest, OneCounterPerPackageAndOnePsys) {
    unit("0,18\n");
    package_of(0, 1);  // out of order: the first processor is of the second package
    package_of(18, 0);
    event("energy-pkg", "event=0x02\n");
    event("energy-cores", "event=0x01\n");
    event("energy-ram", "event=0x03\n");
    event("energy-psys", "event=0x05\n");
    const FoundSensors found = find();
    EXPECT_THAT(names(found), ElementsAre("package-1", "package-0", "package-1/dram", "package-0/dram", "psys",
                                          "package-1/core", "package-0/core"));
    EXPECT_EQ(found.sensors[0]->info().scope, Scope::package);
    EXPECT_EQ(found.sensors[2]->info().scope, Scope::memory);
    EXPECT_EQ(found.sensors[4]->info().scope, Scope::platform);
    EXPECT_EQ(found.sensors[5]->info().part_of, "package-1");
    EXPECT_THAT(opened_, ElementsAre(std::pair(2, 0), std::pair(2, 18), std::pair(3, 0), std::pair(3, 18),
                                     std::pair(5, 0), std::pair(1, 0), std::pair(1, 18)));

    counts_[{2, 0}] = std::uint64_t{10} << 32;
    counts_[{2, 18}] = std::uint64_t{3} << 31;
    EXPECT_EQ(found.sensors[0]->read(seconds(1)).energy, joules(10));
    EXPECT_EQ(found.sensors[1]->read(seconds(1)).energy, joules(1.5));
    broken_ = true;
    EXPECT_EQ(found.sensors[0]->read(seconds(2)).state, State::pending);
    broken_ = false;
    counts_[{2, 0}] = 0;
    EXPECT_EQ(found.sensors[0]->read(seconds(3)).state, State::lost) << "the kernel resolves wraps, so this is none";
}

TEST_F(PerfPowerTest, SeveralProcessorsOfAPackageAreItsDies) {
    unit("0-1\n");
    package_of(0, 0);
    package_of(1, 0);
    tree_.write("devices/system/cpu/cpu0/topology/die_id", "0\n");
    tree_.write("devices/system/cpu/cpu1/topology/die_id", "1\n");
    event("energy-pkg", "event=0x02\n");
    EXPECT_THAT(names(find()), ElementsAre("package-0-die-0", "package-0-die-1"));
}

TEST_F(PerfPowerTest, PermissionDeniedNamesTheRemedy) {
    unit("0\n");
    event("energy-pkg", "event=0x02\n");
    for (const int error : {EACCES, EPERM}) {
        refusal_ = error;
        const FoundSensors found = find();
        EXPECT_TRUE(found.sensors.empty());
        ASSERT_EQ(found.problems.size(), 1u);
        EXPECT_THAT(found.problems[0], AllOf(HasSubstr("permission denied"), HasSubstr("CAP_PERFMON"),
                                             HasSubstr("kernel.perf_event_paranoid=0")));
        ASSERT_EQ(found.unread.size(), 1u);
        EXPECT_EQ(found.unread[0].info.name, "package-0");
    }
    refusal_ = ENODEV;
    EXPECT_THAT(find().problems, ElementsAre(HasSubstr("No such device")));
}

TEST_F(PerfPowerTest, APackageThatCannotBeOpenedLeavesTheOtherAndIsMissing) {
    unit("0,18\n");
    package_of(0, 0);
    package_of(18, 1);
    event("energy-pkg", "event=0x02\n");
    refused_processor_ = 0;
    const FoundSensors found = find();
    EXPECT_THAT(names(found), ElementsAre("package-1"));
    ASSERT_EQ(found.unread.size(), 1u);
    EXPECT_EQ(found.unread[0].info.name, "package-0");
}

TEST_F(PerfPowerTest, WhatIsNotAsExpectedIsNotOpened) {
    unit("0\n");
    event("energy-pkg", "event=0x02,umask=0x1\n");
    EXPECT_THAT(find().problems, ElementsAre(HasSubstr("not described as expected")));
    event("energy-pkg", "event=0x02\n", "-1\n");
    EXPECT_EQ(find().problems.size(), 1u);
    event("energy-pkg", "event=0x02\n", rapl_scale, "Watts\n");
    EXPECT_EQ(find().problems.size(), 1u);
    for (const char* mask : {"", "x", "3-1", "0-", "-", "0-99999999999", "0,,2"}) {
        unit(mask);
        EXPECT_THAT(find().problems, ElementsAre(HasSubstr("no usable type and cpumask"))) << mask;
    }
    EXPECT_TRUE(opened_.empty());
}

TEST(PerfEvent, TheKernelRefusesATypeThatDoesNotExist) {
    const PerfEvent event = open_perf_event(0xfffffff0, 0, 0);
    EXPECT_FALSE(event.read);
    EXPECT_NE(event.error, 0);
}

}  // namespace
}  // namespace ergon::energy
