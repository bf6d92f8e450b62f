#include "energy/cost/carbon.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/files/data_files.h"
#include "base/files/file.h"
#include "base/strings/edit_distance.h"
#include "base/strings/text.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::trimmed;

// Two letters more, less or other are a slip of the finger, more is another word (assumed).
constexpr std::size_t max_edit_distance = 2;
constexpr std::size_t max_suggestions = 4;

constexpr std::string_view blanks = " \t\r\n";

/// ASCII letters in lower case, no blanks: how names, codes and units are compared.
std::string folded(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        if (blanks.find(c) == std::string_view::npos) plain += base::lowered(c);
    }
    return plain;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator, begin)) {
        parts.emplace_back(trimmed(text.substr(begin, at - begin)));
        begin = at + 1;
    }
    parts.emplace_back(trimmed(text.substr(begin)));
    return parts;
}

/// A number at the beginning of the text, which is cut off; nothing if there is none. "nan" and "inf" are no numbers
/// here.
std::optional<double> take_number(std::string_view& text) {
    double number = 0;
    if (text.empty() || !(text[0] == '-' || text[0] == '.' || (text[0] >= '0' && text[0] <= '9'))) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
    text.remove_prefix(end - text.data());
    return number;
}

std::optional<double> whole_number(std::string_view text) {
    const auto number = take_number(text);
    return text.empty() ? number : std::nullopt;
}

Region read_region(std::string_view line, const std::string& place) {
    const std::vector<std::string> fields = split(line, ',');
    if (fields.size() != 6) {
        base::fail(ErrorCode::bad_file, "{}: expected 6 fields (alpha3,alpha2,name,grams_per_kwh,year,also), found {}.",
                   place, fields.size());
    }
    if (fields[0].size() != 3 || (!fields[1].empty() && fields[1].size() != 2) || fields[2].empty()) {
        base::fail(ErrorCode::bad_file, "{}: expected a three-letter code, a two-letter code and a name, found \"{}\".",
                   place, line);
    }
    const auto grams = whole_number(fields[3]);
    const auto year = whole_number(fields[4]);
    if (!grams || *grams < 0 || *grams > max_grams) {
        base::fail(ErrorCode::bad_file, "{}: expected grams of CO2e per kWh from 0 to {}, found \"{}\".", place,
                   max_grams, fields[3]);
    }
    if (!year || *year < 1900 || *year > 2200) {
        base::fail(ErrorCode::bad_file, "{}: expected a year, found \"{}\".", place, fields[4]);
    }
    Region region{fields[0], fields[1], fields[2], base::GramsPerKilowattHour(*grams), static_cast<int>(*year), {}};
    if (!fields[5].empty()) region.also = split(fields[5], '|');
    return region;
}

/// All that a region is called.
std::vector<std::string> names_of(const Region& region) {
    std::vector<std::string> names{region.name, region.alpha3};
    if (!region.alpha2.empty()) names.push_back(region.alpha2);
    names.insert(names.end(), region.also.begin(), region.also.end());
    return names;
}

/// Names that resemble a word, the nearest first: few slips away, or holding it.
std::vector<std::string> similar(const std::string& word, const std::vector<Region>& regions) {
    std::vector<std::pair<std::size_t, std::string>> found;
    for (const Region& region : regions) {
        std::size_t nearest = max_edit_distance + 1;
        for (const std::string& name : names_of(region)) {
            const std::string plain = folded(name);
            const std::size_t distance = base::edit_distance(word, plain);
            // A short word is near to every code: at most a third of it may be wrong.
            if (3 * distance <= std::max<std::size_t>(word.size(), 3)) nearest = std::min(nearest, distance);
            if (word.size() >= 3 && plain.find(word) != std::string::npos)
                nearest = std::min(nearest, max_edit_distance);
        }
        if (nearest <= max_edit_distance)
            found.emplace_back(nearest, fmt::format("{} ({})", region.name, region.alpha3));
    }
    std::ranges::stable_sort(found, {}, &std::pair<std::size_t, std::string>::first);
    std::vector<std::string> names;
    for (const auto& [distance, name] : found) {
        if (names.size() < max_suggestions) names.push_back(name);
    }
    return names;
}

/// The sentence shows at most this much of an argument.
std::string shown(std::string_view argument) {
    return std::string(argument.size() <= 60 ? argument : argument.substr(0, 60));
}

CarbonIntensity given_intensity(double grams, std::string_view unit, std::string_view argument) {
    const std::string plain = folded(unit);
    constexpr std::array<std::string_view, 5> units{"", "g", "g/kwh", "gco2/kwh", "gco2e/kwh"};
    if (std::ranges::find(units, plain) == units.end() && plain != "gco2eq/kwh") {
        base::fail(ErrorCode::bad_argument, "--carbon \"{}\": expected grams of CO2e per kWh, such as \"56 g/kWh\".",
                   shown(argument));
    }
    if (grams < 0 || grams > max_grams) {
        base::fail(ErrorCode::bad_argument, "--carbon \"{}\": expected 0 to {} grams of CO2e per kWh.", shown(argument),
                   max_grams);
    }
    return {base::GramsPerKilowattHour(grams), "as given", {}, {}};
}

