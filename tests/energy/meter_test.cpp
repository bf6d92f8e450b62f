#include "energy/meter.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/expect_error.h"
#include "base/sanitized.h"
#include "energy/estimate/estimate.h"
#include "energy/fake_tree.h"
#include "energy/ledger/request_figures.h"
#include "energy/moving_counter.h"

namespace ergon::energy {
namespace {

using base::Joules;
using base::Nanojoules;
using base::Nanoseconds;
using ::testing::HasSubstr;

void write_server(const FakeTree& tree, int threads = 2) {
    std::string text = "vendor_id : AuthenticAMD\nmodel name : AMD EPYC\nflags : avx2 hypervisor\n";
    for (int thread = 0; thread < threads; ++thread) text += fmt::format("processor : {}\n", thread);
    tree.write("cpuinfo", text);
    tree.write("stat", "cpu 0 0 0 0 0 0 0\n");
}

MeterOptions options_of(const std::filesystem::path& sysfs, const std::filesystem::path& procfs, Nanoseconds interval) {
    MeterOptions options;
    options.sysfs = sysfs;
    options.procfs = procfs;
    options.nvml_library = "";
    options.interval = interval;
    return options;
}

/// A step of `milliseconds` in which one operation kept a worker busy.
void play_step(Meter& meter, std::vector<Participant> participants, ComponentId component, int milliseconds = 5) {
    const Nanoseconds begin = base::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    WorkAccount account;
    Work work;
    work.component = component;
    work.begin = begin;
    work.elapsed = base::now() - begin;
    work.busy = work.elapsed;
    account.add(work);
    meter.step(participants, begin, account);
}

Joules sum_of_phases(const RequestFigures& figures) {
    Joules sum{};
    for (const PhaseFigures& phase : figures.phases) sum += phase.total.value;
    return sum;
}

TEST(Meter, WithoutACounterItEstimatesAndSaysSo) {
    const FakeTree tree;
    write_server(tree);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(5'000'000)));
    EXPECT_EQ(meter.method(), Method::estimated);
    EXPECT_THAT(meter.describe(), ::testing::AllOf(HasSubstr("estimated"), HasSubstr("a share of a server processor"),
                                                   HasSubstr("2 threads"), HasSubstr("No energy counter was found")));
    const RequestId id = meter.begin_request();
    play_step(meter, {{id, Phase::prompt, 10}}, 1, 20);
    play_step(meter, {{id, Phase::thinking, 1}}, 1, 20);
    play_step(meter, {{id, Phase::answer, 1}}, 2, 20);
    const RequestFigures figures = meter.end_request(id);

    EXPECT_EQ(figures.total.method, Method::estimated);
    // Idle: 2 threads x 0.9 W and 8 GB x 0.2 W for as long as it ran. Every phase lasted 20 ms at least.
    const double idle = figures.total.value.value() - figures.above_idle.value.value();
    EXPECT_NEAR(idle, 3.4 * figures.seconds.value(), 1e-6);
    for (const Phase which : {Phase::prompt, Phase::thinking, Phase::answer}) {
        const PhaseFigures& phase = figures[which];
        EXPECT_GE(phase.seconds.value(), 0.0199);
        EXPECT_EQ(phase.total.method, Method::estimated);
        EXPECT_LE(phase.total.low.value(), 0.7 * phase.total.value.value());
        EXPECT_GE(phase.total.high.value(), 1.3 * phase.total.value.value());
        EXPECT_GE(phase.total.value, phase.above_idle.value);
    }
    EXPECT_EQ(figures[Phase::discarded].total, (Figure{{}, {}, {}, Method::estimated})) << "nothing was measured here";
    EXPECT_EQ(figures[Phase::discarded].above_idle, (Figure{{}, {}, {}, Method::estimated}));
    EXPECT_NEAR(sum_of_phases(figures).value(), figures.total.value.value(), 1e-9);
    EXPECT_EQ(figures[Phase::prompt].tokens, base::Tokens(10));
    EXPECT_EQ(figures[Phase::answer].components.count(2), 1u);
}

