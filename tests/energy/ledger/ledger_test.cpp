#include "energy/ledger/ledger.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/random.h"
#include "base/sanitized.h"
#include "energy/ledger/request_figures.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;
using base::RandomSequence;

constexpr Nanoseconds ns(std::int64_t count) {
    return Nanoseconds(count);
}

Work work(ComponentId component, std::int64_t begin, std::int64_t elapsed, std::int64_t busy) {
    Work one;
    one.component = component;
    one.begin = ns(begin);
    one.elapsed = ns(elapsed);
    one.busy = ns(busy);
    return one;
}

Interval interval(std::int64_t begin, std::int64_t end, std::int64_t energy, std::int64_t idle,
                  std::int64_t program = 0, std::int64_t others = 0, bool counted = true) {
    return {ns(begin), ns(end), Nanojoules(energy), Nanojoules(idle), ns(program), ns(others), counted};
}

Nanojoules charged(const RequestAccount& account) {
    Nanojoules sum{};
    for (const Charge& phase : account.phases) sum += phase.active + phase.idle;
    return sum;
}

Nanojoules common(const Ledger& ledger) {
    return ledger.common().idle + ledger.common().program + ledger.common().others;
}

const Charge& phase(const RequestAccount& account, Phase which) {
    return account.phases[static_cast<std::size_t>(which)];
}

TEST(SplitExactly, GivesTheLargestRemaindersWhatTheFloorsLeave) {
    EXPECT_EQ(split_exactly(10, std::vector<std::int64_t>{1, 1, 1}), (std::vector<std::int64_t>{4, 3, 3}));
    EXPECT_EQ(split_exactly(7, std::vector<std::int64_t>{1, 2, 1}), (std::vector<std::int64_t>{2, 3, 2}));
    EXPECT_EQ(split_exactly(100, std::vector<std::int64_t>{0, 3, 0}), (std::vector<std::int64_t>{0, 100, 0}));
    EXPECT_EQ(split_exactly(3, std::vector<std::int64_t>{0, 0}), (std::vector<std::int64_t>{2, 1}));
    EXPECT_EQ(split_exactly(0, std::vector<std::int64_t>{5, 6}), (std::vector<std::int64_t>{0, 0}));
}

TEST(SplitExactly, PartsAddUpAndStayWithinOneOfTheirShare) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        RandomSequence random(seed);
        // Amounts up to 2^62 and weights whose sum is far beyond 64 bits: nothing may overflow.
        const std::int64_t total = static_cast<std::int64_t>(random() >> (2 + random.below(60)));
        std::vector<std::int64_t> weights(1 + random.below(20));
        for (std::int64_t& weight : weights) weight = static_cast<std::int64_t>(random() >> (1 + random.below(63)));
        const std::vector<std::int64_t> parts = split_exactly(total, weights);
        ASSERT_EQ(std::accumulate(parts.begin(), parts.end(), std::int64_t{0}), total);
        long double whole = 0;
        for (const std::int64_t weight : weights) whole += static_cast<long double>(weight);
        for (std::size_t i = 0; i < parts.size() && whole > 0; ++i) {
            const long double share = static_cast<long double>(total) * (static_cast<long double>(weights[i]) / whole);
            // long double has 64 bits: a share of 2^62 is known to a fraction of one.
            ASSERT_NEAR(static_cast<double>(static_cast<long double>(parts[i]) - share), 0, 1.5);
        }
    }
}

