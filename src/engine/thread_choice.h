#pragma once
// How many threads a model takes the fewest joules with, at about its best speed: timed on this machine.

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/units.h"
#include "energy/machine/machine_reader.h"
#include "model/language_model.h"

namespace ergon::engine {

/// One pass: the same few steps each time.
struct ThreadPass {
    base::Seconds elapsed{};
    base::Joules estimated{};             // by time, this program's processor time, and the estimate's watts
    std::optional<base::Joules> counted;  // by the machine's counter, if it moved often enough in the pass
};

/// What so many threads took: of each amount the least that any pass did, since what disturbs only adds.
struct ThreadTrial {
    int threads = 1;
    ThreadPass least;
};

/// Passes with 1, 2, 4, ... and all of `most` threads, in turns, back and forth. Counts whose halving is much slower
/// than the best are not halved further: fewer would be slower still. Ends when each count had its passes or the time
/// is up: about a third of a second, more only where single passes are long. `most` >= 1.
std::vector<ThreadTrial> time_passes(int most, const std::function<ThreadPass(int threads)>& run);

/// The count with the fewest joules (counted ones where all trials have them) among those within 5% of the best speed,
/// as far as timing tells it; the smaller of equals. `trials` must not be empty.
int cheapest_quick_count(std::span<const ThreadTrial> trials);

struct TimedThreads {
    model::StepThreads threads;
    bool disturbed = false;  // other programs took so much meanwhile that another time may choose otherwise
};

/// Times one token, and 32 at once, of a model that was loaded with at least `most` threads; it goes on with what was
/// chosen. Nothing of this is in any request's joules. Throws what forward throws.
TimedThreads choose_threads(model::LanguageModel& model, int most, model::CacheType cache,
                            const energy::MeterOptions& machine);

}  // namespace ergon::engine
