#pragma once
// All counters of a machine as one, and each of them beside it.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "energy/counters/missing_energy.h"
#include "energy/counters/overlap.h"
#include "energy/counters/slices.h"
#include "energy/machine/power_range.h"
#include "energy/sensors/sensor.h"

namespace ergon::energy {

/// What one sensor, or several together, have counted since the machine counter was opened.
struct Tally {
    SensorInfo info;
    Role role = Role::shown;
    base::Nanojoules energy{};        // of readings that were valid
    base::Nanoseconds counted{};      // the time that they cover
    base::Nanoseconds lost{};         // the time of which nothing is known
    std::optional<PowerRange> power;  // mean over the last time that it told of, nothing if it fails
    std::string problem;              // why it tells nothing now, empty if it does
    base::Nanojoules expected{};      // by the machine's estimate, of the time that is counted
};

/// What the total's sensors told of the time between two readings.
struct MachineSlice {
    base::Nanoseconds begin{};
    base::Nanoseconds end{};
    base::Nanojoules counted{};
    Missing missing;        // in the place of what they did not tell; none if they told all
    Missing pending;        // in the place of what they have yet to tell
    bool reported = false;  // they told something, of this time or of others; else all of it is a guess of the machine
    base::Nanojoules energy() const { return counted + missing.value + pending.value; }
};

struct MachineCounterOptions {
    std::vector<Unread> unread;
    MissingModel model;
    bool devices_apart = false;  // what accelerators take is not the total's, but an account of its own
};

/// The machine's total: its widest scope (see roles_of). Each sensor has its own times: one that moves rarely is
/// waited for, what one loses is guessed, and neither touches what the others counted. Sensors beside the total are
/// read with it; one that fails leaves only its own tally incomplete. Some machines show a psys that hardly counts: one
/// that falls below the parts inside it is left for them. Some show one counter as several: it is counted once.
class MachineCounter {
  public:
    /// Throws Error(bad_argument) if no sensor can be the total.
    MachineCounter(std::vector<std::unique_ptr<Sensor>> sensors, base::Nanoseconds now,
                   MachineCounterOptions options = {});
    /// Name, scope, step of the total; the shortest horizon of all that is read.
    const SensorInfo& info() const { return total_.info; }
    /// What the machine is expected to take until `now` decides how a counter's step is spread over several readings.
    void read(base::Nanoseconds now, base::Nanojoules expected);
    /// The slices that are known and were not handed out, in order.
    std::vector<MachineSlice> take();
    /// Those, and guesses of all that the counters have yet to tell; what they tell of it later is not counted again.
    std::vector<MachineSlice> give_up();
    /// What give_up() would return.
    std::vector<MachineSlice> guess() const;
    /// Time begins anew; tallies go on, and what was pending counts as lost.
    void restart(base::Nanoseconds now);

    const Tally& total() const { return total_; }
    /// Whether the total is the machine's; else its accelerators', with the processor read by nothing.
    bool covers_processor() const { return total_.info.scope < Scope::memory; }
    /// The total's sensors with their sources: "powercap: package-0 + package-1".
    std::string description() const;
    /// What is there and missing from the total, as it cannot be read.
    std::span<const Unread> missing() const { return missing_; }
    /// Devices apart that cannot be read.
    std::span<const Unread> missing_devices() const { return missing_devices_; }
    /// What the devices apart have counted.
    base::Nanojoules devices_energy() const;
    std::string device_names() const;
    /// The total's and the devices' names.
    std::string all_names() const;
    /// The longest step of the total's sensors as it was before any of them stood still.
    base::Nanoseconds usual_step() const;
    /// Whether all of them have moved often enough for that to be known.
    bool step_is_known() const;
    /// Whether one of the total's sensors does not respond, or has told nothing for so long that it is not waited for.
    bool stuck() const;
    /// Every sensor that is read, in a fixed order. `info.part_of` of a part is the total's name, of others
    /// the sensor that they lie in.
    std::span<const Tally> tallies() const { return tallies_; }
    /// The rest of the machine: the total less its parts, over the time for which all of them are known. Nothing if the
    /// total has no parts or nothing is known yet. Negative if the sensors contradict each other.
    struct Rest {
        base::Nanojoules energy{};
        base::Nanoseconds counted{};
    };
    std::optional<Rest> rest() const;

  private:
    void assign_roles();
    void describe_total();
    void update_steps();
    void keep(std::size_t i, const Reading& reading, base::Nanoseconds now);
    void wait(std::size_t i, const Reading& reading, base::Nanoseconds now);
    void lose(std::size_t i, base::Nanoseconds now);
    void find_mirrors(std::span<const Reading> readings);
    void compare();
    void leave_platform(base::Nanoseconds now);
    bool platform_stands_still(base::Nanoseconds now) const;
    bool is_known(const Slice& slice, bool with_parts) const;
    MachineSlice slice_of(const Slice& slice) const;
    CountedSoFar reported_by(std::size_t i) const;
    Missing missing_of(const SensorInfo& info, const CountedSoFar& own, const Stretch& stretch) const;
    std::vector<MachineSlice> hand_out(bool all);

    MachineCounterOptions options_;
    std::vector<Unread> missing_, missing_parts_, missing_devices_;  // what cannot be read, by what it is part of
    std::vector<std::unique_ptr<Sensor>> sensors_;
    std::vector<Tally> tallies_;                             // of sensors_, in their order
    std::vector<std::optional<base::Nanoseconds>> pending_;  // since when each has told nothing
    struct Standing {
        base::Nanoseconds usual_step{};          // of the sensor, before it stood still
        std::optional<base::Nanoseconds> since;  // it has told nothing
        bool stuck = false;                      // for so long that it is not waited for
        bool failing = false;                    // it does not respond
        int reported = 0;                        // so many readings were valid
    };
    std::vector<Standing> standing_;
    Tally total_;
    Slices slices_;
    base::Nanoseconds begin_{}, last_{};
    base::Nanojoules owed_{};  // counted twice before a mirror was known as one

    // The total against its parts, over slices that all of them have told of.
    base::Nanojoules known_total_{}, known_parts_{};
    base::Nanoseconds known_time_{};
};

}  // namespace ergon::energy
