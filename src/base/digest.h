#pragma once
// Many bytes as one number: to tell contents apart, and whether they are what was written.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ergon::base {

/// Strings of bytes and numbers, one after another, as one number. Results files hold such digests to compare runs by,
/// so what it gives may not change.
class Digest {
  public:
    void add(std::span<const std::byte> bytes);
    void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
    void add(std::uint64_t first, std::uint64_t second);
    std::uint64_t value() const { return value_; }
    /// 16 hexadecimal digits.
    std::string text() const;

  private:
    std::uint64_t value_ = 0;
};

/// XXH3 (64 bits) of many bytes, seeded with that of those before: as fast as memory. Finds damage, not malice.
std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t before = 0);

}  // namespace ergon::base
