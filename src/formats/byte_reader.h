#pragma once
// A cursor over bytes from outside: nothing is read, and no length believed, before it is checked against what is left.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace ergon::formats {

/// A name from a file as an error shows it: quoted and escaped as in JSON, plain ASCII (bad UTF-8 as \ufffd), cut after
/// 100 bytes.
std::string shown(std::string_view name);

/// Throws Error(bad_file) if `bytes` is not the file itself but the small text that Git LFS leaves in its place.
void refuse_git_lfs_pointer(std::span<const std::byte> bytes, std::string_view file);

/// Reads little-endian numbers and lengths from the start of `bytes`. `file` names them in errors and must outlive the
/// reader.
class ByteReader {
  public:
    ByteReader(std::span<const std::byte> bytes, std::string_view file) : bytes_(bytes), file_(file) {}

    /// Says in errors what is being read from here on, such as "tensor 3 of 12".
    void section(std::string section) { section_ = std::move(section); }

    std::size_t position() const { return position_; }
    std::size_t remaining() const { return bytes_.size() - position_; }

    /// Throws Error(bad_file) unless `count` things of at least `size` bytes each can still follow.
    void require(std::uint64_t count, std::size_t size) const;

    template <typename T>
        requires std::is_arithmetic_v<T>
    T number() {
        static_assert(std::endian::native == std::endian::little,
                      "files are little-endian, and the machine must be, too");
        T value;
        std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
        return value;
    }

    /// The next `size` bytes.
    std::span<const std::byte> take(std::uint64_t size) {
        require(size, 1);
        const auto taken = bytes_.subspan(position_, size);
        position_ += taken.size();
        return taken;
    }

    /// A string as GGUF stores it: its length in 64 bits, then its bytes. Throws Error(bad_file) beyond `limit` bytes.
    std::string_view text(std::size_t limit);

  private:
    std::span<const std::byte> bytes_;
    std::string_view file_;
    std::string section_ = "its beginning";
    std::size_t position_ = 0;
};

}  // namespace ergon::formats
