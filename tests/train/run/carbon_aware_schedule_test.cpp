// The grid's schedule against a clock that only sleep moves.

#include "train/run/carbon_aware_schedule.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"

namespace ergon::train {
namespace {

using base::GramsPerKilowattHour;

class Hours : public testing::Test {
  protected:
    /// 300 g/kWh in the first hour, then 200, then 100, then nobody knows.
    GridOptions options() {
        GridOptions o;
        o.grid = [this](energy::SystemTime now) {
            const double hours = std::chrono::duration<double, std::ratio<3600>>(now - begin_).count();
            if (hours >= 3) base::fail(base::ErrorCode::bad_file, "the hours end");
            return GramsPerKilowattHour(hours < 1 ? 300 : hours < 2 ? 200 : 100);
        };
        o.below = GramsPerKilowattHour(150);
        o.on_wait = [this](GramsPerKilowattHour now) { paused_at_.push_back(now.value()); };
        o.clock = {[this] { return now_; }, [this](base::Seconds time) { pass(time); }};
        return o;
    }
    void pass(base::Seconds time) {
        now_ += std::chrono::nanoseconds(static_cast<std::int64_t>(time.value() * 1e9));
        if (now_ - begin_ >= interrupt_after_) stop_ = true;
    }
    double hours_passed() const { return std::chrono::duration<double, std::ratio<3600>>(now_ - begin_).count(); }

    energy::SystemTime begin_{std::chrono::seconds(1'800'000'000)}, now_ = begin_;
    std::chrono::nanoseconds interrupt_after_ = std::chrono::hours(1000);
    std::atomic<bool> stop_ = false;
    std::vector<double> paused_at_;
};

TEST_F(Hours, WaitsUntilTheGridIsClean) {
    CarbonAwareSchedule schedule(options());
    EXPECT_FALSE(schedule.clean(schedule.look()));
    std::vector<double> accounted;
    schedule.wait(&stop_, [&](GramsPerKilowattHour stored) { accounted.push_back(stored.value()); });
    EXPECT_NEAR(hours_passed(), 2, 1e-3);
    EXPECT_TRUE(schedule.clean(schedule.look()));
    EXPECT_EQ(paused_at_, (std::vector<double>{300, 200}));
    // Each stretch with what held in it; the last has no length.
    EXPECT_EQ(accounted, (std::vector<double>{300, 200, 100}));
}

TEST_F(Hours, AnInterruptEndsTheWait) {
    interrupt_after_ = std::chrono::minutes(10);
    CarbonAwareSchedule schedule(options());
    schedule.wait(&stop_, [](GramsPerKilowattHour) {});
    EXPECT_NEAR(hours_passed(), 1.0 / 6, 1e-3);
}

TEST_F(Hours, WhatIsNotBelowTheThresholdIsNotClean) {
    const CarbonAwareSchedule schedule(options());
    EXPECT_FALSE(schedule.clean(GramsPerKilowattHour(150)));
    EXPECT_TRUE(schedule.clean(GramsPerKilowattHour(149.9)));
}

TEST_F(Hours, AGridThatIsNotKnownIsAnError) {
    GridOptions o = options();
    o.below = GramsPerKilowattHour(50);
    CarbonAwareSchedule schedule(o);
    test::expect_error(base::ErrorCode::bad_file, "the hours end",
                       [&] { schedule.wait(&stop_, [](GramsPerKilowattHour) {}); });
}

/// What training from the beginning without a pause would have met.
TEST_F(Hours, TheMeanOfTheFirstHoursIsByTime) {
    CarbonAwareSchedule schedule(options());
    schedule.look();
    EXPECT_EQ(schedule.mean_of_first(base::Seconds(0)).value(), 300);
    EXPECT_EQ(schedule.mean_of_first(base::Seconds(60)).value(), 300);
    for (const double seconds : {3600.0, 1800.0, 1800.0, 1800.0}) {
        pass(base::Seconds(seconds));
        schedule.look();
    }
    EXPECT_NEAR(schedule.mean_of_first(base::Seconds(1800)).value(), 300, 1e-9);
    EXPECT_NEAR(schedule.mean_of_first(base::Seconds(3600)).value(), 300, 1e-9);
    EXPECT_NEAR(schedule.mean_of_first(base::Seconds(5400)).value(), (300 * 2 + 200) / 3.0, 1e-9);
    EXPECT_NEAR(schedule.mean_of_first(base::Seconds(9000)).value(), (300 * 2 + 200 * 2 + 100) / 5.0, 1e-9);
}

}  // namespace
}  // namespace ergon::train
