#pragma once
// Slow sources (a plug on the network, a program) are asked by a thread of their own, so that a reading never waits.

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "energy/sensors/sensor.h"

namespace ergon::energy {

/// What a source says when it is asked: a counter, a power, or both.
struct Poll {
    std::optional<base::Joules> total;  // since some moment in the past
    base::Joules resolution{};          // of `total`; 0 if unknown
    std::optional<base::Watts> power;
};

/// Assumed: after this long without an answer, power is no longer what it was.
inline constexpr base::Nanoseconds longest_silence{5'000'000'000};

/// The joules that follow from polls. It knows no threads and no clock.
///
/// Where there is power, each poll's power holds until the next. A silence longer than longest_silence is bridged by
/// the counter if its step is far above its resolution, else it is lost. Where there is only a counter, its steps are
/// the energy, and a reading is pending until there is one.
class PollAccount {
  public:
    /// Throws Error(bad_file) if the first poll says nothing.
    PollAccount(const Poll& first, base::Nanoseconds at);
    void answered(const Poll& poll, base::Nanoseconds at);
    void failed(std::string why) { silence_problem_ = std::move(why); }
    Reading read(base::Nanoseconds now);
    void restart(base::Nanoseconds now);
    /// The longest time that was seen between two steps of a counter that is all there is, the time that it stands
    /// still at the last poll included; 0 where power is.
    base::Nanoseconds longest_step() const {
        return by_power_ ? longest_step_ : std::max(longest_step_, last_at_ - changed_at_);
    }

  private:
    std::optional<base::Watts> power_until(const Poll& poll, base::Nanoseconds at) const;
    void add_step(base::Joules before, base::Joules after, base::Nanoseconds at);

    Poll last_;
    base::Nanoseconds last_at_{};
    bool by_power_ = false;
    base::Nanoseconds begin_{};
    base::Joules collected_{};     // between begin_ and last_at_
    std::string lost_;             // why the time since begin_ is lost, empty if it is not
    std::string silence_problem_;  // why the last poll failed
    base::Nanoseconds changed_at_{};
    base::Nanoseconds longest_step_{};
};

class PolledSensor final : public Sensor {
  public:
    /// Throws base::Error if there is no answer, as fast as its limits allow.
    using ReadFn = std::function<Poll()>;
    /// Reads once at once, and throws what `read_fn` throws; then every `interval`. Throws Error(system) if no thread
    /// can be started.
    PolledSensor(SensorInfo info, ReadFn read_fn, base::Nanoseconds interval = base::Nanoseconds(1'000'000'000));
    /// Waits for the question that is under way.
    ~PolledSensor() override;
    PolledSensor(const PolledSensor&) = delete;
    PolledSensor& operator=(const PolledSensor&) = delete;

    const SensorInfo& info() const override { return info_; }
    Reading read(base::Nanoseconds now) override;
    void restart(base::Nanoseconds now) override;

  private:
    void poll();

    SensorInfo info_;
    ReadFn read_fn_;
    base::Nanoseconds interval_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    bool stopping_ = false;
    PollAccount account_;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace ergon::energy
