#include "tasks/graders/maths/normal_form.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>

namespace ergon::tasks::maths {
namespace {

using Kind = Expression::Kind;

// Assumed: no answer of a test has longer sums, or higher powers of sums.
constexpr std::size_t max_terms = 200;
constexpr std::int64_t highest_power = 64;
constexpr std::uint64_t largest_divisor = 10'000;  // tried for factors of numbers under roots

/// What is too large or not defined; caught here, never seen outside.
struct NotKnown {};

const Rational& checked(const Rational& value) {
    if (!value.known()) throw NotKnown{};
    return value;
}

Polynomial constant(const Rational& value) {
    Polynomial made;
    if (!checked(value).is_zero()) made.emplace(Monomial{}, value);
    return made;
}

void add_term(Polynomial& sum, const Monomial& monomial, const Rational& coefficient) {
    auto& total = sum[monomial];
    total = checked(total + coefficient);
    if (total.is_zero()) sum.erase(monomial);
    if (sum.size() > max_terms) throw NotKnown{};
}

Polynomial added(Polynomial a, const Polynomial& b) {
    for (const auto& [monomial, coefficient] : b) add_term(a, monomial, coefficient);
    return a;
}

/// A whole number that is a base: its digits.
bool is_number_base(const std::string& base) {
    return base[0] >= '0' && base[0] <= '9';
}

/// Moves whole powers of numbers, and those of i, into the coefficient.
void tidy(Monomial& monomial, Rational& coefficient) {
    Monomial kept;
    for (auto& [base, exponent] : monomial) {
        std::int64_t whole = (exponent.top() / exponent.bottom()).to_int64();
        if (whole == BigInteger::no_int64) throw NotKnown{};
        if (exponent.negative() && !exponent.is_whole()) --whole;
        if (is_number_base(base)) {
            coefficient = checked(coefficient * power(Rational(BigInteger::of_digits(base)), whole));
            exponent = exponent - Rational(whole);
        } else if (base == "i" && exponent.is_whole()) {
            const std::int64_t turns = ((whole % 4) + 4) % 4;
            if (turns >= 2) coefficient = -coefficient;
            exponent = turns % 2;
        }
        if (!exponent.is_zero()) kept.emplace_back(base, exponent);
    }
    monomial = std::move(kept);
}

Monomial merged(const Monomial& a, const Monomial& b) {
    Monomial product;
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
        if (j == b.size() || (i < a.size() && a[i].first < b[j].first)) {
            product.push_back(a[i++]);
        } else if (i == a.size() || b[j].first < a[i].first) {
            product.push_back(b[j++]);
        } else {
            const Rational exponent = checked(a[i].second + b[j].second);
            if (!exponent.is_zero()) product.emplace_back(a[i].first, exponent);
            ++i;
            ++j;
        }
    }
    return product;
}

Polynomial multiplied(const Polynomial& a, const Polynomial& b) {
    if (a.size() * b.size() > max_terms * 20) throw NotKnown{};
    Polynomial product;
    for (const auto& [left, x] : a) {
        for (const auto& [right, y] : b) {
            Monomial monomial = merged(left, right);
            Rational coefficient = checked(x * y);
            tidy(monomial, coefficient);
            add_term(product, monomial, coefficient);
        }
    }
    return product;
}

NormalForm multiplied(const NormalForm& a, const NormalForm& b) {
    return {multiplied(a.top, b.top), multiplied(a.bottom, b.bottom), a.opaque || b.opaque};
}

NormalForm inverse(NormalForm form) {
    if (form.top.empty()) throw NotKnown{};
    if (form.top.size() > 1) return {form.bottom, form.top, form.opaque};
    // One monomial goes up with its exponents negated, so that x/x is 1.
    Monomial monomial = form.top.begin()->first;
    for (auto& [base, exponent] : monomial) exponent = -exponent;
    Rational coefficient = checked(Rational(1) / form.top.begin()->second);
    tidy(monomial, coefficient);
    return {multiplied(form.bottom, {{monomial, coefficient}}), constant(1), form.opaque};
}

NormalForm added(const NormalForm& a, const NormalForm& b) {
    const bool opaque = a.opaque || b.opaque;
    if (a.bottom == b.bottom) return {added(a.top, b.top), a.bottom, opaque};
    return {added(multiplied(a.top, b.bottom), multiplied(b.top, a.bottom)), multiplied(a.bottom, b.bottom), opaque};
}

std::string text_of(const Rational& value) {
    if (const std::int64_t top = value.top().to_int64(), bottom = value.bottom().to_int64();
        top != BigInteger::no_int64 && bottom != BigInteger::no_int64) {
        return fmt::format("{}/{}", top, bottom);
    }
    throw NotKnown{};
}

std::string text_of(const Polynomial& polynomial) {
    std::string text;
    for (const auto& [monomial, coefficient] : polynomial) {
        text += fmt::format("{}{}", text.empty() ? "" : " + ", text_of(coefficient));
        for (const auto& [base, exponent] : monomial) text += fmt::format(" [{}]^{}", base, text_of(exponent));
    }
    return text.empty() ? "0" : text;
}

std::string text_of(const NormalForm& form) {
    return fmt::format("({})/({})", text_of(form.top), text_of(form.bottom));
}

/// A formula as a base.
NormalForm base_of(const std::string& name, const Rational& exponent, bool opaque) {
    return {{{{{name, exponent}}, 1}}, constant(1), opaque};
}
NormalForm opaque_base(const std::string& name) {
    return base_of("~" + name, 1, true);  // no variable begins so
}

/// A whole number, 0 or more, to a power that is no whole number: its primes to that power.
NormalForm root_of(const BigInteger& whole, const Rational& exponent) {
    if (whole.is_zero()) {
        if (exponent.negative()) throw NotKnown{};
        return {{}, constant(1), false};
    }
    const std::int64_t small = whole.to_int64();
    if (small == BigInteger::no_int64) throw NotKnown{};
    auto rest = static_cast<std::uint64_t>(small);
    NormalForm form{constant(1), constant(1), false};
    const auto factor = [&](std::uint64_t prime, std::int64_t times) {
        Monomial monomial{{std::to_string(prime), checked(exponent * Rational(times))}};
        Rational coefficient = 1;
        tidy(monomial, coefficient);
        form.top = multiplied(form.top, {{monomial, coefficient}});
    };
    for (std::uint64_t divisor = 2; divisor <= largest_divisor && divisor * divisor <= rest; ++divisor) {
        std::int64_t times = 0;
        for (; rest % divisor == 0; rest /= divisor) ++times;
        if (times > 0) factor(divisor, times);
    }
    if (rest > 1) factor(rest, 1);
    // Where its factors were not looked for, it may be a square: then this form says too little.
    form.opaque = rest > largest_divisor * largest_divisor;
    return form;
}

NormalForm fractional_power(const Rational& base, const Rational& exponent) {
    NormalForm form = multiplied(root_of(base.top().magnitude(), exponent), inverse(root_of(base.bottom(), exponent)));
    if (!base.negative()) return form;
    if (exponent.bottom().is_odd()) {  // the real root
        if (exponent.top().is_odd()) form.top = multiplied(form.top, constant(-1));
        return form;
    }
    if (exponent.bottom() != BigInteger(2)) throw NotKnown{};
    Monomial turned{{"i", exponent.top()}};
    Rational sign = 1;
    tidy(turned, sign);
    form.top = multiplied(form.top, {{turned, sign}});
    return form;
}

NormalForm whole_power(NormalForm base, std::int64_t exponent) {
    if (exponent < 0) return whole_power(inverse(std::move(base)), -exponent);
    if (const auto value = base.rational()) return {constant(power(*value, exponent)), constant(1), false};
    const bool single = base.top.size() == 1 && base.bottom.size() == 1;
    if (exponent > (single ? 1000 : highest_power)) throw NotKnown{};
    NormalForm result{constant(1), constant(1), base.opaque};
    for (; exponent > 0; exponent >>= 1) {
        if ((exponent & 1) != 0) result = multiplied(result, base);
        if (exponent > 1) base = multiplied(base, base);
    }
    return result;
}

/// A form of one monomial to a power that is no whole number.
std::optional<NormalForm> monomial_power(const NormalForm& base, const Rational& exponent) {
    if (base.top.size() != 1 || base.bottom != constant(1) || base.opaque) return std::nullopt;
    NormalForm result = fractional_power(base.top.begin()->second, exponent);
    for (const auto& [name, old] : base.top.begin()->first) {
        if (name == "i") return std::nullopt;
        Monomial monomial{{name, checked(old * exponent)}};
        Rational coefficient = 1;
        tidy(monomial, coefficient);
        result.top = multiplied(result.top, {{monomial, coefficient}});
    }
    return result;
}

NormalForm form_of(const Expression& expression);

NormalForm power_form(const NormalForm& base, const NormalForm& exponent) {
    const auto constant_exponent = exponent.rational();
    if (!constant_exponent) {
        return opaque_base(fmt::format("pow({}, {})", text_of(base), text_of(exponent)));
    }
    if (constant_exponent->is_whole()) {
        const std::int64_t whole = constant_exponent->top().to_int64();
        if (whole == BigInteger::no_int64) throw NotKnown{};
        return whole_power(base, whole);
    }
    if (base.top.empty()) return constant_exponent->negative() ? throw NotKnown{} : base;
    if (auto form = monomial_power(base, *constant_exponent)) return *form;
    return opaque_base(fmt::format("pow({}, {})", text_of(base), text_of(*constant_exponent)));
}

std::optional<NormalForm> exact_call(const std::string& name, const std::vector<NormalForm>& parts) {
    const auto whole = [&](std::size_t i) -> std::optional<std::int64_t> {
        const auto value = parts[i].rational();
        if (!value || !value->is_whole() || value->negative()) return std::nullopt;
        const std::int64_t number = value->top().to_int64();
        return number > 300 || number == BigInteger::no_int64 ? std::nullopt : std::optional(number);
    };
    if (name == "factorial" && whole(0)) {
        Rational product = 1;
        for (std::int64_t i = 2; i <= *whole(0); ++i) product = product * Rational(i);
        return NormalForm{constant(product), constant(1), false};
    }
    if (name == "binom" && parts.size() == 2 && whole(0) && whole(1)) {
        Rational product = *whole(1) > *whole(0) ? 0 : 1;
        for (std::int64_t i = 0; i < *whole(1); ++i) product = product * Rational(*whole(0) - i) / Rational(i + 1);
        return NormalForm{constant(product), constant(1), false};
    }
    if (name == "abs") {
        if (const auto value = parts[0].rational()) return NormalForm{constant(value->magnitude()), constant(1), false};
    }
    return std::nullopt;
}

NormalForm call_form(const Expression& expression) {
    std::vector<NormalForm> parts;
    std::string text = expression.name + "(";
    for (const Expression& part : expression.parts) {
        parts.push_back(form_of(part));
        text += text_of(parts.back()) + ",";
    }
    if (auto exact = exact_call(expression.name, parts)) return *exact;
    return opaque_base(text + ")");
}

NormalForm form_of(const Expression& expression) {
    switch (expression.kind) {
        case Kind::number: return {constant(expression.value), constant(1), false};
        case Kind::symbol: return base_of(expression.name, 1, false);
        case Kind::sum: {
            NormalForm total{{}, constant(1), false};
            for (const Expression& part : expression.parts) total = added(total, form_of(part));
            return total;
        }
        case Kind::product: {
            NormalForm total{constant(1), constant(1), false};
            for (const Expression& part : expression.parts) total = multiplied(total, form_of(part));
            return total;
        }
        case Kind::power: return power_form(form_of(expression.parts[0]), form_of(expression.parts[1]));
        case Kind::call: return call_form(expression);
        case Kind::plus_minus: break;
    }
    throw NotKnown{};
}

}  // namespace

