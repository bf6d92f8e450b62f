#include "energy/sensors/hwmon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "energy/fake_sensor.h"
#include "energy/fake_tree.h"
#include "energy/sensors/battery.h"

namespace ergon::energy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = Reading::State;

std::map<std::string, Scope> scopes(const FoundSensors& found) {
    std::map<std::string, Scope> list;
    for (const auto& sensor : found.sensors) list[sensor->info().name] = sensor->info().scope;
    return list;
}

TEST(Hwmon, SocketsOfAmdEnergyArePackagesAndCoresAreParts) {
    const FakeTree tree;
    tree.write("class/hwmon/hwmon0/name", "amd_energy\n");
    tree.write("class/hwmon/hwmon0/energy1_label", "Ecore000\n");
    tree.write("class/hwmon/hwmon0/energy1_input", "5\n");
    tree.write("class/hwmon/hwmon0/energy2_label", "Esocket0\n");
    tree.write("class/hwmon/hwmon0/energy2_input", "1000000\n");
    const FoundSensors found = find_hwmon(tree.root(), seconds(0));
    EXPECT_EQ(scopes(found), (std::map<std::string, Scope>{{"hwmon0/amd_energy/Ecore000", Scope::part},
                                                           {"package-0", Scope::package}}));
    tree.write("class/hwmon/hwmon0/energy2_input", "3500000\n");
    EXPECT_EQ(found.sensors[1]->read(seconds(1)).energy, joules(2.5));
    tree.write("class/hwmon/hwmon0/energy2_input", "3499999\n");
    EXPECT_EQ(found.sensors[1]->read(seconds(2)).state, State::lost);
}

TEST(Hwmon, SumsOfZenergyAndZenpowerArePackages) {
    const FakeTree tree;
    tree.write("class/hwmon/hwmon3/name", "zenergy\n");
    tree.write("class/hwmon/hwmon3/energy1_label", "Ecore000\n");
    tree.write("class/hwmon/hwmon3/energy1_input", "5\n");
    tree.write("class/hwmon/hwmon3/energy2_label", "Esocket0\n");
    tree.write("class/hwmon/hwmon3/energy2_input", "5\n");
    EXPECT_EQ(scopes(find_hwmon(tree.root(), seconds(0))),
              (std::map<std::string, Scope>{{"hwmon3/zenergy/Ecore000", Scope::part}, {"package-0", Scope::package}}));
    const FakeTree power;
    for (const char* device : {"hwmon4", "hwmon5"}) {  // a device for each socket
        const std::string folder = std::string("class/hwmon/") + device;
        power.write(folder + "/name", "zenpower\n");
        power.write(folder + "/power1_label", "RAPL_P_Package\n");
        power.write(folder + "/power1_input", "41000000\n");
        power.write(folder + "/power2_label", "SVI2_P_Core\n");
        power.write(folder + "/power2_input", "30000000\n");
    }
    EXPECT_EQ(scopes(find_hwmon(power.root(), seconds(0))),
              (std::map<std::string, Scope>{{"hwmon4/package", Scope::package},
                                            {"hwmon4/zenpower/SVI2_P_Core", Scope::part},
                                            {"hwmon5/package", Scope::package},
                                            {"hwmon5/zenpower/SVI2_P_Core", Scope::part}}));
}

TEST(Hwmon, PackagesOfTwoDriversAreCountedOnce) {
    const FakeTree tree;
    tree.write("class/hwmon/hwmon1/name", "zenpower\n");
    tree.write("class/hwmon/hwmon1/power1_label", "RAPL_P_Package\n");
    tree.write("class/hwmon/hwmon1/power1_input", "41000000\n");
    tree.write("class/hwmon/hwmon2/name", "amd_energy\n");
    tree.write("class/hwmon/hwmon2/energy1_label", "Esocket0\n");
    tree.write("class/hwmon/hwmon2/energy1_input", "5\n");
    EXPECT_EQ(scopes(find_hwmon(tree.root(), seconds(0))),
              (std::map<std::string, Scope>{{"hwmon1/package", Scope::part}, {"package-0", Scope::package}}));
}