TEST(Meter, AloneUnderACounterIsMeasured) {
    const FakeTree tree;
    write_server(tree);
    tree.zone("intel-rapl:0", "package-0", 1'000'000);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(3'600'000'000'000)));  // only forced readings
    EXPECT_EQ(meter.method(), Method::measured);
    EXPECT_THAT(meter.describe(), HasSubstr("powercap: package-0"));
    const RequestId id = meter.begin_request();
    play_step(meter, {{id, Phase::prompt, 10}}, 1);
    tree.count("intel-rapl:0", 3'000'000);
    meter.mark();
    play_step(meter, {{id, Phase::answer, 4}}, 1);
    tree.count("intel-rapl:0", 6'500'000);
    const RequestFigures figures = meter.end_request(id);
    EXPECT_EQ(figures.total.method, Method::measured);
    const CommonFigures common = meter.common();
    const Joules before = common.idle + common.program + common.others;
    EXPECT_NEAR((figures.total.value + before).value(), 5.5, 1e-9);
    EXPECT_LT(before.value(), 0.3) << "the moment between the first reading and the request's begin";
    EXPECT_EQ(base::to_joules(figures.account.machine), figures.total.value);
    EXPECT_LT(figures.total.low.value(), 5.5) << "the edges leave a step of the counter uncertain";
    EXPECT_GT(figures.total.high.value(), 5.5);
    EXPECT_EQ(figures[Phase::answer].components.begin()->second.method, Method::estimated)
        << "idle power is that of the class";
    EXPECT_NEAR(sum_of_phases(figures).value(), figures.total.value.value(), 1e-9);
}

/// Programs of their own that keep every processor busy.
class BusyMachine {
  public:
    BusyMachine() {
        const auto count = std::max(1u, std::thread::hardware_concurrency());
        for (unsigned i = 0; i < count; ++i) {
            const pid_t child = ::fork();
            if (child == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (volatile bool go = true; go;) {
                }
            }
            children_.push_back(child);
        }
    }
    ~BusyMachine() {
        for (const pid_t child : children_) {
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
        }
    }
    BusyMachine(const BusyMachine&) = delete;
    BusyMachine& operator=(const BusyMachine&) = delete;

  private:
    std::vector<pid_t> children_;
};

// Real short answers beside real programs that keep every processor busy: whatever this program did not take, others
// did, so that the right share is known to the nanosecond. Before, such answers were charged a third to nine tenths too
// much, as the machine counts in ticks of 10 ms.
TEST(Meter, ShortAnswersBesideABusyMachineGetTheirShare) {
    if (test::sanitized) GTEST_SKIP() << "a sanitizer's own threads and times are in the way";
    const FakeTree tree;
    tree.zone("intel-rapl:0", "package-0", 0);
    const BusyMachine busy;
    MeterOptions options = options_of(tree.root(), "/proc", Nanoseconds(100'000'000));
    Meter meter(options);
    const double threads = meter.machine()["threads"].get<double>();
    double microjoules = 0, charged = 0, right = 0;
    int inside = 0;
    constexpr int answers = 80;
    meter.end_request(meter.begin_request());
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // it learns how busy the others are
    for (int i = 0; i < answers; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(3 + i % 5));
        const RequestId id = meter.begin_request();
        const Nanoseconds begin = base::now(), length((3 + i % 9) * 1'000'000);
        while (base::now() < begin + length) {
        }
        microjoules += 40e6 * base::to_seconds(base::now() - begin).value();  // 40 W
        tree.count("intel-rapl:0", static_cast<std::uint64_t>(microjoules));
        const RequestFigures figures = meter.end_request(id);
        Nanojoules active{};
        for (const Charge& phase : figures.account.phases) active += phase.active;
        const Nanojoules dynamic =
            figures.account.machine -
            (base::Nanojoules(std::llround((figures.total.value - base::to_joules(active)).value() * 1e9)));
        const double own =
            figures.account.program_busy / (figures.account.elapsed * static_cast<std::int64_t>(threads));
        const Joules truth = base::to_joules(dynamic) * std::min(own, 1.0);
        charged += base::to_joules(active).value();
        right += truth.value();
        if (figures.above_idle.low <= truth && truth <= figures.above_idle.high) ++inside;
    }
    EXPECT_NEAR(charged / right, 1, 0.15);
    EXPECT_GE(inside, answers * 9 / 10);
}

