#pragma once
// Arithmetic on sizes that come from outside: an overflow is an answer, not a wrap.

#include <concepts>
#include <optional>

namespace ergon::base {

template <std::integral T>
constexpr std::optional<T> checked_multiply(T a, T b) {
    T product{};
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

template <std::integral T>
constexpr std::optional<T> checked_add(T a, T b) {
    T sum{};
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

}  // namespace ergon::base
