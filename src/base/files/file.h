#pragma once
// Files: mapped for reading, written aside and renamed into place.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ergon::base {

/// Throws Error(bad_file) with what `path` is, if there is something that is no regular file: a folder, a pipe, a
/// device, a socket. For files that a library opens; those below say so themselves.
void check_regular(const std::filesystem::path& path);

/// A whole file mapped read-only. Throws Error(not_found | system), and Error(bad_file) for what is no regular file, as
/// read_text does. An empty file is an empty span.
/// Should the file shrink while mapped, reads beyond its end end the program with a sentence
/// (see install_mapped_file_guard).
class MappedFile {
  public:
    MappedFile() = default;
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {data_, size_}; }
    const std::filesystem::path& path() const { return path_; }

  private:
    void release() noexcept;

    std::filesystem::path path_;
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Turns the signal of a mapped file that shrank into one sentence on stderr and exit code 1. For programs, not
/// libraries.
void install_mapped_file_guard();

/// The text of a small file. Throws Error(not_found | system), and Error(bad_file) if it is larger than `limit` bytes.
std::string read_text(const std::filesystem::path& path, std::size_t limit = std::size_t{1} << 30);

/// The same of a file that need not be there: nothing if it is not, nor if this user may not read it, which is warned
/// of. Throws Error(bad_file) as read_text does.
std::optional<std::string> read_optional_text(const std::filesystem::path& path,
                                              std::size_t limit = std::size_t{1} << 30);

/// A file written beside its place (`<path>.part<pid>`, those of processes that ended half-way are removed); commit()
/// flushes it to the disk and renames it into place, so that the file is old or new, never half. Without commit()
/// nothing is left behind. A terminal or a pipe is written to as it is. Throws Error(not_found | system).
class AtomicFile {
  public:
    explicit AtomicFile(const std::filesystem::path& path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(std::span<const std::byte> bytes);
    void commit();
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_, aside_;  // aside_: empty for a terminal or a pipe
    int descriptor_ = -1;
};

/// A whole file by way of AtomicFile.
void write_atomically(const std::filesystem::path& path, std::string_view content);

/// What write_atomically(path, ...) would fail with, now: before the work whose result goes there. Leaves nothing
/// behind.
void check_writable(const std::filesystem::path& path);

}  // namespace ergon::base
