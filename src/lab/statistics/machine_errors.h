#pragma once
// What the joules of a comparison may be wrong by, beside the prompts that were drawn: each source drawn on its own.

#include <array>
#include <cstdint>
#include <vector>

#include "energy/estimate/estimate.h"
#include "energy/ledger/ledger.h"
#include "lab/statistics/confidence_interval.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// What a draw multiplies a contender's joules by, by how they are known.
struct MachineDraw {
    std::array<double, energy::kept_phase_count> counter{};  // standard normal, one for each phase
    double splitting = 1;                                    // of apportioned joules
    double idle = 1;                                         // of estimated ones
    double active = 1;
    double assumption = 1;
};

/// The errors that the contenders' figures state, and those that they cannot know of.
class MachineErrors {
  public:
    /// `kind_of_work`: relative standard deviation of the watts of a busy thread between kinds of work.
    explicit MachineErrors(std::size_t contenders, double kind_of_work = energy::assumed_kind_of_work_sd)
        : splitting_(contenders), assumption_(contenders), kind_of_work_(kind_of_work) {}
    void add(std::size_t contender, const PhaseResult& phase, bool assumed);

    /// Whether a draw of this source changes any of the joules that were added.
    bool matters(Uncertainty source) const;
    /// The contender's factors when one source is drawn and all else is as stated. The machine's coefficients are the
    /// same for all contenders; all other errors are each contender's own. Log-normal on either side of the value, with
    /// the ends of the stated interval at +-1.96. A pure function of its arguments.
    MachineDraw draw(Uncertainty source, std::size_t contender, std::uint64_t replicate, std::uint64_t seed) const;

  private:
    /// Sums of figures and of the ends of their intervals: their errors have one cause, so that they do not cancel.
    struct Range {
        double value = 0;
        double low = 0;
        double high = 0;
        void add(const energy::Figure& figure);
        double factor(double z) const;
    };
    bool measured_ = false;
    std::vector<Range> splitting_;
    std::vector<Range> assumption_;
    Range idle_;
    Range active_;
    double kind_of_work_;
};

}  // namespace ergon::lab
