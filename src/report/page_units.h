#pragma once
// Units of the amounts on pages.

#include "base/strings/format_number.h"

namespace ergon::report {

inline const base::Unit byte_unit{"B", base::Prefixes::all};
inline const base::Unit second_unit{"s", base::Prefixes::below_one};
inline const base::Unit token_unit{"tokens", base::Prefixes::none};

}  // namespace ergon::report
