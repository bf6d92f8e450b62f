#include "lab/figure_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

#include "base/strings/characters.h"

namespace ergon::lab {

std::string shown(const std::string& label, std::size_t width) {
    return base::visible_line(label, width);
}

std::string digits(double value) {
    if (!std::isfinite(value)) return "?";
    const double size = std::abs(value);
    return fmt::format("{:.{}f}", value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

std::string count(std::int64_t amount) {
    return amount < 100'000'000 ? std::to_string(amount) : fmt::format("{:.0f}M", static_cast<double>(amount) * 1e-6);
}

namespace {

struct Prefix {
    double scale;
    const char* unit;
};

Prefix prefix_of(double value) {
    constexpr std::array<Prefix, 5> prefixes{{{1e-6, "MJ"}, {1e-3, "kJ"}, {1, "J"}, {1e3, "mJ"}, {1e6, "uJ"}}};
    const auto fits = [&](const Prefix& prefix) {
        return value * prefix.scale >= (prefix.scale == 1 ? 0.0995 : 0.9995);
    };
    const auto found = std::find_if(prefixes.begin(), prefixes.end(), fits);
    return value <= 0 ? prefixes[2] : found == prefixes.end() ? prefixes.back() : *found;
}

}  // namespace

std::string figure_cell(const std::optional<energy::Figure>& figure, bool with_method) {
    if (!figure) return "-";
    const double value = figure->value.value(), low = figure->low.value(), high = figure->high.value();
    const std::string method = with_method ? fmt::format(" {}", name(figure->method)[0]) : "";
    if (std::isinf(value)) {  // joules for a right answer where nobody is right
        const Prefix prefix = prefix_of(low);
        return low > 0 ? fmt::format("over {} {}{}", digits(low * prefix.scale), prefix.unit, method) : "unbounded";
    }
    const Prefix prefix = prefix_of(value);
    const std::string interval = std::isfinite(high)
                                     ? fmt::format("{}-{}", digits(low * prefix.scale), digits(high * prefix.scale))
                                     : std::string("not known");
    return fmt::format("{} {}{} ({})", digits(value * prefix.scale), prefix.unit, method, interval);
}

std::string interval_text(const ConfidenceInterval& estimate) {
    return known(estimate) ? fmt::format("{:.2f} to {:.2f}", estimate.low, estimate.high) : std::string("not known");
}

}  // namespace ergon::lab
