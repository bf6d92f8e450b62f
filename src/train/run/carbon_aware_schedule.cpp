#include "train/run/carbon_aware_schedule.h"

#include <algorithm>

#include "base/clock.h"

namespace ergon::train {
namespace {

// Soon enough for Ctrl-C to feel heard.
constexpr base::Seconds nap(0.2);

double seconds_between(energy::SystemTime begin, energy::SystemTime end) {
    return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

base::GramsPerKilowattHour CarbonAwareSchedule::look() {
    const energy::SystemTime now = options_.clock.now();
    const base::GramsPerKilowattHour intensity = options_.grid(now);
    if (seen_.empty() || seen_.back().intensity != intensity) seen_.push_back({now, intensity});
    return intensity;
}

void CarbonAwareSchedule::wait(const std::atomic<bool>* stop,
                               const std::function<void(base::GramsPerKilowattHour)>& account) {
    base::GramsPerKilowattHour intensity = look();
    if (!clean(intensity) && options_.on_wait) options_.on_wait(intensity);
    while (!clean(intensity) && !(stop != nullptr && stop->load())) {
        options_.clock.sleep ? options_.clock.sleep(nap) : base::sleep_for(nap);
        const base::GramsPerKilowattHour next = look();
        if (next == intensity) continue;
        account(intensity);
        intensity = next;
        if (!clean(intensity) && options_.on_wait) options_.on_wait(intensity);
    }
    account(intensity);
}

base::GramsPerKilowattHour CarbonAwareSchedule::mean_of_first(base::Seconds duration) const {
    double covered = 0;
    base::GramsPerKilowattHour sum{};
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        const bool last = i + 1 == seen_.size();
        const double end = last ? duration.value() : seconds_between(seen_.front().time, seen_[i + 1].time);
        const double until = std::clamp(end, covered, std::max(covered, duration.value()));
        sum += seen_[i].intensity * (until - covered);
        covered = until;
    }
    return covered > 0 ? sum / covered : seen_.front().intensity;
}

}  // namespace ergon::train
