#pragma once
// The data of tests/parity/statistics_reference.py.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace ergon::lab {

struct Pairs {
    std::vector<double> a, b;
};

/// b is about twice a, divided by `divisor`.
inline Pairs reference_pairs(std::uint64_t seed, std::size_t items, double divisor = 1) {
    Pairs pairs;
    for (std::size_t i = 0; i < items; ++i) {
        pairs.a.push_back(-std::log(1 - base::random_uniform(seed, 1000, i)) + 0.1);
        pairs.b.push_back(2 * pairs.a[i] * (0.5 + base::random_uniform(seed, 1001, i)) / divisor);
    }
    return pairs;
}

}  // namespace ergon::lab
