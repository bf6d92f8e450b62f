#include "formats/byte_reader.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ergon::formats {

using base::ErrorCode;

std::string shown(std::string_view name) {
    constexpr std::size_t limit = 100;  // bytes; assumed: names of tensors and keys are shorter
    // Not fmt's {:?}: version 9 aborts on a multi-byte character that is cut off.
    const std::string quoted =
        nlohmann::json(name.substr(0, limit)).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    return name.size() > limit ? quoted + "..." : quoted;
}

void refuse_git_lfs_pointer(std::span<const std::byte> bytes, std::string_view file) {
    constexpr std::string_view pointer = "version https://git-lfs.github.com/";
    if (bytes.size() >= pointer.size() && std::memcmp(bytes.data(), pointer.data(), pointer.size()) == 0) {
        base::fail(ErrorCode::bad_file,
                   "{} is only a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'", file);
    }
}

void ByteReader::require(std::uint64_t count, std::size_t size) const {
    if (count <= remaining() / size) return;
    const std::string needed = size == 1 ? std::to_string(count) : fmt::format("{} x {}", count, size);
    base::fail(ErrorCode::bad_file,
               "{} is truncated or damaged: {} needs {} bytes at byte {}, but only {} are left; fetch the file again",
               file_, section_, needed, position_, remaining());
}

std::string_view ByteReader::text(std::size_t limit) {
    const auto size = number<std::uint64_t>();
    require(size, 1);
    if (size > limit) {
        base::fail(ErrorCode::bad_file, "{}: {} has a string of {} bytes; at most {} are accepted: the file is damaged",
                   file_, section_, size, limit);
    }
    const auto bytes = take(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ergon::formats
