#pragma once
// The precisions that training has.

#include <array>

#include "train/optimizer/precision.h"

namespace ergon::test {

inline constexpr std::array precisions{train::Precision::fp32, train::Precision::bf16, train::Precision::fp8};

}  // namespace ergon::test
