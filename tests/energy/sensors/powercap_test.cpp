#include "energy/sensors/powercap.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <unistd.h>

#include "energy/fake_sensor.h"
#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;
using State = Reading::State;

std::map<std::string, Scope> scopes(const PowercapSearch& search) {
    std::map<std::string, Scope> found;
    for (const PowercapZone& zone : search.zones) found[zone.parent + "/" + zone.name] = zone.scope;
    return found;
}

TEST(PowercapSearch, NothingThereIsNoError) {
    const FakeTree tree;
    EXPECT_TRUE(find_powercap_zones(tree.root()).zones.empty());
    EXPECT_TRUE(find_powercap_zones(tree.root() / "missing").problems.empty());
}

TEST(PowercapSearch, KnowsZonesByNameNotByNumber) {
    const FakeTree tree;
    tree.write("class/powercap/intel-rapl/enabled", "1\n");  // the control type itself is no zone
    tree.zone("intel-rapl:0", "package-1", 1);
    tree.zone("intel-rapl:1", "psys", 2);
    tree.zone("intel-rapl:2", "package-0", 3);
    tree.zone("intel-rapl:0:0", "core", 4);
    tree.zone("intel-rapl:0:1", "dram", 5);
    tree.zone("intel-rapl:2:0", "uncore", 6);
    tree.zone("intel-rapl:2:1", "core", 7);
    tree.zone("intel-rapl:2:2", "dram", 8);
    const PowercapSearch search = find_powercap_zones(tree.root());
    const std::map<std::string, Scope> expected{{"/package-1", Scope::package},    {"/psys", Scope::platform},
                                                {"/package-0", Scope::package},    {"package-1/core", Scope::part},
                                                {"package-1/dram", Scope::memory}, {"package-0/uncore", Scope::part},
                                                {"package-0/core", Scope::part},   {"package-0/dram", Scope::memory}};
    EXPECT_EQ(scopes(search), expected);
    EXPECT_TRUE(search.problems.empty());
}

TEST(PowercapSearch, MemoryMappedTreeRepeatsZonesAndIsLeftOut) {
    const FakeTree tree;
    tree.zone("intel-rapl-mmio:0", "package-0", 1);
    tree.zone("intel-rapl-mmio:0:0", "dram", 2);
    tree.zone("intel-rapl:0", "package-0", 3);
    tree.zone("intel-rapl:0:0", "dram", 4);
    tree.zone("intel-rapl:1", "package-1", 5);
    tree.zone("intel-rapl:1:0", "dram", 6);  // same name, other parent: a zone of its own
    const PowercapSearch search = find_powercap_zones(tree.root());
    ASSERT_EQ(search.zones.size(), 4u);
    for (const PowercapZone& zone : search.zones) {
        EXPECT_EQ(zone.directory.string().find("mmio"), std::string::npos) << zone.directory;
    }
    EXPECT_EQ(scopes(search).count("package-1/dram"), 1u);
}

TEST(PowercapSearch, MemoryMappedTreeAloneIsUsed) {
    const FakeTree tree;
    tree.zone("intel-rapl-mmio:0", "package-0", 1);
    EXPECT_EQ(scopes(find_powercap_zones(tree.root())), (std::map<std::string, Scope>{{"/package-0", Scope::package}}));
}

TEST(PowercapSearch, DiesOfAListedPackageAreItsParts) {
    const FakeTree dies;
    dies.zone("intel-rapl:0", "package-0-die-0", 1);
    dies.zone("intel-rapl:1", "package-0-die-1", 1);
    EXPECT_EQ(
        scopes(find_powercap_zones(dies.root())),
        (std::map<std::string, Scope>{{"/package-0-die-0", Scope::package}, {"/package-0-die-1", Scope::package}}));
    dies.zone("intel-rapl:2", "package-0", 2);
    EXPECT_EQ(
        scopes(find_powercap_zones(dies.root())),
        (std::map<std::string, Scope>{
            {"/package-0", Scope::package}, {"/package-0-die-0", Scope::part}, {"/package-0-die-1", Scope::part}}));
}

