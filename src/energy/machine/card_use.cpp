#include "energy/machine/card_use.h"

#include <algorithm>
#include <utility>

#include "energy/sensors/nvml_library.h"

namespace ergon::energy {
namespace {

using base::Joules;
using base::Nanoseconds;

// As in nvml.cpp: the counter steps about every 100 ms.
constexpr base::Seconds counter_step{0.1};
// Assumed, as for processor time: the time of a process's kernels is a fair key for joules within this much.
constexpr double sharing_error = 0.2;
// Assumed: with more memory in use a card has a process, whether or not it is shown (in containers it is not). Drivers
// keep about half of it for themselves.
constexpr unsigned long long unexplained_memory = 1ull << 30;
constexpr unsigned max_processes = 1024;

using ListProcesses = int (*)(nvml::Device, unsigned*, nvml::ProcessInfo*);

/// Adds the processes of one of the two lists. False if the card does not tell.
bool add_processes(ListProcesses list, nvml::Device device, std::set<int>& all) {
    if (list == nullptr) return false;
    std::vector<nvml::ProcessInfo> processes(64);
    for (;;) {
        auto count = static_cast<unsigned>(processes.size());
        const int code = list(device, &count, processes.data());
        if (code == nvml::insufficient_size && processes.size() < max_processes) {
            processes.resize(max_processes);
            continue;
        }
        if (code != nvml::success || count > processes.size()) return false;
        for (unsigned i = 0; i < count; ++i) all.insert(static_cast<int>(processes[i].pid));
        return true;
    }
}

/// Who holds the card; nothing if it does not tell.
std::optional<std::set<int>> processes_of(const nvml::Library& library, nvml::Device device) {
    std::set<int> all;
    if (!add_processes(library.functions.compute_processes, device, all)) return std::nullopt;
    add_processes(library.functions.graphics_processes, device, all);
    nvml::Memory memory;
    const bool used = library.functions.memory && library.functions.memory(device, &memory) == nvml::success &&
                      memory.used > unexplained_memory;
    return all.empty() && used ? std::nullopt : std::optional(std::move(all));
}

}  // namespace

struct CardUse::Card {
    nvml::Device device = nullptr;
    std::optional<unsigned long long> millijoules;  // at the last reading
    Nanoseconds read{};
    unsigned long long sampled_until = 0;  // microseconds, of the library's samples

    /// The processes' part of the time in which kernels ran since the last call; nothing where none did, or where the
    /// card does not tell.
    std::optional<double> share(const nvml::Library& library, const std::set<int>& processes) {
        if (library.functions.utilization == nullptr) return std::nullopt;
        std::vector<nvml::ProcessUtilization> samples(max_processes);
        auto count = static_cast<unsigned>(samples.size());
        if (library.functions.utilization(device, samples.data(), &count, sampled_until) != nvml::success ||
            count > samples.size()) {
            return std::nullopt;
        }
        double its = 0, all = 0;
        for (unsigned i = 0; i < count; ++i) {
            const nvml::ProcessUtilization& one = samples[i];
            sampled_until = std::max(sampled_until, one.microseconds);
            if (one.sm > 100) continue;  // no percentage
            all += one.sm;
            if (processes.contains(static_cast<int>(one.pid))) its += one.sm;
        }
        return all > 0 ? std::optional(its / all) : std::nullopt;
    }
};

CardUse::CardUse(const std::filesystem::path& library) {
    if (library.empty()) return;
    library_ = nvml::open_library(library);
    unsigned count = 0;
    if (!library_ || !library_->problem.empty() || library_->functions.count(&count) != nvml::success) return;
    for (unsigned index = 0; index < std::min(count, 64u); ++index) {
        nvml::Device device = nullptr;
        if (library_->functions.device(index, &device) == nvml::success) cards_.push_back({device, {}, {}, 0});
    }
    taken_by({}, Nanoseconds(0));
}

CardUse::~CardUse() = default;

std::optional<Figure> CardUse::taken_by(const std::set<int>& processes, Nanoseconds now) {
    std::optional<Figure> sum = Figure{};
    for (Card& card : cards_) {
        const std::optional<Figure> taken = taken_of(card, processes, now);
        if (!taken) sum.reset();
        if (sum && taken) *sum += *taken;
    }
    return sum;
}

std::optional<Figure> CardUse::taken_of(Card& card, const std::set<int>& processes, Nanoseconds now) {
    const std::optional<double> share = card.share(*library_, processes);
    unsigned long long millijoules = 0;
    const bool read = library_->functions.total_energy &&
                      library_->functions.total_energy(card.device, &millijoules) == nvml::success;
    const auto before = std::exchange(card.millijoules, read ? std::optional(millijoules) : std::nullopt);
    const base::Seconds elapsed = base::to_seconds(now - std::exchange(card.read, now));
    const std::optional<std::set<int>> holders = processes_of(*library_, card.device);
    if (!holders) return std::nullopt;
    const auto its = std::ranges::count_if(*holders, [&](int pid) { return processes.contains(pid); });
    if (its == 0) return Figure{};
    if (!read || !before || millijoules < *before) return std::nullopt;
    const Joules energy(static_cast<double>(millijoules - *before) * 1e-3);
    const bool alone = its == std::ssize(*holders);
    const double part = alone ? 1 : share.value_or(static_cast<double>(its) / static_cast<double>(holders->size()));
    const Joules value = energy * part;
    Joules error = alone ? Joules(0) : value * sharing_error;
    if (elapsed > base::Seconds(0)) error += energy * (2 * (counter_step / elapsed)) * part;
    const bool whole_steps = elapsed > counter_step * 2.0;
    return Figure{value, std::max(Joules(0), value - error), value + error,
                  alone && whole_steps ? Method::measured : Method::apportioned};
}

}  // namespace ergon::energy