TEST(Meter, TellsARunningRequestWhatItTookSoFar) {
    const FakeTree tree;
    write_server(tree);
    tree.zone("intel-rapl:0", "package-0", 0);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(3'600'000'000'000)));
    const RequestId id = meter.begin_request();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    tree.count("intel-rapl:0", 2'000'000);
    // A part of the counter's first move is of the time before the request.
    const Figure first = meter.so_far(id).total;
    EXPECT_LE(first.value, Joules(2));
    EXPECT_GE(first.high, Joules(2));
    EXPECT_GT(first.value, Joules(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    tree.count("intel-rapl:0", 5'000'000);
    EXPECT_NEAR((meter.so_far(id).total.value - first.value).value(), 3, 1e-9);
    EXPECT_NEAR((meter.end_request(id).total.value - first.value).value(), 3, 1e-2) << "the time since is a guess";
    EXPECT_EQ(meter.others().value, Joules(0));
    test::expect_error(base::ErrorCode::bad_argument, "Unknown request", [&] { meter.so_far(id); });
}

TEST(Meter, SharedUnderACounterIsApportionedAndAddsUp) {
    const FakeTree tree;
    write_server(tree);
    tree.zone("intel-rapl:0", "package-0", 0);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(3'600'000'000'000)));
    const RequestId first = meter.begin_request();
    const RequestId second = meter.begin_request();
    for (int i = 0; i < 3; ++i) play_step(meter, {{first, Phase::answer, 1}, {second, Phase::prompt, 3}}, 1);
    tree.count("intel-rapl:0", 4'000'000);
    const RequestFigures one = meter.end_request(first);
    tree.count("intel-rapl:0", 4'500'000);
    const RequestFigures two = meter.end_request(second);
    EXPECT_EQ(one.total.method, Method::apportioned);
    EXPECT_EQ(two.total.method, Method::apportioned);
    EXPECT_GT(two.total.value, one.total.value);
    const CommonFigures common = meter.common();
    const Joules all = one.total.value + two.total.value + common.idle + common.program + common.others;
    EXPECT_NEAR(all.value(), 4.5, 1e-9);
    // A fifth of what was split.
    EXPECT_LE(one.total.low.value(), 0.8 * one.total.value.value() + 1e-9);
}

TEST(Meter, ACounterThatFailsBecomesAnEstimateNeverAZeroOrAWrap) {
    const FakeTree tree;
    write_server(tree);
    tree.zone("intel-rapl:0", "package-0", 200'000'000'000);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(1'000'000)));
    const RequestId id = meter.begin_request();
    tree.remove("intel-rapl:0");
    play_step(meter, {{id, Phase::prompt, 10}}, 1, 30);
    const RequestFigures gone = meter.end_request(id);
    EXPECT_EQ(gone.total.method, Method::estimated);
    EXPECT_GT(gone.total.value.value(), 0.4 * 1.8 * 0.03 * 0.99) << "the processor's part, as the counter had it";
    EXPECT_LT(gone.total.value.value(), 20 * gone.seconds.value()) << "no wrap was made of it";
    EXPECT_GE(gone.account.estimated_intervals, 1);

    tree.zone("intel-rapl:0", "package-0", 5);
    const MovingCounter counter(tree.counter("intel-rapl:0").string(), 50);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const RequestId again = meter.begin_request();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const RequestFigures back = meter.end_request(again);
    EXPECT_NE(back.total.method, Method::estimated);
    EXPECT_NEAR(back.total.value.value(), 50 * back.seconds.value(), 50 * 0.05);
}

TEST(Meter, LearnsIdlePowerWhileTheMachineIsQuiet) {
    const FakeTree tree;
    write_server(tree, 64);  // beside so many, what this test itself does is nothing
    tree.zone("intel-rapl:0", "package-0", 0);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(50'000'000)));
    meter.end_request(meter.begin_request());
    const MovingCounter counter(tree.counter("intel-rapl:0").string(), 10);
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    const RequestId id = meter.begin_request();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const RequestFigures figures = meter.end_request(id);
    EXPECT_NE(figures.above_idle.method, Method::estimated) << "idle power was seen by the counter";
    // All of it was idle power: 10 W.
    EXPECT_LT(figures.above_idle.value.value(), 0.2 * figures.total.value.value());
}

