#pragma once
// Fingerprints: a model's files, a vocabulary or a set of prompts told from others by 16 hexadecimal digits.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace ergon::lab {

/// Strings of bytes and numbers, one after another, as one number. Results files hold such digests to compare runs by,
/// so what it gives may not change.
class Digest {
  public:
    void add(std::span<const std::byte> bytes);
    void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
    void add(std::uint64_t first, std::uint64_t second);
    /// 16 hexadecimal digits.
    std::string text() const;

  private:
    std::uint64_t value_ = 0;
};

/// Tells files apart without reading gigabytes: names, sizes and evenly spaced samples of all files of a model.
std::string file_fingerprint(const std::filesystem::path& path);

}  // namespace ergon::lab
