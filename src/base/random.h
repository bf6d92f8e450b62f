#pragma once
// Random numbers as a pure function of (seed, stream, counter): any thread can reproduce any of them.

#include <cstdint>

namespace ergon::base {

__extension__ using WideProduct = unsigned __int128;

/// 64 random bits. SplitMix64's finaliser (Steele, Lea, Flood 2014) applied to the three words in turn.
constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
    constexpr auto mix = [](std::uint64_t z) {
        z += 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    };
    return mix(mix(mix(seed) ^ stream) ^ counter);
}

/// Uniform in [0, 1), 53 bits.
constexpr double random_uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
    return static_cast<double>(random_bits(seed, stream, counter) >> 11) * 0x1p-53;
}

/// A sequence of the above, where only one thread draws. Satisfies UniformRandomBitGenerator.
class RandomSequence {
  public:
    using result_type = std::uint64_t;
    explicit constexpr RandomSequence(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~result_type{0}; }
    constexpr result_type operator()() { return random_bits(seed_, stream_, counter_++); }
    constexpr double uniform() { return random_uniform(seed_, stream_, counter_++); }
    /// Uniform in [0, bound), bound > 0. The bias of taking the high product is below bound / 2^64.
    constexpr std::uint64_t below(std::uint64_t bound) {
        return static_cast<std::uint64_t>((static_cast<WideProduct>((*this)()) * bound) >> 64);
    }

  private:
    std::uint64_t seed_;
    std::uint64_t stream_;
    std::uint64_t counter_ = 0;
};

}  // namespace ergon::base