TEST(Meter, AShortAnswerUnderASlowCounterIsApportionedFromTheStepThatCoversIt) {
    const FakeTree tree;
    write_server(tree);
    tree.zone("intel-rapl:0", "package-0", 1'000'000);
    const MovingCounter counter(tree.counter("intel-rapl:0").string(), 40, std::chrono::milliseconds(500));
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(50'000'000)));
    Joules sum{};
    base::Seconds time{};
    for (int i = 0; i < 5; ++i) {
        const RequestId id = meter.begin_request();
        play_step(meter, {{id, Phase::thinking, 1}}, 1, 20);
        play_step(meter, {{id, Phase::answer, 1}}, 1, 10);
        const RequestFigures figures = meter.end_request(id);
        EXPECT_EQ(figures.total.method, Method::apportioned) << i;
        EXPECT_GT(figures[Phase::thinking].total.value.value(), 0) << i;
        EXPECT_EQ(figures[Phase::thinking].total.method, Method::apportioned) << i;
        EXPECT_LE(figures.total.low.value(), 40 * figures.seconds.value()) << i;
        EXPECT_GE(figures.total.high.value(), 40 * figures.seconds.value()) << i;
        sum += figures.total.value;
        time += figures.seconds;
    }
    const CommonFigures common = meter.common();
    EXPECT_GT((common.idle + common.program + common.others).value(), sum.value()) << "the time between is not theirs";
}

TEST(Meter, ACardAtRestIsNoPartOfAnAnswer) {
    const FakeTree tree;
    write_server(tree);
    tree.zone("intel-rapl:0", "package-0", 1'000'000);
    tree.write("class/hwmon/hwmon0/name", "amdgpu\n");
    tree.write("class/hwmon/hwmon0/power1_label", "PPT\n");
    tree.write("class/hwmon/hwmon0/power1_cap", "200000000\n");
    tree.write("class/hwmon/hwmon0/power1_average", "100000000\n");
    const MovingCounter counter(tree.counter("intel-rapl:0").string(), 10);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(50'000'000)));
    EXPECT_THAT(meter.describe(), HasSubstr("devices that the engine does not use"));
    const RequestId id = meter.begin_request();
    play_step(meter, {{id, Phase::answer, 1}}, 1, 100);
    const RequestFigures figures = meter.end_request(id);
    EXPECT_NEAR(figures.total.value.value(), 10 * figures.seconds.value(), 10 * 0.03);
    EXPECT_NEAR(base::to_joules(figures.account.devices).value(), 100 * figures.seconds.value(), 100 * 0.03);
    EXPECT_NEAR(energy_json(figures)["unused_devices"]["value"].get<double>(),
                base::to_joules(figures.account.devices).value(), 1e-12);
    EXPECT_GE(meter.common().devices, base::to_joules(figures.account.devices));
}

TEST(Meter, CancelledAndUnknownRequests) {
    const FakeTree tree;
    write_server(tree);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(1'000'000)));
    test::expect_error(base::ErrorCode::bad_argument, "is not running", [&] { meter.end_request(1); });
    const RequestId cancelled = meter.begin_request();
    const RequestId other = meter.begin_request();
    meter.end_request(cancelled);
    test::expect_error(base::ErrorCode::bad_argument, "is not running", [&] { meter.end_request(cancelled); });
    play_step(meter, {{cancelled, Phase::answer, 1}, {other, Phase::answer, 1}}, 1);  // the step was under way
    EXPECT_GT(meter.end_request(other).total.value.value(), 0);
}

TEST(Meter, StepsWithoutRecordsAreChargedToo) {
    const FakeTree tree;
    write_server(tree);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(1'000'000)));
    const RequestId id = meter.begin_request();
    const Participant thinking[] = {{id, Phase::thinking, 5}};
    const Nanoseconds begin = base::now();
    while (base::now() - begin < Nanoseconds(20'000'000)) {
    }
    meter.step(thinking, begin, WorkAccount());
    const RequestFigures figures = meter.end_request(id);
    EXPECT_EQ(figures[Phase::thinking].tokens, base::Tokens(5));
    EXPECT_GE(figures[Phase::thinking].seconds.value(), 0.0199);
    EXPECT_GT(figures[Phase::thinking].total.value.value(), 0);
}

