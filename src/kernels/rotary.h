#pragma once
// Rotary position embedding (Su et al., 2021): angles of a position, and the rotation of a head's values by them.

#include <cstdint>

namespace ergon::kernels {

enum class Pairing { halves, neighbours };  // (i, i + n/2), or (2i, 2i+1)

/// Rotates n values (n even) of one head by n/2 angles, given as cosines and sines.
void rotate(float* x, const float* cosines, const float* sines, std::int64_t n, Pairing pairing);

/// cos and sin of position * frequency[i], i < n, computed in double and rounded to F32.
void rotary_angles(std::int64_t position, const double* frequencies, std::int64_t n, float* cosines, float* sines);

}  // namespace ergon::kernels