struct Sign {
    std::string_view sign;
    std::string_view currency;
};
constexpr std::array<Sign, 4> currency_signs{{{"$", "USD"}, {"€", "EUR"}, {"£", "GBP"}, {"¥", "JPY"}}};

/// Cuts a currency's sign off the beginning.
std::string take_sign(std::string_view& text) {
    for (const Sign& sign : currency_signs) {
        if (!text.starts_with(sign.sign)) continue;
        text.remove_prefix(sign.sign.size());
        return std::string(sign.currency);
    }
    return {};
}

/// Three letters, or a sign.
std::optional<std::string> currency(std::string_view text) {
    const std::string by_sign = take_sign(text);
    if (!by_sign.empty()) return text.empty() ? std::optional(by_sign) : std::nullopt;
    std::string letters = folded(text);
    if (letters.size() != 3) return std::nullopt;
    for (char& c : letters) {
        if (c < 'a' || c > 'z') return std::nullopt;
        c = static_cast<char>(c - 'a' + 'A');
    }
    return letters;
}

std::vector<Region> parse_regions(const std::string& text, const std::string& origin) {
    std::istringstream lines(text);
    std::vector<Region> regions;
    std::int64_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        const std::string_view row = trimmed(line);
        if (row.empty() || row.starts_with('#') || row.starts_with("alpha3,")) continue;
        regions.push_back(read_region(row, fmt::format("{}, line {}", origin, number)));
    }
    if (regions.empty()) base::fail(ErrorCode::bad_file, "{} holds no regions.", origin);
    return regions;
}

}  // namespace

std::vector<Region> read_regions() {
    return parse_regions(std::string(base::embedded_text("electricity.csv")), "data/electricity.csv");
}

std::vector<Region> read_regions(const std::filesystem::path& path) {
    constexpr std::size_t file_limit = 1u << 20;  // the table has 7 kB; a megabyte is something else
    return parse_regions(base::read_text(path, file_limit), path.string());
}

CarbonIntensity parse_carbon(std::string_view argument, const std::vector<Region>& regions) {
    std::string_view rest = trimmed(argument);
    if (const auto grams = take_number(rest)) return given_intensity(*grams, rest, argument);
    const std::string word = folded(argument);
    for (const Region& region : regions) {
        for (const std::string& name : names_of(region)) {
            if (folded(name) != word) continue;
            const bool world = region.alpha3 == "WLD";
            const char* const mean = world ? "mean of the countries, weighted by generation, " : "";
            return {region.intensity, region.name, fmt::format("{}Our World in Data, {}", mean, region.year),
                    world ? std::string() : region.alpha3};
        }
    }
    const std::vector<std::string> near = similar(folded(shown(argument)), regions);
    if (near.empty()) {
        base::fail(ErrorCode::bad_argument,
                   "--carbon \"{}\" is not a known region; expected a country's name or ISO code, \"world\", or "
                   "grams of CO2e per kWh such as \"56\".",
                   shown(argument));
    }
    base::fail(ErrorCode::bad_argument, "--carbon \"{}\" is not a known region; did you mean {}?", shown(argument),
               fmt::join(near, ", "));
}

CarbonFigure carbon_of(const Figure& figure, base::GramsPerKilowattHour intensity) {
    return {figure.value * intensity, figure.low * intensity, figure.high * intensity, figure.method};
}

Price parse_price(std::string_view argument) {
    std::string_view rest = trimmed(argument);
    Price price;
    price.currency = take_sign(rest);
    rest = trimmed(rest);
    const auto amount = take_number(rest);
    std::string unit = folded(rest);
    if (unit.ends_with("/kwh")) unit.resize(unit.size() - 4);
    const auto behind = unit.empty() ? std::optional(price.currency) : currency(unit);
    const bool twice = !unit.empty() && !price.currency.empty();
    if (!amount || *amount < 0 || !behind || twice) {
        base::fail(ErrorCode::bad_argument,
                   "--price \"{}\": expected the price of a kWh, such as \"0.30\", \"0.30 EUR\" or \"$0.12\".",
                   shown(argument));
    }
    price.per_kilowatt_hour = *amount;
    price.currency = *behind;
    return price;
}

Cost cost_of(const Figure& figure, const Price& price) {
    const auto money = [&](base::Joules joules) {
        return joules.value() / base::joules_per_kilowatt_hour * price.per_kilowatt_hour;
    };
    return {money(figure.value), money(figure.low), money(figure.high), price.currency, figure.method};
}

}  // namespace ergon::energy
