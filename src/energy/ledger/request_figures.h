#pragma once
// From the ledger's integers to figures with intervals and methods.

#include <array>
#include <map>
#include <nlohmann/json_fwd.hpp>

#include "base/units.h"
#include "energy/estimate/estimate.h"
#include "energy/figure.h"
#include "energy/ledger/ledger.h"

namespace ergon::energy {

/// What one phase of a request cost.
struct PhaseFigures {
    Figure total;       // work and a share of idle power
    Figure above_idle;  // work alone
    base::Seconds seconds{};
    base::Tokens tokens{};
    std::map<ComponentId, Figure> components;  // add up to above_idle
};

/// What a request cost, and the readings behind it.
struct RequestFigures {
    std::array<PhaseFigures, phase_count> phases;
    Figure
        total;  // `measured` if the request ran alone over whole readings, also where its phases had to be apportioned
    Figure above_idle;
    base::Seconds seconds{};
    RequestAccount account;  // the ledger's integers

    const PhaseFigures& operator[](Phase phase) const { return phases[static_cast<std::size_t>(phase)]; }
};

/// What the width of a figure's interval comes from.
struct Uncertainty {
    PowerRange estimated_idle;  // of the class, where no counter was
    PowerRange estimated_active;
    PowerRange subtracted_idle;  // the idle power that was taken off a counter
    bool idle_observed = false;  // seen by the counter itself while the machine was quiet
    base::Nanoseconds counter_step{};
};

/// What an interval of a figure depends on, for a phase, a request or a stretch of time.
struct Amounts {
    base::Nanojoules active{};
    base::Nanojoules idle{};
    base::Nanojoules active_estimated{};
    base::Nanojoules idle_estimated{};
    base::Nanojoules shared{};
    base::Nanoseconds time{};
    base::Nanojoules others_more{};  // see Charge
    base::Nanojoules others_less{};
    base::Nanojoules any_idle{};  // the part of active, as counted, of which nobody knows how much is idle power
    Missing missing{};            // the part of active and idle that stands for what no counter told of
    Amounts& operator+=(const Amounts& other);
};
Figure total_of(const Amounts& amounts, const Uncertainty& uncertainty);
Figure above_idle_of(const Amounts& amounts, const Uncertainty& uncertainty);

/// Figures of a request that has left the ledger. docs/energy.md gives the formulas.
RequestFigures figures_of(RequestAccount account, const Uncertainty& uncertainty);

/// {"value": ..., ...} per phase and in all: {"prompt": {"total": figure, "above_idle": figure}, ..., "total": ...,
/// "above_idle": ...}
nlohmann::ordered_json energy_json(const RequestFigures& figures);
/// The readings behind the figures, in the units of the counters: for those who want to recompute.
nlohmann::ordered_json raw_json(const RequestFigures& figures);

}  // namespace ergon::energy
