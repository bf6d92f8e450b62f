#pragma once
// Exact fractions.

#include <optional>

#include "tasks/graders/maths/big_integer.h"

namespace ergon::tasks::maths {

/// Reduced, its denominator positive. Not known where a part of it outgrew BigInteger, or after a division by zero.
class Rational {
  public:
    Rational(BigInteger top = 0, BigInteger bottom = 1);   // NOLINT: a whole number is a fraction
    Rational(std::int64_t top) : top_(top), bottom_(1) {}  // NOLINT

    const BigInteger& top() const { return top_; }
    const BigInteger& bottom() const { return bottom_; }
    bool known() const { return top_.known() && bottom_.known(); }
    bool is_zero() const { return top_.is_zero(); }
    bool is_whole() const { return known() && bottom_ == BigInteger(1); }
    bool negative() const { return top_.negative(); }
    double to_double() const { return top_.to_double() / bottom_.to_double(); }

    Rational operator-() const;
    Rational magnitude() const { return negative() ? -*this : *this; }
    friend Rational operator+(const Rational& a, const Rational& b);
    friend Rational operator-(const Rational& a, const Rational& b) { return a + -b; }
    friend Rational operator*(const Rational& a, const Rational& b);
    friend Rational operator/(const Rational& a, const Rational& b);
    friend bool operator==(const Rational& a, const Rational& b) { return a.top_ == b.top_ && a.bottom_ == b.bottom_; }
    friend bool operator<(const Rational& a, const Rational& b) { return (a - b).negative(); }

  private:
    BigInteger top_, bottom_;
};

/// Of a whole exponent. Not known if it outgrows BigInteger, or of zero to a negative power.
Rational power(const Rational& base, std::int64_t exponent);

/// Ten to that power.
Rational power_of_ten(std::int64_t exponent);

}  // namespace ergon::tasks::maths
