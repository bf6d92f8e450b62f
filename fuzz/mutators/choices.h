#pragma once
// The random choices of a mutator: the same ones for the same seed, so that a run can be repeated.

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace ergon::fuzz {

class Choices {
  public:
    explicit Choices(unsigned seed) : engine_(seed) {}

    std::uint64_t bits() { return engine_(); }
    /// 0 to `count` - 1; 0 if there is nothing to choose from.
    std::size_t below(std::size_t count) { return count == 0 ? 0 : static_cast<std::size_t>(bits() % count); }
    bool one_in(std::size_t count) { return below(count) == 0; }
    /// A number that readers get wrong: an end of a range, a count of bytes, one beside another.
    std::uint64_t number(std::uint64_t now) {
        constexpr std::array<std::uint64_t, 16> ends{0,           1,           2,           7,
                                                     31,          32,          127,         255,
                                                     0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF, 0x1'0000'0000,
                                                     ~0ULL >> 1,  ~0ULL,       1ULL << 53,  1ULL << 62};
        switch (below(6)) {
            case 0: return now + 1;
            case 1: return now - 1;
            case 2: return now * 2;
            case 3: return now ^ (1ULL << below(64));
            case 4: return bits() >> below(64);
            default: return ends[below(ends.size())];
        }
    }

  private:
    std::mt19937_64 engine_;
};

}  // namespace ergon::fuzz
