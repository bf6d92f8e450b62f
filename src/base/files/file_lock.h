#pragma once
// One process at a time: a lock that names its holder and ends with it, however that ends.

#include <filesystem>
#include <string>

namespace ergon::base {

/// Holds the file `path` locked (flock) until it is released, and says in it who does. The kernel lets go when the
/// process ends, so that a killed holder leaves a file but no lock.
class FileLock {
  public:
    /// Throws Error(system) if another process holds it: "`what` is in use by process 12 (ergon compare, since ...):
    /// `remedy`.", or if the file cannot be made. On a file system without locks it warns and holds nothing.
    FileLock(const std::filesystem::path& path, const std::string& what, const std::string& remedy);
    ~FileLock();
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&&) = delete;

    /// Removes the file and lets go.
    void release() noexcept;

  private:
    std::filesystem::path path_;
    int descriptor_ = -1;
};

}  // namespace ergon::base