TEST(Hwmon, AJumpBeyondWhatASensorCanTakeIsLost) {
    const FakeTree tree;
    tree.write("class/hwmon/hwmon0/name", "amd_energy\n");
    tree.write("class/hwmon/hwmon0/energy1_label", "Esocket0\n");
    tree.write("class/hwmon/hwmon0/energy1_input", "1000000\n");
    const FoundSensors found = find_hwmon(tree.root(), seconds(0));
    tree.write("class/hwmon/hwmon0/energy1_input", "1901000000\n");  // 1,900 J in 0.1 s
    const Reading jump = found.sensors[0]->read(seconds(0.1));
    EXPECT_EQ(jump.state, State::lost);
    EXPECT_THAT(jump.problem, HasSubstr("more than is possible"));
    tree.write("class/hwmon/hwmon0/energy1_input", "1905000000\n");
    EXPECT_EQ(found.sensors[0]->read(seconds(0.2)).energy, joules(4));
}

TEST(Hwmon, OnlyWhatMeasuresAWholeBoardIsThePlatform) {
    const FakeTree tree;
    tree.write("class/hwmon/hwmon0/name", "macsmc_hwmon\n");
    tree.write("class/hwmon/hwmon0/power1_label", "3.8 V Rail Power\n");
    tree.write("class/hwmon/hwmon0/power1_input", "1000000\n");
    tree.write("class/hwmon/hwmon0/power2_label", "Total System Power\n");
    tree.write("class/hwmon/hwmon0/power2_input", "10000000\n");
    tree.write("class/hwmon/hwmon1/name", "nvme\n");
    tree.write("class/hwmon/hwmon1/power1_input", "3000000\n");
    tree.write("class/hwmon/hwmon2/name", "power_meter\n");
    tree.write("class/hwmon/hwmon2/power1_average", "200000000\n");
    tree.write("class/hwmon/hwmon2/power1_average_interval", "1000\n");
    tree.write("class/hwmon/hwmon10/name", "ina226\n");
    tree.write("class/hwmon/hwmon10/power1_input", "4000000\n");
    EXPECT_EQ(scopes(find_hwmon(tree.root(), seconds(0))),
              (std::map<std::string, Scope>{{"hwmon0/macsmc_hwmon/3.8 V Rail Power", Scope::part},
                                            {"hwmon0/macsmc_hwmon/Total System Power", Scope::platform},
                                            {"hwmon1/nvme/power1_input", Scope::part},
                                            {"hwmon2/power_meter/power1_average", Scope::platform},
                                            {"hwmon10/ina226/power1_input", Scope::part}}));
}

TEST(Hwmon, CardsCountOnceAndThoseInsideAProcessorNotAtAll) {
    const FakeTree tree;
    tree.write("class/hwmon/hwmon0/name", "amdgpu\n");
    tree.write("class/hwmon/hwmon0/power1_label", "PPT\n");
    tree.write("class/hwmon/hwmon0/power1_average", "30000000\n");
    tree.write("class/hwmon/hwmon0/power1_input", "31000000\n");
    tree.write("class/hwmon/hwmon0/power1_cap", "200000000\n");
    tree.write("class/hwmon/hwmon1/name", "amdgpu\n");
    tree.write("class/hwmon/hwmon1/power1_average", "7000000\n");
    tree.write("class/hwmon/hwmon2/name", "xe\n");
    tree.write("class/hwmon/hwmon2/energy1_label", "card\n");
    tree.write("class/hwmon/hwmon2/energy1_input", "0\n");
    tree.write("class/hwmon/hwmon2/energy2_label", "pkg\n");
    tree.write("class/hwmon/hwmon2/energy2_input", "0\n");
    tree.write("class/hwmon/hwmon2/power1_label", "card\n");
    tree.write("class/hwmon/hwmon2/power1_input", "0\n");
    const FoundSensors found = find_hwmon(tree.root(), seconds(0));
    std::vector<Scope> list;
    for (const auto& sensor : found.sensors) list.push_back(sensor->info().scope);
    EXPECT_THAT(list, ElementsAre(Scope::accelerator, Scope::part, Scope::accelerator, Scope::part, Scope::part));
    tree.write("class/hwmon/hwmon0/power1_input", "51000000\n");
    EXPECT_EQ(found.sensors[0]->read(seconds(1)).energy, joules(41)) << "the input, not the average";
}

