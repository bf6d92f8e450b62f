#pragma once
// Hash tables by string that no file or text can slow down: the hash has a seed which each process draws anew, so
// strings cannot be chosen to meet in one slot. They can be asked with a string_view.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/random.h"

namespace ergon::base {

/// Drawn once by each process.
inline std::uint64_t hash_seed() {
    static const std::uint64_t seed = std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
    return seed;
}

/// Multiply and fold, eight bytes at a time, as in wyhash (Wang Yi, github.com/wangyi-fudan/wyhash).
inline std::uint64_t hash_of(std::string_view text) {
    constexpr std::uint64_t odd = 0x9E3779B97F4A7C15u;
    const std::uint64_t seed = hash_seed();
    std::uint64_t hash = seed ^ text.size() * odd;
    for (std::size_t at = 0; at < text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, std::min<std::size_t>(8, text.size() - at));
        const WideProduct product = WideProduct{hash ^ word} * (odd ^ seed);
        hash = static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
    }
    return hash;
}

struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash_of(text); }
};

template <typename Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;
/// Of strings that live elsewhere.
using StringViewSet = std::unordered_set<std::string_view, StringHash>;

}  // namespace ergon::base
