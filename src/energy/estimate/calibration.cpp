#include "energy/estimate/calibration.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "energy/estimate/least_squares.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Joules;

using Row = Vector<resource_count>;
using Equations = NormalEquations<resource_count>;

double product(const Row& row, const Row& x) {
    return std::inner_product(row.begin(), row.end(), x.begin(), 0.0);
}

/// The samples as rows of a problem whose right side is 1 everywhere: residuals are relative errors, so that a workload
/// that takes much does not count for more.
std::vector<Row> relative_rows(std::span<const CalibrationSample> samples) {
    std::vector<Row> rows;
    for (const CalibrationSample& sample : samples) {
        if (!(sample.energy > Joules(0)) || !(sample.usage[Resource::time] > 0)) {
            base::fail(ErrorCode::bad_argument,
                       "The workload \"{}\" took {} J in {} s, so the counter or meter does not advance; check that it "
                       "measures this machine.",
                       sample.workload, sample.energy.value(), sample.usage[Resource::time]);
        }
        Row& row = rows.emplace_back(sample.usage.amounts);
        for (double& amount : row) amount /= sample.energy.value();
    }
    return rows;
}

Row solve(std::span<const Row> rows, const std::function<bool(std::size_t)>& included) {
    Equations equations;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (included(i)) equations.add(rows[i], 1);
    }
    return solve_non_negative(equations);
}

/// x^T (X^T X)^-1 x: how much a sample pulls its own prediction, 0 to 1.
double leverage(const Equations& equations, const Row& row) {
    std::array<double, resource_count * resource_count> products{};
    for (std::size_t i = 0; i < resource_count; ++i) {
        for (std::size_t k = 0; k < resource_count; ++k) products[i * resource_count + k] = equations.products[i][k];
    }
    Row solved = row;
    solve_symmetric(products, solved, resource_count);
    return std::clamp(product(row, solved), 0.0, 0.99);
}

/// Residuals as wide as the errors that they stand for, with mean zero.
std::vector<double> widened_residuals(std::span<const Row> rows, const Row& fitted) {
    Equations equations;
    for (const Row& row : rows) equations.add(row, 1);
    std::vector<double> residuals;
    for (const Row& row : rows)
        residuals.push_back((1 - product(row, fitted)) / std::sqrt(1 - leverage(equations, row)));
    const double mean = std::accumulate(residuals.begin(), residuals.end(), 0.0) / static_cast<double>(rows.size());
    for (double& residual : residuals) residual -= mean;
    return residuals;
}

void find_intervals(std::span<const Row> rows, const Row& fitted, const FitOptions& options, Calibration& calibration) {
    const std::vector<double> residuals = widened_residuals(rows, fitted);
    Equations equations;
    for (const Row& row : rows) equations.add(row, 1);
    std::array<std::vector<double>, resource_count> drawn;
    for (std::int64_t replicate = 0; replicate < options.replicates; ++replicate) {
        base::RandomSequence random(options.seed, static_cast<std::uint64_t>(replicate));
        equations.right = {};
        for (const Row& row : rows) {
            const double y = product(row, fitted) + residuals[random.below(residuals.size())];
            for (std::size_t i = 0; i < resource_count; ++i) equations.right[i] += row[i] * y;
        }
        const Row x = solve_non_negative(equations);
        for (std::size_t i = 0; i < resource_count; ++i) drawn[i].push_back(x[i]);
    }
    for (std::size_t i = 0; i < resource_count; ++i) {
        std::vector<double>& values = drawn[i];
        std::ranges::sort(values);
        const auto at = [&](double share) {
            return values.empty() ? fitted[i]
                                  : values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
        };
        calibration.coefficients[i] = {fitted[i], std::min(at(0.025), fitted[i]), std::max(at(0.975), fitted[i])};
    }
}

/// Whether the samples without a workload still say something about each resource that it uses.
bool can_be_left_out(std::span<const CalibrationSample> samples, const std::string& workload) {
    std::array<bool, resource_count> used{}, left{};
    for (const CalibrationSample& sample : samples) {
        auto& seen = sample.workload == workload ? used : left;
        for (std::size_t i = 0; i < resource_count; ++i) seen[i] = seen[i] || sample.usage.amounts[i] > 0;
    }
    for (std::size_t i = 0; i < resource_count; ++i) {
        if (used[i] && !left[i]) return false;
    }
    return true;
}

/// A workload's part in the errors of prediction.
struct LeftOut {
    double error = 0;       // of its energy, relative, predicted by a fit without it
    double above_idle = 0;  // the share of its energy above idle power
};

LeftOut leave_out(const std::string& workload, std::span<const CalibrationSample> samples, std::span<const Row> rows,
                  double idle_watts) {
    const Row x = solve(rows, [&](std::size_t i) { return samples[i].workload != workload; });
    LeftOut sum;
    std::int64_t runs = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (samples[i].workload != workload) continue;
        sum.error += product(rows[i], x) - 1;
        sum.above_idle += std::max(0.0, 1 - idle_watts * rows[i][static_cast<std::size_t>(Resource::time)]);
        ++runs;
    }
    return {sum.error / static_cast<double>(runs), sum.above_idle / static_cast<double>(runs)};
}

