#pragma once
// Workloads of known make-up, for calibration and for the limits of a machine.

#include <cstdint>
#include <memory>
#include <vector>

#include "base/units.h"
#include "energy/estimate/calibration.h"

namespace ergon::profile {

/// Sizes of the caches, in bytes; what the system does not tell is assumed (32 KiB, 1 MiB, 32 MiB).
struct CacheSizes {
    std::int64_t first = 0;   // of a core
    std::int64_t second = 0;  // of a core
    std::int64_t last = 0;    // shared
};
CacheSizes cache_sizes();

/// What this machine was measured to do, all given threads together. A limit that was measured can be passed: by work
/// that hits a nearer cache, or because something else ran while it was measured.
struct MachineLimits {
    int threads = 1;
    bool from_cache = false;                 // what was read fits the last cache
    double bytes_per_second = 0;             // read over and over, in order, as many as the model's weights
    double float_operations_per_second = 0;  // multiply-adds on F32 in registers, two operations each
    double int8_operations_per_second = 0;
};

/// The better of two measurements with the same threads, limit by limit.
MachineLimits best_of(const MachineLimits& a, const MachineLimits& b);

/// Spins; reads that stream from each level of the caches and from memory; multiply-adds on F32 and on bytes.
class Workloads {
  public:
    /// Takes the memory that the streams read: four times the last cache, at least 256 MB. Throws Error(out_of_budget).
    Workloads();
    ~Workloads();
    Workloads(const Workloads&) = delete;
    Workloads& operator=(const Workloads&) = delete;

    /// Idle, and each of the above with 1, 2, 4, ... and all threads. Valid as long as this object.
    std::vector<energy::Workload> all(int threads) const;

    /// The best of three short runs of each. What is read is as large as `weights`: those of a small model never leave
    /// the caches, whose speed is then the limit, not memory's.
    MachineLimits limits(int threads, base::Bytes weights, base::Seconds each = base::Seconds(0.1)) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ergon::profile
