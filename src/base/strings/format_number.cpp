#include "base/strings/format_number.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace ergon::base {
namespace {

constexpr std::array<Scale, 10> scales{{{1e15, "P"},
                                        {1e12, "T"},
                                        {1e9, "G"},
                                        {1e6, "M"},
                                        {1e3, "k"},
                                        {1, ""},
                                        {1e-3, "m"},
                                        {1e-6, "µ"},
                                        {1e-9, "n"},
                                        {1e-12, "p"}}};

// Beyond these a row of zeros says less than an exponent (assumed).
constexpr int largest_plain_exponent = 12;
constexpr int smallest_plain_exponent = -5;
// What an interval can justify: more digits than these are of no use to a reader (assumed).
constexpr int max_digits = 5;

/// The power of ten of the leading digit once the number is rounded to `digits`: 9.996 has 1 where three are kept.
int exponent(double value, int digits) {
    const std::string text = fmt::format("{:.{}e}", std::abs(value), digits - 1);
    return std::stoi(text.substr(text.find('e') + 1));
}

bool plain(double value, int digits) {
    if (value == 0) return true;
    const int size = exponent(value, digits);
    return size <= largest_plain_exponent && size >= smallest_plain_exponent;
}

std::string joined(const std::string& number, const Unit& unit, const Scale& scale) {
    const std::string symbol = fmt::format("{}{}", scale.prefix, unit.symbol);
    return symbol.empty() ? number : fmt::format("{} {}", number, symbol);
}

}  // namespace

Scale scale_for(double size, const Unit& unit, int digits) {
    if (unit.symbol.empty() || unit.prefixes == Prefixes::none || size == 0 || !std::isfinite(size)) return {};
    const double leading = std::pow(10.0, exponent(size, digits));
    for (const Scale& scale : scales) {
        if (unit.prefixes == Prefixes::below_one && scale.factor > 1) continue;
        // Both are powers of ten; the half keeps their rounding out of the comparison.
        if (leading >= scale.factor / 2) return scale;
    }
    return scales.back();
}

Scale column_scale(std::vector<double> numbers, const Unit& unit) {
    for (double& number : numbers) number = std::abs(number);
    std::erase_if(numbers, [](double size) { return size == 0 || !std::isfinite(size); });
    if (numbers.empty()) return {};
    const auto median = numbers.begin() + (std::ssize(numbers) - 1) / 2;
    std::ranges::nth_element(numbers, median);
    // As rounded to three digits.
    return *median >= 0.09995 && *median < 999.5 ? Scale{} : scale_for(*median, unit);
}

std::string fixed(double value, int decimals) {
    if (!std::isfinite(value)) return std::string(no_number);
    std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
    const bool negative = value < 0 && text.find_first_of("123456789") != std::string::npos;
    for (auto at = static_cast<std::ptrdiff_t>(std::min(text.find('.'), text.size())) - 3; at > 0; at -= 3) {
        text.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return negative ? "−" + text : text;
}

std::string significant(double value, int digits) {
    if (!std::isfinite(value)) return std::string(no_number);
    if (value == 0) return "0";
    if (!plain(value, digits)) return scientific(value, digits);
    return fixed(value, std::max(0, digits - 1 - exponent(value, digits)));
}

std::string scientific(double value, int digits) {
    const std::string text = fmt::format("{:.{}e}", std::abs(value), digits - 1);
    return fmt::format("{}{}e{}", value < 0 ? "−" : "", text.substr(0, text.find('e')), exponent(value, digits));
}

std::string duration_text(Seconds duration) {
    const auto whole = std::llround(duration.value());
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string readable_count(std::int64_t count) {
    const auto value = static_cast<double>(count);
    if (count < 1'000'000) return fmt::format("{}", count);
    return value >= 1e9 ? fmt::format("{:.2f} billion", value / 1e9) : fmt::format("{:.1f} million", value / 1e6);
}

std::string with_unit(double value, const Unit& unit, int digits) {
    return with_unit(value, unit, scale_for(value, unit, digits), digits);
}

std::string with_unit(double value, const Unit& unit, const Scale& scale, int digits) {
    if (!std::isfinite(value)) return std::string(no_number);
    return joined(significant(value / scale.factor, digits), unit, scale);
}

std::string watt_hours_note(Joules amount) {
    const double watt_hours = amount.value() / joules_per_kilowatt_hour * 1000;
    return watt_hours >= 1 ? fmt::format(" ({})", with_unit(watt_hours, {"Wh"})) : std::string();
}

IntervalText with_interval(double value, double low, double high, const Unit& unit) {
    return with_interval(value, low, high, unit, scale_for(value != 0 ? value : high, unit));
}

IntervalText with_interval(double value, double low, double high, const Unit& unit, const Scale& scale) {
    if (!std::isfinite(value)) return {std::string(no_number), {}};
    const double scaled = value / scale.factor;
    const double width = (high - low) / scale.factor;
    if (width == 0) return {with_unit(value, unit, scale), {}};
    if (std::isinf(low) && std::isinf(high)) return {with_unit(value, unit, scale), "[not known]"};
    if (!plain(scaled, 3)) {
        return {joined(significant(scaled), unit, scale),
                fmt::format("[{}, {}]", significant(low / scale.factor), significant(high / scale.factor))};
    }
    // An end that is not known leaves three digits; otherwise at least the value's first digit stays visible.
    const int leading = scaled == 0 ? 0 : exponent(scaled, 1);
    const int by_width = std::isfinite(width) ? 1 - exponent(width, 2) : 2 - leading;
    const int by_value = leading < -1 ? 1 - leading : -leading;
    const int decimals = std::max(0, std::min(std::max(by_width, by_value), max_digits - 1 - leading));
    const auto end = [&](double number) {
        if (std::isnan(number)) return std::string(no_number);
        if (std::isinf(number)) return std::string(number > 0 ? "∞" : "−∞");
        return plain(number / scale.factor, 3) ? fixed(number / scale.factor, decimals)
                                               : significant(number / scale.factor);
    };
    return {joined(fixed(scaled, decimals), unit, scale), fmt::format("[{}, {}]", end(low), end(high))};
}

}  // namespace ergon::base
