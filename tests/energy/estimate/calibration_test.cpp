#include "energy/estimate/calibration.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/random.h"
#include "base/sanitized.h"
#include "energy/estimate/least_squares.h"

namespace ergon::energy {
namespace {

using base::Joules;
using base::RandomSequence;
using base::Seconds;

double normal(RandomSequence& random) {
    const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
    return radius * std::cos(2 * 3.14159265358979323846 * random.uniform());
}

/// A machine whose truth is known: power with 2% noise, renewed every 100 ms, that also drifts by up to 2% either way
/// from the beginning of the session to its end, read from a counter that steps once in a millisecond.
class SimulatedMachine {
  public:
    explicit SimulatedMachine(std::uint64_t seed) : random_(seed) {
        const auto around = [&](double value) { return value * (0.5 + random_.uniform()); };
        truth_[Resource::time] = around(20);
        truth_[Resource::busy_time] = around(6);
        truth_[Resource::near_bytes] = around(8e-12);
        truth_[Resource::shared_bytes] = around(60e-12);
        truth_[Resource::memory_bytes] = around(400e-12);
        truth_[Resource::float_operations] = around(30e-12);
        truth_[Resource::int8_operations] = around(8e-12);
        drift_ = 0.02 * (2 * random_.uniform() - 1);
    }

    const Usage& truth() const { return truth_; }

    double true_joules(const Usage& usage) const {
        double joules = 0;
        for (std::size_t i = 0; i < resource_count; ++i) joules += truth_.amounts[i] * usage.amounts[i];
        return joules;
    }

    void run(const Usage& usage) {
        const double seconds = usage[Resource::time];
        const double noise = 0.02 * normal(random_) / std::sqrt(seconds / 0.1);
        const double drift = drift_ * (2 * now_ / session_seconds - 1);
        const double watts = true_joules(usage) / seconds * (1 + noise + drift);
        now_ += seconds;
        energy_ += watts * seconds;
        // What the counter shows was true up to a millisecond ago.
        shown_ = energy_ - watts * 0.001 * random_.uniform();
    }

    Joules energy_since() {
        const double since = shown_ - read_;
        read_ = shown_;
        return Joules(since);
    }

  private:
    static constexpr double session_seconds = 125;  // 5 rounds of 25 workloads, a second each

    RandomSequence random_;
    Usage truth_;
    double drift_ = 0;
    double now_ = 0;
    double energy_ = 0;
    double shown_ = 0;
    double read_ = 0;
};

/// A second of a workload: amounts per thread second.
Usage usage_of(int threads, double near, double shared, double memory, double floats, double int8, double seconds = 1) {
    Usage usage;
    const double busy = threads * seconds;
    usage[Resource::time] = seconds;
    usage[Resource::busy_time] = busy;
    usage[Resource::near_bytes] = near * busy;
    usage[Resource::shared_bytes] = shared * busy;
    usage[Resource::memory_bytes] = memory * busy;
    usage[Resource::float_operations] = floats * busy;
    usage[Resource::int8_operations] = int8 * busy;
    return usage;
}

struct Simulation {
    SimulatedMachine machine;
    std::vector<Usage> usages;
    std::vector<Workload> workloads;
    Usage last;

    explicit Simulation(std::uint64_t seed) : machine(seed) {
        add("idle", usage_of(0, 0, 0, 0, 0, 0));
        for (const int threads : {1, 2, 4, 8}) {
            const auto name = [&](const char* what) { return std::string(what) + " x" + std::to_string(threads); };
            add(name("spin"), usage_of(threads, 0, 0, 0, 0, 0));
            add(name("near"), usage_of(threads, 150e9, 0, 0, 0, 0));
            add(name("shared"), usage_of(threads, 0, 25e9, 0, 0, 0));
            add(name("memory"), usage_of(threads, 0, 0, 6e9 / std::sqrt(threads), 0, 0));
            add(name("float"), usage_of(threads, 0, 0, 0, 60e9, 0));
            add(name("int8"), usage_of(threads, 0, 0, 0, 0, 250e9));
        }
    }
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    void add(std::string name, const Usage& usage) {
        usages.push_back(usage);
        workloads.push_back({std::move(name),
                             [this, usage](Seconds) {
                                 machine.run(usage);
                                 last = usage;
                             },
                             [this] { return last; }});
    }

