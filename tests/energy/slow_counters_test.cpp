// Counters that move once in a millisecond or once in ten seconds, freeze, thaw, are reset and wrap, read at any time:
// the total of a run lies within its interval, parts add up to the nanojoule, and nothing is counted twice.

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/sanitized.h"
#include "energy/counters/counter_sensor.h"
#include "energy/counters/machine_counter.h"
#include "energy/fake_sensor.h"
#include "energy/ledger/ledger.h"
#include "energy/ledger/request_figures.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;
using base::RandomSequence;

/// A counter in microjoules that shows what was taken at its own times.
class SimulatedCounter {
  public:
    SimulatedCounter(RandomSequence& random, double run) : random_(random) {
        constexpr std::array<double, 6> steps{0.001, 0.1, 1, 2, 5, 10};
        step_ = steps[random.below(steps.size())];
        next_ = at_ + step_ * random.uniform();
        watts_ = 20 + 40 * random.uniform();
        range_ = random.below(2) == 0 ? 262'143'328'850u : 65'532'610'987u;
        shown_ = random.below(2) == 0 ? range_ - 50'000'000 : 1'000'000;
        if (random.below(3) == 0) {  // one freeze, after which it shows all that was taken, or has lost it
            freeze_ = run * random.uniform();
            thaw_ = freeze_ + 4 * random.uniform();
            // A shorter freeze nobody can see.
            forgets_ = random.below(3) == 0 && thaw_ - freeze_ > 0.5 + 6 * step_;
        }
        if (random.below(4) == 0) reset_ = run * random.uniform();
        advance(0);  // it has counted before anybody reads
        taken_ = all_shown_ = 0;
    }

    void advance(double to) {
        while (at_ < to) {
            const double until = std::min({to, next_, at_ < reset_ ? reset_ : to, at_ < thaw_ ? thaw_ : to});
            taken_ += watts_ * (until - at_);
            hidden_ += watts_ * (until - at_);
            at_ = until;
            if (at_ == thaw_ && forgets_) hidden_ = 0;
            if (at_ == reset_) shown_ = 0;
            if (at_ < next_) continue;
            next_ += step_;
            watts_ = std::clamp(watts_ + 10 * (random_.uniform() - 0.5), 20.0, 60.0);
            if (at_ >= freeze_ && at_ < thaw_) continue;
            const auto whole = static_cast<std::uint64_t>(hidden_ * 1e6);
            hidden_ -= static_cast<double>(whole) * 1e-6;
            shown_ = (shown_ + whole) % range_;
            all_shown_ += static_cast<double>(whole) * 1e-6;
        }
    }

    std::unique_ptr<Sensor> open(const std::string& name) {
        return std::make_unique<CounterSensor>(
            SensorInfo{name, "powercap", Scope::package, processor_step, {}, {}},
            CounterRules{name, 1000, range_, highest_power(Scope::package), processor_slack},
            [this] {
                return SensorResult<std::uint64_t>{shown_, {}};
            },
            seconds(0));
    }
    double taken() const { return taken_; }
    double shown() const { return all_shown_; }
    std::string describe() const {
        return fmt::format(" moves every {} s, froze {:.1f} to {:.1f} s{}, reset at {:.1f} s", step_, freeze_, thaw_,
                           forgets_ ? " and forgot" : "", reset_);
    }

  private:
    RandomSequence& random_;
    double step_ = 0, next_ = 0, watts_ = 0, at_ = -20, taken_ = 0, hidden_ = 0, all_shown_ = 0;
    double freeze_ = -30, thaw_ = -30, reset_ = -30;
    bool forgets_ = false;
    std::uint64_t shown_ = 0, range_ = 0;
};

/// One run of a machine of one or two sockets.
class SimulatedRun {
  public:
    explicit SimulatedRun(std::uint64_t seed) : random_(seed), length_(20 + 60 * random_.uniform()) {
        const std::uint64_t sockets = 1 + random_.below(2);
        std::vector<std::unique_ptr<Sensor>> sensors;
        counters_.reserve(sockets);
        for (std::uint64_t i = 0; i < sockets; ++i) {
            counters_.emplace_back(random_, length_);
            sensors.push_back(counters_.back().open("package-" + std::to_string(i)));
        }
        counter_ = std::make_unique<MachineCounter>(std::move(sensors), seconds(0));
    }