TEST(Hwmon, WhatCannotBeReadIsNamed) {
    const FakeTree tree;
    tree.write("class/hwmon/hwmon0/name", "x\n");
    tree.write("class/hwmon/hwmon0/power1_input", "-5\n");
    tree.write("class/hwmon/hwmon0/powerful", "1\n");
    tree.write("class/hwmon/hwmon0/power1_input_lowest", "1\n");
    tree.write("class/hwmon/hwmon0/energy_input", "1\n");
    const FoundSensors found = find_hwmon(tree.root(), seconds(0));
    EXPECT_TRUE(found.sensors.empty());
    EXPECT_THAT(found.problems, ElementsAre(HasSubstr("power1_input cannot be read: no number in it")));
    EXPECT_TRUE(find_hwmon(tree.root() / "missing", seconds(0)).problems.empty());
}

void write_battery(const FakeTree& tree, const std::string& status, const std::string& file, const std::string& value) {
    tree.write("class/power_supply/BAT0/status", status + "\n");
    tree.write("class/power_supply/BAT0/" + file, value + "\n");
}

TEST(Battery, CountsWhileItDischarges) {
    const FakeTree tree;
    tree.write("class/power_supply/AC/status", "Discharging\n");  // no battery
    tree.write("class/power_supply/AC/power_now", "1\n");
    write_battery(tree, "Discharging", "power_now", "8000000");
    const FoundSensors found = find_batteries(tree.root(), seconds(0));
    ASSERT_EQ(found.sensors.size(), 1u);
    Sensor& battery = *found.sensors[0];
    EXPECT_EQ(battery.info().scope, Scope::platform);
    EXPECT_EQ(battery.info().name, "BAT0");
    EXPECT_EQ(battery.info().step, seconds(5));
    write_battery(tree, "Discharging", "power_now", "-12000000");  // some drivers sign what flows out
    EXPECT_EQ(battery.read(seconds(1)).energy, joules(10));
    write_battery(tree, "Charging", "power_now", "20000000");
    const Reading charging = battery.read(seconds(1.1));
    EXPECT_EQ(charging.state, State::lost);
    EXPECT_EQ(charging.energy, joules(0));
    EXPECT_THAT(charging.problem, HasSubstr("BAT0 is not discharging (status: Charging)"));
    write_battery(tree, "Discharging", "power_now", "10000000");
    EXPECT_EQ(battery.read(seconds(2)).state, State::lost) << "its interval began on the charger";
    EXPECT_EQ(battery.read(seconds(3)).energy, joules(10));
}

TEST(Battery, CurrentTimesVoltageWhereThereIsNoPower) {
    const FakeTree tree;
    write_battery(tree, "Discharging", "current_now", "1500000");
    EXPECT_THAT(find_batteries(tree.root(), seconds(0)).problems, ElementsAre(HasSubstr("BAT0 reports no power")));
    write_battery(tree, "Discharging", "voltage_now", "12000000");
    const FoundSensors found = find_batteries(tree.root(), seconds(0));
    ASSERT_EQ(found.sensors.size(), 1u);
    EXPECT_EQ(found.sensors[0]->read(seconds(1)).energy, joules(18));
    tree.write("class/power_supply/BAT0/current_now", "garbage\n");
    EXPECT_EQ(found.sensors[0]->read(seconds(2)).state, State::pending);
}

TEST(Battery, IsKnownByItsTypeNotByItsName) {
    const FakeTree tree;
    const auto supply = [&](const std::string& name, const std::string& type) {
        tree.write("class/power_supply/" + name + "/type", type + "\n");
        tree.write("class/power_supply/" + name + "/status", "Discharging\n");
        tree.write("class/power_supply/" + name + "/power_now", "-8000000\n");
    };
    supply("CMB1", "Battery");
    supply("macsmc-battery", "Battery");
    supply("ADP1", "Mains");
    supply("hidpp_battery_0", "Battery");  // a mouse's
    tree.write("class/power_supply/hidpp_battery_0/scope", "Device\n");
    const FoundSensors found = find_batteries(tree.root(), seconds(0));
    ASSERT_EQ(found.sensors.size(), 2u);
    EXPECT_EQ(found.sensors[0]->info().name, "CMB1");
    EXPECT_EQ(found.sensors[1]->info().name, "macsmc-battery");
    EXPECT_EQ(found.sensors[0]->read(seconds(1)).energy, joules(8));
}

TEST(Battery, OnTheChargerItIsNamedWithTheRemedy) {
    const FakeTree tree;
    write_battery(tree, "Full", "power_now", "0");
    const FoundSensors found = find_batteries(tree.root(), seconds(0));
    EXPECT_TRUE(found.sensors.empty());
    EXPECT_THAT(found.problems, ElementsAre(HasSubstr("unplug the charger")));
}

}  // namespace
}  // namespace ergon::energy
