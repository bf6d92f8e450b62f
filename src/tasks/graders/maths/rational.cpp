#include "tasks/graders/maths/rational.h"

#include <utility>

namespace ergon::tasks::maths {

Rational::Rational(BigInteger top, BigInteger bottom) : top_(std::move(top)), bottom_(std::move(bottom)) {
    if (!known() || bottom_.is_zero()) {
        top_ = bottom_ = BigInteger::unknown();
        return;
    }
    if (bottom_.negative()) {
        top_ = -top_;
        bottom_ = -bottom_;
    }
    if (bottom_ == BigInteger(1)) return;
    const BigInteger divisor = gcd(top_, bottom_);
    if (divisor == BigInteger(1)) return;
    top_ = top_ / divisor;
    bottom_ = bottom_ / divisor;
}

Rational Rational::operator-() const {
    Rational result = *this;
    result.top_ = -top_;
    return result;
}

Rational operator+(const Rational& a, const Rational& b) {
    return {a.top_ * b.bottom_ + b.top_ * a.bottom_, a.bottom_ * b.bottom_};
}

Rational operator*(const Rational& a, const Rational& b) {
    return {a.top_ * b.top_, a.bottom_ * b.bottom_};
}

Rational operator/(const Rational& a, const Rational& b) {
    return {a.top_ * b.bottom_, a.bottom_ * b.top_};
}

Rational power(const Rational& base, std::int64_t exponent) {
    constexpr std::int64_t largest = 1 << 20;  // 2 to it is not known already
    if (exponent > largest || exponent < -largest) {
        const bool unit = base.magnitude() == Rational(1);
        if (base.is_zero() && exponent > 0) return 0;
        return unit ? (exponent % 2 == 0 ? Rational(1) : base) : Rational(BigInteger::unknown());
    }
    const auto size = static_cast<std::uint32_t>(exponent < 0 ? -exponent : exponent);
    const BigInteger top = power(base.top(), size), bottom = power(base.bottom(), size);
    return exponent < 0 ? Rational(bottom, top) : Rational(top, bottom);
}

Rational power_of_ten(std::int64_t exponent) {
    return power(Rational(10), exponent);
}

}  // namespace ergon::tasks::maths
