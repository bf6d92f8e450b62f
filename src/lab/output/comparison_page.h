#pragma once
// A comparison as a page that can be sent to somebody.

#include <string>

#include "energy/cost/references.h"
#include "lab/comparison_report.h"
#include "lab/slice/shapes.h"

namespace ergon::lab {

/// The file's content: HTML that needs nothing beside itself. `shapes` are shown where all models fit into a cache.
std::string comparison_page(const ComparisonReport& report, const energy::References& references,
                            const Shapes& shapes = {});

}  // namespace ergon::lab
