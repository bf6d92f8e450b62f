#include "energy/machine/processor_class.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <string>

#include "base/strings/text.h"

namespace ergon::energy {
namespace {

using base::Watts;

constexpr PowerRange watts(double value, double low, double high) {
    return {Watts(value), Watts(low), Watts(high)};
}

// Shares of the design power, at the wall, without memory. Rented servers: what Teads published of instances (package,
// and a fifth of the design power for the rest of the machine, which idles as it works); own servers idle between that
// and the 587 machines of SPECpower_ssj2008 (tools/estimate-constants: 0.139, 0.045 to 0.450, with 0.15 W for each GB).
// Others: assumed, no such collection was found.
constexpr PowerRange rented_idle = watts(0.30, 0.10, 0.48), rented_active = watts(0.90, 0.55, 1.45);
constexpr PowerRange server_idle = watts(0.20, 0.045, 0.46), server_active = watts(0.87, 0.55, 1.35);
constexpr PowerRange desktop_idle = watts(0.40, 0.12, 0.90), desktop_active = watts(1.3, 0.6, 2.6);
constexpr PowerRange laptop_idle = watts(0.40, 0.12, 1.3), laptop_active = watts(1.6, 0.7, 4.0);
constexpr PowerRange other_idle = watts(0.35, 0.08, 1.0), other_active = watts(1.2, 0.5, 3.0);

// Watts for each GB of memory, at rest, and more with all threads busy. Servers: Teads' measurements by turbostat, 0.13
// to 0.25 at rest and 0.4 to 0.95 more when memory is worked hard; SPECpower's machines tell 0.07 at rest (a regression
// on design power and memory). Others: assumed; memory of laptops and boards rests in a state of low power.
constexpr MemoryPower server_memory{watts(0.20, 0.08, 0.30), watts(0.40, 0.05, 0.95), watts(4, 1.5, 16)};
constexpr MemoryPower desktop_memory{watts(0.10, 0.03, 0.25), watts(0.20, 0.03, 0.60), watts(2, 1, 8)};
constexpr MemoryPower small_memory{watts(0.04, 0.01, 0.12), watts(0.10, 0.02, 0.30), watts(1, 0.1, 4)};

// Watts per hardware thread, where no design power is known: assumed from published design powers divided by thread
// counts and the shares above, wide enough to hold the parts of each class. docs/energy.md argues them. The order is
// that of the enum below.
constexpr std::array<ProcessorClass, 9> classes{{
    {"a share of a server processor (virtual machine)", watts(0.9, 0.35, 1.6), watts(2.6, 1.2, 5.0), rented_idle,
     rented_active, server_memory},
    {"a server processor", watts(0.8, 0.25, 2.0), watts(2.8, 1.2, 5.6), server_idle, server_active, server_memory},
    {"a desktop processor", watts(2.0, 0.6, 5.0), watts(6.0, 3.0, 12.0), desktop_idle, desktop_active, desktop_memory},
    {"a laptop processor", watts(0.7, 0.25, 1.8), watts(2.8, 1.2, 6.0), laptop_idle, laptop_active, small_memory},
    {"an ARM server processor", watts(0.7, 0.3, 1.3), watts(2.0, 1.0, 3.2), rented_idle, rented_active, server_memory},
    {"an ARM board", watts(0.7, 0.35, 1.3), watts(1.4, 0.6, 2.6), other_idle, other_active, small_memory},
    {"a small ARM board", watts(0.25, 0.08, 0.6), watts(0.5, 0.2, 1.1), other_idle, other_active, small_memory},
    {"an Apple processor", watts(0.6, 0.2, 1.3), watts(2.2, 1.0, 4.4), laptop_idle, laptop_active, small_memory},
    {"an unknown processor", watts(0.9, 0.2, 3.0), watts(2.5, 0.8, 8.0), other_idle, other_active, desktop_memory},
}};
enum ClassIndex { virtual_server, server, desktop, laptop, arm_server, arm_board, small_arm_board, apple, unknown };

// An estimate of a class never claims to be better than 30% either way: CodeCarbon's, from the very processor's design
// power, misses by about 50% on average on that project's own measurements.
constexpr bool wide_enough(const PowerRange& power) {
    return power.low_factor() <= 0.7 && power.high_factor() >= 1.3;
}
static_assert(std::all_of(classes.begin(), classes.end(), [](const ProcessorClass& one) {
    return wide_enough(one.idle_per_thread) && wide_enough(one.active_per_thread) && wide_enough(one.idle_share) &&
           wide_enough(one.active_share) && wide_enough(one.memory.idle) && wide_enough(one.memory.traffic);
}));

/// `name` is in lower case, as the words are: some machines shout their processor's name.
bool contains_any(std::string_view name, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return name.find(word) != name.npos; });
}

