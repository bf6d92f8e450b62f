#include "tasks/graders/maths/big_integer.h"

#include <limits>
#include <numeric>
#include <utility>

#include "base/strings/text.h"

namespace ergon::tasks::maths {
namespace {

constexpr std::size_t limb_bits = 32;

}  // namespace

BigInteger BigInteger::made(Limbs limbs, bool negative) {
    while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
    if (limbs.size() > max_bits / limb_bits) return unknown();
    BigInteger result;
    result.negative_ = negative && !limbs.empty();
    result.limbs_ = std::move(limbs);
    return result;
}

BigInteger::BigInteger(std::int64_t value) : negative_(value < 0) {
    auto rest = value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    for (; rest > 0; rest >>= limb_bits) limbs_.push_back(static_cast<std::uint32_t>(rest));
}

BigInteger BigInteger::unknown() {
    BigInteger result;
    result.known_ = false;
    return result;
}

BigInteger BigInteger::of_digits(std::string_view digits, unsigned base) {
    Limbs limbs;
    for (const char c : digits) {
        const unsigned digit = base::is_digit(c)    ? static_cast<unsigned>(c - '0')
                               : base::is_letter(c) ? static_cast<unsigned>(base::lowered(c) - 'a' + 10)
                                                    : base;
        if (digit >= base || limbs.size() > max_bits / limb_bits) return unknown();
        std::uint64_t carry = digit;
        for (std::uint32_t& limb : limbs) {
            carry += std::uint64_t{limb} * base;
            limb = static_cast<std::uint32_t>(carry);
            carry >>= limb_bits;
        }
        if (carry > 0) limbs.push_back(static_cast<std::uint32_t>(carry));
    }
    return made(std::move(limbs), false);
}

double BigInteger::to_double() const {
    if (!known_) return std::numeric_limits<double>::quiet_NaN();
    double value = 0;
    for (std::size_t i = limbs_.size(); i-- > 0;) value = value * 0x1p32 + limbs_[i];
    return negative_ ? -value : value;
}

std::int64_t BigInteger::to_int64() const {
    if (!known_ || limbs_.size() > 2) return no_int64;
    std::uint64_t value = 0;
    for (std::size_t i = limbs_.size(); i-- > 0;) value = (value << limb_bits) | limbs_[i];
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return no_int64;
    return negative_ ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

BigInteger BigInteger::halved() const {
    Limbs half = limbs_;
    for (std::size_t i = 0; i < half.size(); ++i) {
        half[i] = (half[i] >> 1) | (i + 1 < half.size() ? half[i + 1] << (limb_bits - 1) : 0);
    }
    return made(std::move(half), negative_);
}

BigInteger BigInteger::operator-() const {
    BigInteger result = *this;
    result.negative_ = !negative_ && !limbs_.empty();
    return result;
}

std::strong_ordering BigInteger::compared(const Limbs& a, const Limbs& b) {
    if (a.size() != b.size()) return a.size() <=> b.size();
    for (std::size_t i = a.size(); i-- > 0;) {
        if (a[i] != b[i]) return a[i] <=> b[i];
    }
    return std::strong_ordering::equal;
}

BigInteger::Limbs BigInteger::sum(const Limbs& a, const Limbs& b) {
    Limbs result;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < a.size() || i < b.size() || carry > 0; ++i) {
        carry += std::uint64_t{i < a.size() ? a[i] : 0} + (i < b.size() ? b[i] : 0);
        result.push_back(static_cast<std::uint32_t>(carry));
        carry >>= limb_bits;
    }
    return result;
}

BigInteger::Limbs BigInteger::difference(const Limbs& a, const Limbs& b) {
    Limbs result;
    std::int64_t borrow = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::int64_t digit = std::int64_t{a[i]} - (i < b.size() ? b[i] : 0) - borrow;
        borrow = digit < 0 ? 1 : 0;
        if (digit < 0) digit += std::int64_t{1} << limb_bits;
        result.push_back(static_cast<std::uint32_t>(digit));
    }
    return result;
}

