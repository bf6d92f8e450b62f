#pragma once
// JSON as a list of facts: "energy source: the processor's class".

#include <nlohmann/json_fwd.hpp>

#include "report/table.h"

namespace ergon::report {

/// Each key in words with its value; what stands within a value is said in one line. Nothing of what is no object.
Facts json_facts(const nlohmann::ordered_json& json);

}  // namespace ergon::report