    Calibration calibrate(std::uint64_t seed, std::int64_t replicates = 400) {
        const auto samples = measure(workloads, [this] { return machine.energy_since(); },
                                     {.at_least = Seconds(1), .rounds = 5, .seed = seed, .on_sample = {}});
        return fit(samples, {.replicates = replicates, .seed = seed});
    }

    /// The largest part of a workload's energy that a resource is.
    double largest_share(std::size_t resource) const {
        double share = 0;
        for (const Usage& usage : usages) {
            share = std::max(share,
                             machine.truth().amounts[resource] * usage.amounts[resource] / machine.true_joules(usage));
        }
        return share;
    }
};

/// What an engine does: reads weights, multiplies them, on some threads.
Usage unseen_mixture(RandomSequence& random) {
    const auto part = [&] { return random.uniform(); };
    return usage_of(1 + static_cast<int>(random.below(8)), 80e9 * part(), 8e9 * part(), 3e9 * part(), 20e9 * part(),
                    120e9 * part(), 1 + 9 * random.uniform());
}

TEST(LeastSquares, FindsAnExactSolutionAndHoldsTheBound) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        RandomSequence random(seed);
        constexpr std::size_t n = 4;
        Vector<n> truth{};
        for (double& x : truth) x = random.below(3) == 0 ? 0 : random.uniform();
        NormalEquations<n> equations;
        for (int i = 0; i < 12; ++i) {
            Vector<n> row{};
            for (double& x : row) x = random.uniform();
            double y = 0;
            for (std::size_t k = 0; k < n; ++k) y += row[k] * truth[k];
            equations.add(row, y);
        }
        const Vector<n> found = solve_non_negative(equations);
        for (std::size_t k = 0; k < n; ++k) ASSERT_NEAR(found[k], truth[k], 1e-6) << seed;
    }
}

/// The conditions of Karush, Kuhn and Tucker: x >= 0, no gradient that would help, none where x > 0.
TEST(LeastSquares, IsOptimalWhereTheBoundHolds) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        RandomSequence random(seed);
        constexpr std::size_t n = 5;
        NormalEquations<n> equations;
        for (int i = 0; i < 9; ++i) {
            Vector<n> row{};
            for (double& x : row) x = 2 * random.uniform() - 1;
            equations.add(row, 2 * random.uniform() - 1);
        }
        const Vector<n> x = solve_non_negative(equations);
        for (std::size_t i = 0; i < n; ++i) {
            double gradient = equations.right[i];
            for (std::size_t k = 0; k < n; ++k) gradient -= equations.products[i][k] * x[k];
            ASSERT_GE(x[i], 0);
            ASSERT_LE(gradient, 1e-9);
            if (x[i] > 0) {
                ASSERT_NEAR(gradient, 0, 1e-9);
            }
        }
    }
}

TEST(LeastSquares, AColumnThatRepeatsAnotherDoesNoHarm) {
    NormalEquations<3> equations;
    for (int i = 1; i < 6; ++i) equations.add({1.0 * i, 2.0 * i, 1}, 3.0 * i + 1);
    const Vector<3> x = solve_non_negative(equations);
    EXPECT_NEAR(x[0] + 2 * x[1], 3, 1e-6);
    EXPECT_NEAR(x[2], 1, 1e-6);
}

TEST(Calibration, PredictsUnseenMixturesWithinFivePercent) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Simulation simulation(seed);
        const Calibration calibration = simulation.calibrate(seed, 0);
        RandomSequence random(seed, 77);
        for (int i = 0; i < 10; ++i) {
            const Usage mixture = unseen_mixture(random);
            const double truth = simulation.machine.true_joules(mixture);
            ASSERT_NEAR(calibration.predict(mixture).value.value() / truth, 1, 0.05) << "machine " << seed;
        }
    }
}

TEST(Calibration, FindsCoefficientsThatMatterWithinTenPercent) {
    std::int64_t found = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Simulation simulation(seed);
        const Calibration calibration = simulation.calibrate(seed, 0);
        for (std::size_t i = 0; i < resource_count; ++i) {
            if (simulation.largest_share(i) < 0.05) continue;
            ++found;
            ASSERT_NEAR(calibration.coefficients[i].value / simulation.machine.truth().amounts[i], 1, 0.10)
                << "machine " << seed << ", " << resource_names[i];
        }
    }
    EXPECT_GT(found, 1000);
}

