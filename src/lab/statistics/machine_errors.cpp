#include "lab/statistics/machine_errors.h"

#include <algorithm>
#include <cmath>

#include "base/distributions.h"
#include "base/random.h"

namespace ergon::lab {

using energy::Figure;
using energy::Method;

void MachineErrors::Range::add(const Figure& figure) {
    value += figure.value.value();
    low += figure.low.value();
    high += figure.high.value();
}

double MachineErrors::Range::factor(double z) const {
    if (!(value > 0)) return 1;
    constexpr double least = 1e-3;  // an interval that reaches zero has no logarithm
    const double end = std::max(least, (z < 0 ? low : high) / value);
    return std::pow(end, std::abs(z) / energy::end_of_95_percent);
}

void MachineErrors::add(std::size_t contender, const PhaseResult& phase, bool assumed) {
    if (assumed) {
        assumption_[contender].add(phase.total);
    } else if (phase.total.method == Method::measured) {
        measured_ = true;
    } else if (phase.total.method == Method::apportioned) {
        splitting_[contender].add(phase.total);
    } else {
        const Figure& active = phase.above_idle;
        active_.add(active);
        idle_.add({phase.total.value - active.value, phase.total.low - active.low, phase.total.high - active.high,
                   Method::estimated});
    }
}

bool MachineErrors::matters(Uncertainty source) const {
    const auto any = [](const std::vector<Range>& ranges) {
        return std::ranges::any_of(ranges, [](const Range& one) { return one.value > 0; });
    };
    switch (source) {
        case Uncertainty::counter: return measured_;
        case Uncertainty::splitting: return any(splitting_);
        case Uncertainty::machine: return idle_.value > 0 || active_.value > 0;
        case Uncertainty::kind_of_work: return active_.value > 0 && kind_of_work_ > 0;
        case Uncertainty::assumption: return any(assumption_);
        default: return false;
    }
}

MachineDraw MachineErrors::draw(Uncertainty source, std::size_t contender, std::uint64_t replicate,
                                std::uint64_t seed) const {
    // Draws of their own, apart from those of the prompts and from each other's: the seed's complement, and a stream
    // for each source.
    const std::uint64_t stream = ~seed - (static_cast<std::uint64_t>(source) << 32);
    const auto z = [&](std::uint64_t which) {
        return base::normal_quantile(base::random_uniform(stream, replicate, which) + 0x1p-54);
    };
    MachineDraw drawn;
    switch (source) {
        case Uncertainty::counter:
            for (std::size_t i = 0; i < drawn.counter.size(); ++i)
                drawn.counter[i] = z(contender * drawn.counter.size() + i);
            break;
        case Uncertainty::splitting: drawn.splitting = splitting_[contender].factor(z(contender)); break;
        case Uncertainty::machine:
            drawn.idle = idle_.factor(z(0));
            drawn.active = active_.factor(z(1));
            break;
        case Uncertainty::kind_of_work: drawn.active = std::exp(kind_of_work_ * z(contender)); break;
        case Uncertainty::assumption: drawn.assumption = assumption_[contender].factor(z(contender)); break;
        default: break;
    }
    return drawn;
}

}  // namespace ergon::lab
