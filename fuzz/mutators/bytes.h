#pragma once
// An input as libFuzzer hands it to a mutator.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace ergon::fuzz {

/// libFuzzer's own mutation, its dictionary included.
inline std::string plainly_mutated(std::string bytes, std::size_t room = 64) {
    const std::size_t size = bytes.size();
    bytes.resize(size + room);
    bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
    return bytes;
}

/// Writes `bytes` over the input, cut where there is no more room, and returns their number.
inline std::size_t put(const std::string& bytes, std::uint8_t* data, std::size_t most) {
    const std::size_t size = std::min(bytes.size(), most);
    std::copy_n(bytes.begin(), size, data);
    return size;
}

}  // namespace ergon::fuzz