    void play() {
        double now = 0;
        while (now < length_) {
            // The sampler's pace, and forced readings at any time.
            const double until = std::min(length_, now + (random_.below(3) == 0 ? 0.1 * random_.uniform() : 0.1));
            for (SimulatedCounter& counter : counters_) counter.advance(until);
            const Nanoseconds elapsed = seconds(until) - seconds(now);
            if (elapsed <= Nanoseconds(0)) continue;
            const double expected = 10 * (0.5 + random_.uniform()) * base::to_seconds(elapsed).value();
            counter_->read(seconds(until), joules(expected));
            now = until;
            if (random_.below(8) == 0) begin_or_end();
            add(random_.below(200) == 0 ? counter_->give_up() : counter_->take());
        }
        add(counter_->give_up());
        while (!running_.empty()) begin_or_end();
    }

    void check() {
        Nanojoules handed_out{};
        ledger_.settle(seconds(length_));
        for (RequestId id = 1; id < next_; ++id) {
            const auto account = ledger_.take(id);
            ASSERT_TRUE(account);
            for (const Charge& phase : account->phases) handed_out += phase.active + phase.idle;
        }
        const CommonAccounts& common = ledger_.common();
        ASSERT_EQ(handed_out + common.idle + common.program + common.others, energy_) << "to the nanojoule";
        ASSERT_EQ(until_, seconds(length_)) << "no time is left out";

        double taken = 0, shown = 0;
        for (const SimulatedCounter& counter : counters_) {
            taken += counter.taken();
            shown += counter.shown();
        }
        const PowerRange estimate{base::Watts(10), base::Watts(5), base::Watts(20)};
        const Figure total = total_of(amounts_, {estimate, estimate, estimate, false, counter_->info().step});
        std::string what = fmt::format("{:.1f} J of {:.1f} in {:.1f} s, of which {:.1f} counted, step {:.3f} s;",
                                       total.value.value(), taken, length_, base::to_joules(counted_).value(),
                                       base::to_seconds(counter_->info().step).value());
        for (const SimulatedCounter& counter : counters_) what += counter.describe();
        ASSERT_LE(total.low.value(), taken) << what;
        ASSERT_GE(total.high.value(), taken) << what;
        ASSERT_LE(base::to_joules(counted_).value(), shown + 1e-6) << what << " nothing is counted twice";
    }

  private:
    void begin_or_end() {
        if (!running_.empty() && random_.below(2) == 0) {
            ledger_.end_request(running_.back(), until_);
            running_.pop_back();
            return;
        }
        if (until_ >= seconds(length_) || (!running_.empty() && next_ > 40)) {
            if (!running_.empty()) {
                ledger_.end_request(running_.back(), until_);
                running_.pop_back();
            }
            return;
        }
        ledger_.begin_request(next_, until_);
        running_.push_back(next_++);
    }
    void add(const std::vector<MachineSlice>& slices) {
        for (const MachineSlice& slice : slices) {
            Interval interval{slice.begin, slice.end, slice.energy(), {}, seconds(0.01), {}, true};
            interval.missing = slice.missing;
            interval.missing += slice.pending;
            interval.idle = Nanojoules(interval.energy.value() / 3);
            ledger_.add_interval(interval);
            energy_ += interval.energy;
            counted_ += slice.counted;
            until_ = slice.end;
            Amounts amounts;
            amounts.active = interval.energy;
            amounts.missing = interval.missing;
            amounts.time = interval.end - interval.begin;
            amounts_ += amounts;
        }
    }

    RandomSequence random_;
    double length_;
    std::vector<SimulatedCounter> counters_;
    std::unique_ptr<MachineCounter> counter_;
    Ledger ledger_;
    std::vector<RequestId> running_;
    RequestId next_ = 1;
    Nanojoules energy_{}, counted_{};
    Nanoseconds until_{};
    Amounts amounts_;
};

TEST(SlowCounters, TotalsLieWithinTheirIntervalsPartsAddUpAndNothingIsCountedTwice) {
    const std::uint64_t runs = test::sanitized ? 100 : 1500;
    for (std::uint64_t seed = 0; seed < runs; ++seed) {
        SimulatedRun run(seed);
        run.play();
        run.check();
        if (HasFatalFailure()) FAIL() << "run " << seed;
    }
}

}  // namespace
}  // namespace ergon::energy
