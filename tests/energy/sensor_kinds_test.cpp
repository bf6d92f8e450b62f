// The two kinds of sensor that all sources are made of: counters and powers.

#include <cmath>
#include <gtest/gtest.h>

#include "energy/counters/counter_sensor.h"
#include "energy/counters/power_integral.h"
#include "energy/fake_sensor.h"

namespace ergon::energy {
namespace {

using State = Reading::State;

struct Answers {
    SensorResult<std::uint64_t> count;
    SensorResult<base::Watts> power;
};

CounterSensor counter(const Answers& source, const CounterRules& rules) {
    return {{"counter", "test", Scope::package, {}, {}, {}}, rules, [&source] { return source.count; }, seconds(0)};
}

TEST(CounterSensor, CountsInItsOwnUnit) {
    Answers source{{1000, {}}, {}};
    // 2^-32 J, as perf's events have it.
    CounterSensor sensor = counter(source, {"it", 1e9 / 4294967296.0, 0, {}, {}});
    source.count.value = 1000 + (std::uint64_t{3} << 31);
    EXPECT_EQ(sensor.read(seconds(1)).energy, joules(1.5));
    EXPECT_EQ(sensor.info().horizon, seconds(0)) << "nothing to wrap at";
}

TEST(CounterSensor, WrapsAtOddRangesOverAndOver) {
    for (const std::uint64_t range : {7ull, 1'000'003ull, 65'532'610'987ull, 0xffff'ffff'ffff'fff1ull}) {
        std::uint64_t raw = range - 2;
        Answers source{{raw, {}}, {}};
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

TEST(CounterSensor, ACounterThatHasNotMovedIsPendingAndThenTellsOfAllTheTime) {
    Answers source{{0, {}}, {}};
    CounterSensor sensor = counter(source, {"it", 1e6, 0, {}, {}});  // millijoules
    for (int i = 1; i <= 9; ++i) {
        const Reading still = sensor.read(seconds(0.01 * i));
        EXPECT_EQ(still.state, State::pending);
        EXPECT_EQ(still.problem, "");
    }
    source.count.value = 7000;
    const Reading step = sensor.read(seconds(0.1));
    EXPECT_EQ(step.state, State::valid);
    EXPECT_EQ(step.energy, joules(7));
    EXPECT_EQ(step.begin, seconds(0));
}

/// A counter of 40 W that shows what was taken once in `step`, first at `phase`.
struct SlowCounter {
    double step, phase;
    std::uint64_t at(double time) const {
        return static_cast<std::uint64_t>(std::llround(40e6 * (std::floor((time - phase) / step) * step + 100 * step)));
    }
};

TEST(CounterSensor, LearnsItsStepFromItsOwnChanges) {
    for (const double step : {1.0, 2.0, 5.0, 10.0}) {
        const SlowCounter slow{step, 0.35 * step};
        Answers source{{slow.at(0), {}}, {}};
        CounterSensor sensor{{"counter", "test", Scope::package, processor_step, {}, {}},
                             {"it", 1000, 0, base::Watts(1000), processor_slack},
                             [&source] { return source.count; },
                             seconds(0)};
        base::Nanojoules counted{};
        base::Nanoseconds until{};
        for (int i = 1; i <= 400; ++i) {
            source.count.value = slow.at(0.1 * i);
            const Reading reading = sensor.read(seconds(0.1 * i));
            ASSERT_NE(reading.state, State::lost) << reading.problem;
            if (reading.state != State::valid) continue;
            counted += reading.energy;
            until = reading.end;
        }
        EXPECT_GE(sensor.info().step, seconds(step - 0.11));
        EXPECT_LE(sensor.info().step, seconds(step + 0.11));
        // Its first move told of time before the first reading, which is known from the second on.
        EXPECT_NEAR(base::to_joules(counted).value(), 40 * base::to_seconds(until).value(), 40 * 0.21) << step;
    }
}

TEST(CounterSensor, WhatItCountedWhileItWasGivenUpIsNotCounted) {
    Answers source{{0, {}}, {}};
    CounterSensor sensor = counter(source, {"it", 1e9, 0, {}, {}});  // joules
    source.count.value = 10;
    EXPECT_EQ(sensor.read(seconds(1)).energy, joules(10));
    EXPECT_EQ(sensor.read(seconds(3)).state, State::pending);
    sensor.restart(seconds(4));  // three seconds are told otherwise
    source.count.value = 10 + 50;
    const Reading thawed = sensor.read(seconds(6));
    EXPECT_EQ(thawed.begin, seconds(4));
    EXPECT_EQ(thawed.energy, joules(20)) << "two of five seconds";
}

TEST(CounterSensor, WhatItDidNotCountWhileItStoodIsLost) {
    Answers source{{0, {}}, {}};
    CounterSensor sensor = counter(source, {"it", 1e6, 0, {}, {}});
    for (int i = 1; i <= 20; ++i) {
        source.count.value = static_cast<std::uint64_t>(4000 * i);
        EXPECT_EQ(sensor.read(seconds(0.1 * i)).energy, joules(4));
    }
    for (int i = 21; i <= 45; ++i) EXPECT_EQ(sensor.read(seconds(0.1 * i)).state, State::pending);
    source.count.value = 80'000 + 4000;
    const Reading lost = sensor.read(seconds(4.6));
    EXPECT_EQ(lost.state, State::lost) << "4 J in 2.6 s of a counter that shows 40 W";
    EXPECT_NE(lost.problem.find("did not advance for 2.5 s"), std::string::npos) << lost.problem;
}

TEST(CounterSensor, ARangeThatCannotBeIsLeft) {
    Answers source{{5000, {}}, {}};
    CounterSensor sensor = counter(source, {"it", 1000, 4000, base::Watts(1000), {}});
    EXPECT_EQ(sensor.info().horizon, seconds(0));
    source.count.value = 100;
    EXPECT_EQ(sensor.read(seconds(1)).state, State::lost);
}

TEST(CounterSensor, AnErrorInTheMiddleWaitsForTheNextAnswer) {
    Answers source{{100, {}}, {}};
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
    Answers source{{100, {}}, {}};
    CounterSensor sensor = counter(source, {"it", 1000, 0, {}, {}});
    source.count.value = 99;
    const Reading back = sensor.read(seconds(1));
    EXPECT_EQ(back.state, State::lost);
    EXPECT_EQ(back.energy, joules(0));
    source.count.value = 104;
    EXPECT_EQ(sensor.read(seconds(2)).energy, joules(5e-6));
}

TEST(CounterSensor, MoreThanItsSlackAllowsIsAFault) {
    Answers source{{0, {}}, {}};
    // 1000 W over 1 s, and 10 ms of slack: 1010 J.
    CounterSensor sensor = counter(source, {"it", 1e9, 0, base::Watts(1000), seconds(0.01)});
    source.count.value = 1010;
    EXPECT_EQ(sensor.read(seconds(1)).energy, joules(1010));
    source.count.value = 1010 + 1011;
    EXPECT_EQ(sensor.read(seconds(2)).state, State::lost);
}

PowerIntegral power(const Answers& source) {
    return {{"rail", "test", Scope::platform, {}, {}, {}}, [&source] { return source.power; }, seconds(0)};
}

TEST(PowerIntegral, IsTheAreaUnderStraightLines) {
    Answers source{{}, {base::Watts(10), {}}};
    PowerIntegral sensor = power(source);
    EXPECT_EQ(sensor.info().horizon, seconds(2));
    source.power.value = base::Watts(20);
    EXPECT_EQ(sensor.read(seconds(0.5)).energy, joules(7.5));
    source.power.value = base::Watts(0);
    EXPECT_EQ(sensor.read(seconds(1.5)).energy, joules(10));
    EXPECT_EQ(sensor.read(seconds(3.5)).energy, joules(0)) << "two seconds at 0 W are no gap";
}

TEST(PowerIntegral, AGapLongerThanTheHorizonIsLostNotZero) {
    Answers source{{}, {base::Watts(10), {}}};
    PowerIntegral sensor = power(source);
    const Reading late = sensor.read(base::Nanoseconds(seconds(2).value() + 1));
    EXPECT_EQ(late.state, State::lost);
    EXPECT_NE(late.problem.find("rail was not read for 2 s"), std::string::npos) << late.problem;
    EXPECT_EQ(sensor.read(seconds(3)).state, State::valid) << "it goes on from there";
}

TEST(PowerIntegral, AShortFailureIsBridgedALongOneIsLost) {
    Answers source{{}, {base::Watts(10), {}}};
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
    Answers source{{}, {base::Watts(10), {}}};
    PowerIntegral sensor = power(source);
    source.power = {{}, "charging", true};
    EXPECT_EQ(sensor.read(seconds(0.1)).state, State::lost);
}

}  // namespace
}  // namespace ergon::energy
