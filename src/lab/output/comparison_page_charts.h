#pragma once
// The charts of a comparison's page.

#include "lab/comparison.h"
#include "report/page.h"

namespace ergon::lab {

report::PairedDots joules_by_prompt(const Comparison& comparison);
report::BarChart tokens_by_phase(const Comparison& comparison);
report::BarChart joules_by_phase(const Comparison& comparison);
report::BarChart joules_by_component(const Comparison& comparison);
report::Scatter accuracy_against_joules(const Comparison& comparison);
report::Waterfall decomposition(const Comparison& comparison, const PairSummary& pair);

}  // namespace ergon::lab
