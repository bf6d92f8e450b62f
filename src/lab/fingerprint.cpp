#include "lab/fingerprint.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "base/file.h"
#include "base/random.h"

namespace ergon::lab {
namespace {

// A file is told from others by its name, its size and this many evenly spaced samples.
constexpr std::size_t fingerprint_samples = 256;
constexpr std::size_t fingerprint_sample_bytes = 4096;

}  // namespace

void Digest::add(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) add(static_cast<std::uint64_t>(byte), bytes.size());
}

void Digest::add(std::uint64_t first, std::uint64_t second) {
    value_ = base::random_bits(value_, first, second);
}

std::string Digest::text() const {
    return fmt::format("{:016x}", value_);
}

std::string file_fingerprint(const std::filesystem::path& path) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(path)) {
        for (const auto& entry : std::filesystem::directory_iterator(path)) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
        std::ranges::sort(files);
    } else {
        files.push_back(path);
    }
    Digest digest;
    for (const std::filesystem::path& path_of_file : files) {
        const base::MappedFile file(path_of_file);
        const std::span<const std::byte> bytes = file.bytes();
        digest.add(path_of_file.filename().native());
        digest.add(bytes.size(), files.size());
        const std::size_t stride = std::max(bytes.size() / fingerprint_samples, fingerprint_sample_bytes);
        for (std::size_t begin = 0; begin < bytes.size(); begin += stride) {
            digest.add(bytes.subspan(begin, std::min(fingerprint_sample_bytes, bytes.size() - begin)));
        }
    }
    return digest.text();
}

}  // namespace ergon::lab
