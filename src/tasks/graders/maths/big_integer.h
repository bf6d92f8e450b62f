#pragma once
// Whole numbers of up to 1,024 bits: exact, or known to be too large; never wrapped.

#include <compare>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace ergon::tasks::maths {

/// What outgrows `max_bits` is not known: so is all that is computed from it, and it equals nothing.
class BigInteger {
  public:
    /// Assumed: 308 digits, as many as a double's range has; no answer of a test has more.
    static constexpr std::size_t max_bits = 1024;

    BigInteger(std::int64_t value = 0);  // NOLINT: a number is a number
    /// Digits of a base from 2 to 36, letters of either case; not known if another character stands there.
    static BigInteger of_digits(std::string_view digits, unsigned base = 10);
    static BigInteger unknown();

    bool known() const { return known_; }
    bool is_zero() const { return known_ && limbs_.empty(); }
    bool negative() const { return negative_; }
    bool is_odd() const { return !limbs_.empty() && (limbs_[0] & 1) != 0; }
    /// The nearest double, rounded towards zero in the last bits; NaN if not known.
    double to_double() const;
    static constexpr std::int64_t no_int64 = std::numeric_limits<std::int64_t>::min();
    /// The value, if it fits 63 bits and a sign; else `no_int64`.
    std::int64_t to_int64() const;
    /// Half of it, rounded towards zero.
    BigInteger halved() const;

    BigInteger operator-() const;
    BigInteger magnitude() const { return negative_ ? -*this : *this; }
    friend BigInteger operator+(const BigInteger& a, const BigInteger& b);
    friend BigInteger operator-(const BigInteger& a, const BigInteger& b) { return a + -b; }
    friend BigInteger operator*(const BigInteger& a, const BigInteger& b);
    /// Towards zero, as in C++. Not known if b is zero.
    friend BigInteger operator/(const BigInteger& a, const BigInteger& b);
    friend BigInteger operator%(const BigInteger& a, const BigInteger& b) { return a - a / b * b; }
    friend bool operator==(const BigInteger& a, const BigInteger& b);
    /// Of known numbers.
    friend std::strong_ordering operator<=>(const BigInteger& a, const BigInteger& b);

  private:
    using Limbs = std::vector<std::uint32_t>;  // from the lowest, without zeros at the top

    static std::strong_ordering compared(const Limbs& a, const Limbs& b);
    static Limbs sum(const Limbs& a, const Limbs& b);
    static Limbs difference(const Limbs& a, const Limbs& b);  // a >= b
    static BigInteger made(Limbs limbs, bool negative);

    Limbs limbs_;
    bool negative_ = false;
    bool known_ = true;
};

/// The greatest common divisor, not negative.
BigInteger gcd(BigInteger a, BigInteger b);
BigInteger power(const BigInteger& base, std::uint32_t exponent);

}  // namespace ergon::tasks::maths
