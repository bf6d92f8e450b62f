#include "energy/estimate/estimate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "energy/estimate/calibration.h"
#include "energy/figure.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;
using base::Watts;

// Of what a machine without its memory draws at rest, the part that is no processor: fans, board, power supply.
// Teads' instances: 0.20 of the design power beside 0.12 of the package.
constexpr double platform_part = 0.6;

PowerRange operator+(const PowerRange& a, const PowerRange& b) {
    return {a.value + b.value, a.low + b.low, a.high + b.high};
}

PowerRange operator-(const PowerRange& whole, const PowerRange& part) {
    return {whole.value - part.value, whole.low - part.low, whole.high - part.high};
}

/// A coefficient as a power: its own interval, or what the calibration missed by where that is more.
PowerRange range_of(const Calibration& calibration, Resource resource) {
    const Coefficient& one = calibration[resource];
    const double missed = end_of_95_percent * calibration.left_out_error * one.value;
    return {Watts(one.value), Watts(std::max(0.0, std::min(one.low, one.value - missed))),
            Watts(std::max(one.high, one.value + missed))};
}

std::string count_of(double processors) {
    const bool whole = processors == std::floor(processors);
    const std::string count = whole ? fmt::format("{:.0f}", processors) : fmt::format("{:.2f}", processors);
    return fmt::format("{} thread{}", count, processors == 1 ? "" : "s");
}

/// "2 threads of 512 by this container's cpu.max"
std::string share_words(const Processor& processor, const MachineShare& share) {
    if (!share.limited()) return count_of(share.processors);
    return fmt::format("{} of {} by the limit of this container or job, {}", count_of(share.processors),
                       processor.threads, share.limit);
}

/// The hardware threads of a socket of which this machine sees a part; 0 where it sees its sockets whole. A virtual
/// machine and ARM's /proc/cpuinfo do not say how many sockets there are; a container may be shown its own threads
/// alone.
std::optional<int> threads_of_shared_socket(const Processor& processor, const Part& part) {
    if (processor.virtual_machine || !is_x86(processor)) {
        return part.threads > 0 ? std::optional(part.threads) : std::nullopt;
    }
    const bool partly_shown = processor.siblings * processor.sockets > processor.threads;
    return partly_shown ? processor.siblings : 0;
}

MachineShare whole(const Processor& processor) {
    MachineShare share;
    share.processors = processor.threads;
    return share;
}

}  // namespace

double power_share(double load) {
    struct Point {
        double load, share;
    };
    constexpr std::array<Point, 4> points{{{0, 0}, {0.1, 0.24}, {0.5, 0.64}, {1, 1}}};
    for (std::size_t i = 1; i < points.size(); ++i) {
        const Point &from = points[i - 1], &to = points[i];
        if (load > to.load) continue;
        return from.share + (to.share - from.share) * (std::max(0.0, load) - from.load) / (to.load - from.load);
    }
    return 1;
}

std::string_view boundary_words(Boundary boundary) {
    constexpr std::array<std::string_view, 4> words{"this share of the machine at the wall", "processor and memory",
                                                    "processor", "processor and graphics cards"};
    return words[static_cast<std::size_t>(boundary)];
}

MachineEstimate::MachineEstimate(const Processor& processor) : MachineEstimate(processor, whole(processor)) {}

MachineEstimate::MachineEstimate(const Processor& processor, const MachineShare& share, const ProcessorTable& table)
    : processors(share.processors),
      threads(std::max(1, static_cast<int>(std::ceil(share.processors)))),
      concave(share.processors > 1) {
    const ProcessorClass& its_class = classify(processor);
    const std::optional<Part> part = table.find(processor);
    const auto shared = part ? threads_of_shared_socket(processor, *part) : std::nullopt;
    if (shared) {
        const double sockets = *shared > 0 ? processors / *shared : processors / processor.threads * processor.sockets;
        const Watts design_power = part->design_power * sockets;
        idle = its_class.idle_share * design_power.value();
        active_per_thread = its_class.active_share * (design_power.value() / processors);
        basis = fmt::format("the design power of {}{} ({:.0f} W; {} here{})",
                            part->named_by_machine ? "" : "the most likely processor, ", part->name,
                            part->design_power.value(), share_words(processor, share),
                            *shared > 0 ? fmt::format(", of {} of its socket", *shared) : "");
    } else {
        idle = its_class.idle_per_thread * processors;
        active_per_thread = its_class.active_per_thread;
        basis = fmt::format("the processor's class ({}, {})", its_class.description, share_words(processor, share));
    }
    platform = idle * platform_part;
    set_memory(its_class.memory, share);
}

