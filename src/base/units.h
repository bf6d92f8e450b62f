#pragma once
// Units in types: no naked number crosses a floor where a unit is meant.

#include <compare>
#include <cstdint>

namespace ergon::base {

/// A quantity with a unit. `Tag` names the unit, `Rep` holds the amount in that unit.
template <typename Tag, typename Rep>
class Quantity {
  public:
    using rep = Rep;
    constexpr Quantity() = default;
    constexpr explicit Quantity(Rep amount) : amount_(amount) {}
    constexpr Rep value() const { return amount_; }

    constexpr auto operator<=>(const Quantity&) const = default;
    constexpr Quantity& operator+=(Quantity other) {
        amount_ += other.amount_;
        return *this;
    }
    constexpr Quantity& operator-=(Quantity other) {
        amount_ -= other.amount_;
        return *this;
    }
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.amount_ + b.amount_); }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.amount_ - b.amount_); }
    friend constexpr Quantity operator*(Quantity a, Rep factor) { return Quantity(a.amount_ * factor); }
    friend constexpr Quantity operator*(Rep factor, Quantity a) { return Quantity(factor * a.amount_); }
    friend constexpr Quantity operator/(Quantity a, Rep divisor) { return Quantity(a.amount_ / divisor); }
    /// A ratio of two like quantities is a plain number.
    friend constexpr double operator/(Quantity a, Quantity b) {
        return static_cast<double>(a.amount_) / static_cast<double>(b.amount_);
    }

  private:
    Rep amount_{};
};

using Joules = Quantity<struct JoulesTag, double>;
using Watts = Quantity<struct WattsTag, double>;
using Seconds = Quantity<struct SecondsTag, double>;
using Bytes = Quantity<struct BytesTag, std::int64_t>;
using BytesPerSecond = Quantity<struct BytesPerSecondTag, double>;
using OperationsPerSecond = Quantity<struct OperationsPerSecondTag, double>;
using OperationsPerByte = Quantity<struct OperationsPerByteTag, double>;
using Grams = Quantity<struct GramsTag, double>;
using GramsPerKilowattHour = Quantity<struct GramsPerKilowattHourTag, double>;
using Tokens = Quantity<struct TokensTag, std::int64_t>;
/// Ledgers count in integers so that parts add up exactly.
using Nanojoules = Quantity<struct NanojoulesTag, std::int64_t>;
using Nanoseconds = Quantity<struct NanosecondsTag, std::int64_t>;

constexpr Joules operator*(Watts power, Seconds time) {
    return Joules(power.value() * time.value());
}
constexpr Joules operator*(Seconds time, Watts power) {
    return power * time;
}
constexpr Watts operator/(Joules energy, Seconds time) {
    return Watts(energy.value() / time.value());
}
constexpr double joules_per_kilowatt_hour = 3.6e6;
constexpr Grams operator*(Joules energy, GramsPerKilowattHour intensity) {
    return Grams(energy.value() / joules_per_kilowatt_hour * intensity.value());
}
constexpr Joules to_joules(Nanojoules energy) {
    return Joules(static_cast<double>(energy.value()) * 1e-9);
}
constexpr Seconds to_seconds(Nanoseconds time) {
    return Seconds(static_cast<double>(time.value()) * 1e-9);
}

}  // namespace ergon::base