TEST(Calibration, IntervalsCoverTheTruth) {
    const std::int64_t runs = test::sanitized ? 100 : 1000;
    std::array<std::int64_t, resource_count> covered{};
    std::int64_t predictions = 0, covered_predictions = 0;
    for (std::int64_t run = 0; run < runs; ++run) {
        const auto seed = static_cast<std::uint64_t>(run);
        Simulation simulation(seed);
        const Calibration calibration = simulation.calibrate(seed, 200);
        for (std::size_t i = 0; i < resource_count; ++i) {
            const Coefficient& one = calibration.coefficients[i];
            const double truth = simulation.machine.truth().amounts[i];
            covered[i] += one.low <= truth && truth <= one.high ? 1 : 0;
        }
        RandomSequence random(seed, 78);
        for (int i = 0; i < 5; ++i) {
            const Usage mixture = unseen_mixture(random);
            const Joules truth(simulation.machine.true_joules(mixture));
            const Figure predicted = calibration.predict(mixture);
            ++predictions;
            covered_predictions += predicted.low <= truth && truth <= predicted.high ? 1 : 0;
        }
    }
    for (std::size_t i = 0; i < resource_count; ++i) {
        EXPECT_GE(static_cast<double>(covered[i]), 0.9 * static_cast<double>(runs)) << resource_names[i];
    }
    EXPECT_GE(static_cast<double>(covered_predictions), 0.9 * static_cast<double>(predictions));
}

TEST(Calibration, RefusesACounterThatDoesNotMove) {
    std::vector<CalibrationSample> samples(20, {"idle", usage_of(1, 0, 0, 0, 0, 0), Joules(0)});
    try {
        fit(samples);
        FAIL() << "nothing was thrown";
    } catch (const base::Error& error) {
        EXPECT_NE(std::string(error.what()).find("does not advance"), std::string::npos) << error.what();
    }
}

TEST(Calibration, RefusesTooFewRuns) {
    std::vector<CalibrationSample> samples(3, {"spin", usage_of(1, 0, 0, 0, 0, 0), Joules(9)});
    test::expect_error(base::ErrorCode::bad_argument, "too few for", [&] { fit(samples); });
}

TEST(Calibration, TellsWhichWorkloadItUnderstandsLeast) {
    Simulation simulation(3);
    std::vector<CalibrationSample> samples =
        measure(simulation.workloads, [&] { return simulation.machine.energy_since(); }, {});
    for (CalibrationSample& sample : samples) {
        if (sample.workload == "memory x4") sample.energy = sample.energy * 1.5;
    }
    const Calibration calibration = fit(samples);
    EXPECT_EQ(calibration.worst_workload, "memory x4");
    EXPECT_GT(calibration.worst_error, 0.2);
    EXPECT_GT(calibration.left_out_error, 0.03);
}

/// The spread of watts per busy thread that neither bytes nor operations explain, as a share of what is above idle.
TEST(Calibration, LearnsHowFarWattsDependOnTheKindOfWork) {
    EXPECT_LT(Simulation(4).calibrate(4, 0).kind_of_work_sd, 0.05) << "noise and drift of 2%";
    for (const double spread : {0.1, 0.2}) {
        Simulation simulation(4);
        std::vector<CalibrationSample> samples =
            measure(simulation.workloads, [&] { return simulation.machine.energy_since(); }, {});
        const double idle = simulation.machine.truth()[Resource::time];
        std::map<std::string, double> factors;
        for (CalibrationSample& sample : samples) {
            if (!(sample.usage[Resource::busy_time] > 0)) continue;
            const double sign = factors.size() % 2 == 0 ? 1 : -1;
            const double factor = 1 + spread * factors.try_emplace(sample.workload, sign).first->second;
            const Joules at_rest(idle * sample.usage[Resource::time]);
            sample.energy = at_rest + (sample.energy - at_rest) * factor;
        }
        // A fit without a workload leans on others that are off as well, so its error may exceed the spread.
        const double found = fit(samples).kind_of_work_sd;
        EXPECT_GT(found, 0.7 * spread);
        EXPECT_LT(found, 2 * spread);
    }
}

