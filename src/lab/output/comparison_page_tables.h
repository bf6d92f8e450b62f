#pragma once
// The tables of a comparison's page.

#include "energy/cost/references.h"
#include "lab/comparison.h"
#include "report/table.h"

namespace ergon::lab {

report::Table contender_table(const Comparison& comparison);
/// By category, where there are several.
report::Table category_table(const Comparison& comparison, const PairSummary& pair);
report::Table pair_table(const Comparison& comparison, const PairSummary& pair);
/// Effects of the factors of a design.
/// Where the intervals come from: the share that each source has in the variance of figures, ratios and effects.
report::Table uncertainty_table(const Comparison& comparison);
report::Table effects_table(const Comparison& comparison);
report::Table accuracy_table(const Comparison& comparison);
/// Seconds, bytes and operations: what was counted where joules are estimated.
report::Table measures_table(const Comparison& comparison);
/// Joules per 1,000 words and per answer, and the minutes of video that are as much.
report::Table everyday_table(const Comparison& comparison, const energy::References& references);
/// The everyday thing that the table above counts in (data/references.toml).
inline constexpr const char* streamed_video = "streamed-video";
report::Table published_table(const Comparison& comparison, const energy::References& references);

}  // namespace ergon::lab
