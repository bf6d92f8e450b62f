#pragma once
// What the whole machine takes, interval by interval: from its counters, or from the estimate that takes their place.

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"
#include "energy/calibration.h"
#include "energy/estimate.h"
#include "energy/ledger.h"
#include "energy/machine_share.h"
#include "energy/processor.h"
#include "energy/request_figures.h"
#include "energy/sensor_search.h"

namespace ergon::energy {

struct MeterOptions {
    std::filesystem::path sysfs = "/sys";
    std::filesystem::path procfs = "/proc";
    std::vector<std::string> sensors;                          // as --sensor names them
    std::filesystem::path nvml_library = "libnvidia-ml.so.1";  // empty: NVIDIA's cards are not looked for
    /// Of this machine (see calibration.h). One that the user names must belong to it; the standard one is left aside
    /// if it does not, or is not there.
    std::optional<std::filesystem::path> calibration;
    bool calibration_named = false;
    base::Nanoseconds interval{100'000'000};  // between readings while nothing forces one
};

/// What metering itself took.
struct Overhead {
    base::Seconds processor_time{};  // of the threads that read counters and kept the ledger
    base::Seconds elapsed{};
    double share() const { return elapsed > base::Seconds(0) ? processor_time / elapsed : 0; }  // of one thread
};

/// Used by one thread at a time.
class MachineReader {
  public:
    /// `accounted`: what this program does is told to a ledger with its bytes and operations; else a calibrated
    /// estimate must allow for any kind of work. Throws base::Error for a sensor or a calibration that the user names
    /// and that cannot be used.
    explicit MachineReader(const MeterOptions& options, bool accounted = false);
    ~MachineReader();
    MachineReader(const MachineReader&) = delete;
    MachineReader& operator=(const MachineReader&) = delete;

    /// One sentence: where the joules come from and how sure they are.
    const std::string& describe() const { return sentence_; }
    /// The best method that figures of this machine can have.
    Method method() const { return counts_machine() ? Method::measured : Method::estimated; }
    /// Whether counters cover the machine; else it is estimated, and what they do cover stands beside that.
    bool counts_machine() const { return search_.counter && search_.counter->covers_processor(); }
    /// What the joules are those of: what the counters cover, or what is estimated.
    Boundary boundary() const;
    /// What stays the same about this machine: processor, threads, where joules come from.
    nlohmann::ordered_json machine() const;
    /// What bytes and operations cost, as far as a calibration says.
    WorkCost work_cost() const;
    const std::vector<SourceReport>& sources() const { return search_.sources; }
    const MachineEstimate& estimate() const { return estimate_; }
    const Processor& processor() const { return processor_; }
    const MachineShare& share() const { return share_; }
    /// Nothing if all is estimated.
    const MachineCounter* counter() const { return search_.counter.get(); }

    /// The first interval begins here.
    void start(base::Nanoseconds now);
    base::Nanoseconds last_reading() const { return last_reading_; }
    /// The interval since the last reading. Nothing if no time has passed, or if a counter did not answer and nobody
    /// forces it: a later reading may still cover the time. `quiet`: nothing of this program's users runs, so that idle
    /// power may be learnt.
    std::optional<Interval> read(base::Nanoseconds now, bool forced, bool quiet);
    /// How long to wait for the next one: as the options say, more if readings cost more than a thousandth of a thread,
    /// but less than a counter needs to wrap.
    base::Nanoseconds interval() const;

    Uncertainty uncertainty() const;
    Overhead overhead() const;

  private:
    void use_calibration(bool accounted);
    base::Nanoseconds patience() const;
    void describe_source();
    void add_cards(Interval& interval, std::optional<base::Nanojoules> counted);
    BusyTime busy_time() const;
    void take_busy_time(Interval& interval);
    void observe_quiet(const Interval& interval);

    MeterOptions options_;
    Processor processor_;
    MachineShare share_;
    MachineEstimate estimate_;
    SensorSearch search_;
    std::optional<Calibration> calibration_;
    std::string calibration_problem_;
    std::string sentence_;

    base::Nanoseconds first_reading_{}, last_reading_{};
    BusyTime last_busy_;
    std::optional<base::Nanoseconds> others_seen_;
    PowerRange idle_power_;
    bool idle_observed_ = false;
    base::Nanoseconds quiet_time_{};
    base::Nanojoules quiet_energy_{};
    base::Nanoseconds standing_{};  // for so long the counter has not moved
    base::Nanoseconds unknown_{};   // for so long cards told nothing of theirs, which their mean power will fill
    base::Nanoseconds spent_{};     // processor time of readings
    std::int64_t readings_ = 0;
};

/// Processor time of the calling thread so far.
base::Nanoseconds thread_time();

}  // namespace ergon::energy