TEST(PowercapSearch, UnknownAndMisplacedNamesAreNeverAdded) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 1);
    tree.zone("intel-rapl:1", "gpu", 1);
    tree.zone("intel-rapl:2", "dram", 1);  // memory at the top has no package around it
    tree.zone("intel-rapl:0:0", "psys", 1);
    tree.zone("intel-rapl:3", "package-x", 1);
    tree.zone("not a zone", "package-9", 1);
    for (const auto& [name, scope] : scopes(find_powercap_zones(tree.root()))) {
        EXPECT_EQ(scope, name == "/package-0" ? Scope::package : Scope::part) << name;
    }
}

TEST(PowercapSearch, BrokenZonesAreNamedAndLeftOut) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 1);
    tree.count_text("intel-rapl:0", "garbage\n");
    tree.zone("intel-rapl:1", "", 1);
    tree.write("class/powercap/dtpm:0/name", "limits power, counts nothing\n");
    const PowercapSearch search = find_powercap_zones(tree.root());
    EXPECT_TRUE(search.zones.empty());
    EXPECT_THAT(search.problems, ::testing::UnorderedElementsAre(::testing::HasSubstr("holds no number"),
                                                                 ::testing::HasSubstr("has no name")));
}

TEST(PowercapSearch, PermissionDeniedHasItsOwnSentenceWithTheRemedy) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 1);
    std::filesystem::permissions(tree.root(), std::filesystem::perms::all);
    std::filesystem::permissions(tree.counter("intel-rapl:0"), std::filesystem::perms::none);
    const bool root = ::geteuid() == 0;
    if (root) {
        ASSERT_EQ(::seteuid(65534), 0);  // root may read everything
    }
    const PowercapSearch search = find_powercap_zones(tree.root());
    if (root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    EXPECT_TRUE(search.zones.empty());
    EXPECT_TRUE(search.permission_denied);
    ASSERT_EQ(search.problems.size(), 1u);
    EXPECT_THAT(search.problems[0],
                ::testing::AllOf(::testing::HasSubstr("permission denied"), ::testing::HasSubstr("chmod a+r")));
}

std::vector<std::string> unread(const PowercapSearch& search) {
    std::vector<std::string> names;
    for (const Unread& one : search.unread) names.push_back(one.info.name);
    return names;
}

TEST(PowercapSearch, WhatIsThereAndCannotBeReadIsMissing) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 1);
    tree.zone("intel-rapl:0:0", "core", 1);
    tree.zone("intel-rapl:0:1", "dram", 1);
    tree.zone("intel-rapl:1", "package-1", 1);
    tree.zone("intel-rapl:1:0", "dram", 1);
    tree.zone("intel-rapl:2", "package-2", 1);
    tree.count_text("intel-rapl:0", "");
    tree.count_text("intel-rapl:0:0", "");  // a part is no one's total
    tree.count_text("intel-rapl:1:0", "?");
    std::filesystem::remove(tree.counter("intel-rapl:2"));
    const PowercapSearch search = find_powercap_zones(tree.root());
    EXPECT_THAT(unread(search), ::testing::UnorderedElementsAre("package-0", "package-1/dram", "package-2"));
    for (const Unread& one : search.unread) EXPECT_FALSE(one.problem.empty());
}

