#include "lab/experiment/fingerprint.h"

#include <algorithm>
#include <unistd.h>
#include <vector>

#include "base/digest.h"
#include "base/files/file.h"
#include "base/files/paths.h"

namespace ergon::lab {
namespace {

// A file is told from others by its name, its size and this many evenly spaced samples.
constexpr std::size_t fingerprint_samples = 256;
constexpr std::size_t fingerprint_sample_bytes = 4096;

}  // namespace

std::string file_fingerprint(const std::filesystem::path& path) {
    std::vector<std::filesystem::path> files;
    if (base::is_folder(path)) {
        for (std::filesystem::path& entry : base::entries(path)) {
            // What this user may not read was not read for the model either.
            if (base::is_plain_file(entry) && ::access(entry.c_str(), R_OK) == 0) files.push_back(std::move(entry));
        }
    } else {
        files.push_back(path);
    }
    base::Digest digest;
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

std::string vocabulary_fingerprint(const text::Tokenizer& tokenizer) {
    base::Digest digest;
    for (std::int64_t id = 0; id < tokenizer.size(); ++id) {
        digest.add(tokenizer.bytes(static_cast<text::TokenId>(id)));
    }
    return digest.text();
}

}  // namespace ergon::lab
