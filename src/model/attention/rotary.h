#pragma once
// Rotary position embedding (Su et al., 2021) and the ways in which it is stretched to longer contexts.

#include <span>
#include <vector>

#include "kernels/elementwise.h"
#include "kernels/rotary.h"
#include "model/config/config.h"

namespace ergon::model {

struct Rotary {
    std::vector<double> frequencies;  // [rope_dim / 2]
    float factor = 1;                 // cosines and sines are multiplied by it (YaRN's attention factor)
    kernels::Pairing pairing = kernels::Pairing::halves;
};

/// Frequencies f_i = theta^(-2i / rope_dim), scaled as config says:
///   linear  f / factor
///   llama3  wavelengths below original / high_freq_factor keep f, those above original / low_freq_factor get
///           f / factor, between them the two are blended (Llama 3.1)
///   yarn    a ramp over i blends f (fast dimensions) with f / factor (slow ones) (Peng et al., 2023)
/// `divisors`, if not empty, are the file's own and stand in for llama3's.
Rotary make_rotary(const Config& config, std::span<const float> divisors);

/// What scores are multiplied by: qk_head_dim^-0.5, and for MLA with YaRN the square of its mscale.
float attention_scale(const Config& config);

}  // namespace ergon::model
