#include "energy/ledger/largest_remainder.h"

#include <algorithm>
#include <numeric>

namespace ergon::energy {
namespace {

__extension__ using Wide = __int128;

}  // namespace

std::vector<std::int64_t> split_exactly(std::int64_t total, std::span<const std::int64_t> weights) {
    const std::size_t count = weights.size();
    Wide whole = 0;
    for (const std::int64_t weight : weights) whole += weight;
    const bool equal = whole == 0;
    if (equal) whole = static_cast<Wide>(count);

    std::vector<std::int64_t> parts(count);
    std::vector<Wide> remainders(count);
    std::int64_t left = total;
    for (std::size_t i = 0; i < count; ++i) {
        const Wide product = static_cast<Wide>(total) * (equal ? 1 : weights[i]);
        parts[i] = static_cast<std::int64_t>(product / whole);
        remainders[i] = product % whole;
        left -= parts[i];
    }
    // The floors miss less than one each, so `left` is below `count`.
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::partial_sort(order.begin(), order.begin() + left, order.end(), [&](std::size_t a, std::size_t b) {
        return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : a < b;
    });
    for (std::int64_t i = 0; i < left; ++i) ++parts[order[i]];
    return parts;
}

}  // namespace ergon::energy