BigInteger operator+(const BigInteger& a, const BigInteger& b) {
    if (!a.known_ || !b.known_) return BigInteger::unknown();
    if (a.negative_ == b.negative_) return BigInteger::made(BigInteger::sum(a.limbs_, b.limbs_), a.negative_);
    if (BigInteger::compared(a.limbs_, b.limbs_) < 0) {
        return BigInteger::made(BigInteger::difference(b.limbs_, a.limbs_), b.negative_);
    }
    return BigInteger::made(BigInteger::difference(a.limbs_, b.limbs_), a.negative_);
}

BigInteger operator*(const BigInteger& a, const BigInteger& b) {
    if (!a.known_ || !b.known_) return BigInteger::unknown();
    BigInteger::Limbs result(a.limbs_.size() + b.limbs_.size(), 0);
    for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; j < b.limbs_.size() || carry > 0; ++j) {
            carry += result[i + j] + std::uint64_t{a.limbs_[i]} * (j < b.limbs_.size() ? b.limbs_[j] : 0);
            result[i + j] = static_cast<std::uint32_t>(carry);
            carry >>= limb_bits;
        }
    }
    return BigInteger::made(std::move(result), a.negative_ != b.negative_);
}

BigInteger operator/(const BigInteger& a, const BigInteger& b) {
    if (!a.known_ || !b.known_ || b.limbs_.empty()) return BigInteger::unknown();
    const std::int64_t left = a.to_int64(), right = b.to_int64();
    if (left != BigInteger::no_int64 && right != BigInteger::no_int64) return {left / right};
    // On paper, in base two: 1,024 bits take 1,024 subtractions.
    BigInteger::Limbs quotient(a.limbs_.size(), 0), rest;
    for (std::size_t bit = a.limbs_.size() * limb_bits; bit-- > 0;) {
        rest = BigInteger::sum(rest, rest);
        if ((a.limbs_[bit / limb_bits] >> (bit % limb_bits) & 1) != 0) {
            if (rest.empty()) rest.push_back(0);
            rest[0] |= 1;
        }
        if (BigInteger::compared(rest, b.limbs_) < 0) continue;
        rest = BigInteger::difference(rest, b.limbs_);
        while (!rest.empty() && rest.back() == 0) rest.pop_back();
        quotient[bit / limb_bits] |= std::uint32_t{1} << (bit % limb_bits);
    }
    return BigInteger::made(std::move(quotient), a.negative_ != b.negative_);
}

bool operator==(const BigInteger& a, const BigInteger& b) {
    return a.known_ && b.known_ && a.negative_ == b.negative_ && a.limbs_ == b.limbs_;
}

std::strong_ordering operator<=>(const BigInteger& a, const BigInteger& b) {
    if (a.negative_ != b.negative_) return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
    return a.negative_ ? BigInteger::compared(b.limbs_, a.limbs_) : BigInteger::compared(a.limbs_, b.limbs_);
}

BigInteger gcd(BigInteger a, BigInteger b) {
    a = a.magnitude();
    b = b.magnitude();
    if (!a.known() || !b.known()) return BigInteger::unknown();
    // Stein's way, by halves, until both fit a machine's word.
    std::uint32_t twos = 0;
    while (a.to_int64() == BigInteger::no_int64 || b.to_int64() == BigInteger::no_int64) {
        if (a.is_zero() || b.is_zero()) return (a + b) * power(BigInteger(2), twos);
        const bool a_even = !a.is_odd(), b_even = !b.is_odd();
        if (a_even && b_even) ++twos;
        if (a_even) a = a.halved();
        if (b_even) b = b.halved();
        if (!a_even && !b_even) (a < b ? b : a) = ((a < b ? b - a : a - b)).halved();
    }
    return BigInteger(std::gcd(a.to_int64(), b.to_int64())) * power(BigInteger(2), twos);
}

BigInteger power(const BigInteger& base, std::uint32_t exponent) {
    BigInteger result = 1, square = base;
    for (; exponent > 0 && result.known(); exponent >>= 1) {
        if ((exponent & 1) != 0) result = result * square;
        if (exponent > 1) square = square * square;
    }
    return result;
}

}  // namespace ergon::tasks::maths
