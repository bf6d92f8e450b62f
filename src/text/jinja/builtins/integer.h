#pragma once
// Python's integers: exact, of any size up to a bound.

#include <compare>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::text::jinja {

/// Bits of an integer. Python has no bound; this keeps 10**10**10 from taking the machine.
inline constexpr std::size_t max_integer_bits = std::size_t{1} << 16;
/// Decimal digits that are read or printed, as in Python (sys.int_info.default_max_str_digits).
inline constexpr std::size_t max_integer_digits = 4300;

/// Small numbers stand in a word, others in a magnitude of 32-bit limbs. Whatever would exceed the bounds is refused.
class Integer {
  public:
    Integer() = default;
    template <std::integral T>
    Integer(T value)
        : Integer(std::signed_integral<T> && static_cast<std::int64_t>(value) < 0, static_cast<std::uint64_t>(value)) {}

    /// From digits of a base from 2 to 36, of which there is one at least; nothing if one is none.
    static std::optional<Integer> parse(std::string_view digits, int base);
    /// Without what stands behind the point. The number must be finite.
    static Integer truncate(double real);

    /// The nearest double, halves to even; infinite if there is none.
    double real() const;
    /// The number itself if it fits, else the end of the range that is nearer.
    std::int64_t clamped() const;
    bool fits() const { return big_ == nullptr; }
    /// Limbs; what an operation takes grows with the product of its operands'.
    std::size_t size() const { return big_ ? big_->limbs.size() : 1; }
    template <std::integral T>
    explicit operator T() const {
        return static_cast<T>(clamped());
    }
    explicit operator double() const { return real(); }
    /// Digits of the magnitude, without a sign. Base 10 is refused beyond max_integer_digits.
    std::string digits(unsigned base, bool upper_case = false) const;
    std::string text() const { return (*this < 0 ? "-" : "") + digits(10); }

    friend Integer operator+(const Integer& a, const Integer& b);
    friend Integer operator-(const Integer& a, const Integer& b);
    friend Integer operator*(const Integer& a, const Integer& b);
    Integer operator-() const { return Integer(0) - *this; }
    friend std::strong_ordering operator<=>(const Integer& a, const Integer& b);
    friend bool operator==(const Integer& a, const Integer& b) { return (a <=> b) == 0; }

    struct Division;
    /// Rounds toward minus infinity, as // and % do; `b` is not zero.
    static Division divide(const Integer& a, const Integer& b);
    /// a / b, correctly rounded; `b` is not zero.
    static double true_divide(const Integer& a, const Integer& b);
    /// `exponent` is not negative.
    static Integer power(const Integer& base, const Integer& exponent);

  private:
    using Limbs = std::vector<std::uint32_t>;  // least first, without zeros at the end
    struct Big {
        bool negative = false;
        Limbs limbs;
    };
    Integer(bool negative, std::uint64_t bits);
    explicit Integer(Big big);
    Big widened() const;
    std::size_t bits() const;

    static int compare(const Limbs& a, const Limbs& b);
    static Limbs sum(const Limbs& a, const Limbs& b);
    static Limbs difference(const Limbs& a, const Limbs& b);
    static std::pair<Limbs, Limbs> divided(const Limbs& a, const Limbs& b);
    static Limbs shifted(const Limbs& limbs, std::size_t bits);
    static std::uint32_t divide_in_place(Limbs& limbs, std::uint32_t divisor);
    static double real_of(const Limbs& limbs);
    static std::string digits_of_bits(const Limbs& limbs, std::size_t bits_per_digit, std::string_view alphabet);

    std::int64_t small_ = 0;
    std::shared_ptr<const Big> big_;  // null: small_ is the number
};

struct Integer::Division {
    Integer quotient, remainder;
};

/// How an integer and a double stand, exactly.
std::partial_ordering compare(const Integer& a, double b);

}  // namespace ergon::text::jinja
