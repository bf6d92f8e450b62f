#include "base/digest.h"

#include <fmt/format.h>

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

}  // namespace ergon::base
