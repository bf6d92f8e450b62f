#pragma once
// Names of contenders by which they can be told apart.

#include <vector>

#include "lab/store/results.h"

namespace ergon::lab {

/// Where several have one label, the parts in which the paths (or addresses) of their models differ come before it:
/// "step-100/model", "step-200/model". Those that still are equal (one model, asked in several ways) are numbered.
void make_labels_distinct(std::vector<Contender>& contenders);

}  // namespace ergon::lab
