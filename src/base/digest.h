#pragma once
// Many bytes as one number, to tell contents apart.

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

}  // namespace ergon::base