bool MonomialLess::operator()(const Monomial& a, const Monomial& b) const {
    return std::ranges::lexicographical_compare(a, b, [](const auto& x, const auto& y) {
        return x.first != y.first ? x.first < y.first : x.second < y.second;
    });
}

std::optional<Rational> NormalForm::rational() const {
    const auto value = [](const Polynomial& polynomial) -> std::optional<Rational> {
        if (polynomial.empty()) return Rational(0);
        if (polynomial.size() > 1 || !polynomial.begin()->first.empty()) return std::nullopt;
        return polynomial.begin()->second;
    };
    const auto above = value(top), below = value(bottom);
    if (above && above->is_zero()) return above;
    if (!above || !below || !(*above / *below).known()) return std::nullopt;
    return *above / *below;
}

std::optional<NormalForm> normal_form(const Expression& expression) {
    try {
        return form_of(expression);
    } catch (const NotKnown&) {
        return std::nullopt;
    }
}

bool same_form(const NormalForm& a, const NormalForm& b) {
    try {
        return multiplied(a.top, b.bottom) == multiplied(b.top, a.bottom);
    } catch (const NotKnown&) {
        return false;
    }
}

std::optional<Rational> ratio_of(const NormalForm& a, const NormalForm& b) {
    try {
        const Polynomial left = multiplied(a.top, b.bottom), right = multiplied(b.top, a.bottom);
        if (left.empty() || right.empty() || left.begin()->first != right.begin()->first) return std::nullopt;
        const Rational factor = right.begin()->second / left.begin()->second;
        return multiplied(left, constant(factor)) == right ? std::optional(factor) : std::nullopt;
    } catch (const NotKnown&) {
        return std::nullopt;
    }
}

}  // namespace ergon::tasks::maths
