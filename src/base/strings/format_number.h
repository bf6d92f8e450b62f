#pragma once
// Numbers as people read them: SI prefixes, digits that suit an interval, never the locale's business.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace ergon::base {

/// Which SI prefixes a unit takes: joules all of them, seconds only those below one (ms), tokens none.
enum class Prefixes : std::uint8_t { all, below_one, none };

/// A unit as it is printed behind a number; a plain number has none, and takes no prefix.
struct Unit {
    std::string symbol;
    Prefixes prefixes = Prefixes::all;
    bool operator==(const Unit&) const = default;
};

/// A power of a thousand that numbers are divided by, and its letter.
struct Scale {
    double factor = 1;
    std::string_view prefix;
};

/// What stands for a number that is missing, infinite or not a number.
inline constexpr std::string_view no_number = "–";

/// The scale in which a number of this size has one to three digits before the point, after rounding to `digits`.
Scale scale_for(double size, const Unit& unit, int digits = 3);

/// One scale for all numbers of a column: that of their median size (of two medians the smaller, since 2,000 J reads
/// better than 0.002 kJ), without a prefix if it lies between 0.1 and 1000. What is 0 or no number has no say.
Scale column_scale(std::vector<double> numbers, const Unit& unit);

/// "1,234.50" with so many decimals; thousands are grouped by commas, a negative number has a real minus sign, and what
/// rounds to zero has none.
std::string fixed(double value, int decimals);

/// So many significant digits and no fewer: "0.0123", "1.20", "12,345"; "1.20e18" where that would be long.
std::string significant(double value, int digits = 3);

/// "1.20e18".
std::string scientific(double value, int digits = 3);

/// "12.3 GB/s", "4.56 GFLOP/s", "310 mJ", "1,024 tokens".
std::string with_unit(double value, const Unit& unit, int digits = 3);

/// As with_unit, in a scale that several numbers share; a number that is small in it keeps its digits.
std::string with_unit(double value, const Unit& unit, const Scale& scale, int digits = 3);

/// " (7.44 kWh)" to stand behind joules in a sentence or a total, in the unit of bills; nothing of less than a watt
/// hour.
std::string watt_hours_note(Joules amount);

/// "494.0 million", "16.00 billion"; as it is below a million.
std::string readable_count(std::int64_t count);

/// "45 s", "3 min 20 s", "2 h 5 min".
std::string duration_text(Seconds duration);

/// A number and the ends of its interval, with the same scale and decimals.
struct IntervalText {
    std::string value;     // "3.1 J"
    std::string interval;  // "[2.6, 3.7]", "[not known]" if neither end is, or nothing if the interval has no width
};

/// The decimals are those of the interval's second digit: what lies below it is noise. A number below 0.1 of its scale
/// has two digits at least.
IntervalText with_interval(double value, double low, double high, const Unit& unit);
IntervalText with_interval(double value, double low, double high, const Unit& unit, const Scale& scale);

}  // namespace ergon::base
