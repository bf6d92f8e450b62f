#include "text/jinja/builtins/integer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "text/jinja/value.h"

namespace ergon::text::jinja {
namespace {

constexpr std::size_t limb_bits = 32;
constexpr std::size_t max_limbs = max_integer_bits / limb_bits;

[[noreturn]] void refuse_size() {
    refuse("an integer has more than {} bits", max_integer_bits);
}

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char letter = static_cast<char>(c | 0x20);
    return letter >= 'a' && letter <= 'z' ? letter - 'a' + 10 : 99;
}

}  // namespace

Integer::Integer(bool negative, std::uint64_t bits) {
    // The bits of a negative number are its two's complement.
    if (negative || bits <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        small_ = static_cast<std::int64_t>(bits);
        return;
    }
    Big big{false, {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> limb_bits)}};
    big_ = std::make_shared<const Big>(std::move(big));
}

Integer::Integer(Big big) {
    while (!big.limbs.empty() && big.limbs.back() == 0) big.limbs.pop_back();
    if (big.limbs.size() > max_limbs) refuse_size();
    if (big.limbs.size() <= 2) {
        std::uint64_t magnitude = 0;
        for (std::size_t i = big.limbs.size(); i-- > 0;) magnitude = magnitude << limb_bits | big.limbs[i];
        constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (magnitude <= largest + (big.negative ? 1 : 0)) {
            small_ = static_cast<std::int64_t>(big.negative ? ~magnitude + 1 : magnitude);
            return;
        }
    }
    big_ = std::make_shared<const Big>(std::move(big));
}

Integer::Big Integer::widened() const {
    if (big_) return *big_;
    Big big{small_ < 0, {}};
    const auto bits = static_cast<std::uint64_t>(small_);
    for (std::uint64_t rest = small_ < 0 ? ~bits + 1 : bits; rest != 0; rest >>= limb_bits) {
        big.limbs.push_back(static_cast<std::uint32_t>(rest));
    }
    return big;
}

std::size_t Integer::bits() const {
    const Big big = widened();
    if (big.limbs.empty()) return 0;
    return big.limbs.size() * limb_bits - static_cast<std::size_t>(std::countl_zero(big.limbs.back()));
}

// --- magnitudes ------------------------------------------------------------------------------------------------------

int Integer::compare(const Limbs& a, const Limbs& b) {
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    for (std::size_t i = a.size(); i-- > 0;) {
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

Integer::Limbs Integer::sum(const Limbs& a, const Limbs& b) {
    Limbs result;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        carry += std::uint64_t{i < a.size() ? a[i] : 0} + (i < b.size() ? b[i] : 0);
        result.push_back(static_cast<std::uint32_t>(carry));
        carry >>= limb_bits;
    }
    if (carry != 0) result.push_back(static_cast<std::uint32_t>(carry));
    return result;
}

/// a - b, where a is not less.
Integer::Limbs Integer::difference(const Limbs& a, const Limbs& b) {
    Limbs result;
    std::int64_t borrow = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::int64_t digit = std::int64_t{a[i]} - (i < b.size() ? b[i] : 0) - borrow;
        borrow = digit < 0 ? 1 : 0;
        if (digit < 0) digit += std::int64_t{1} << limb_bits;
        result.push_back(static_cast<std::uint32_t>(digit));
    }
    while (!result.empty() && result.back() == 0) result.pop_back();
    return result;
}

Integer::Limbs Integer::shifted(const Limbs& limbs, std::size_t bits) {
    if (limbs.empty()) return {};
    Limbs result(bits / limb_bits, 0);
    const std::size_t within = bits % limb_bits;
    std::uint64_t carry = 0;
    for (const std::uint32_t limb : limbs) {
        carry |= std::uint64_t{limb} << within;
        result.push_back(static_cast<std::uint32_t>(carry));
        carry >>= limb_bits;
    }
    if (carry != 0) result.push_back(static_cast<std::uint32_t>(carry));
    return result;
}

