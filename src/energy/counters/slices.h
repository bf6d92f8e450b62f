#pragma once
// Time cut at every reading, and what each sensor told of each piece. Counters move when they like, once in a
// millisecond or once in ten seconds: what one tells of several pieces is spread over them, and a piece is known when
// every sensor that matters has told of it.

#include <cstdint>
#include <deque>
#include <vector>

#include "energy/sensors/sensor.h"

namespace ergon::energy {

/// What one sensor told of one slice.
struct SliceCell {
    enum class State : std::uint8_t { open, counted, lost };
    State state = State::open;
    base::Nanojoules energy{};
};

struct Slice {
    base::Nanoseconds begin{};
    base::Nanoseconds end{};
    std::int64_t weight = 1;       // in proportion to what is expected of it: nanojoules of the machine's estimate
    std::vector<SliceCell> cells;  // of each sensor
    bool reported = false;         // it was handed out; what comes later of it is not counted again
    bool compared = false;         // it is in the comparison of the total with its parts
};

class Slices {
  public:
    explicit Slices(std::size_t sensors = 0) : sensors_(sensors) {}
    /// Must begin where the last one ended, or later.
    void add(base::Nanoseconds begin, base::Nanoseconds end, base::Nanojoules expected);
    /// Spreads a valid reading over the slices that it covers, in proportion to their weights; nothing of it is lost or
    /// counted twice. Slices that are gone already have had their share, by time. Returns the weight of those slices.
    std::int64_t fill(std::size_t sensor, const Reading& reading);
    /// Of open slices up to `until` the sensor will tell nothing.
    void lose(std::size_t sensor, base::Nanoseconds until);
    std::deque<Slice>& all() { return slices_; }
    const std::deque<Slice>& all() const { return slices_; }

  private:
    std::size_t sensors_;
    std::deque<Slice> slices_;
};

}  // namespace ergon::energy