TEST(Calibration, RunsEveryWorkloadOnceARoundInAnOrderDrawnAnew) {
    std::vector<std::string> order;
    std::vector<Workload> workloads;
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
        workloads.push_back({name, [&order, name](Seconds) { order.emplace_back(name); }, [] { return Usage(); }});
    }
    measure(workloads, [] { return Joules(1); }, {.at_least = Seconds(1), .rounds = 4, .seed = 5, .on_sample = {}});
    ASSERT_EQ(order.size(), 24u);
    std::set<std::vector<std::string>> orders;
    for (auto round = order.begin(); round != order.end(); round += 6) {
        orders.emplace(round, round + 6);
        EXPECT_EQ(std::set<std::string>(round, round + 6).size(), 6u);
    }
    EXPECT_GE(orders.size(), 3u);
}

class CalibrationFile : public testing::Test {
  protected:
    void SetUp() override {
        Simulation simulation(1);
        calibration_ = simulation.calibrate(1);
        calibration_.machine = {"AuthenticAMD", "A Processor", 25, 17, 8, true};
        calibration_.source = "package-0";
    }
    std::filesystem::path written(const std::string& text) {
        const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "calibration_test.json";
        std::ofstream(path) << text;
        return path;
    }
    Calibration calibration_;
};

TEST_F(CalibrationFile, ComesBackAsItWas) {
    const Calibration read = read_calibration(written(write_calibration(calibration_)));
    EXPECT_EQ(read.machine, calibration_.machine);
    EXPECT_EQ(read.source, "package-0");
    EXPECT_EQ(read.samples, calibration_.samples);
    EXPECT_GT(read.kind_of_work_sd, 0);
    EXPECT_EQ(read.kind_of_work_sd, calibration_.kind_of_work_sd);
    for (std::size_t i = 0; i < resource_count; ++i) {
        EXPECT_EQ(read.coefficients[i].value, calibration_.coefficients[i].value);
        EXPECT_EQ(read.coefficients[i].high, calibration_.coefficients[i].high);
    }
    EXPECT_EQ(write_calibration(read), write_calibration(calibration_));
}

TEST_F(CalibrationFile, OfAnotherMachineIsRefused) {
    Processor here;
    here.vendor = "AuthenticAMD";
    here.name = "A Processor";
    here.family = 25;
    here.model = 17;
    here.threads = 8;
    here.virtual_machine = true;
    EXPECT_NO_THROW(check_machine(calibration_, here));
    here.threads = 16;
    try {
        check_machine(calibration_, here);
        FAIL() << "nothing was thrown";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), base::ErrorCode::bad_argument);
        EXPECT_NE(std::string(error.what()).find("16 threads"), std::string::npos) << error.what();
    }
}

TEST_F(CalibrationFile, ThatIsBrokenIsRefused) {
    const std::string good = write_calibration(calibration_);
    for (const std::string& text : {std::string(), std::string("{}"), std::string("[1, 2]"), good.substr(0, 200),
                                    std::string(good).replace(good.find("\"value\""), 7, "\"other\"")}) {
        SCOPED_TRACE(text);
        test::expect_error(base::ErrorCode::bad_file, "cannot be used", [&] { read_calibration(written(text)); });
    }
    for (const char* family : {"1e300", "1.5", "99999999999", "18446744073709551615"}) {
        std::string changed = good;
        const std::size_t at = changed.find("\"family\": ") + 10;
        changed.replace(at, changed.find(',', at) - at, family);
        test::expect_error(base::ErrorCode::bad_file, "expected a whole number",
                           [&] { read_calibration(written(changed)); });
    }
    for (const char* key : {"\"high\": ", "\"left_out_error\": ", "\"worst_error\": ", "\"kind_of_work_sd\": "}) {
        std::string changed = good;
        const std::size_t at = changed.find(key) + std::string_view(key).size();
        changed.replace(at, changed.find_first_of(",\n}", at) - at, "1e308");
        test::expect_error(base::ErrorCode::bad_file, "are out of range", [&] { read_calibration(written(changed)); });
    }
    const std::string deep = std::string(80'000, '[') + std::string(80'000, ']');
    test::expect_error(base::ErrorCode::bad_file, "nests deeper",
                       [&] { read_calibration(written(std::string(good).insert(1, "\"x\": " + deep + ","))); });
    std::string negative = good;
    negative.replace(negative.find("\"low\": ") + 7, 0, "-");
    test::expect_error(base::ErrorCode::bad_file, "are out of range", [&] { read_calibration(written(negative)); });
}

}  // namespace
}  // namespace ergon::energy
