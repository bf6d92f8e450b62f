#pragma once
// From the ledger's integers to figures with intervals and methods.

#include "energy/estimate.h"
#include "energy/ledger.h"
#include "energy/meter.h"

namespace ergon::energy {

/// What the width of a figure's interval comes from.
struct Uncertainty {
    PowerRange estimated_idle;  // of the class, where no counter was
    PowerRange estimated_active;
    PowerRange subtracted_idle;  // the idle power that was taken off a counter
    bool idle_observed = false;  // seen by the counter itself while the machine was quiet
    base::Nanoseconds counter_step{};
};

/// Figures of a request that has left the ledger. docs/energy.md gives the formulas.
RequestFigures figures_of(RequestAccount account, const Uncertainty& uncertainty);

}  // namespace ergon::energy