void leave_each_out(std::span<const CalibrationSample> samples, std::span<const Row> rows, Calibration& calibration) {
    std::map<std::string, bool> busy;  // by workload
    for (const CalibrationSample& sample : samples) busy[sample.workload] = sample.usage[Resource::busy_time] > 0;
    double squares = 0, worst = 0, busy_squares = 0, above_squares = 0;
    std::int64_t count = 0;
    for (const auto& [workload, works] : busy) {
        if (!can_be_left_out(samples, workload)) continue;
        const LeftOut one = leave_out(workload, samples, rows, calibration[Resource::time].value);
        squares += one.error * one.error;
        ++count;
        if (works) {
            busy_squares += one.error * one.error;
            above_squares += one.above_idle * one.above_idle;
        }
        if (std::abs(one.error) >= worst) {
            worst = std::abs(one.error);
            calibration.worst_workload = workload;
        }
    }
    if (count > 0) calibration.left_out_error = std::sqrt(squares / static_cast<double>(count));
    // A ratio of sums: a workload that hardly exceeds idle power tells little about its watts.
    if (above_squares > 0) calibration.kind_of_work_sd = std::sqrt(busy_squares / above_squares);
    calibration.worst_error = worst;
}

/// What a busy thread took above idle, workload by workload.
Coefficient any_work_of(std::span<const CalibrationSample> samples, double idle_watts) {
    std::vector<double> watts;
    for (const CalibrationSample& sample : samples) {
        const double busy = sample.usage[Resource::busy_time];
        if (busy > 0) {
            const double above = sample.energy.value() - idle_watts * sample.usage[Resource::time];
            watts.push_back(std::max(0.0, above / busy));
        }
    }
    if (watts.empty()) return {};
    const double mean = std::accumulate(watts.begin(), watts.end(), 0.0) / static_cast<double>(watts.size());
    const auto [least, most] = std::ranges::minmax(watts);
    return {mean, least, most};
}

}  // namespace

Figure Calibration::predict(const Usage& usage) const {
    double value = 0, below = 0, above = 0;
    for (std::size_t i = 0; i < resource_count; ++i) {
        const Coefficient& one = coefficients[i];
        value += one.value * usage.amounts[i];
        below += std::pow((one.value - one.low) * usage.amounts[i], 2);
        above += std::pow((one.high - one.value) * usage.amounts[i], 2);
    }
    const double missed = end_of_95_percent * left_out_error * value;
    return {Joules(value), Joules(std::max(0.0, value - std::max(missed, std::sqrt(below)))),
            Joules(value + std::max(missed, std::sqrt(above))), Method::estimated};
}

WorkCost Calibration::work_cost() const {
    WorkCost cost;
    cost.active = base::Watts((*this)[Resource::busy_time].value);
    const auto byte = [&](Source from) -> double& { return cost.joules_per_byte[static_cast<std::size_t>(from)]; };
    byte(Source::weights) = byte(Source::cache) = (*this)[Resource::memory_bytes].value;
    cost.joules_per_cached_byte = (*this)[Resource::shared_bytes].value;
    byte(Source::activations) = (*this)[Resource::near_bytes].value;
    cost.joules_per_operation.fill((*this)[Resource::float_operations].value);
    cost.joules_per_operation[static_cast<std::size_t>(Arithmetic::int8)] = (*this)[Resource::int8_operations].value;
    return cost;
}

Calibration fit(std::span<const CalibrationSample> samples, const FitOptions& options) {
    const std::vector<Row> rows = relative_rows(samples);
    std::size_t occurring = 0;
    for (std::size_t i = 0; i < resource_count; ++i) {
        occurring += std::ranges::any_of(rows, [&](const Row& row) { return row[i] > 0; }) ? 1 : 0;
    }
    if (rows.size() < 2 * occurring || rows.empty()) {
        base::fail(ErrorCode::bad_argument,
                   "{} workload runs are too few for {} coefficients; at least twice as many are needed.", rows.size(),
                   occurring);
    }
    Calibration calibration;
    calibration.samples = std::ssize(samples);
    find_intervals(rows, solve(rows, [](std::size_t) { return true; }), options, calibration);
    leave_each_out(samples, rows, calibration);
    calibration.any_work = any_work_of(samples, calibration[Resource::time].value);
    return calibration;
}

std::vector<CalibrationSample> measure(std::span<const Workload> workloads, const EnergySince& energy,
                                       const MeasureOptions& options) {
    std::vector<CalibrationSample> samples;
    const int all = options.rounds * static_cast<int>(workloads.size());
    for (int round = 0; round < options.rounds; ++round) {
        std::vector<std::size_t> order(workloads.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        base::RandomSequence random(options.seed, static_cast<std::uint64_t>(round));
        for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
        for (const std::size_t which : order) {
            const Workload& workload = workloads[which];
            energy();
            workload.run(options.at_least);
            const Joules taken = energy();
            samples.push_back({workload.name, workload.account(), taken});
            if (options.on_sample) options.on_sample(samples.back(), static_cast<int>(samples.size()), all);
        }
    }
    return samples;
}

}  // namespace ergon::energy
