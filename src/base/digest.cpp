#include "base/digest.h"

#define XXH_INLINE_ALL  // no library to link: the header is the whole of it
#include <fmt/format.h>
#include <xxhash.h>

#include "base/random.h"

namespace ergon::base {

void Digest::add(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) add(static_cast<std::uint64_t>(byte), bytes.size());
}

void Digest::add(std::uint64_t first, std::uint64_t second) {
    value_ = random_bits(value_, first, second);
}

std::string Digest::text() const {
    return fmt::format("{:016x}", value_);
}

std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t before) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), before);
}

}  // namespace ergon::base
