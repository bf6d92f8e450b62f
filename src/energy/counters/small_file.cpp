#include "energy/counters/small_file.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ergon::energy {

SmallFile read_small_file(const std::filesystem::path& path, std::size_t limit) {
    SmallFile file;
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        file.error = errno;
        return file;
    }
    file.text.resize(limit);
    std::size_t filled = 0;
    while (filled < limit) {
        const ssize_t got = ::read(descriptor, file.text.data() + filled, limit - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) file.error = errno;
        if (got <= 0) break;
        filled += static_cast<std::size_t>(got);
    }
    ::close(descriptor);
    file.text.resize(filled);
    return file;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
    text = trimmed(text);
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

SensorResult<std::uint64_t> read_count(const std::filesystem::path& path) {
    const SmallFile file = read_small_file(path);
    if (file.error != 0) {
        return {{}, fmt::format("{} could not be read ({})", path.string(), std::strerror(file.error))};
    }
    const std::optional<std::uint64_t> count = parse_unsigned(file.text);
    if (!count) return {{}, fmt::format("{} could not be read (no number in it)", path.string())};
    return {count, {}};
}

}  // namespace ergon::energy
