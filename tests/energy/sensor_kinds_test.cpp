// The two kinds of sensor that all sources are made of: counters and powers.

#include <gtest/gtest.h>

#include "energy/counter_sensor.h"
#include "energy/power_integral.h"
#include "fake_sensor.h"

namespace ergon::energy {
namespace {

using State = Reading::State;

struct Source {
    Answer<std::uint64_t> count;
    Answer<base::Watts> power;
};

CounterSensor counter(const Source& source, const CounterRules& rules) {
    return {{"counter", "test", Scope::package, {}, {}, {}}, rules, [&source] { return source.count; }, seconds(0)};
}

TEST(CounterSensor, CountsInItsOwnUnit) {
    Source source{{1000, {}}, {}};
    // 2^-32 J, as perf's events have it.
    CounterSensor sensor = counter(source, {"it", 1e9 / 4294967296.0, 0, {}, {}});
    source.count.value = 1000 + (std::uint64_t{3} << 31);
    EXPECT_EQ(sensor.read(seconds(1)).energy, joules(1.5));
    EXPECT_EQ(sensor.info().horizon, seconds(0)) << "nothing to wrap at";
}

TEST(CounterSensor, WrapsAtOddRangesOverAndOver) {
    for (const std::uint64_t range : {7ull, 1'000'003ull, 65'532'610'987ull, 0xffff'ffff'ffff'fff1ull}) {
        std::uint64_t raw = range - 2;
        Source source{{raw, {}}, {}};
        CounterSensor sensor = counter(source, {"it", 1000, range, {}, {}});
        std::int64_t sum = 0;
        const std::uint64_t step = std::min<std::uint64_t>(range / 2, 2'000'003);
        for (int i = 1; i <= 25; ++i) {
            raw = raw >= range - step ? raw - (range - step) : raw + step;
            source.count.value = raw;
            const Reading reading = sensor.read(seconds(i));
            ASSERT_EQ(reading.state, State::valid) << reading.problem;
            sum += reading.energy.value();
        }
        EXPECT_EQ(sum, static_cast<std::int64_t>(step) * 25 * 1000) << range;
    }
}

TEST(CounterSensor, OneStepIn100MillisecondsIsZeroAndThenAll) {
    Source source{{0, {}}, {}};
    CounterSensor sensor = counter(source, {"it", 1e6, 0, {}, {}});  // millijoules
    for (int i = 1; i <= 9; ++i) EXPECT_EQ(sensor.read(seconds(0.01 * i)).energy, joules(0));
    source.count.value = 7000;
    const Reading step = sensor.read(seconds(0.1));
    EXPECT_EQ(step.state, State::valid);
    EXPECT_EQ(step.energy, joules(7));
    EXPECT_EQ(step.begin, seconds(0.09));
}

TEST(CounterSensor, AnErrorInTheMiddleWaitsForTheNextAnswer) {
    Source source{{100, {}}, {}};
    CounterSensor sensor = counter(source, {"it", 1000, 1000, {}, {}});
    source.count = {{}, "it is gone"};
    for (int i = 1; i <= 3; ++i) {
        const Reading failed = sensor.read(seconds(i));
        EXPECT_EQ(failed.state, State::pending);
        EXPECT_EQ(failed.energy, joules(0));
        EXPECT_EQ(failed.problem, "it is gone");
    }
    source.count = {99, {}};
    const Reading healed = sensor.read(seconds(4));
    ASSERT_EQ(healed.state, State::valid);
    EXPECT_EQ(healed.begin, seconds(0));
    EXPECT_EQ(healed.energy, joules(999e-6)) << "one wrap at its range of 1000";
}

TEST(CounterSensor, BackwardsWithoutARangeIsLost) {
    Source source{{100, {}}, {}};
    CounterSensor sensor = counter(source, {"it", 1000, 0, {}, {}});
    source.count.value = 99;
    const Reading back = sensor.read(seconds(1));
    EXPECT_EQ(back.state, State::lost);
    EXPECT_EQ(back.energy, joules(0));
    source.count.value = 104;
    EXPECT_EQ(sensor.read(seconds(2)).energy, joules(5e-6));
}

TEST(CounterSensor, MoreThanItsSlackAllowsIsAFault) {
    Source source{{0, {}}, {}};
    // 1000 W over 1 s, and 10 ms of slack: 1010 J.
    CounterSensor sensor = counter(source, {"it", 1e9, 0, base::Watts(1000), seconds(0.01)});
    source.count.value = 1010;
    EXPECT_EQ(sensor.read(seconds(1)).energy, joules(1010));
    source.count.value = 1010 + 1011;
    EXPECT_EQ(sensor.read(seconds(2)).state, State::lost);
}

PowerIntegral power(const Source& source) {
    return {{"rail", "test", Scope::platform, {}, {}, {}}, [&source] { return source.power; }, seconds(0)};
}

TEST(PowerIntegral, IsTheAreaUnderStraightLines) {
    Source source{{}, {base::Watts(10), {}}};
    PowerIntegral sensor = power(source);
    EXPECT_EQ(sensor.info().horizon, seconds(2));
    source.power.value = base::Watts(20);
    EXPECT_EQ(sensor.read(seconds(0.5)).energy, joules(7.5));
    source.power.value = base::Watts(0);
    EXPECT_EQ(sensor.read(seconds(1.5)).energy, joules(10));
    EXPECT_EQ(sensor.read(seconds(3.5)).energy, joules(0)) << "two seconds at 0 W are no gap";
}

TEST(PowerIntegral, AGapLongerThanTheHorizonIsLostNotZero) {
    Source source{{}, {base::Watts(10), {}}};
    PowerIntegral sensor = power(source);
    const Reading late = sensor.read(base::Nanoseconds(seconds(2).value() + 1));
    EXPECT_EQ(late.state, State::lost);
    EXPECT_NE(late.problem.find("rail was not read for 2 s"), std::string::npos) << late.problem;
    EXPECT_EQ(sensor.read(seconds(3)).state, State::valid) << "it goes on from there";
}

TEST(PowerIntegral, AShortFailureIsBridgedALongOneIsLost) {
    Source source{{}, {base::Watts(10), {}}};
    PowerIntegral sensor = power(source);
    source.power = {{}, "no number"};
    EXPECT_EQ(sensor.read(seconds(1)).state, State::pending);
    source.power = {base::Watts(30), {}};
    const Reading bridged = sensor.read(seconds(2));
    EXPECT_EQ(bridged.begin, seconds(0));
    EXPECT_EQ(bridged.energy, joules(40));
    source.power = {{}, "no number"};
    EXPECT_EQ(sensor.read(seconds(4)).state, State::pending);
    const Reading lost = sensor.read(seconds(4.1));
    EXPECT_EQ(lost.state, State::lost);
    EXPECT_EQ(lost.problem, "no number");
    source.power = {base::Watts(30), {}};
    const Reading blind = sensor.read(seconds(5));
    EXPECT_EQ(blind.state, State::lost) << "where its interval began, nothing was known";
    EXPECT_EQ(blind.begin, seconds(4.1));
    EXPECT_EQ(sensor.read(seconds(6)).energy, joules(30));
}

TEST(PowerIntegral, WhatIsHopelessIsLostAtOnce) {
    Source source{{}, {base::Watts(10), {}}};
    PowerIntegral sensor = power(source);
    source.power = {{}, "charging", true};
    EXPECT_EQ(sensor.read(seconds(0.1)).state, State::lost);
}

}  // namespace
}  // namespace ergon::energy
