#include "energy/counters/overlap.h"

#include <gtest/gtest.h>
#include <map>
#include <sstream>

namespace ergon::energy {
namespace {

const std::map<std::string, Scope> scopes_by_name{{"machine", Scope::machine},  {"platform", Scope::platform},
                                                  {"package", Scope::package},  {"memory", Scope::memory},
                                                  {"card", Scope::accelerator}, {"part", Scope::part}};

/// "powercap/package perf/platform" as sensors, and their roles as one letter each: Total, Part, Shown, Repeated. Those
/// with a ! behind cannot be read, and come last.
std::string roles(const std::string& text) {
    std::vector<SensorInfo> sensors;
    std::vector<Unread> unread;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        const bool readable = !word.ends_with('!');
        if (!readable) word.pop_back();
        const std::size_t slash = word.find('/');
        SensorInfo info;
        info.source = word.substr(0, slash);
        info.scope = scopes_by_name.at(word.substr(slash + 1));
        info.name = word.substr(slash + 1);
        if (readable) {
            sensors.push_back(info);
        } else {
            unread.push_back({info, "no"});
        }
    }
    std::string letters;
    for (const Role role : roles_of(sensors, unread)) letters += "TPSR"[static_cast<int>(role)];
    return letters;
}

TEST(Overlap, PackagesMemoryAndCardsAddUp) {
    EXPECT_EQ(roles("powercap/package powercap/package powercap/memory powercap/part"), "TTTS");
    EXPECT_EQ(roles("powercap/package nvml/card hwmon/card hwmon/part"), "TTTS");
}

TEST(Overlap, ThePlatformContainsThem) {
    EXPECT_EQ(roles("powercap/package powercap/memory powercap/platform powercap/part"), "PPTS");
    EXPECT_EQ(roles("powercap/package battery/platform"), "PT");
    EXPECT_EQ(roles("battery/platform battery/platform"), "TT") << "two batteries feed one machine";
    EXPECT_EQ(roles("hwmon/platform hwmon/platform"), "TS") << "nobody says whether one lies in the other";
    EXPECT_EQ(roles("battery/platform powercap/platform"), "ST") << "psys is as wide and finer";
    EXPECT_EQ(roles("battery/platform hwmon/platform"), "ST");
}

TEST(Overlap, WhatTheUserNamesContainsEverything) {
    EXPECT_EQ(roles("plug/machine powercap/package powercap/memory powercap/platform nvml/card powercap/part"),
              "TPPSPS");
    EXPECT_EQ(roles("plug/machine file/machine battery/platform"), "TTS") << "two feeds of one machine";
    EXPECT_EQ(roles("command/machine"), "T");
}

TEST(Overlap, TheSameQuantityIsUsedOnce) {
    EXPECT_EQ(roles("powercap/package perf/package hwmon/package"), "TRR");
    EXPECT_EQ(roles("hwmon/package perf/package"), "RT");
    EXPECT_EQ(roles("powercap/package perf/package perf/memory perf/part powercap/part"), "TRTRS");
    EXPECT_EQ(roles("perf/platform powercap/platform powercap/package"), "RTP");
    EXPECT_EQ(roles("perf/platform powercap/package"), "TP");
}

TEST(Overlap, WhatCannotBeReadIsMissingWhereNothingElseTellsOfIt) {
    EXPECT_EQ(roles("powercap/package powercap/package!"), "TT");
    EXPECT_EQ(roles("powercap/package powercap/memory!"), "TT");
    EXPECT_EQ(roles("powercap/package perf/package perf/package powercap/package!"), "RTTR") << "perf reads both";
    EXPECT_EQ(roles("powercap/package perf/package powercap/package! perf/package!"), "TRTR");
    EXPECT_EQ(roles("powercap/platform powercap/package powercap/package!"), "TPP") << "the board contains it";
    EXPECT_EQ(roles("powercap/platform powercap/package powercap/platform!").substr(0, 2), "ST");
    EXPECT_EQ(roles("powercap/package nvml/card!"), "TT");
    EXPECT_EQ(roles("powercap/package perf/memory! powercap/memory!"), "TRT") << "the same memory is missing once";
    EXPECT_EQ(roles("plug/machine powercap/package!"), "TP");
}

TEST(Overlap, EverySocketsPlatformIsAdded) {
    EXPECT_EQ(roles("powercap/platform powercap/platform powercap/package powercap/package"), "TTPP");
}

TEST(Overlap, PsysIsNotUsedBesideACard) {
    EXPECT_EQ(roles("powercap/platform powercap/package powercap/memory nvml/card"), "STTT");
    EXPECT_EQ(roles("powercap/platform powercap/package hwmon/card battery/platform"), "SPPT")
        << "a battery feeds the card as well";
    EXPECT_EQ(roles("plug/machine powercap/platform powercap/package nvml/card"), "TSPP");
}

TEST(Overlap, WithoutAPackageCardsAloneAddUp) {
    for (const char* sensors : {"powercap/memory", "powercap/part", ""}) {
        EXPECT_EQ(roles(sensors).find('T'), std::string::npos) << sensors;
    }
    EXPECT_EQ(roles("nvml/card hwmon/card powercap/memory powercap/part"), "TTSS") << "an estimate contains the memory";
    EXPECT_EQ(roles("powercap/platform nvml/card"), "ST");
}

}  // namespace
}  // namespace ergon::energy
