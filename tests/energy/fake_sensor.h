#pragma once
// Amounts that are easy to read, and a sensor whose readings a test writes down beforehand.

#include <deque>
#include <string>
#include <utility>

#include "energy/sensors/sensor.h"

namespace ergon::energy {

constexpr base::Nanoseconds seconds(double count) {
    return base::Nanoseconds(static_cast<std::int64_t>(count * 1e9));
}
constexpr base::Nanojoules joules(double count) {
    return base::Nanojoules(static_cast<std::int64_t>(count * 1e9));
}

/// Plays what was written down for it: joules of the next reading, or a failure.
class FakeSensor final : public Sensor {
  public:
    struct Play {
        Reading::State state = Reading::State::valid;
        base::Nanojoules energy{};
    };
    explicit FakeSensor(SensorInfo info) : info_(std::move(info)) {}

    void play(double joules_taken) { plays_.push_back({Reading::State::valid, joules(joules_taken)}); }
    void fail(Reading::State state) { plays_.push_back({state, {}}); }
    int restarts() const { return restarts_; }

    const SensorInfo& info() const override { return info_; }
    Reading read(base::Nanoseconds now) override {
        const Play next = plays_.front();
        plays_.pop_front();
        const Reading reading{next.state, begin_, now, next.energy,
                              next.state == Reading::State::valid ? "" : info_.name + " failed"};
        if (next.state != Reading::State::pending) begin_ = now;
        return reading;
    }
    void restart(base::Nanoseconds now) override {
        begin_ = now;
        ++restarts_;
    }

  private:
    SensorInfo info_;
    std::deque<Play> plays_;
    base::Nanoseconds begin_{};
    int restarts_ = 0;
};

}  // namespace ergon::energy
