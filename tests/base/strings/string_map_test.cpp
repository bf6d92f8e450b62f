#include "base/strings/string_map.h"

#include <gtest/gtest.h>
#include <set>

namespace ergon::base {
namespace {

// The steps of libstdc++'s std::hash (MurmurHash64A by Austin Appleby), which its author can take backwards.
constexpr std::uint64_t multiplier = 0xC6A4A7935BD1E995u, standard_seed = 0xC70F6907u;

constexpr std::uint64_t inverse_of(std::uint64_t odd) {
    std::uint64_t inverse = odd;
    for (int i = 0; i < 6; ++i) inverse *= 2 - odd * inverse;
    return inverse;
}
constexpr std::uint64_t shift_mix(std::uint64_t value) {
    return value ^ value >> 47;  // its own inverse
}

/// Sixteen bytes, the first eight of which are `first`, that all have one hash.
std::string standard_collision(std::uint64_t first) {
    constexpr std::uint64_t inverse = inverse_of(multiplier), wanted = 1;
    const std::uint64_t state =
        ((standard_seed ^ 16 * multiplier) ^ shift_mix(first * multiplier) * multiplier) * multiplier;
    const std::uint64_t second = shift_mix((wanted * inverse ^ state) * inverse) * inverse;
    std::string text(16, '\0');
    std::memcpy(text.data(), &first, 8);
    std::memcpy(text.data() + 8, &second, 8);
    return text;
}

TEST(StringMap, IsNotSlowedDownByStringsThatMeetInTheStandardHash) {
    constexpr std::size_t count = 10'000;
    std::set<std::size_t> standard, seeded, low_bits;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string text = standard_collision(i * 0x9E3779B97F4A7C15u);
        standard.insert(std::hash<std::string>{}(text));
        seeded.insert(hash_of(text));
        low_bits.insert(hash_of(text) % 16384);
    }
    EXPECT_EQ(standard.size(), 1u) << "what the test is about";
    EXPECT_EQ(seeded.size(), count) << "of 2^64 values; two meet by chance once in 10^11 runs";
    // Of 16384 slots 10,000 random values fill 16384 (1 - exp(-0.61)) = 7485 +- 47.
    EXPECT_NEAR(static_cast<double>(low_bits.size()), 7485, 8 * 47);
}

TEST(StringMap, HashesTellLengthsAndZerosApart) {
    std::set<std::size_t> hashes;
    for (std::size_t size = 0; size < 40; ++size) hashes.insert(hash_of(std::string(size, '\0')));
    EXPECT_EQ(hashes.size(), 40u);
}

TEST(StringMap, FindsByView) {
    StringMap<int> map;
    map["a longer key than eight"] = 3;
    EXPECT_EQ(map.find(std::string_view("a longer key than eight"))->second, 3);
    EXPECT_EQ(map.find(std::string_view("a longer key than eigh")), map.end());
}

}  // namespace
}  // namespace ergon::base
