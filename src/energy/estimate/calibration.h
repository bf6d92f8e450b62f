#pragma once
// What this machine's energy depends on, learnt from workloads of known make-up:
//   E = idle power x time + active power x busy thread time + sum of joules per unit x amount.

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "energy/estimate/estimate.h"
#include "energy/figure.h"
#include "energy/ledger/ledger.h"
#include "energy/machine/processor.h"

namespace ergon::energy {

/// What energy is spent on; the columns of the model, with the unit of each coefficient.
enum class Resource : std::uint8_t {
    time,              // W: the machine's idle power
    busy_time,         // W per busy thread
    near_bytes,        // J per byte from the first and second level of cache
    shared_bytes,      // J per byte from the last level
    memory_bytes,      // J per byte from memory
    float_operations,  // J per operation on F32 (what F16, BF16 and FP8 are widened to)
    int8_operations,   // J per operation on int8
};
inline constexpr std::size_t resource_count = 7;
inline constexpr std::array<std::string_view, resource_count> resource_names{
    "time", "busy time", "near bytes", "shared bytes", "memory bytes", "float operations", "int8 operations"};

/// Amounts of each resource: seconds, thread seconds, bytes, operations.
struct Usage {
    std::array<double, resource_count> amounts{};
    double& operator[](Resource resource) { return amounts[static_cast<std::size_t>(resource)]; }
    double operator[](Resource resource) const { return amounts[static_cast<std::size_t>(resource)]; }
};

/// A workload of known make-up. energy knows no kernels: whoever calls brings them.
struct Workload {
    std::string name;
    std::function<void(base::Seconds at_least)> run;
    std::function<Usage()> account;  // of the last run
};

/// One run of a workload and what the machine took for it.
struct CalibrationSample {
    std::string workload;
    Usage usage;
    base::Joules energy{};
};

/// A coefficient with its 95% interval.
struct Coefficient {
    double value = 0;
    double low = 0;
    double high = 0;
};

/// The machine that a calibration belongs to.
struct Fingerprint {
    std::string vendor, processor;
    int family = -1, model = -1, threads = 1;
    bool virtual_machine = false;
    bool operator==(const Fingerprint&) const = default;
};
Fingerprint fingerprint_of(const Processor& processor);

struct Calibration {
    Fingerprint machine;
    std::string source;                     // the counter or meter that the joules came from
    Boundary boundary = Boundary::machine;  // of those joules
    std::array<Coefficient, resource_count> coefficients;
    /// Watts of a busy thread whose work is not known: the mean of the workloads, from the cheapest to the dearest.
    Coefficient any_work;
    /// Each workload predicted by a fit without it: the root of the mean square of the relative errors, and the worst.
    double left_out_error = 0;
    double worst_error = 0;
    std::string worst_workload;
    /// The same errors as a share of what the workloads took above idle power, root of the mean square: how far a kind
    /// of work takes other watts than its thread time, bytes and operations explain.
    double kind_of_work_sd = 0;
    std::int64_t samples = 0;

    const Coefficient& operator[](Resource resource) const { return coefficients[static_cast<std::size_t>(resource)]; }
    /// The joules of a usage. The interval holds what fits without a workload missed that workload by (95% of a normal
    /// distribution of that width), or the coefficients' intervals where they say more.
    Figure predict(const Usage& usage) const;
    /// For the ledger: weights and cache are read from memory, activations from the near caches.
    WorkCost work_cost() const;
};

struct FitOptions {
    std::int64_t replicates = 400;
    std::uint64_t seed = 1;
};

/// Non-negative least squares on relative errors; intervals by a bootstrap of residuals, each divided by sqrt(1 - its
/// leverage) (Davison and Hinkley, Bootstrap Methods, 1997, 6.2.3). Throws Error(bad_argument) for fewer samples than
/// twice the resources that occur, or a sample without joules or time.
Calibration fit(std::span<const CalibrationSample> samples, const FitOptions& options = {});

/// Joules since it was last called, whatever measures them.
using EnergySince = std::function<base::Joules()>;

struct MeasureOptions {
    base::Seconds at_least{1};  // of each run
    int rounds = 5;             // on simulated machines three find what is 5% of a workload to 12% only
    std::uint64_t seed = 1;     // of the order
    std::function<void(const CalibrationSample&, int done, int all)> on_sample;
};

/// Runs each workload once a round, in an order drawn anew for each, so that what drifts is not taken for a workload.
/// `energy` is called just before and just after each run.
std::vector<CalibrationSample> measure(std::span<const Workload> workloads, const EnergySince& energy,
                                       const MeasureOptions& options = {});

/// Throws Error(bad_file) for a file that is no calibration.
Calibration read_calibration(const std::filesystem::path& path);
/// The same for a file's content; `name` stands for it in errors.
Calibration parse_calibration(const std::string& text, const std::string& name);
std::string write_calibration(const Calibration& calibration);
/// Throws Error(bad_argument), which names both machines, if the calibration belongs to another one.
void check_machine(const Calibration& calibration, const Processor& processor);
/// ${XDG_DATA_HOME:-~/.local/share}/ergon/calibration.json; nothing for a user without a home folder.
std::optional<std::filesystem::path> standard_calibration_path();

}  // namespace ergon::energy
