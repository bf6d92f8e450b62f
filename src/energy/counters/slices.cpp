#include "energy/counters/slices.h"

#include <algorithm>
#include <cmath>

#include "energy/ledger/largest_remainder.h"

namespace ergon::energy {

using base::Nanojoules;
using base::Nanoseconds;

void Slices::add(Nanoseconds begin, Nanoseconds end, Nanojoules expected) {
    const std::int64_t weight = std::max<std::int64_t>(1, expected.value());
    slices_.push_back({begin, end, weight, std::vector<SliceCell>(sensors_), false, false});
}

std::int64_t Slices::fill(std::size_t sensor, const Reading& reading) {
    std::vector<SliceCell*> cells;
    std::vector<std::int64_t> weights;
    std::int64_t weight = 0;
    Nanoseconds first = reading.end;
    for (Slice& slice : slices_) {
        if (slice.begin < reading.begin || slice.end > reading.end) continue;
        first = std::min(first, slice.begin);
        cells.push_back(&slice.cells[sensor]);
        weights.push_back(slice.weight);
        weight += slice.weight;
    }
    if (cells.empty()) return 0;
    const double kept = (reading.end - first) / (reading.end - reading.begin);
    const Nanojoules energy =
        kept < 1 ? Nanojoules(std::llround(kept * static_cast<double>(reading.energy.value()))) : reading.energy;
    const std::vector<std::int64_t> parts = split_exactly(energy.value(), weights);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        *cells[i] = {SliceCell::State::counted, Nanojoules(parts[i])};
    }
    return weight;
}

void Slices::lose(std::size_t sensor, Nanoseconds until) {
    for (Slice& slice : slices_) {
        SliceCell& cell = slice.cells[sensor];
        if (slice.end <= until && cell.state == SliceCell::State::open) cell.state = SliceCell::State::lost;
    }
}

}  // namespace ergon::energy
