#include "lab/experiment/machine_events.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/files/paths.h"
#include "energy/counters/small_file.h"
#include "energy/ledger/window.h"
#include "lab/store/run_details.h"

namespace ergon::lab {
namespace {

// Assumed: a processor that was too hot has lost a good part of that heat after ten seconds at rest; one that goes on
// throttling after two minutes is too hot for another reason, and the report says so.
constexpr base::Seconds pause_length{10};
constexpr base::Seconds longest_pause{120};

}  // namespace

MachineEvent idle_baseline(const energy::MeterOptions& machine, base::Seconds seconds, std::string kind) {
    energy::MachineReader reader(machine);
    energy::Window window(reader);
    const base::Seconds step = std::min(seconds, base::to_seconds(reader.interval()));
    for (base::Seconds waited{}; waited < seconds; waited += step) {
        base::sleep_for(std::min(step, seconds - waited));
        window.poll();
    }
    const energy::WindowFigures figures = window.figures();
    const energy::Figure& joules = figures.joules;
    const auto watts = [&](base::Joules one) { return one / figures.seconds; };
    return idle_event(std::move(kind),
                      {figures.seconds, watts(joules.value), watts(joules.low), watts(joules.high),
                       std::string(energy::name(joules.method)), figures.busy.value() / figures.seconds.value()});
}

ThrottleWatch::ThrottleWatch(std::filesystem::path sysfs) : sysfs_(std::move(sysfs)) {
    last_ = count();
}

std::int64_t ThrottleWatch::count() {
    std::int64_t sum = 0;
    for (const std::filesystem::path& processor : base::entries(sysfs_ / "devices" / "system" / "cpu")) {
        // Threads of a core count its events again; any growth is what matters.
        const std::string text = energy::read_small_file(processor / "thermal_throttle" / "core_throttle_count").text;
        std::int64_t events = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), events).ec != std::errc()) continue;
        visible_ = true;
        sum += std::max<std::int64_t>(0, events);
    }
    return sum;
}

std::int64_t ThrottleWatch::events() {
    const std::int64_t now = count();
    return std::max<std::int64_t>(0, now - std::exchange(last_, now));
}

std::optional<MachineEvent> cool_down(ThrottleWatch& watch, const std::function<void(base::Seconds)>& wait) {
    std::int64_t events = watch.events();
    if (events == 0) return std::nullopt;
    base::Seconds waited{};
    std::int64_t all = 0;
    while (events > 0 && waited < longest_pause) {
        all += events;
        wait(pause_length);
        waited += pause_length;
        events = watch.events();
    }
    return pause_event({all, waited});
}

}  // namespace ergon::lab
