#include "model/attention/rotary.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ergon::model {
namespace {

/// YaRN's correction of the attention's temperature for a context `factor` times as long.
double yarn_mscale(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * std::log(factor) + 1;
}

/// What divides frequency f. Rounded to F32, the precision in which GGUF files keep these divisors.
double llama3_divisor(double f, const RopeScaling& s) {
    const double wavelength = 2 * std::numbers::pi / f;
    const double blend = std::clamp((s.original_max_position_embeddings / wavelength - s.low_freq_factor) /
                                        (s.high_freq_factor - s.low_freq_factor),
                                    0.0, 1.0);
    return static_cast<double>(static_cast<float>(1 / ((1 - blend) / s.factor + blend)));
}

void scale_yarn(std::vector<double>& frequencies, double dim, double theta, const RopeScaling& s) {
    // The (fractional) dimension whose wave turns n times within the original context.
    const auto correction = [&](double n) {
        return dim * std::log(s.original_max_position_embeddings / (n * 2 * std::numbers::pi)) / (2 * std::log(theta));
    };
    const double low = std::max(std::floor(correction(s.beta_fast)), 0.0);
    const double high = std::min(std::ceil(correction(s.beta_slow)), dim - 1);
    const double width = high == low ? 0.001 : high - low;  // as the original code: no division by zero
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
        const double ramp = std::clamp((static_cast<double>(i) - low) / width, 0.0, 1.0);
        frequencies[i] = frequencies[i] / s.factor * ramp + frequencies[i] * (1 - ramp);
    }
}

}  // namespace

Rotary make_rotary(const Config& config, std::span<const float> divisors) {
    const RopeScaling& s = config.rope_scaling;
    const auto dim = static_cast<double>(config.rope_dim());
    Rotary rotary;
    // deepseek2 pairs neighbours in every file format; the others pair halves (GGUF's permuted rows are put back at
    // load).
    rotary.pairing = config.is_mla() ? kernels::Pairing::neighbours : kernels::Pairing::halves;
    rotary.frequencies.resize(config.rope_dim() / 2);
    for (std::size_t i = 0; i < rotary.frequencies.size(); ++i) {
        double f = kernels::power(config.rope_theta, -2 * static_cast<double>(i) / dim);
        if (s.type == RopeType::linear) f /= s.factor;
        if (!divisors.empty()) {
            f /= static_cast<double>(divisors[i]);
        } else if (s.type == RopeType::llama3) {
            f /= llama3_divisor(f, s);
        }
        rotary.frequencies[i] = f;
    }
    if (s.type == RopeType::yarn) {
        scale_yarn(rotary.frequencies, dim, config.rope_theta, s);
        rotary.factor = static_cast<float>(
            s.attention_factor.value_or(yarn_mscale(s.factor, s.mscale) / yarn_mscale(s.factor, s.mscale_all_dim)));
    }
    return rotary;
}

float attention_scale(const Config& config) {
    double scale = 1 / std::sqrt(static_cast<double>(config.qk_head_dim()));
    const RopeScaling& s = config.rope_scaling;
    if (config.is_mla() && s.type == RopeType::yarn) {
        const double mscale = yarn_mscale(s.factor, s.mscale_all_dim);
        scale *= mscale * mscale;
    }
    return static_cast<float>(scale);
}

}  // namespace ergon::model