TEST(Ledger, ALoneRequestIsChargedTheWholeCounter) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    ledger.add_step({ns(0), ns(100), {{1, Phase::prompt, 8}}, {work(3, 0, 60, 120), work(4, 60, 40, 80)}});
    ledger.add_interval(interval(0, 100, 1000, 200, 200));
    ledger.end_request(1, ns(100));
    ledger.settle(ns(100));
    const auto account = ledger.take(1);
    ASSERT_TRUE(account);
    const Charge& prompt = phase(*account, Phase::prompt);
    EXPECT_EQ(prompt.idle, Nanojoules(200));
    EXPECT_EQ(prompt.active, Nanojoules(800));
    EXPECT_EQ(prompt.cells.at({3}), Nanojoules(480));  // 120 of 200 ns of workers' time
    EXPECT_EQ(prompt.cells.at({4}), Nanojoules(320));
    EXPECT_EQ(prompt.time, ns(100));
    EXPECT_EQ(prompt.tokens, 8);
    EXPECT_EQ(account->shared, Nanojoules(0)) << "alone: the counter measured it";
    EXPECT_EQ(prompt.shared, Nanojoules(0));
    EXPECT_EQ(common(ledger), Nanojoules(0));
    EXPECT_FALSE(ledger.take(1)) << "it has left the ledger";
}

// What is not known of others' time is known no better of what was split by it: 800 nJ over 100 ns of ours and 100 of
// others, which may be 50 or 300.
TEST(Ledger, DoubtAboutOthersWidensTheCharge) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    Interval one = interval(0, 100, 1000, 200, 100, 100);
    one.others_less = ns(50);
    one.others_more = ns(200);
    ledger.add_interval(one);
    ledger.end_request(1, ns(100));
    ledger.settle(ns(100));
    const RequestAccount account = ledger.take(1).value();
    const Charge& charge = phase(account, Phase::prompt);
    EXPECT_EQ(charge.active, Nanojoules(400));
    EXPECT_EQ(charge.others_more, Nanojoules(200));  // 800 x 100 / 400 = 200 may be all of it
    EXPECT_EQ(charge.others_less, Nanojoules(133));  // or 800 x 100 / 150 = 533
    EXPECT_EQ(account.elapsed, ns(100));
    Uncertainty none;
    const RequestFigures figures = figures_of(account, none);
    EXPECT_LE(figures.total.low.value(), 400e-9);
    EXPECT_GE(figures.total.high.value(), 733e-9);
    EXPECT_EQ(figures.total.method, Method::apportioned);
}

// An estimate charges each by its own time, whatever others took.
TEST(Ledger, DoubtAboutOthersIsNoneWithoutACounter) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    Interval one = interval(0, 100, 1000, 200, 100, 100, false);
    one.others_more = ns(200);
    ledger.add_interval(one);
    EXPECT_EQ(ledger.so_far(1).intervals, 0);
    ledger.settle(ns(100));
    EXPECT_EQ(ledger.so_far(1).intervals, 1) << "it still runs";
    ledger.end_request(1, ns(100));
    EXPECT_EQ(phase(*ledger.take(1), Phase::prompt).others_more, Nanojoules(0));
    EXPECT_EQ(ledger.common().others_estimated, Nanojoules(400));
    test::expect_error(base::ErrorCode::bad_argument, "Unknown request 1", [&] { ledger.so_far(1); });
}

TEST(Ledger, ABatchSharesByTokensAndIdleEqually) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    ledger.begin_request(2, ns(0));
    ledger.add_step({ns(0), ns(100), {{1, Phase::prompt, 9}, {2, Phase::answer, 1}}, {work(0, 0, 100, 100)}});
    ledger.add_interval(interval(0, 100, 1100, 100, 100));
    ledger.end_request(1, ns(100));
    ledger.end_request(2, ns(100));
    ledger.settle(ns(100));
    const auto one = ledger.take(1), two = ledger.take(2);
    EXPECT_EQ(phase(*one, Phase::prompt).active, Nanojoules(900));
    EXPECT_EQ(phase(*two, Phase::answer).active, Nanojoules(100));
    EXPECT_EQ(phase(*one, Phase::prompt).idle, Nanojoules(50));
    EXPECT_EQ(phase(*two, Phase::answer).idle, Nanojoules(50));
    EXPECT_EQ(one->shared, charged(*one)) << "all of it was split";
}

