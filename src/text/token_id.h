#pragma once
// The number of a token in its vocabulary.

#include <cstdint>

namespace ergon::text {

using TokenId = std::int32_t;

}  // namespace ergon::text
