#include "energy/estimate.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <fmt/format.h>
#include <initializer_list>
#include <string>
#include <string_view>

#include "energy/calibration.h"
#include "energy/figure.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;
using base::Watts;

constexpr PowerRange watts(double value, double low, double high) {
    return {Watts(value), Watts(low), Watts(high)};
}

// Shares of the design power. Servers: quantiles (2.5%, 50%, 97.5%) of 587 machines whose power at idle and at full
// load was published from 2017 to 2026 (SPECpower_ssj2008, at the wall; tools/estimate-constants computes them). Their
// makers choose what they publish, so a machine at hand is seldom better. Others: assumed, no such collection was
// found.
constexpr PowerRange server_idle = watts(0.217, 0.117, 0.563), server_active = watts(0.873, 0.550, 1.222);
constexpr PowerRange desktop_idle = watts(0.30, 0.10, 0.60), desktop_active = watts(1.0, 0.6, 1.9);
constexpr PowerRange laptop_idle = watts(0.25, 0.10, 0.60), laptop_active = watts(1.2, 0.6, 2.5);
constexpr PowerRange other_idle = watts(0.25, 0.08, 0.60), other_active = watts(1.0, 0.5, 2.5);

// Watts per hardware thread, where no design power is known: assumed from published design powers divided by thread
// counts, wide enough to hold the parts of each class. docs/energy.md argues them. The order is that of the enum below.
constexpr std::array<ProcessorClass, 8> classes{{
    {"a share of a server processor (virtual machine)", watts(0.8, 0.4, 1.5), watts(2.2, 1.1, 4.4), server_idle,
     server_active},
    {"a server processor", watts(1.0, 0.5, 2.0), watts(3.0, 1.3, 6.0), server_idle, server_active},
    {"a desktop processor", watts(1.0, 0.4, 2.0), watts(6.0, 3.0, 12.0), desktop_idle, desktop_active},
    {"a laptop processor", watts(0.4, 0.2, 0.8), watts(2.5, 1.2, 5.0), laptop_idle, laptop_active},
    {"an ARM server processor", watts(0.5, 0.25, 0.9), watts(1.6, 0.8, 2.6), server_idle, server_active},
    {"an ARM board", watts(0.65, 0.35, 1.1), watts(1.1, 0.6, 1.8), other_idle, other_active},
    {"an Apple processor", watts(0.4, 0.15, 0.8), watts(2.2, 1.0, 4.4), laptop_idle, laptop_active},
    {"an unknown processor", watts(0.7, 0.2, 2.0), watts(2.5, 0.8, 8.0), other_idle, other_active},
}};
enum ClassIndex { virtual_server, server, desktop, laptop, arm_server, arm_board, apple, unknown };

// An estimate of a class never claims to be better than 30% either way: CodeCarbon's, from the very processor's design
// power, misses by about 50% on average on that project's own measurements.
constexpr bool wide_enough(const PowerRange& power) {
    return power.low_factor() <= 0.7 && power.high_factor() >= 1.3;
}
static_assert(std::all_of(classes.begin(), classes.end(), [](const ProcessorClass& one) {
    return wide_enough(one.idle_per_thread) && wide_enough(one.active_per_thread) && wide_enough(one.idle_share) &&
           wide_enough(one.active_share);
}));

bool contains_any(std::string_view name, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return name.find(word) != name.npos; });
}

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/// A model number for laptops by its makers' suffix, or one of Intel's smallest: "8565U", "1165G7", "5800H", "7840HS",
/// "155H", "N100".
bool is_laptop_number(std::string_view word) {
    const std::size_t digits =
        static_cast<std::size_t>(std::find_if_not(word.begin(), word.end(), is_digit) - word.begin());
    if (digits >= 3 && digits <= 5) {
        constexpr std::array<std::string_view, 9> suffixes{"U", "Y", "P", "V", "H", "HK", "HQ", "HX", "HS"};
        const std::string_view suffix = word.substr(digits);
        const bool graphics = suffix.size() == 2 && suffix[0] == 'G' && is_digit(suffix[1]);
        return graphics || std::find(suffixes.begin(), suffixes.end(), suffix) != suffixes.end();
    }
    return word.size() >= 3 && word.size() <= 4 && word[0] == 'N' &&
           std::all_of(word.begin() + 1, word.end(), is_digit);
}

bool has_laptop_number(std::string_view name) {
    const auto in_word = [](char character) { return std::isalnum(static_cast<unsigned char>(character)) != 0; };
    for (auto begin = name.begin(); begin != name.end();) {
        const auto end = std::find_if_not(begin, name.end(), in_word);
        if (is_laptop_number({begin, end})) return true;
        begin = std::find_if(end, name.end(), in_word);
    }
    return false;
}

