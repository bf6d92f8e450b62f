#pragma once

#include <cstdint>

namespace ergon::text {

using TokenId = std::int32_t;

}  // namespace ergon::text
