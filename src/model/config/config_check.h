#pragma once
// Checks of configuration values, shared by the readers of both file formats.

#include <cstdint>
#include <string_view>

#include "model/config/config.h"

namespace ergon::model {

// Upper bounds, far above every published model (assumed). They keep products of any three sizes within 63 bits.
inline constexpr std::int64_t max_extent = std::int64_t{1} << 20;  // hidden and inner sizes, ranks, positions of a head
inline constexpr std::int64_t max_heads = std::int64_t{1} << 12;
inline constexpr std::int64_t max_head_dim = std::int64_t{1} << 12;
inline constexpr std::int64_t max_layers = std::int64_t{1} << 12;
inline constexpr std::int64_t max_experts = std::int64_t{1} << 14;
inline constexpr std::int64_t max_vocabulary = std::int64_t{1} << 28;
inline constexpr std::int64_t max_context = std::int64_t{1} << 30;

/// The least epsilon of a norm (assumed; published are 1e-5 and 1e-6). With none a row of zeros becomes NaN.
inline constexpr double min_epsilon = 1e-12;

/// Returns `value`; throws Error(bad_file) naming file, key, value and bounds if it is not within [low, high].
std::int64_t check_range(std::string_view file, std::string_view key, std::int64_t value, std::int64_t low,
                         std::int64_t high);
double check_range(std::string_view file, std::string_view key, double value, double low, double high);

/// An architecture that is not known: the error lists those that are.
[[noreturn]] void fail_architecture(std::string_view file, std::string_view found, std::string_view known);

/// Checks what several values must satisfy together. Throws Error(bad_file | unsupported).
void check_consistency(std::string_view file, const Config& config);

}  // namespace ergon::model