TEST(Ledger, AStepThatStraddlesIntervalsIsSplitByTime) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    ledger.begin_request(2, ns(0));
    // Request 1 works in [0, 100); request 2 in [100, 300). The counter was read at 200 and 300.
    ledger.add_step({ns(0), ns(100), {{1, Phase::answer, 1}}, {work(0, 0, 100, 100)}});
    ledger.add_step({ns(100), ns(300), {{2, Phase::answer, 1}}, {work(0, 100, 200, 200)}});
    ledger.add_interval(interval(0, 200, 1000, 0, 200));
    ledger.add_interval(interval(200, 300, 4000, 0, 100));
    ledger.end_request(1, ns(300));
    ledger.end_request(2, ns(300));
    ledger.settle(ns(300));
    EXPECT_EQ(charged(*ledger.take(1)), Nanojoules(500));
    EXPECT_EQ(charged(*ledger.take(2)), Nanojoules(500 + 4000));
}

TEST(Ledger, WorkIsChargedOnceInEachInterval) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    ledger.begin_request(2, ns(0));
    ledger.add_step({ns(0), ns(150), {{1, Phase::answer, 1}}, {work(0, 0, 150, 150)}});
    ledger.add_step({ns(100), ns(200), {{2, Phase::answer, 1}}, {work(0, 100, 100, 100)}});
    ledger.add_interval(interval(0, 100, 1000, 0, 100));
    ledger.add_interval(interval(100, 200, 1500, 0, 150));
    ledger.end_request(1, ns(200));
    ledger.end_request(2, ns(200));
    ledger.settle(ns(200));
    EXPECT_EQ(charged(*ledger.take(1)), Nanojoules(1000 + 500)) << "50 of 150 ns in the second interval";
    EXPECT_EQ(charged(*ledger.take(2)), Nanojoules(1000));
}

TEST(Ledger, OtherProgramsAndUnrecordedWorkAreApart) {
    Ledger ledger;
    ledger.add_interval(interval(0, 100, 1000, 400, 50, 150));  // no request: loading a model, say
    ledger.begin_request(1, ns(100));
    ledger.add_step({ns(100), ns(200), {{1, Phase::thinking, 1}}, {work(7, 100, 50, 100)}});
    ledger.add_interval(interval(100, 200, 1000, 0, 150, 50));
    ledger.end_request(1, ns(200));
    ledger.settle(ns(200));
    EXPECT_EQ(ledger.common().idle, Nanojoules(400));
    EXPECT_EQ(ledger.common().program, Nanojoules(150));
    EXPECT_EQ(ledger.common().others, Nanojoules(450 + 250));
    const auto account = ledger.take(1);
    EXPECT_EQ(phase(*account, Phase::thinking).cells.at({7}), Nanojoules(500));
    EXPECT_EQ(phase(*account, Phase::thinking).cells.at({everything_else}), Nanojoules(250));
    EXPECT_EQ(account->shared, Nanojoules(750)) << "other programs took a quarter: not alone";
}

TEST(Ledger, PhasesFollowTheSteps) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    ledger.add_step({ns(10), ns(40), {{1, Phase::prompt, 5}}, {work(0, 10, 30, 30)}});
    ledger.add_step({ns(50), ns(60), {{1, Phase::thinking, 1}}, {work(0, 50, 10, 10)}});
    ledger.add_step({ns(70), ns(80), {{1, Phase::answer, 1}}, {work(0, 70, 10, 10)}});
    ledger.add_interval(interval(0, 50, 600, 500, 30));
    ledger.add_interval(interval(50, 100, 700, 500, 20));
    ledger.end_request(1, ns(90));
    ledger.settle(ns(100));
    const auto account = ledger.take(1);
    EXPECT_EQ(phase(*account, Phase::prompt).time, ns(50));
    EXPECT_EQ(phase(*account, Phase::thinking).time, ns(20));
    EXPECT_EQ(phase(*account, Phase::answer).time, ns(20));
    EXPECT_EQ(phase(*account, Phase::prompt).idle, Nanojoules(500));
    EXPECT_EQ(phase(*account, Phase::prompt).shared, Nanojoules(0)) << "its interval ended where it did";
    EXPECT_EQ(phase(*account, Phase::thinking).idle, Nanojoules(200));
    EXPECT_EQ(phase(*account, Phase::thinking).active, Nanojoules(100));
    EXPECT_EQ(phase(*account, Phase::thinking).shared, Nanojoules(300));
    EXPECT_EQ(ledger.common().idle, Nanojoules(100)) << "nobody ran in the last tenth";
}

