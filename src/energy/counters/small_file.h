#pragma once
// The small text files of /sys and /proc. They fail in ways that mean something (no permission, gone), so errno is
// kept.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/strings/text.h"
#include "energy/sensors/sensor.h"

namespace ergon::energy {

struct SmallFile {
    std::string text;
    int error = 0;  // errno of the call that failed, 0 if none did
};

/// The first `limit` bytes of a file.
SmallFile read_small_file(const std::filesystem::path& path, std::size_t limit = 4096);

/// The unsigned decimal number that is all of `text` but white space around it.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

/// The unsigned number in a file, or why there is none.
SensorResult<std::uint64_t> read_count(const std::filesystem::path& path);

using base::trimmed;

}  // namespace ergon::energy