/// A model number for laptops by its makers' suffix, or one of Intel's smallest: "8565U", "1165G7", "5800H", "7840HS",
/// "155H", "N100"; in lower case.
bool is_laptop_number(std::string_view word) {
    const std::size_t digits =
        static_cast<std::size_t>(std::find_if_not(word.begin(), word.end(), base::is_digit) - word.begin());
    if (digits >= 3 && digits <= 5) {
        constexpr std::array<std::string_view, 9> suffixes{"u", "y", "p", "v", "h", "hk", "hq", "hx", "hs"};
        const std::string_view suffix = word.substr(digits);
        const bool graphics = suffix.size() == 2 && suffix[0] == 'g' && base::is_digit(suffix[1]);
        return graphics || std::find(suffixes.begin(), suffixes.end(), suffix) != suffixes.end();
    }
    return word.size() >= 3 && word.size() <= 4 && word[0] == 'n' &&
           std::all_of(word.begin() + 1, word.end(), base::is_digit);
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
    // Implementers and parts by ARM's public numbers.
    constexpr std::array<std::string_view, 6> server_makers{"0xc0", "0x46", "0x48", "0x43", "0x6d", "0x70"};
    constexpr std::array<int, 6> neoverse{0xd0c, 0xd40, 0xd49, 0xd4f, 0xd84, 0xd8e};  // N1, V1, N2, V2, V3, N3
    const std::string& maker = processor.vendor;
    if (maker == "0x61") return apple;
    if (std::ranges::find(server_makers, maker) != server_makers.end()) return arm_server;
    if (maker == "0x51") return processor.model == 1 ? laptop : small_arm_board;  // Qualcomm's Oryon, or a telephone's
    if (maker != "0x41") return unknown;
    if (std::ranges::find(neoverse, processor.model) != neoverse.end()) return arm_server;
    return is_little_core(processor.model) ? small_arm_board : arm_board;
}

ClassIndex classify_x86(const Processor& processor) {
    const std::string name = base::lowered(processor.name);
    if (contains_any(name, {"epyc", "xeon", "opteron", "hygon"})) {
        return processor.virtual_machine ? virtual_server : server;
    }
    if (has_laptop_number(name) || contains_any(name, {"ryzen ai", "atom", "celeron", "pentium(r) silver"}))
        return laptop;
    if (contains_any(name, {"core", "ryzen", "pentium", "athlon"})) return desktop;
    return processor.virtual_machine ? virtual_server : unknown;  // rented machines often hide the name
}

}  // namespace

std::span<const ProcessorClass> processor_classes() {
    return classes;
}

bool is_x86(const Processor& processor) {
    constexpr std::array<std::string_view, 4> makers{"GenuineIntel", "AuthenticAMD", "HygonGenuine", "CentaurHauls"};
    return std::ranges::find(makers, processor.vendor) != makers.end();
}

const ProcessorClass& classify(const Processor& processor) {
    return classes[is_x86(processor) ? classify_x86(processor) : classify_arm(processor)];
}

}  // namespace ergon::energy