void MachineEstimate::set_memory(const MemoryPower& memory_power, const MachineShare& share) {
    PowerRange gigabytes = memory_power.gigabytes_per_thread * processors;
    if (share.memory) {
        const Watts known(static_cast<double>(share.memory->value()) / (1 << 30));
        gigabytes = {known, known, known};
    }
    const auto times = [&](const PowerRange& per_gigabyte) {
        return PowerRange{per_gigabyte.value * gigabytes.value.value(), per_gigabyte.low * gigabytes.low.value(),
                          per_gigabyte.high * gigabytes.high.value()};
    };
    memory = times(memory_power.idle);
    idle = idle + memory;
    traffic_per_thread = times(memory_power.traffic) * (1 / processors);
    basis += fmt::format(" and {}{:.3g} GB of memory", share.memory ? "" : "an assumed ", gigabytes.value.value());
}

MachineEstimate::MachineEstimate(const Processor& processor, const MachineShare& share, const Calibration& calibration)
    : basis(fmt::format("this machine's calibration against {} (error on held-out workloads: {:.1f}%)",
                        calibration.source, 100 * calibration.left_out_error)),
      idle(range_of(calibration, Resource::time) * (share.processors / processor.threads)),
      active_per_thread(range_of(calibration, Resource::busy_time)),
      processors(share.processors),
      threads(std::max(1, static_cast<int>(std::ceil(share.processors)))),
      concave(false),
      boundary(calibration.boundary),
      kind_of_work_sd(calibration.kind_of_work_sd),
      kind_of_work_source(fmt::format("this machine's calibration against {}", calibration.source)) {}

PowerRange any_work(const Calibration& calibration) {
    const Coefficient& one = calibration.any_work;
    return {Watts(one.value), Watts(std::min(one.low, 0.7 * one.value)), Watts(std::max(one.high, 1.3 * one.value))};
}

std::string MachineEstimate::description() const {
    return fmt::format("{}: {:.3g} W idle ({:.3g} to {:.3g}), and {:.3g} W for each busy thread ({:.3g} to {:.3g}){}",
                       basis, idle.value.value(), idle.low.value(), idle.high.value(), active_per_thread.value.value(),
                       active_per_thread.low.value(), active_per_thread.high.value(),
                       concave ? " when all are busy, more for the first" : "");
}

void MachineEstimate::limit_to(Boundary inner) {
    if (boundary != Boundary::machine || inner == Boundary::machine) return;
    idle = idle - platform;
    if (inner != Boundary::processor_and_memory) idle = idle - memory;
    boundary = inner;
}

void MachineEstimate::include_traffic() {
    active_per_thread = active_per_thread + traffic_per_thread;
    traffic_per_thread = {};
}

Watts MachineEstimate::power_of(int busy_threads) const {
    const double load = std::min(1.0, busy_threads / processors);
    return idle.value + active_per_thread.value * (processors * (concave ? power_share(load) : load));
}

int MachineEstimate::threads_within(Watts watts) const {
    int within = 0;
    while (within < threads && power_of(within + 1) <= watts) ++within;
    return within;
}

Nanojoules MachineEstimate::idle_energy(Nanoseconds elapsed) const {
    return energy_of(idle.value, elapsed);
}

Nanojoules MachineEstimate::active_energy(Nanoseconds busy, Nanoseconds elapsed) const {
    if (elapsed <= Nanoseconds(0)) return Nanojoules(0);
    const double load = std::min(1.0, busy / elapsed / processors);
    return energy_of(active_per_thread.value * (processors * (concave ? power_share(load) : load)), elapsed);
}

WorkCost MachineEstimate::work_cost() const {
    WorkCost cost;
    cost.active = active_per_thread.value;
    const auto from_memory = [&](Source source) -> double& {
        return cost.joules_per_byte[static_cast<std::size_t>(source)];
    };
    from_memory(Source::weights) = from_memory(Source::cache) = memory_byte.value;
    return cost;
}

Nanojoules energy_of(Watts power, Nanoseconds time) {
    return Nanojoules(std::llround(power.value() * static_cast<double>(time.value())));
}

}  // namespace ergon::energy
