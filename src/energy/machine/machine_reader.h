#pragma once
// What the whole machine takes, interval by interval: from its counters, or from the estimate that takes their place.

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "energy/estimate/calibration.h"
#include "energy/estimate/estimate.h"
#include "energy/ledger/ledger.h"
#include "energy/ledger/request_figures.h"
#include "energy/machine/machine_share.h"
#include "energy/machine/others_time.h"
#include "energy/machine/processor.h"
#include "energy/sensors/sensor_search.h"

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
    /// How long the end of a request may wait for a counter that moves rarely, to be charged what it shows.
    base::Nanoseconds patience{2'500'000'000};
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
    Method method() const {
        return counts_machine() && search_.counter->missing().empty() ? Method::measured : Method::estimated;
    }
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

    /// Whose processor time counts as the program's from the next start on: `time` gives it, summed up, and never
    /// falls. Without it this process is the program.
    void charge(std::function<base::Nanoseconds()> time) {
        program_time_ = std::move(time);
        others_ = OthersTime(processor_.threads);  // what is left beside another program
    }
    /// Processor time of everybody, for `charge`: then there are no other programs.
    base::Nanoseconds everybody() const { return read_busy_time(options_.procfs).machine; }

    /// The first interval begins here. Where it has begun before, a new one does, and counters are not disturbed.
    void start(base::Nanoseconds now);
    base::Nanoseconds last_reading() const { return last_reading_; }
    /// Reads, and returns the intervals that are known by now and were not returned: none while a counter has not
    /// moved, several when it does. `quiet`: nothing of this program's users runs, so that idle power may be learnt.
    std::vector<Interval> read(base::Nanoseconds now, bool quiet);
    /// All that was read and not returned, with guesses in the place of what counters have yet to tell. What they tell
    /// of that time later is not counted again.
    std::vector<Interval> give_up();
    /// What give_up() would return.
    std::vector<Interval> guess() const;
    /// Whether something was read and not returned.
    bool waiting() const { return !open_.empty(); }
    /// So long waiting for a counter to move is worth it: some of its steps; none where it moves more rarely than the
    /// options' patience.
    base::Nanoseconds worth_waiting() const;
    /// How long to wait for the next one: as the options say, more if readings cost more than a thousandth of a thread,
    /// but less than a counter needs to wrap.
    base::Nanoseconds interval() const;

    Uncertainty uncertainty() const;
    Overhead overhead() const;

  private:
    void use_calibration(bool accounted);
    SensorOptions sensor_options(bool accounted) const;
    void describe_source();
    BusyTime busy_time() const;
    Interval estimated(Interval interval) const;
    Interval filled(Interval interval, const MachineSlice& slice, base::Nanoseconds open_since) const;
    std::vector<Interval> close(std::span<const MachineSlice> slices);
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

    std::function<base::Nanoseconds()> program_time_;
    base::Nanoseconds first_reading_{}, last_reading_{};
    base::Nanoseconds last_program_{};  // its processor time at the last reading
    OthersTime others_;
    PowerRange idle_power_;
    bool idle_observed_ = false;
    base::Nanoseconds quiet_time_{};
    base::Nanojoules quiet_energy_{};
    struct Open {
        Interval interval;  // without its energy
        bool quiet = false;
    };
    std::deque<Open> open_;       // read, and waiting for counters
    base::Nanojoules devices_{};  // so much of the devices apart is in intervals
    base::Nanoseconds spent_{};   // processor time of readings
    std::int64_t readings_ = 0;
};

}  // namespace ergon::energy