std::uint32_t Integer::divide_in_place(Limbs& limbs, std::uint32_t divisor) {
    std::uint64_t rest = 0;
    for (std::size_t i = limbs.size(); i-- > 0;) {
        rest = rest << limb_bits | limbs[i];
        limbs[i] = static_cast<std::uint32_t>(rest / divisor);
        rest %= divisor;
    }
    while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
    return static_cast<std::uint32_t>(rest);
}

/// Quotient and remainder: Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D.
std::pair<Integer::Limbs, Integer::Limbs> Integer::divided(const Limbs& a, const Limbs& b) {
    if (compare(a, b) < 0) return {{}, a};
    if (b.size() == 1) {
        Limbs quotient = a;
        const std::uint32_t rest = divide_in_place(quotient, b[0]);
        return {std::move(quotient), rest == 0 ? Limbs() : Limbs{rest}};
    }
    const auto shift = static_cast<std::size_t>(std::countl_zero(b.back()));
    const Limbs v = shifted(b, shift);
    Limbs u = shifted(a, shift);
    u.resize(a.size() + 1, 0);
    const std::size_t n = v.size();
    Limbs quotient(u.size() - n, 0);
    for (std::size_t j = quotient.size(); j-- > 0;) {
        const std::uint64_t top = std::uint64_t{u[j + n]} << limb_bits | u[j + n - 1];
        std::uint64_t guess = top / v[n - 1], rest = top % v[n - 1];
        while (guess >> limb_bits != 0 || guess * v[n - 2] > (rest << limb_bits | u[j + n - 2])) {
            --guess;
            rest += v[n - 1];
            if (rest >> limb_bits != 0) break;
        }
        std::int64_t borrow = 0;
        std::uint64_t carry = 0;
        for (std::size_t i = 0; i < n; ++i) {
            carry += guess * v[i];
            const std::int64_t digit = std::int64_t{u[i + j]} - static_cast<std::int64_t>(carry & 0xFFFFFFFF) + borrow;
            u[i + j] = static_cast<std::uint32_t>(digit);
            borrow = digit >> limb_bits;
            carry >>= limb_bits;
        }
        const std::int64_t last = std::int64_t{u[j + n]} - static_cast<std::int64_t>(carry) + borrow;
        u[j + n] = static_cast<std::uint32_t>(last);
        if (last < 0) {  // the guess was one too large
            --guess;
            carry = 0;
            for (std::size_t i = 0; i < n; ++i) {
                carry += std::uint64_t{u[i + j]} + v[i];
                u[i + j] = static_cast<std::uint32_t>(carry);
                carry >>= limb_bits;
            }
            u[j + n] += static_cast<std::uint32_t>(carry);
        }
        quotient[j] = static_cast<std::uint32_t>(guess);
    }
    while (!quotient.empty() && quotient.back() == 0) quotient.pop_back();
    // Back by the shift: the remainder ends in as many zeros.
    if (shift > 0) divide_in_place(u, std::uint32_t{1} << shift);
    while (!u.empty() && u.back() == 0) u.pop_back();
    return {std::move(quotient), std::move(u)};
}

/// The uppermost 64 bits, the last of them set if any below was, rounded once to 53 by the conversion.
double Integer::real_of(const Limbs& limbs) {
    if (limbs.empty()) return 0;
    const std::size_t count = limbs.size() * limb_bits - static_cast<std::size_t>(std::countl_zero(limbs.back()));
    const std::size_t drop = count > 64 ? count - 64 : 0;
    std::uint64_t top = 0;
    bool below = false;
    for (std::size_t i = 0; i < limbs.size(); ++i) {
        for (std::size_t bit = 0; bit < limb_bits; ++bit) {
            const std::size_t at = i * limb_bits + bit;
            if ((limbs[i] >> bit & 1) == 0) continue;
            if (at < drop) {
                below = true;
            } else {
                top |= std::uint64_t{1} << (at - drop);
            }
        }
    }
    return std::ldexp(static_cast<double>(top | (below ? 1 : 0)), static_cast<int>(drop));
}

// --- numbers ---------------------------------------------------------------------------------------------------------