TEST(Ledger, LateWorkCountsInTheNextInterval) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    ledger.begin_request(2, ns(0));
    ledger.add_interval(interval(0, 100, 1000, 0, 0));
    ledger.settle(ns(100));
    ledger.add_step({ns(0), ns(150), {{1, Phase::prompt, 1}}, {work(0, 0, 150, 150)}});
    ledger.add_step({ns(100), ns(150), {{2, Phase::prompt, 1}}, {work(0, 100, 50, 50)}});
    ledger.add_interval(interval(100, 200, 800, 0, 200));
    ledger.end_request(1, ns(200));
    ledger.end_request(2, ns(200));
    ledger.settle(ns(200));
    const auto one = ledger.take(1), two = ledger.take(2);
    EXPECT_EQ(phase(*one, Phase::prompt).active, Nanojoules(600));
    EXPECT_EQ(phase(*two, Phase::prompt).active, Nanojoules(200));
    EXPECT_EQ(phase(*one, Phase::prompt).idle, Nanojoules(500)) << "nobody was known to work, and both were running";
}

TEST(Ledger, EstimatedIntervalsAreKeptApart) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    ledger.add_interval(interval(0, 100, 1000, 300, 100, 0, true));
    ledger.add_interval(interval(100, 200, 500, 200, 100, 0, false));
    ledger.end_request(1, ns(200));
    ledger.settle(ns(200));
    const auto account = ledger.take(1);
    const Charge& prompt = phase(*account, Phase::prompt);
    EXPECT_EQ(prompt.active, Nanojoules(1000));
    EXPECT_EQ(prompt.active_estimated, Nanojoules(300));
    EXPECT_EQ(prompt.idle_estimated, Nanojoules(200));
    EXPECT_EQ(account->intervals, 2);
    EXPECT_EQ(account->estimated_intervals, 1);
    EXPECT_EQ(account->machine, Nanojoules(1500));
}

TEST(Ledger, RefusesWhatMakesNoSense) {
    Ledger ledger;
    ledger.begin_request(1, ns(0));
    test::expect_error(base::ErrorCode::bad_argument, "Request 1 has already begun",
                       [&] { ledger.begin_request(1, ns(5)); });
    test::expect_error(base::ErrorCode::bad_argument, "Request 2 cannot end", [&] { ledger.end_request(2, ns(5)); });
    ledger.end_request(1, ns(5));
    test::expect_error(base::ErrorCode::bad_argument, "Request 1 cannot end", [&] { ledger.end_request(1, ns(5)); });
    EXPECT_FALSE(ledger.take(1)) << "not settled yet";
    test::expect_error(base::ErrorCode::bad_argument, "does not follow",
                       [&] { ledger.add_interval(interval(10, 10, 1, 0)); });
    test::expect_error(base::ErrorCode::bad_argument, "An energy interval of -1 nJ",
                       [&] { ledger.add_interval(interval(0, 10, -1, 0)); });
    test::expect_error(base::ErrorCode::bad_argument, "5 nJ with 6 nJ idle",
                       [&] { ledger.add_interval(interval(0, 10, 5, 6)); });
    test::expect_error(base::ErrorCode::bad_argument, "busy times of -1",
                       [&] { ledger.add_interval(interval(0, 10, 5, 1, -1)); });
    ledger.add_interval(interval(0, 10, 5, 1));
    test::expect_error(base::ErrorCode::bad_argument, "does not follow the one that ended at 10 ns",
                       [&] { ledger.add_interval(interval(11, 20, 5, 1)); });  // a hole
}

/// One random life of a ledger: requests begin, end and are cancelled at any time, share steps or not, steps straddle
/// intervals, are reported late or for requests long gone, intervals are counted or estimated, settled early or late.
class Schedule {
  public:
    explicit Schedule(std::uint64_t seed)
        : random_(seed), always_counted_(random_.below(2) == 0), ledger_(random_cost(random_)) {}

