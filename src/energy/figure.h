#pragma once
// An amount of energy as ergon states it: a value, a 95% interval, and how it was obtained.

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json/json_text.h"
#include "base/units.h"

namespace ergon::energy {

/// The ends of a 95% interval of a normal distribution are so many standard deviations away.
inline constexpr double end_of_95_percent = 1.959963984540054;

/// How a figure was obtained, from best to worst: what is made of several figures has the worst of their methods.
enum class Method : std::uint8_t {
    measured,     // a counter covered it alone
    apportioned,  // a counter, split by the work account
    estimated,    // no counter: a model of the machine
};

inline constexpr std::array<std::string_view, 3> method_names{"measured", "apportioned", "estimated"};
constexpr std::string_view name(Method method) {
    return method_names[static_cast<std::size_t>(method)];
}
constexpr Method worst(Method a, Method b) {
    return std::max(a, b);
}

/// An amount with a 95% interval; low <= value <= high.
template <typename Amount>
struct FigureOf {
    Amount value{};
    Amount low{};
    Amount high{};
    Method method = Method::measured;

    /// The ends of the intervals add. Figures of one machine share its coefficients and its counter, so their errors
    /// may well have the same sign; adding them in quadrature would claim an independence that nobody has shown.
    FigureOf& operator+=(const FigureOf& other) {
        value += other.value;
        low += other.low;
        high += other.high;
        method = worst(method, other.method);
        return *this;
    }
    friend FigureOf operator+(FigureOf a, const FigureOf& b) { return a += b; }
    /// Joules per token, per answer: the divisor is a count and has no error of its own.
    friend FigureOf operator/(const FigureOf& figure, double count) {
        return {figure.value / count, figure.low / count, figure.high / count, figure.method};
    }
    friend FigureOf operator*(const FigureOf& figure, double count) {
        return {figure.value * count, figure.low * count, figure.high * count, figure.method};
    }
    bool operator==(const FigureOf&) const = default;
};

using Figure = FigureOf<base::Joules>;

/// A ratio of two figures, or any plain number with an interval.
struct Ratio {
    double value = 0;
    double low = 0;
    double high = 0;
    bool operator==(const Ratio&) const = default;
};

/// `over` / `under` with the widest interval that the two allow: [low / high, high / low]. Right when the errors of the
/// two have nothing in common; too wide for two runs on one machine, whose shared coefficients cancel (the lab floor
/// draws those). Nothing if `under` is not positive; an infinite upper end if its interval reaches zero.
inline std::optional<Ratio> ratio(const Figure& over, const Figure& under) {
    if (!(under.value > base::Joules(0))) return std::nullopt;
    return Ratio{over.value / under.value, over.low / under.high,
                 under.low > base::Joules(0) ? over.high / under.low : std::numeric_limits<double>::infinity()};
}

/// The unit of a figure in JSON.
constexpr std::string_view unit_of(base::Joules) {
    return "J";
}
constexpr std::string_view unit_of(base::Grams) {
    return "gCO2e";  // CO2 equivalent
}

/// {"value": 3.1, "unit": "J", "low": 2.6, "high": 3.7, "method": "estimated"}, in this order in an ordered_json.
template <typename Json, typename Amount>
void to_json(Json& json, const FigureOf<Amount>& figure) {
    json = Json{{"value", figure.value.value()},
                {"unit", std::string(unit_of(Amount()))},
                {"low", figure.low.value()},
                {"high", figure.high.value()},
                {"method", std::string(name(figure.method))}};
}

/// The reverse. Throws Error(bad_file) with what is wrong.
template <typename Json, typename Amount>
void from_json(const Json& json, FigureOf<Amount>& figure) {
    using base::ErrorCode;
    const auto number = [&](const char* key) {
        if (!json.is_object() || !json.contains(key) || !json[key].is_number()) {
            base::fail(ErrorCode::bad_file, "An energy figure has no number \"{}\": found {}.", key,
                       base::json_text(json));
        }
        return Amount(json[key].template get<double>());
    };
    FigureOf<Amount> read{number("value"), number("low"), number("high"), Method::measured};
    const auto text = [&](const char* key) {
        return json.contains(key) && json[key].is_string() ? json[key].template get<std::string>() : std::string();
    };
    if (text("unit") != unit_of(Amount())) {
        base::fail(ErrorCode::bad_file, "An energy figure must have the unit \"{}\": found {}.", unit_of(Amount()),
                   base::json_text(json));
    }
    const auto found = std::find(method_names.begin(), method_names.end(), text("method"));
    if (found == method_names.end()) {
        base::fail(ErrorCode::bad_file,
                   "An energy figure's method must be measured, apportioned or estimated: found {}.",
                   base::json_text(json));
    }
    read.method = static_cast<Method>(found - method_names.begin());
    figure = read;
}

/// {"value": 1.87, "low": 1.5, "high": 2.3}; an end that is not finite becomes null.
template <typename Json>
void to_json(Json& json, const Ratio& ratio) {
    json = Json{{"value", ratio.value}, {"low", ratio.low}, {"high", ratio.high}};
}

}  // namespace ergon::energy
