#include "energy/machine/processor.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <time.h>
#include <unistd.h>

#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

// Flags of x86 and ARM that decide which build of a kernel runs.
constexpr std::array<std::string_view, 14> known_flags{"sse4_2",      "avx",     "f16c",     "fma",      "avx2",
                                                       "avx_vnni",    "avx512f", "avx512bw", "avx512vl", "avx512_vnni",
                                                       "avx512_bf16", "asimd",   "asimddp",  "sve"};

/// A decimal or 0x number; -1 if it is none.
int parse_id(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x")) {
        text.remove_prefix(2);
        base = 16;
    }
    int value = -1;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return problem == std::errc() && end == text.data() + text.size() ? value : -1;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> found;
    while (!(text = trimmed(text)).empty()) {
        const std::size_t length = std::min(text.find_first_of(" \t\n"), text.size());
        found.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return found;
}

void read_flags(std::string_view value, Processor& processor) {
    for (const std::string_view flag : words_of(value)) {
        if (flag == "hypervisor") processor.virtual_machine = true;
        if (std::find(known_flags.begin(), known_flags.end(), flag) != known_flags.end()) {
            processor.vector_flags.emplace_back(flag);
        }
    }
}

/// One "key : value" line. `first`: of the first processor; all are taken to be alike, but for ARM's cores of two
/// kinds.
void read_line(std::string_view key, std::string_view value, bool first, Processor& processor) {
    // Boards give themselves a name behind all processors; where there is one it says more than "ARMv7 Processor rev
    // 3".
    if (key == "Model") processor.name = value;
    if (key == "CPU part" && is_little_core(processor.model)) processor.model = parse_id(value);
    if (!first) return;
    if (key == "vendor_id" || key == "CPU implementer") processor.vendor = value;
    if (key == "model name") processor.name = value;
    if (key == "cpu family") processor.family = parse_id(value);
    if (key == "model" || key == "CPU part") processor.model = parse_id(value);
    if (key == "siblings") processor.siblings = std::max(0, parse_id(value));
    if (key == "flags" || key == "Features") read_flags(value, processor);
}

/// Ticks of the clock that /proc counts in.
base::Nanoseconds ticks(std::uint64_t count) {
    static const std::int64_t tick_ns = 1'000'000'000 / std::max(1L, ::sysconf(_SC_CLK_TCK));
    constexpr std::uint64_t most = 1u << 30;  // seconds; beyond it the file is wrong and the sum would overflow
    return base::Nanoseconds(static_cast<std::int64_t>(std::min(count, most * 100)) * tick_ns);
}

std::uint64_t number_at(const std::vector<std::string_view>& fields, std::size_t index) {
    return index < fields.size() ? parse_unsigned(fields[index]).value_or(0) : 0;
}

}  // namespace

bool is_little_core(int part) {
    // Cortex-A5, A7, A8, A9, A35, A53, A55, A510, A520, by ARM's public numbers.
    constexpr std::array<int, 9> little{0xc05, 0xc07, 0xc08, 0xc09, 0xd04, 0xd03, 0xd05, 0xd46, 0xd80};
    return std::find(little.begin(), little.end(), part) != little.end();
}

Processor read_processor(const std::filesystem::path& procfs) {
    // The file grows with the threads: about 1.5 KB each, and a large machine has a thousand.
    const std::string text = read_small_file(procfs / "cpuinfo", std::size_t{1} << 23).text;
    Processor processor;
    int threads = 0;
    std::set<int> sockets;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line(text.data() + begin, end - begin);
        begin = end + 1;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view key = trimmed(line.substr(0, colon));
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (key == "processor" && parse_id(value) >= 0) ++threads;
        if (key == "physical id") sockets.insert(parse_id(value));
        read_line(key, value, threads <= 1, processor);
    }
    processor.threads = std::max(1, threads);
    processor.sockets = std::max(1, static_cast<int>(sockets.size()));
    return processor;
}

std::optional<base::Bytes> largest_cache(const std::filesystem::path& sysfs) {
    std::optional<base::Bytes> largest;
    for (int index = 0; index < 8; ++index) {  // caches have three or four levels, the first of them twice
        const auto file = sysfs / "devices/system/cpu/cpu0/cache" / ("index" + std::to_string(index)) / "size";
        const std::string text = read_small_file(file).text;
        const std::string_view size = trimmed(text);  // "32768K"
        if (!size.ends_with('K')) continue;
        const auto kibibytes = parse_unsigned(size.substr(0, size.size() - 1));
        if (!kibibytes || *kibibytes > (std::uint64_t{1} << 40)) continue;
        largest = std::max(largest.value_or(base::Bytes()), base::Bytes(static_cast<std::int64_t>(*kibibytes << 10)));
    }
    return largest;
}

base::Nanoseconds program_time() {
    timespec own{};
    if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own) != 0) return {};
    return base::Nanoseconds(std::int64_t{own.tv_sec} * 1'000'000'000 + own.tv_nsec);
}

BusyTime read_busy_time(const std::filesystem::path& procfs) {
    BusyTime busy{program_time(), {}};
    // stat's first line: user nice system idle iowait irq softirq steal ...; guest time is already part of user time,
    // and stolen time was spent by another machine.
    const std::string all = read_small_file(procfs / "stat").text;
    const auto fields = words_of(std::string_view(all).substr(0, all.find('\n')));
    if (!fields.empty() && fields.front() == "cpu") {
        for (const std::size_t field : {1, 2, 3, 6, 7}) busy.machine += ticks(number_at(fields, field));
    }
    return busy;
}

}  // namespace ergon::energy