    void play() {
        const std::uint64_t events = 10 + random_.below(60);
        for (std::uint64_t i = 0; i < events; ++i) {
            now_ += static_cast<std::int64_t>(random_.below(1000));
            switch (random_.below(6)) {
                case 0: begin(); break;
                case 1: end(); break;
                case 2:
                case 3: step(); break;
                case 4: close_interval(); break;
                default: settle(); break;
            }
        }
        now_ += 1;
        while (!running_.empty()) end();
        close_interval();
        ledger_.settle(ns(now_));
        take_all();
    }

    void check() const {
        ASSERT_TRUE(ended_.empty());
        if (always_counted_) {
            ASSERT_EQ(ledger_.settled(), total_);
        } else {
            ASSERT_GE(ledger_.settled(), total_) << "without a counter, work costs on top";
        }
        ASSERT_EQ(handed_out_ + common(ledger_), ledger_.settled());
    }

    std::int64_t requests() const { return static_cast<std::int64_t>(next_); }

  private:
    void begin() {
        ledger_.begin_request(next_, ns(now_));
        running_.push_back(next_++);
    }
    void end() {
        if (running_.empty()) return;
        const std::size_t which = random_.below(running_.size());
        ledger_.end_request(running_[which], ns(now_));
        ended_.insert(running_[which]);
        running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(which));
    }
    void step() {
        Step step;
        const std::int64_t length = static_cast<std::int64_t>(random_.below(3000));
        step.begin = ns(std::max<std::int64_t>(0, now_ - length));
        step.end = ns(now_);
        const std::uint64_t participants = random_.below(4);
        for (std::uint64_t i = 0; i < participants; ++i) {
            const RequestId anyone = random_.below(next_ + 2);  // running, ended, gone or never known
            step.participants.push_back(
                {anyone, static_cast<Phase>(random_.below(phase_count)), static_cast<std::int64_t>(random_.below(5))});
        }
        const std::uint64_t records = random_.below(5);
        for (std::uint64_t i = 0; i < records; ++i) {
            const std::int64_t offset =
                static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(length) + 1));
            const std::int64_t elapsed =
                static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(length - offset) + 1));
            Work one = work(static_cast<ComponentId>(random_.below(4)), step.begin.value() + offset, elapsed,
                            static_cast<std::int64_t>(random_.below(4)) * elapsed);
            one[Source::weights] = static_cast<std::int64_t>(random_.below(3) * random_.below(1'000'000));
            one.expert = static_cast<std::int32_t>(random_.below(4)) - 1;
            one.first_user = static_cast<std::int32_t>(step.users.size());
            one.users = static_cast<std::int32_t>(participants == 0 ? 0 : random_.below(3));
            for (std::int32_t user = 0; user < one.users; ++user) {
                step.users.push_back({static_cast<std::int32_t>(random_.below(participants)),
                                      static_cast<std::int64_t>(random_.below(5))});
            }
            step.records.push_back(one);
        }
        ledger_.add_step(std::move(step));
    }
    void close_interval() {
        if (now_ <= last_) return;
        const auto energy = static_cast<std::int64_t>(random_.below(random_.below(2) == 0 ? 20 : 1'000'000'000'000));
        const auto idle = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(energy) + 1));
        const auto busy = [&] { return static_cast<std::int64_t>(random_.below(3) * random_.below(5000)); };
        ledger_.add_interval(
            interval(last_, now_, energy, idle, busy(), busy(), always_counted_ || random_.below(4) != 0));
        total_ += Nanojoules(energy);
        last_ = now_;
    }
    void settle() {
        ledger_.settle(ns(now_ - static_cast<std::int64_t>(random_.below(2000))));
        take_all();
    }
    void take_all() {
        for (auto id = ended_.begin(); id != ended_.end();) {
            const auto account = ledger_.take(*id);
            if (!account) {
                ++id;
                continue;
            }
            check_account(*account);
            id = ended_.erase(id);
        }
    }
    void check_account(const RequestAccount& account) {
        Nanojoules phases_shared{};
        for (const Charge& phase : account.phases) {
            Nanojoules components{};
            for (const auto& [cell, energy] : phase.cells) {
                ASSERT_GE(energy, Nanojoules(0));
                components += energy;
            }
            ASSERT_EQ(components, phase.active) << "components are the work, whole";
            ASSERT_LE(phase.active_estimated, phase.active);
            ASSERT_LE(phase.idle_estimated, phase.idle);
            ASSERT_GE(phase.time, ns(0));
            phases_shared += phase.shared;
        }
        ASSERT_LE(account.shared, phases_shared);
        handed_out_ += charged(account);
    }

    static WorkCost random_cost(RandomSequence& random) {
        if (random.below(2) == 0) return {};
        WorkCost cost;
        cost.active = base::Watts(static_cast<double>(random.below(100)));
        cost.joules_per_byte[0] = static_cast<double>(random.below(1000)) * 1e-12;
        return cost;
    }

    RandomSequence random_;
    bool always_counted_;
    Ledger ledger_;
    std::vector<RequestId> running_;
    std::set<RequestId> ended_;
    RequestId next_ = 1;
    std::int64_t now_ = 0;
    std::int64_t last_ = 0;
    Nanojoules total_{};
    Nanojoules handed_out_{};
};

