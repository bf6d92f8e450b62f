#pragma once
// Which build of the kernels runs: one definition, one build per instruction set.

#include <string_view>
#include <vector>

namespace ergon::kernels {

enum class Isa { scalar, avx2, avx512 };

std::string_view name(Isa isa);

/// The builds that this program holds and this processor can run, slowest first; scalar is always there.
const std::vector<Isa>& available_isas();

/// The build in use: ERGON_ISA=scalar|avx2|avx512 if set (read once; Error(bad_argument) if unknown or not runnable
/// here), else the fastest available.
Isa current_isa();
/// Chooses a build by hand (tests, benchmarks). Not while kernels run. Throws Error(bad_argument) if it cannot run
/// here.
void use_isa(Isa isa);

}  // namespace ergon::kernels
