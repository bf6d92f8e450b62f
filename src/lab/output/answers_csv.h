#pragma once
// Every answer of a run as CSV: all that the figures of a report are computed from (docs/intervals.md).

#include <span>
#include <string>

#include "lab/store/run_summary.h"

namespace ergon::lab {

/// A row for each answer, under a line of names. Seconds and joules by phase; `*_low` and `*_high` are 95% ends. Joules
/// that are not known are empty, and so is `right` where there is no right answer. An answer that could not be had has
/// a row whose `finish` is "failed", without figures.
std::string answers_csv(std::span<const StoredRun> runs);

}  // namespace ergon::lab