ClassIndex classify_arm(const Processor& processor) {
    if (processor.vendor == "0x61") return apple;
    // Parts by ARM's public numbers: Neoverse N1, V1, N2, V2, V3, N3. Ampere is 0xc0, Fujitsu 0x46, HiSilicon 0x48,
    // Cavium 0x43.
    constexpr std::array<int, 6> neoverse{0xd0c, 0xd40, 0xd49, 0xd4f, 0xd84, 0xd8e};
    const bool arm_design = processor.vendor == "0x41";
    if (arm_design && std::find(neoverse.begin(), neoverse.end(), processor.model) != neoverse.end()) return arm_server;
    for (const char* maker : {"0xc0", "0x46", "0x48", "0x43"}) {
        if (processor.vendor == maker) return arm_server;
    }
    return arm_design ? arm_board : unknown;
}

ClassIndex classify_x86(const Processor& processor) {
    const std::string& name = processor.name;
    if (contains_any(name, {"EPYC", "Xeon"})) return processor.virtual_machine ? virtual_server : server;
    if (has_laptop_number(name) || contains_any(name, {"Ryzen AI", "Atom", "Celeron", "Pentium(R) Silver"}))
        return laptop;
    if (contains_any(name, {"Core", "Ryzen", "Pentium", "Athlon"})) return desktop;
    return processor.virtual_machine ? virtual_server : unknown;  // rented machines often hide the name
}

/// A coefficient as a power: its own interval, or what the calibration missed by where that is more.
PowerRange range_of(const Calibration& calibration, Resource resource) {
    const Coefficient& one = calibration[resource];
    const double missed = end_of_95_percent * calibration.left_out_error * one.value;
    return watts(one.value, std::max(0.0, std::min(one.low, one.value - missed)),
                 std::max(one.high, one.value + missed));
}

}  // namespace

std::span<const ProcessorClass> processor_classes() {
    return classes;
}

const ProcessorClass& classify(const Processor& processor) {
    if (processor.vendor == "GenuineIntel" || processor.vendor == "AuthenticAMD")
        return classes[classify_x86(processor)];
    return classes[classify_arm(processor)];
}

MachineEstimate::MachineEstimate(const Processor& processor) : MachineEstimate(processor, ProcessorTable::shipped()) {}

MachineEstimate::MachineEstimate(const Processor& processor, const ProcessorTable& table) : threads(processor.threads) {
    const ProcessorClass& its_class = classify(processor);
    const std::optional<Part> part = table.find(processor);
    const std::string count = fmt::format("{} thread{}", threads, threads == 1 ? "" : "s");
    // A virtual machine has a share of a socket, if the socket's threads are known; another machine has its sockets
    // whole.
    const bool share_known = part && (!processor.virtual_machine || part->threads >= threads);
    if (share_known) {
        const double sockets = processor.virtual_machine ? static_cast<double>(threads) / part->threads
                                                         : static_cast<double>(processor.sockets);
        const double watts = sockets * part->design_power.value();
        idle = its_class.idle_share * watts;
        active_per_thread = its_class.active_share * (watts / threads);
        description =
            fmt::format("the design power of {}{} ({:.0f} W; {} here{})",
                        part->named_by_machine ? "" : "the likely processor, ", part->name, part->design_power.value(),
                        count, processor.virtual_machine ? fmt::format(" of {}", part->threads) : "");
    } else {
        idle = its_class.idle_per_thread * threads;
        active_per_thread = its_class.active_per_thread;
        description = fmt::format("the processor's class ({}, {})", its_class.description, count);
    }
    description += range_words();
}

MachineEstimate::MachineEstimate(const Processor& processor, const Calibration& calibration)
    : idle(range_of(calibration, Resource::time)),
      active_per_thread(range_of(calibration, Resource::busy_time)),
      threads(processor.threads),
      kind_of_work_sd(calibration.kind_of_work_sd),
      kind_of_work_source(fmt::format("this machine's calibration against {}", calibration.source)) {
    description = fmt::format("this machine's calibration against {} (workloads left out of it were missed by {:.1f}%)",
                              calibration.source, 100 * calibration.left_out_error) +
                  range_words();
}

PowerRange any_work(const Calibration& calibration) {
    const Coefficient& one = calibration.any_work;
    return watts(one.value, std::min(one.low, 0.7 * one.value), std::max(one.high, 1.3 * one.value));
}

std::string MachineEstimate::range_words() const {
    return fmt::format(": {:.2g} W idle ({:.2g} to {:.2g}), and {:.2g} W for each busy thread ({:.2g} to {:.2g})",
                       idle.value.value(), idle.low.value(), idle.high.value(), active_per_thread.value.value(),
                       active_per_thread.low.value(), active_per_thread.high.value());
}

Watts MachineEstimate::power_of(int busy_threads) const {
    return idle.value + active_per_thread.value * busy_threads;
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
    return energy_of(active_per_thread.value, std::min(busy, elapsed * std::int64_t{threads}));
}

Nanojoules energy_of(Watts power, Nanoseconds time) {
    return Nanojoules(std::llround(power.value() * static_cast<double>(time.value())));
}

}  // namespace ergon::energy
