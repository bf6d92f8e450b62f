#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <string>

#include "base/random.h"
#include "tasks/graders/maths/rational.h"

namespace ergon::tasks::maths {
namespace {

BigInteger random_number(base::RandomSequence& random, std::size_t max_digits) {
    std::string digits(1 + random.below(max_digits), '0');
    for (char& one : digits) one = static_cast<char>('0' + random.below(10));
    const BigInteger number = BigInteger::of_digits(digits);
    return random.below(2) == 0 ? number : -number;
}

TEST(BigInteger, SmallNumbersAreThoseOfTheMachine) {
    base::RandomSequence random(1);
    for (int i = 0; i < 2000; ++i) {
        const auto a = static_cast<std::int64_t>(random.below(std::uint64_t{1} << random.below(31))) - 1000;
        const auto b = static_cast<std::int64_t>(random.below(std::uint64_t{1} << random.below(31))) - 1000;
        EXPECT_EQ((BigInteger(a) + BigInteger(b)).to_int64(), a + b);
        EXPECT_EQ((BigInteger(a) - BigInteger(b)).to_int64(), a - b);
        EXPECT_EQ((BigInteger(a) * BigInteger(b)).to_int64(), a * b);
        EXPECT_EQ(BigInteger(a) < BigInteger(b), a < b);
        EXPECT_EQ(gcd(BigInteger(a), BigInteger(b)).to_int64(), std::gcd(a, b));
        if (b == 0) continue;
        EXPECT_EQ((BigInteger(a) / BigInteger(b)).to_int64(), a / b);
        EXPECT_EQ((BigInteger(a) % BigInteger(b)).to_int64(), a % b);
    }
}

TEST(BigInteger, LawsOfLargeNumbers) {
    base::RandomSequence random(2);
    for (int i = 0; i < 300; ++i) {
        const BigInteger a = random_number(random, 90), b = random_number(random, 90), c = random_number(random, 90);
        EXPECT_EQ((a + b) * c, a * c + b * c);
        EXPECT_EQ((a + b) * (a - b), a * a - b * b);
        EXPECT_EQ((a + b) - b, a);
        if (b.is_zero() || c.is_zero()) continue;
        EXPECT_EQ(a / b * b + a % b, a);
        EXPECT_LT((a % b).magnitude(), b.magnitude());
        EXPECT_EQ(a * b / b, a);
        const BigInteger divisor = gcd(a * c, b * c);
        EXPECT_TRUE((divisor % c).is_zero());
        EXPECT_TRUE((b * c % divisor).is_zero());
        EXPECT_EQ(Rational(a * c, b * c), Rational(a, b));
        EXPECT_EQ(Rational(a, b) + Rational(c, b), Rational(a + c, b));
        EXPECT_NEAR(Rational(a, b).to_double(), a.to_double() / b.to_double(),
                    1e-13 * std::abs(a.to_double() / b.to_double()));
    }
}

TEST(BigInteger, WhatIsTooLargeIsNotKnown) {
    const BigInteger limit = power(BigInteger(2), 1023);
    EXPECT_TRUE(limit.known());
    EXPECT_TRUE((limit + (limit - BigInteger(1))).known());
    const BigInteger over = limit + limit;
    EXPECT_FALSE(over.known());
    EXPECT_FALSE((over - limit).known());
    EXPECT_FALSE(over == over);
    EXPECT_TRUE(std::isnan(over.to_double()));
    EXPECT_FALSE((BigInteger(1) / BigInteger(0)).known());
    EXPECT_FALSE(Rational(1, 0).known());
    EXPECT_FALSE(BigInteger::of_digits(std::string(400, '9')).known());
    EXPECT_FALSE(BigInteger::of_digits("12", 2).known());
    EXPECT_EQ(BigInteger::of_digits("FF", 16).to_int64(), 255);
    EXPECT_EQ(BigInteger(INT64_MIN).to_int64(), BigInteger::no_int64);
    EXPECT_EQ(BigInteger(INT64_MIN) + BigInteger(INT64_MAX), BigInteger(-1));
    EXPECT_FALSE(power(Rational(2), 4000).known());
    EXPECT_FALSE(power_of_ten(INT64_MAX).known());
    EXPECT_EQ(power(Rational(-1), INT64_MAX), Rational(-1));
}

}  // namespace
}  // namespace ergon::tasks::maths