std::optional<Integer> Integer::parse(std::string_view digits, int base) {
    if (base == 10 && digits.size() > max_integer_digits) {
        refuse("a number of {} digits; at most {} are allowed", digits.size(), max_integer_digits);
    }
    Limbs limbs;
    for (const char c : digits) {
        const int digit = digit_value(c);
        if (digit >= base) return std::nullopt;
        std::uint64_t carry = static_cast<std::uint64_t>(digit);
        for (std::uint32_t& limb : limbs) {
            carry += std::uint64_t{limb} * static_cast<std::uint64_t>(base);
            limb = static_cast<std::uint32_t>(carry);
            carry >>= limb_bits;
        }
        if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
        if (limbs.size() > max_limbs) refuse_size();
    }
    return Integer(Big{false, std::move(limbs)});
}

Integer Integer::truncate(double real) {
    int exponent = 0;
    const double fraction = std::frexp(std::trunc(real), &exponent);
    const auto mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
    if (exponent <= 53) return Integer(static_cast<std::int64_t>(std::trunc(real)));
    Big big = Integer(mantissa).widened();
    big.limbs = shifted(big.limbs, static_cast<std::size_t>(exponent) - 53);
    return Integer(std::move(big));
}

double Integer::real() const {
    if (!big_) return static_cast<double>(small_);
    return big_->negative ? -real_of(big_->limbs) : real_of(big_->limbs);
}

std::int64_t Integer::clamped() const {
    if (!big_) return small_;
    using Limits = std::numeric_limits<std::int64_t>;
    return big_->negative ? Limits::min() : Limits::max();
}

/// Digits of a base that is a power of two, least first.
std::string Integer::digits_of_bits(const Limbs& limbs, std::size_t bits_per_digit, std::string_view alphabet) {
    std::string reversed;
    std::uint64_t held = 0;
    std::size_t count = 0;
    for (const std::uint32_t limb : limbs) {
        held |= std::uint64_t{limb} << count;
        for (count += limb_bits; count >= bits_per_digit; count -= bits_per_digit, held >>= bits_per_digit) {
            reversed += alphabet[held & ((std::uint64_t{1} << bits_per_digit) - 1)];
        }
    }
    if (held != 0) reversed += alphabet[held];
    reversed.erase(reversed.find_last_not_of('0') + 1);
    return reversed;
}

std::string Integer::digits(unsigned base, bool upper_case) const {
    const std::string_view alphabet =
        upper_case ? "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" : "0123456789abcdefghijklmnopqrstuvwxyz";
    Limbs limbs = widened().limbs;
    std::string reversed;
    if (std::has_single_bit(base)) {
        reversed = digits_of_bits(limbs, static_cast<std::size_t>(std::countr_zero(base)), alphabet);
        return reversed.empty() ? "0" : std::string(reversed.rbegin(), reversed.rend());
    }
    std::uint32_t chunk = base;  // the largest power of the base in a limb
    int chunk_digits = 1;
    while (std::uint64_t{chunk} * base <= std::numeric_limits<std::uint32_t>::max()) {
        chunk *= base;
        ++chunk_digits;
    }
    while (!limbs.empty()) {
        std::uint32_t part = divide_in_place(limbs, chunk);
        for (int i = 0; limbs.empty() ? part != 0 : i < chunk_digits; ++i, part /= base) {
            reversed += alphabet[part % base];
        }
    }
    if (reversed.size() > max_integer_digits) {
        refuse("an integer of {} digits is printed; at most {} are allowed", reversed.size(), max_integer_digits);
    }
    return reversed.empty() ? "0" : std::string(reversed.rbegin(), reversed.rend());
}

Integer operator+(const Integer& a, const Integer& b) {
    std::int64_t result = 0;
    if (a.fits() && b.fits() && !__builtin_add_overflow(a.small_, b.small_, &result)) return result;
    Integer::Big left = a.widened(), right = b.widened();
    if (left.negative == right.negative) {
        return Integer(Integer::Big{left.negative, Integer::sum(left.limbs, right.limbs)});
    }
    if (Integer::compare(left.limbs, right.limbs) < 0) std::swap(left, right);
    return Integer(Integer::Big{left.negative, Integer::difference(left.limbs, right.limbs)});
}

