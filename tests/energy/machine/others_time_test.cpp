#include "energy/machine/others_time.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>

#include "base/random.h"

namespace ergon::energy {
namespace {

using base::Nanoseconds;

constexpr std::int64_t ms = 1'000'000;

/// A machine whose other programs have taken `others(t)` by the time t, told in ticks of 10 ms as /proc/stat tells it:
/// the sum cut to whole ticks.
struct TickingMachine {
    int threads = 2;
    std::function<double(double)> others;
    double program = 0;  // of this program, in nanoseconds

    BusyTime at(std::int64_t time) const {
        const double all = others(static_cast<double>(time)) + program;
        const double ticks = std::floor(all / (10 * ms));
        return {Nanoseconds(std::llround(program)),
                Nanoseconds(static_cast<std::int64_t>(ticks) * 10 * ms + 1'000'000 * ms)};
    }
};

struct Played {
    double truth = 0, given = 0;
    double share = 0, true_share = 0;  // sums of own / (own + others) over the answers
    int answers = 0, inside = 0;
};

/// Answers of `length` with one thread busy, `gap` apart, for ten seconds, after one second without.
Played play(TickingMachine machine, double length, double gap, std::uint64_t seed) {
    base::RandomSequence random(seed);
    OthersTime others(machine.threads);
    std::int64_t now = static_cast<std::int64_t>(random.uniform() * 10 * ms);
    others.start(Nanoseconds(now), machine.at(now));
    for (int i = 0; i < 10; ++i) {
        now += 100 * ms;
        others.until(Nanoseconds(now), machine.at(now));
    }
    Played played;
    const std::int64_t end = now + 10'000 * ms;
    while (now < end) {
        // The end of the gap is a forced reading, too.
        now += static_cast<std::int64_t>(gap * (0.5 + random.uniform()));
        others.until(Nanoseconds(now), machine.at(now));
        const double before = machine.others(static_cast<double>(now));
        now += static_cast<std::int64_t>(length);
        machine.program += length;
        const OthersTime::Use use = others.until(Nanoseconds(now), machine.at(now));
        const double truth = machine.others(static_cast<double>(now)) - before;
        const double given = static_cast<double>(use.value.value());
        played.truth += truth;
        played.given += given;
        played.share += length / (length + given);
        played.true_share += length / (length + truth);
        ++played.answers;
        if (truth >= static_cast<double>(use.low.value()) - 1 && truth <= static_cast<double>(use.high.value()) + 1) {
            ++played.inside;
        }
        EXPECT_LE(use.low, use.value);
        EXPECT_LE(use.value, use.high);
        EXPECT_LE(use.high.value(),
                  machine.threads * static_cast<std::int64_t>(length) - static_cast<std::int64_t>(length) + 1);
    }
    return played;
}

// The fault that this class is for: beside a program that always runs, answers of 1 to 30 ms were charged 37 to 91%
// more than their share.
TEST(OthersTime, ShortAnswersBesideABusyProgramGetTheirShare) {
    for (const double busy : {0.3, 1.0}) {
        for (const double length : {1.0 * ms, 3.0 * ms, 8.0 * ms, 30.0 * ms}) {
            const Played played = play({2, [&](double t) { return busy * t; }}, length, 5.0 * ms, 7);
            EXPECT_NEAR(played.share / played.true_share, 1, 0.05)
                << busy << " of a thread, answers of " << length / ms << " ms";
            EXPECT_GE(played.inside, played.answers * 95 / 100) << busy << ", " << length / ms << " ms";
        }
    }
}

// A program that runs and rests, on the scale of the answers: which answer met it is open, and the interval says so;
// the sum over the answers is right.
TEST(OthersTime, ProgramsThatComeAndGoAreWithinTheInterval) {
    for (const double period : {7.0 * ms, 40.0 * ms, 700.0 * ms}) {
        const auto others = [&](double t) {  // half of each period
            const double whole = std::floor(t / period);
            return whole * period / 2 + std::min(t - whole * period, period / 2);
        };
        for (const double length : {2.0 * ms, 12.0 * ms}) {
            const Played played = play({2, others}, length, 9.0 * ms, 3);
            EXPECT_NEAR(played.given / played.truth, 1, 0.1) << period / ms << " and " << length / ms << " ms";
            EXPECT_GE(played.inside, played.answers * 9 / 10) << period / ms << " and " << length / ms << " ms";
        }
    }
}

TEST(OthersTime, OnAQuietMachineNothingIsGivenAndLittleIsOpen) {
    const Played played = play({2, [](double) { return 0.0; }}, 8.0 * ms, 5.0 * ms, 1);
    EXPECT_LE(played.given, 20.0 * ms) << "in ten seconds: its own ticks come before or after its own nanoseconds";
    OthersTime others(2);
    const BusyTime still{Nanoseconds(0), Nanoseconds(5)};
    others.start(Nanoseconds(0), still);
    for (int i = 1; i <= 20; ++i) others.until(Nanoseconds(i * 100 * ms), still);
    const OthersTime::Use use = others.until(Nanoseconds(2008 * ms), still);
    EXPECT_LT(use.high.value(), 8 * ms / 20);  // of an answer of 8 ms
}

// Nobody can take more than there is: this was "199% of the machine".
TEST(OthersTime, NeverExceedsWhatTheMachineHasBesideThisProgram) {
    OthersTime others(2);
    Nanoseconds machine(0), program(0);
    others.start(Nanoseconds(0), {program, Nanoseconds(1)});
    std::int64_t now = 0;
    for (int i = 0; i < 100; ++i) {
        now += 3 * ms;
        program += Nanoseconds(3 * ms);
        machine += Nanoseconds(i % 3 == 0 ? 30 * ms : 0);  // more than two threads have in three readings
        const OthersTime::Use use = others.until(Nanoseconds(now), {program, machine + Nanoseconds(1)});
        EXPECT_LE(use.high.value(), 3 * ms);
    }
}

// In all, intervals are given what was counted in all, to what ticks can miss.
TEST(OthersTime, CarriesTheRestOver) {
    base::RandomSequence random(5);
    for (const double busy : {0.07, 0.5, 1.0}) {
        TickingMachine machine{2, [&](double t) { return busy * t; }};
        OthersTime others(2);
        others.start(Nanoseconds(0), machine.at(0));
        std::int64_t now = 0, given = 0;
        while (now < 20'000 * ms) {
            const auto step = static_cast<std::int64_t>(random.uniform() * random.uniform() * 60 * ms) + 1;
            now += step;
            given += others.until(Nanoseconds(now), machine.at(now)).value.value();
            ASSERT_NEAR(static_cast<double>(given), busy * static_cast<double>(now), 60.0 * ms);
        }
    }
}

TEST(OthersTime, WhereTheMachinesTimeIsNotKnownNothingIsSaid) {
    OthersTime others(2);
    others.start(Nanoseconds(0), {Nanoseconds(5), Nanoseconds(0)});
    const OthersTime::Use use = others.until(Nanoseconds(10 * ms), {Nanoseconds(10 * ms), Nanoseconds(0)});
    EXPECT_EQ(use.value, Nanoseconds(0));
    EXPECT_EQ(use.high, Nanoseconds(0));
}

}  // namespace
}  // namespace ergon::energy