TEST(PowercapSearch, WhatAnotherZoneCoversIsNotMissing) {
    const FakeTree copy;
    copy.zone("intel-rapl:0", "package-0", 1);
    copy.count_text("intel-rapl:0", "");
    copy.zone("intel-rapl-mmio:0", "package-0", 1);
    EXPECT_THAT(unread(find_powercap_zones(copy.root())), ::testing::IsEmpty());
    const FakeTree dies;
    dies.zone("intel-rapl:0", "package-0", 1);
    dies.zone("intel-rapl:1", "package-0-die-0", 1);
    dies.zone("intel-rapl:2", "package-0-die-1", 2);
    dies.count_text("intel-rapl:0", "");
    EXPECT_THAT(unread(find_powercap_zones(dies.root())), ::testing::IsEmpty()) << "its dies are read";
    dies.count_text("intel-rapl:2", "");
    EXPECT_THAT(unread(find_powercap_zones(dies.root())), ::testing::ElementsAre("package-0-die-1"));
    dies.count_text("intel-rapl:0", "5");
    EXPECT_THAT(unread(find_powercap_zones(dies.root())), ::testing::IsEmpty()) << "the package is read";
}

TEST(PowercapSearch, MemoryOfDiesBesideThatOfTheirPackageIsAPart) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 1);
    tree.zone("intel-rapl:0:0", "dram", 1);
    tree.zone("intel-rapl:1", "package-0-die-0", 1);
    tree.zone("intel-rapl:1:0", "dram", 1);
    const auto found = scopes(find_powercap_zones(tree.root()));
    EXPECT_EQ(found.at("package-0/dram"), Scope::memory);
    EXPECT_EQ(found.at("package-0-die-0/dram"), Scope::part);
}

TEST(PowercapSearch, LimitsThatAreNotEnabledAreNoMatter) {
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 1);
    tree.write("class/powercap/intel-rapl:0/enabled", "0\n");
    EXPECT_EQ(find_powercap_zones(tree.root()).zones.size(), 1u);
}

class PowercapCounterTest : public ::testing::Test {
  protected:
    std::unique_ptr<Sensor> open(std::uint64_t energy, std::uint64_t range) {
        tree_.zone("intel-rapl:0", "package-0", energy, range);
        return open_powercap_counter(find_powercap_zones(tree_.root()).zones.at(0), seconds(0));
    }
    void count(std::uint64_t energy) { tree_.count("intel-rapl:0", energy); }

    FakeTree tree_;
};

