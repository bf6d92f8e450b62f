// What a run takes: training and waiting apart, and grams with the schedule and without.

#include "train/run/run_account.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/temporary_directory.h"

namespace ergon::train {
namespace {

using base::GramsPerKilowattHour;

class Account : public testing::Test {
  protected:
    Account() : meter_(options(), false) {}
    energy::MeterOptions options() {
        energy::MeterOptions o;
        o.sysfs = folder_.path();  // no counter: joules are estimated
        o.nvml_library = "";
        return o;
    }
    static StepReport step(std::int64_t number) {
        StepReport report;
        report.step = number;
        report.tokens = 100;
        return report;
    }
    static void pass() { base::sleep_for(base::Seconds(0.02)); }

    test::TemporaryDirectory folder_;
    energy::Meter meter_;
};

TEST_F(Account, LinesAddUpAcrossPieces) {
    RunAccount first({}, meter_, nullptr);
    pass();
    first.trained(step(1), {});
    const StepLine one = first.line();
    EXPECT_GE(one.seconds.value(), 0.02);
    EXPECT_GT(one.joules.value, base::Joules(0));
    EXPECT_EQ(one.total, one.joules);
    EXPECT_FALSE(one.grid);
    RunAccount second(one, meter_, nullptr);
    pass();
    second.trained(step(2), {});
    EXPECT_EQ(second.line().total, one.joules + second.line().joules);
    EXPECT_EQ(second.line().total_seconds, one.seconds + second.line().seconds);
    EXPECT_EQ(second.line().total_tokens, 200);
}

/// Other programs beside it: the run is charged what it is charged alone, its own work and idle power, and what others
/// take stands apart. This program sleeps; nine tenths of two threads are others'.
TEST_F(Account, OtherProgramsStandApart) {
    const auto stat = [&](std::int64_t ticks) {
        folder_.write("stat", "cpu " + std::to_string(100'000 + ticks) + " 0 0 0 0 0 0\n");
    };
    folder_.write("cpuinfo",
                  std::string_view("vendor_id : AuthenticAMD\nmodel name : AMD EPYC\nprocessor : 0\nprocessor : 1\n"));
    energy::MeterOptions beside = options();
    beside.procfs = folder_.path();
    beside.interval = base::Nanoseconds(3'600'000'000'000);  // only the readings that steps ask for
    const auto line_with = [&](double busy_threads) {
        stat(0);
        energy::Meter meter(beside, false);
        RunAccount account({}, meter, nullptr);
        const base::Nanoseconds begin = base::now();
        base::sleep_for(base::Seconds(0.2));
        stat(static_cast<std::int64_t>(100 * busy_threads * base::to_seconds(base::now() - begin).value()));
        account.trained(step(1), {});
        return account.line();
    };
    const StepLine alone = line_with(0), line = line_with(1.8);
    ASSERT_TRUE(alone.others && line.others && line.total_others);
    EXPECT_EQ(alone.others->value, base::Joules(0));
    EXPECT_NEAR((line.joules.value / line.seconds) / (alone.joules.value / alone.seconds), 1, 0.15);
    EXPECT_GT(line.others->value, line.joules.value / 10);
    EXPECT_LT(line.others->low, line.others->value);
    EXPECT_GT(line.others->high, line.others->value);
    EXPECT_EQ(*line.total_others, *line.others);
    EXPECT_EQ(line.total, line.joules) << "others are not in the run's total";
    RunAccount resumed(line, meter_, nullptr);
    pass();
    resumed.trained(step(2), {});
    EXPECT_EQ(*resumed.line().total_others, *line.total_others + *resumed.line().others);
}

/// The grid is at 300 g/kWh for an hour, then at 100: what waited for that is told against what would have been.
TEST_F(Account, GramsWithTheScheduleAndWithout) {
    energy::SystemTime now{std::chrono::seconds(1'800'000'000)};
    const energy::SystemTime clean = now + std::chrono::hours(1);
    CarbonAwareSchedule schedule({[&](energy::SystemTime at) { return GramsPerKilowattHour(at < clean ? 300 : 100); },
                                  GramsPerKilowattHour(150),
                                  {},
                                  {[&] { return now; },
                                   [&](base::Seconds) {
                                       now += std::chrono::minutes(20);
                                       pass();
                                   }}});
    schedule.look();
    RunAccount account({}, meter_, &schedule);
    EXPECT_EQ(account.line().grid->waiting, (energy::Figure{{}, {}, {}, energy::Method::estimated}));
    EXPECT_EQ(account.line().grid->total.method, energy::Method::estimated) << "no gram has been measured";
    schedule.wait(nullptr, [&](GramsPerKilowattHour stored) { account.waited(stored); });
    const energy::Figure waiting = account.line().grid->waiting;
    EXPECT_GE(account.line().grid->waited.value(), 0.06);
    EXPECT_EQ(account.line().total.value, base::Joules(0)) << "waiting is not training";
    // Three naps at 300 g/kWh; the stretch after them at 100 is next to nothing.
    EXPECT_NEAR(account.line().grid->waiting_grams.value.value(), waiting.value.value() / 3.6e6 * 300,
                0.05 * waiting.value.value() / 3.6e6 * 300);
    for (const int number : {1, 2}) {
        pass();
        account.trained(step(number), schedule.look());
    }
    const GridLine& grid = *account.line().grid;
    const energy::Figure joules = account.line().total;
    EXPECT_EQ(grid.intensity.value(), 100);
    const auto expect = [&](const energy::CarbonFigure& found, double grams) {
        EXPECT_DOUBLE_EQ(found.value.value(), joules.value.value() / 3.6e6 * grams);
        EXPECT_DOUBLE_EQ(found.low.value(), joules.low.value() / 3.6e6 * grams);
        EXPECT_DOUBLE_EQ(found.high.value(), joules.high.value() / 3.6e6 * grams);
        EXPECT_EQ(found.method, joules.method);
    };
    expect(grid.total, 100);
    expect(grid.unscheduled, 300);
    EXPECT_EQ(grid.waiting, waiting);
}

}  // namespace
}  // namespace ergon::train