Integer operator-(const Integer& a, const Integer& b) {
    std::int64_t result = 0;
    if (a.fits() && b.fits() && !__builtin_sub_overflow(a.small_, b.small_, &result)) return result;
    Integer::Big negated = b.widened();
    negated.negative = !negated.negative;
    return a + Integer(std::move(negated));
}

Integer operator*(const Integer& a, const Integer& b) {
    std::int64_t result = 0;
    if (a.fits() && b.fits() && !__builtin_mul_overflow(a.small_, b.small_, &result)) return result;
    const Integer::Big left = a.widened(), right = b.widened();
    if (left.limbs.size() + right.limbs.size() > max_limbs + 1) refuse_size();
    Integer::Limbs product(left.limbs.size() + right.limbs.size(), 0);
    for (std::size_t i = 0; i < left.limbs.size(); ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; j < right.limbs.size(); ++j) {
            carry += std::uint64_t{left.limbs[i]} * right.limbs[j] + product[i + j];
            product[i + j] = static_cast<std::uint32_t>(carry);
            carry >>= limb_bits;
        }
        product[i + right.limbs.size()] = static_cast<std::uint32_t>(carry);
    }
    return Integer(Integer::Big{left.negative != right.negative, std::move(product)});
}

std::strong_ordering operator<=>(const Integer& a, const Integer& b) {
    if (a.fits() && b.fits()) return a.small_ <=> b.small_;
    const Integer::Big left = a.widened(), right = b.widened();
    if (left.negative != right.negative)
        return left.negative ? std::strong_ordering::less : std::strong_ordering::greater;
    const int order = Integer::compare(left.limbs, right.limbs);
    return (left.negative ? -order : order) <=> 0;
}

Integer::Division Integer::divide(const Integer& a, const Integer& b) {
    const Big left = a.widened(), right = b.widened();
    auto [quotient, remainder] = divided(left.limbs, right.limbs);
    const bool inexact = !remainder.empty();
    Integer whole(Big{left.negative != right.negative, std::move(quotient)});
    Integer rest(Big{left.negative, std::move(remainder)});
    if (inexact && left.negative != right.negative) return {whole - 1, rest + b};
    return {std::move(whole), std::move(rest)};
}

double Integer::true_divide(const Integer& a, const Integer& b) {
    // A quotient of 66 bits or more, its last bit set if the division left a rest, is rounded once.
    const Big left = a.widened(), right = b.widened();
    const auto shift = static_cast<std::int64_t>(b.bits()) - static_cast<std::int64_t>(a.bits()) + 66;
    auto [quotient, rest] = shift > 0 ? divided(shifted(left.limbs, static_cast<std::size_t>(shift)), right.limbs)
                                      : divided(left.limbs, shifted(right.limbs, static_cast<std::size_t>(-shift)));
    if (!rest.empty() && !quotient.empty()) quotient[0] |= 1;
    const double magnitude = std::ldexp(real_of(quotient), static_cast<int>(-shift));
    return left.negative != right.negative ? -magnitude : magnitude;
}

Integer Integer::power(const Integer& base, const Integer& exponent) {
    if (exponent == 0 || base == 1) return 1;
    if (base == 0 || exponent == 1) return base;
    const bool odd = divide(exponent, 2).remainder == 1;
    if (base == -1) return odd ? -1 : 1;
    // At least (bits - 1) * exponent + 1 bits come out.
    if (exponent > max_integer_bits || (base.bits() - 1) * static_cast<std::size_t>(exponent) >= max_integer_bits) {
        refuse_size();
    }
    Integer result = 1, square = base;
    for (auto rest = static_cast<std::uint64_t>(exponent); rest > 0; rest >>= 1) {
        if ((rest & 1) != 0) result = result * square;
        if (rest > 1) square = square * square;
    }
    return result;
}

std::partial_ordering compare(const Integer& a, double b) {
    if (std::isnan(b)) return std::partial_ordering::unordered;
    if (std::isinf(b)) return b > 0 ? std::partial_ordering::less : std::partial_ordering::greater;
    const double whole = std::trunc(b);
    const std::strong_ordering order = a <=> Integer::truncate(whole);
    if (order != 0) return order;
    return 0.0 <=> b - whole;
}

}  // namespace ergon::text::jinja