TEST_F(PowercapCounterTest, CountsFromReadingToReading) {
    const auto counter = open(1'000'000, 262'143'328'850);
    count(3'500'000);
    const Reading first = counter->read(seconds(0.5));
    ASSERT_EQ(first.state, State::valid) << first.problem;
    EXPECT_EQ(first.energy, joules(2.5));
    EXPECT_EQ(first.begin, seconds(0));
    EXPECT_EQ(first.end, seconds(0.5));
    const Reading still = counter->read(seconds(0.6));
    EXPECT_EQ(still.state, State::pending) << "it tells nothing of this time yet";
    EXPECT_EQ(still.energy, joules(0));
    EXPECT_EQ(still.begin, seconds(0.5));
}

TEST_F(PowercapCounterTest, WrapsAtItsOwnRangeSeveralTimes) {
    for (const std::uint64_t range : {262'143'328'850ull, 65'532'610'987ull, 100'000'007ull}) {
        const auto counter = open(range - 1'000'000, range);
        std::uint64_t raw = range - 1'000'000;
        // Steps that bring the counter round: just under half its range, or 90 J where the range is large.
        const std::uint64_t step = std::min<std::uint64_t>(90'000'000, range / 2 - 3);
        Nanojoules sum{};
        for (int i = 1; i <= 40; ++i) {
            raw = raw + step >= range ? raw + step - range : raw + step;
            count(raw);
            const Reading reading = counter->read(seconds(0.095 * i));
            ASSERT_EQ(reading.state, State::valid) << reading.problem;
            sum += reading.energy;
        }
        EXPECT_EQ(sum.value(), static_cast<std::int64_t>(step) * 40 * 1000) << range;
    }
}

TEST_F(PowercapCounterTest, AStepBackThatIsNoWrapIsLostNotAdded) {
    const auto counter = open(200'000'000'000, 262'143'328'850);
    count(100'000'000'000);  // a wrap would mean 162 kJ in a second
    const Reading back = counter->read(seconds(1));
    EXPECT_EQ(back.state, State::lost);
    EXPECT_EQ(back.energy, joules(0));
    EXPECT_NE(back.problem.find("backwards"), std::string::npos);
    count(100'000'500'000);
    const Reading after = counter->read(seconds(2));
    EXPECT_EQ(after.state, State::valid) << "counting goes on from the new value";
    EXPECT_EQ(after.energy, joules(0.5));
    EXPECT_EQ(after.begin, seconds(1));
}

TEST_F(PowercapCounterTest, WithoutARangeAStepBackIsLost) {
    const auto counter = open(5'000'000, 0);
    count(4'999'999);
    EXPECT_EQ(counter->read(seconds(1)).state, State::lost);
}

TEST_F(PowercapCounterTest, AnImpossibleJumpIsLost) {
    const auto counter = open(0, 262'143'328'850);
    count(262'000'000'000);
    EXPECT_EQ(counter->read(seconds(1)).state, State::lost);
}

TEST_F(PowercapCounterTest, AJumpBeyondWhatThePackageIsMadeForIsLost) {
    tree_.write("class/powercap/intel-rapl:0/constraint_0_max_power_uw", "150000000\n");
    const auto counter = open(0, 262'143'328'850);
    count(65'000'000);  // 590 W over 0.11 s
    EXPECT_EQ(counter->read(seconds(0.1)).state, State::valid);
    count(65'000'000 + 67'000'000);
    EXPECT_EQ(counter->read(seconds(0.2)).state, State::lost);
}

TEST_F(PowercapCounterTest, AFailedReadIsNoZeroAndNoWrap) {
    const auto counter = open(50'000'000, 65'532'610'987);
    tree_.count_text("intel-rapl:0", "");
    const Reading failed = counter->read(seconds(1));
    EXPECT_EQ(failed.state, State::pending);
    EXPECT_EQ(failed.energy, joules(0));
    EXPECT_FALSE(failed.problem.empty());
    tree_.count_text("intel-rapl:0", "-5\n");
    EXPECT_EQ(counter->read(seconds(1.5)).state, State::pending);
    count(80'000'000);
    const Reading healed = counter->read(seconds(2));
    ASSERT_EQ(healed.state, State::valid);
    EXPECT_EQ(healed.energy, joules(30)) << "the counter went on counting while it could not be read";
    EXPECT_EQ(healed.begin, seconds(0));
}

TEST_F(PowercapCounterTest, AZoneThatVanishesIsPendingAndThenLost) {
    const auto counter = open(50'000'000, 65'532'610'987);
    tree_.remove("intel-rapl:0");
    EXPECT_EQ(counter->read(seconds(1)).state, State::pending);
    counter->restart(seconds(1));
    tree_.zone("intel-rapl:0", "package-0", 10, 65'532'610'987);
    const Reading back = counter->read(seconds(3));
    EXPECT_EQ(back.state, State::lost) << "nobody saw where it stood when the interval began";
    EXPECT_EQ(back.begin, seconds(1));
    count(1'000'010);
    EXPECT_EQ(counter->read(seconds(4)).energy, joules(1));
}

TEST_F(PowercapCounterTest, AGapInWhichItMayHaveWrappedIsLost) {
    // 65,532 J at the assumed ceiling of 1,000 W are 65.5 s.
    const auto counter = open(50'000'000, 65'532'610'987);
    EXPECT_NEAR(base::to_seconds(counter->info().horizon).value(), 65.5, 0.1);
    count(60'000'000);
    EXPECT_EQ(counter->read(seconds(65)).state, State::valid);
    count(70'000'000);
    const Reading late = counter->read(seconds(65 + 66));
    EXPECT_EQ(late.state, State::lost);
    EXPECT_NE(late.problem.find("may have wrapped more than once"), std::string::npos);
}

}  // namespace
}  // namespace ergon::energy