TEST(Ledger, TheRemainderGoesToBytesByTheirCostAndNoMoreThanThat) {
    WorkCost cost;
    cost.active = base::Watts(1);  // a nanojoule for a nanosecond
    cost.joules_per_byte[static_cast<std::size_t>(Source::weights)] = 2e-9;
    Ledger ledger(cost);
    ledger.begin_request(1, ns(0));
    Work reads = work(3, 0, 50, 50), multiplies = work(4, 50, 50, 50);
    reads[Source::weights] = 30;
    multiplies[Source::weights] = 10;
    ledger.add_step({ns(0), ns(100), {{1, Phase::answer, 1}}, {reads, multiplies}, {}});
    // 1000 above idle: 200 are active power x time; of the rest 80 are what 40 bytes cost, 3 to 1; 720 are anybody's,
    // and go with active power, half to others.
    ledger.add_interval(interval(0, 100, 1500, 500, 100, 100));
    ledger.end_request(1, ns(100));
    ledger.settle(ns(100));
    const auto account = ledger.take(1);
    const Charge& answer = phase(*account, Phase::answer);
    EXPECT_EQ(answer.cells.at({3}), Nanojoules(230 + 60));
    EXPECT_EQ(answer.cells.at({4}), Nanojoules(230 + 20));
    EXPECT_EQ(ledger.common().others, Nanojoules(460));
}

TEST(Ledger, WithoutACounterWorkCostsOnTopOfTheEstimate) {
    WorkCost cost;
    cost.joules_per_operation[static_cast<std::size_t>(Arithmetic::int8)] = 1e-9;
    Ledger ledger(cost);
    ledger.begin_request(1, ns(0));
    Work one = work(3, 0, 100, 100);
    one[Arithmetic::int8] = 4000;
    ledger.add_step({ns(0), ns(100), {{1, Phase::answer, 1}}, {one}, {}});
    ledger.add_interval(interval(0, 25, 70, 20, 25, 0, false));  // a quarter of the operation
    ledger.add_interval(interval(25, 100, 300, 60, 75, 0, false));
    ledger.end_request(1, ns(100));
    ledger.settle(ns(100));
    const Charge answer = phase(*ledger.take(1), Phase::answer);
    EXPECT_EQ(answer.active, Nanojoules(50 + 1000 + 240 + 3000));
    EXPECT_EQ(answer.active_estimated, answer.active);
    EXPECT_EQ(ledger.settled(), Nanojoules(70 + 300 + 4000));
}