TEST(Meter, ManyThreadsAtOnce) {
    const FakeTree tree;
    write_server(tree);
    tree.zone("intel-rapl:0", "package-0", 0);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(1)));  // as often as it may
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&meter, thread] {
            for (int i = 0; i < 20; ++i) {
                const RequestId id = meter.begin_request();
                play_step(meter, {{id, Phase::prompt, 1}}, static_cast<ComponentId>(thread), 1);
                if (i % 3 == 0) meter.mark();
                meter.end_request(id);
            }
        });
    }
    for (int i = 1; i < 40; ++i) {
        tree.count("intel-rapl:0", static_cast<std::uint64_t>(i) * 10'000);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_GE(meter.common().idle.value(), 0);
}

TEST(Meter, JsonOfARequest) {
    const FakeTree tree;
    write_server(tree);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(1'000'000)));
    const RequestId id = meter.begin_request();
    play_step(meter, {{id, Phase::prompt, 1}}, 0, 2);
    const RequestFigures figures = meter.end_request(id);
    const nlohmann::ordered_json energy = energy_json(figures);
    EXPECT_EQ(energy["prompt"]["total"].get<Figure>(), figures[Phase::prompt].total);
    EXPECT_EQ(energy["total"]["unit"], "J");
    const nlohmann::ordered_json raw = raw_json(figures);
    EXPECT_EQ(raw["phases"]["prompt"]["active_nj"], figures.account.phases[0].active.value());
    EXPECT_EQ(meter.machine()["threads"], 2);
    EXPECT_EQ(meter.machine()["energy_method"], "estimated");
}

TEST(Meter, TellsWhatItTookItself) {
    const FakeTree tree;
    write_server(tree);
    Meter meter(options_of(tree.root(), tree.root(), Nanoseconds(10'000'000)));
    const RequestId id = meter.begin_request();
    for (int i = 0; i < 5; ++i) play_step(meter, {{id, Phase::answer, 1}}, 1, 20);
    meter.end_request(id);
    const Overhead overhead = meter.overhead();
    EXPECT_GT(overhead.processor_time.value(), 0);
    EXPECT_GE(overhead.elapsed.value(), 0.1);
    EXPECT_LT(overhead.share(), 0.5);
}

TEST(RequestFigures, AreNotMeasuredWithinTwoStepsOfTheCounter) {
    RequestAccount account;
    Charge& answer = account.phases[static_cast<std::size_t>(Phase::answer)];
    answer.active = Nanojoules(1'000'000'000);
    answer.time = Nanoseconds(150'000'000);
    Uncertainty uncertainty;
    uncertainty.counter_step = Nanoseconds(100'000'000);
    EXPECT_EQ(figures_of(account, uncertainty).total.method, Method::apportioned);
    EXPECT_EQ(figures_of(account, uncertainty).total.low.value(), 0);
    uncertainty.counter_step = Nanoseconds(1'000'000);
    EXPECT_EQ(figures_of(account, uncertainty).total.method, Method::measured);
}

TEST(RequestFigures, MixCountedAndEstimatedAmounts) {
    RequestAccount account;
    Charge& answer = account.phases[static_cast<std::size_t>(Phase::answer)];
    answer.active = Nanojoules(6'000'000'000);
    answer.active_estimated = Nanojoules(2'000'000'000);
    answer.idle = Nanojoules(3'000'000'000);
    answer.idle_estimated = Nanojoules(1'000'000'000);
    answer.time = Nanoseconds(1'000'000'000);
    answer.cells[{5}] = answer.active;
    const auto range = [](double value, double low, double high) {
        return PowerRange{base::Watts(value), base::Watts(low), base::Watts(high)};
    };
    const Uncertainty uncertainty{range(1, 0.5, 2), range(1, 0.6, 1.5), range(10, 9, 11), true, Nanoseconds(1'000'000)};
    const Figure total = figures_of(account, uncertainty).total;
    // Counted: 6 J, of which a millisecond at either end of a second is 0.012 J.
    EXPECT_NEAR(total.value.value(), 9, 1e-12);
    EXPECT_NEAR(total.low.value(), 6 - 0.012 + 0.5 * 1 + 0.6 * 2, 1e-12);
    EXPECT_NEAR(total.high.value(), 6 + 0.012 + 2 * 1 + 1.5 * 2, 1e-12);
    EXPECT_EQ(total.method, Method::estimated);
    const Figure above = figures_of(account, uncertainty).above_idle;
    EXPECT_NEAR(above.value.value(), 6, 1e-12);
    EXPECT_NEAR(above.low.value(), 4 - 0.012 - 2 * 0.1 + 0.6 * 2, 1e-12);
    EXPECT_NEAR(above.high.value(), 4 + 0.012 + 2 * 0.1 + 1.5 * 2, 1e-12);
}

}  // namespace
}  // namespace ergon::energy
