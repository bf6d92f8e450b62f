#pragma once
// A /sys or /proc of our own in a temporary folder, gone when the test ends.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace ergon::energy {

class FakeTree {
  public:
    FakeTree() {
        std::string pattern = (std::filesystem::temp_directory_path() / "ergon-energy-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        root_ = pattern;
    }
    ~FakeTree() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }
    FakeTree(const FakeTree&) = delete;
    FakeTree& operator=(const FakeTree&) = delete;

    const std::filesystem::path& root() const { return root_; }

    void write(const std::string& path, const std::string& content) const {
        const std::filesystem::path file = root_ / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << content;
    }

    /// A powercap zone as the kernel shows it.
    void zone(const std::string& folder, const std::string& name, std::uint64_t energy_uj,
              std::uint64_t range_uj = 262'143'328'850) const {
        write(path_of(folder) + "/name", name + "\n");
        write(path_of(folder) + "/max_energy_range_uj", std::to_string(range_uj) + "\n");
        count(folder, energy_uj);
    }
    void count(const std::string& folder, std::uint64_t energy_uj) const {
        write(path_of(folder) + "/energy_uj", std::to_string(energy_uj) + "\n");
    }
    void count_text(const std::string& folder, const std::string& text) const {
        write(path_of(folder) + "/energy_uj", text);
    }
    void remove(const std::string& folder) const { std::filesystem::remove_all(root_ / path_of(folder)); }
    std::filesystem::path counter(const std::string& folder) const { return root_ / path_of(folder) / "energy_uj"; }

  private:
    static std::string path_of(const std::string& folder) { return "class/powercap/" + folder; }

    std::filesystem::path root_;
};

}  // namespace ergon::energy