/// A model that fits into the last cache moves nothing from memory, a larger one what exceeds the cache.
TEST(Ledger, WhatTheCacheHoldsDoesNotComeFromMemory) {
    const auto joules_of = [](std::int64_t weights, std::int64_t cached) {
        WorkCost cost;
        cost.joules_per_byte[static_cast<std::size_t>(Source::weights)] = 4e-9;
        cost.joules_per_cached_byte = 1e-9;
        cost.cached = base::Bytes(cached);
        Ledger ledger(cost);
        ledger.begin_request(1, ns(0));
        Work first = work(3, 0, 50, 50), second = work(4, 50, 50, 50);
        first[Source::weights] = weights / 2;
        second[Source::weights] = weights / 2;
        ledger.add_step({ns(0), ns(100), {{1, Phase::answer, 1}}, {first, second}, {}});
        ledger.add_interval(interval(0, 100, 0, 0, 100, 0, false));
        ledger.end_request(1, ns(100));
        ledger.settle(ns(100));
        return phase(*ledger.take(1), Phase::answer).active;
    };
    EXPECT_EQ(joules_of(1000, 0), Nanojoules(4000));
    EXPECT_EQ(joules_of(1000, 1000), Nanojoules(1000));
    EXPECT_EQ(joules_of(1000, 5000), Nanojoules(1000));
    EXPECT_EQ(joules_of(4000, 1000), Nanojoules(3000 * 4 + 1000));
}

TEST(Ledger, AnExpertIsPaidByThoseWhoUsedIt) {
    Ledger ledger;
    for (const RequestId request : {1, 2, 3}) ledger.begin_request(request, ns(0));
    Work expert = work(5, 0, 100, 100);
    expert.layer = 7;
    expert.expert = 11;
    expert.users = 2;
    Work all = work(6, 0, 100, 100);
    Step step{ns(0),
              ns(100),
              {{1, Phase::prompt, 4}, {2, Phase::answer, 1}, {3, Phase::discarded, 1}},
              {expert, all},
              {{0, 3}, {2, 1}}};
    ledger.add_step(step);
    ledger.add_interval(interval(0, 100, 1200, 0, 100));
    for (const RequestId request : {1, 2, 3}) ledger.end_request(request, ns(100));
    ledger.settle(ns(100));
    const Cell of_expert{5, 7, 11};
    const Charge first = phase(*ledger.take(1), Phase::prompt);
    EXPECT_EQ(first.cells.at(of_expert), Nanojoules(450));
    EXPECT_EQ(first.cells.at({6}), Nanojoules(400));
    const Charge second = phase(*ledger.take(2), Phase::answer);
    EXPECT_FALSE(second.cells.contains(of_expert));
    EXPECT_EQ(second.cells.at({6}), Nanojoules(100));
    EXPECT_EQ(phase(*ledger.take(3), Phase::discarded).cells.at(of_expert), Nanojoules(150));
}

TEST(Ledger, RefusesWorkForThoseWhoAreNotThere) {
    Ledger ledger;
    Work one = work(1, 0, 10, 10);
    one.users = 1;
    test::expect_error(base::ErrorCode::bad_argument, "users that are not in its step", [&] {
        ledger.add_step({ns(0), ns(10), {{1, Phase::answer, 1}}, {one}, {}});
    });
    test::expect_error(base::ErrorCode::bad_argument, "participant 1 of a step that has 1", [&] {
        ledger.add_step({ns(0), ns(10), {{1, Phase::answer, 1}}, {one}, {{1, 1}}});
    });
}

TEST(Ledger, PartsAddUpToTheCounterExactlyForAnySchedule) {
    std::int64_t requests = 0;
    const std::uint64_t schedules = test::sanitized ? 10'000 : 100'000;
    for (std::uint64_t seed = 0; seed < schedules; ++seed) {
        Schedule schedule(seed);
        schedule.play();
        schedule.check();
        if (HasFatalFailure()) FAIL() << "schedule " << seed;
        requests += schedule.requests();
    }
    EXPECT_GT(requests, static_cast<std::int64_t>(5 * schedules));
}

}  // namespace
}  // namespace ergon::energy
