#pragma once
// A folder for the files of one test, removed with all it holds.

#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <system_error>

namespace ergon::test {

class TemporaryDirectory {
  public:
    explicit TemporaryDirectory(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
        std::string pattern = (parent / "ergon-test-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
        path_ = pattern;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

    /// Writes a file into the folder and gives its path.
    std::filesystem::path write(std::string_view name, std::span<const std::byte> content) const {
        std::ofstream file(path_ / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
        if (!file.flush()) throw std::runtime_error("cannot write " + std::string(name));
        return path_ / name;
    }
    std::filesystem::path write(std::string_view name, std::string_view content) const {
        return write(name, std::as_bytes(std::span(content)));
    }

  private:
    std::filesystem::path path_;
};

}  // namespace ergon::test
