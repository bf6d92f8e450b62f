#include "energy/counters/polled.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/expect_error.h"
#include "energy/fake_sensor.h"

namespace ergon::energy {
namespace {

using base::Joules;
using base::Watts;
using ::testing::HasSubstr;
using State = Reading::State;

Poll power(double watts) {
    return {{}, {}, Watts(watts)};
}
Poll counter(double total) {
    return {Joules(total), {}, {}};
}
Poll both(double watts, double total, double resolution = 0) {
    return {Joules(total), Joules(resolution), Watts(watts)};
}

TEST(PollAccount, PowerHoldsUntilTheNextPoll) {
    PollAccount account(power(10), seconds(0));
    EXPECT_EQ(account.read(seconds(0.25)).energy, joules(2.5));
    account.answered(power(20), seconds(1));
    const Reading reading = account.read(seconds(1.5));
    EXPECT_EQ(reading.begin, seconds(0.25));
    EXPECT_EQ(reading.energy, joules(7.5 + 10));
    account.answered(power(0), seconds(2));
    account.answered(power(40), seconds(3));
    EXPECT_EQ(account.read(seconds(3.5)).energy, joules(10 + 0 + 20));
}

TEST(PollAccount, APollAfterTheReadingIsNotCountedTwice) {
    PollAccount account(power(10), seconds(0));
    EXPECT_EQ(account.read(seconds(1.2)).energy, joules(12));
    account.answered(power(20), seconds(1));  // taken before that reading, known after it
    EXPECT_EQ(account.read(seconds(2.2)).energy, joules(20));
}

TEST(PollAccount, ASilenceWithoutACounterIsLost) {
    PollAccount account(power(10), seconds(0));
    account.failed("refused");
    EXPECT_EQ(account.read(seconds(5)).energy, joules(50)) << "power holds for five seconds";
    const Reading silent = account.read(seconds(5.5));
    EXPECT_EQ(silent.state, State::lost);
    EXPECT_EQ(silent.energy, joules(0));
    EXPECT_THAT(silent.problem, HasSubstr("refused"));
    account.answered(power(10), seconds(6));
    const Reading back = account.read(seconds(6.5));
    EXPECT_EQ(back.state, State::lost) << "until 6 s nothing was known";
    EXPECT_EQ(back.begin, seconds(5.5));
    EXPECT_EQ(account.read(seconds(7)).energy, joules(5));
}

TEST(PollAccount, ASilenceIsBridgedByTheCounter) {
    PollAccount account(both(10, 1000, 1), seconds(0));
    EXPECT_EQ(account.read(seconds(2)).energy, joules(20));
    const Reading silent = account.read(seconds(6));
    EXPECT_EQ(silent.state, State::pending);
    account.answered(both(10, 1300, 1), seconds(10));  // 30 W on the mean
    const Reading bridged = account.read(seconds(11));
    ASSERT_EQ(bridged.state, State::valid) << bridged.problem;
    EXPECT_EQ(bridged.begin, seconds(2));
    EXPECT_EQ(bridged.energy, joules(8 * 30 + 10));
}

TEST(PollAccount, ACoarseOrResetCounterBridgesNothing) {
    PollAccount coarse(both(10, 0, 3600), seconds(0));  // a plug that counts in watt-hours
    coarse.answered(both(10, 3600, 3600), seconds(10));
    EXPECT_EQ(coarse.read(seconds(11)).state, State::lost);
    PollAccount reset(both(10, 1000), seconds(0));
    reset.answered(both(10, 0), seconds(10));
    EXPECT_EQ(reset.read(seconds(11)).state, State::lost);
    PollAccount still(both(10, 1000), seconds(0));
    still.answered(both(10, 1000), seconds(10));
    EXPECT_EQ(still.read(seconds(11)).state, State::lost) << "a counter that stands says nothing, not zero";
}

TEST(PollAccount, ACounterAloneGivesItsSteps) {
    PollAccount account(counter(100), seconds(0));
    EXPECT_EQ(account.longest_step(), seconds(0));
    account.answered(counter(100), seconds(1));
    const Reading still = account.read(seconds(1.5));
    EXPECT_EQ(still.state, State::pending) << "it has not moved, which is not zero";
    EXPECT_EQ(still.energy, joules(0));
    EXPECT_EQ(still.problem, "");
    EXPECT_EQ(account.longest_step(), seconds(1)) << "at least";
    account.answered(counter(160), seconds(3));
    account.answered(counter(160), seconds(4));
    EXPECT_EQ(account.read(seconds(4)).energy, joules(60));
    EXPECT_EQ(account.longest_step(), seconds(3));
    account.answered(counter(161), seconds(5));
    EXPECT_EQ(account.longest_step(), seconds(3));
    account.failed("refused");
    EXPECT_EQ(account.read(seconds(10.5)).state, State::pending);
    account.answered(counter(200), seconds(30));
    const Reading healed = account.read(seconds(30));
    EXPECT_EQ(healed.begin, seconds(4));
    EXPECT_EQ(healed.energy, joules(40));
}

TEST(PollAccount, ACounterThatGoesBackwardsIsLost) {
    PollAccount account(counter(100), seconds(0));
    account.answered(counter(99), seconds(1));
    const Reading back = account.read(seconds(1));
    EXPECT_EQ(back.state, State::lost);
    EXPECT_EQ(back.energy, joules(0));
    EXPECT_THAT(back.problem, HasSubstr("backwards from 100.000 J to 99.000 J"));
    account.answered(counter(104), seconds(2));
    EXPECT_EQ(account.read(seconds(2)).energy, joules(5));
}

TEST(PollAccount, WhatStopsToSayWhatItSaidIsSilent) {
    PollAccount account(both(10, 0), seconds(0));
    account.answered(counter(1000), seconds(1));
    EXPECT_EQ(account.read(seconds(2)).energy, joules(20));
    EXPECT_THAT(account.read(seconds(6)).problem, HasSubstr("no longer reports power"));
    test::expect_error(base::ErrorCode::bad_file, "neither a power nor an energy counter",
                       [] { PollAccount({}, seconds(0)); });
}

TEST(PollAccount, RestartBeginsAnew) {
    PollAccount account(counter(0), seconds(0));
    account.answered(counter(50), seconds(1));
    account.restart(seconds(1.5));
    account.answered(counter(70), seconds(2));
    const Reading reading = account.read(seconds(2));
    EXPECT_EQ(reading.begin, seconds(1.5));
    EXPECT_EQ(reading.energy, joules(20));
}

TEST(PolledSensor, AsksInAThreadOfItsOwn) {
    std::atomic<int> asked{0};
    std::atomic<bool> failing{false};
    const auto read_fn = [&] {
        ++asked;
        if (failing) base::fail(base::ErrorCode::system, "refused");
        return counter(asked * 5.0);
    };
    PolledSensor sensor({"it", "plug", Scope::machine, {}, {}, {}}, read_fn, seconds(0.002));
    EXPECT_GE(asked, 1) << "the first question before the sensor is there";
    const base::Nanoseconds deadline = base::now() + seconds(20);
    while (asked < 20 && base::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const Reading reading = sensor.read(base::now());
    ASSERT_EQ(reading.state, State::valid) << reading.problem;
    EXPECT_EQ(reading.energy.value() % joules(5).value(), 0);
    EXPECT_GE(reading.energy, joules(90));
    EXPECT_GE(sensor.info().step, seconds(0.002));
    failing = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const Reading much_later = sensor.read(base::now() + seconds(6));
    EXPECT_EQ(much_later.state, State::pending);
    EXPECT_THAT(much_later.problem, HasSubstr("it: there is no response (refused)"));
}

TEST(PolledSensor, AWrongAddressIsToldAtOnce) {
    test::expect_error(base::ErrorCode::system, "refused",
                       [] { PolledSensor({}, []() -> Poll { base::fail(base::ErrorCode::system, "refused"); }); });
}

TEST(PolledSensor, AReadingDoesNotWaitForAnAnswer) {
    std::atomic<bool> hang{false}, release{false};
    const auto read_fn = [&] {
        while (hang && !release) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return power(10);
    };
    PolledSensor sensor({"it", "plug", Scope::machine, {}, {}, {}}, read_fn, seconds(0.001));
    hang = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const base::Nanoseconds begin = base::now();
    EXPECT_EQ(sensor.read(base::now()).state, State::valid);
    EXPECT_EQ(sensor.read(base::now() + seconds(6)).state, State::lost);
    EXPECT_LT(base::to_seconds(base::now() - begin).value(), 1.0);
    release = true;
}

}  // namespace
}  // namespace ergon::energy
