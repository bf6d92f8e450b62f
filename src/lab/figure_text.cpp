#include "lab/figure_text.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "base/strings/characters.h"
#include "report/table.h"

namespace ergon::lab {

std::string shown(const std::string& label, std::size_t width) {
    return base::visible_line(label, width);
}

std::string digits(double value) {
    if (!std::isfinite(value)) return "?";
    const double size = std::abs(value);
    if (size >= 999'999.5 || (size > 0 && size < 0.00095)) return base::scientific(value, 2);
    if (size > 0 && size < 0.0995) return base::significant(value, 2);
    return fmt::format("{:.{}f}", value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

std::string count(std::int64_t amount) {
    return amount < 100'000'000 ? std::to_string(amount) : fmt::format("{:.0f}M", static_cast<double>(amount) * 1e-6);
}

base::Scale scale_of(const ShownFigures& column) {
    std::vector<double> numbers;
    for (const auto& figure : column) {
        if (!figure) continue;
        numbers.push_back(std::isinf(figure->value.value()) ? figure->low.value() : figure->value.value());
    }
    return base::column_scale(std::move(numbers), report::joules);
}

std::string figure_cell(const std::optional<energy::Figure>& figure, bool with_method, const base::Scale& scale) {
    if (!figure) return "-";
    const auto number = [&](base::Joules joules) { return digits(joules.value() / scale.factor); };
    const std::string unit =
        fmt::format("{}J{}", scale.prefix, with_method ? fmt::format(" {}", name(figure->method)[0]) : "");
    if (std::isinf(figure->value.value())) {  // joules for a right answer where nobody is right
        return figure->low > base::Joules(0) ? fmt::format("over {} {}", number(figure->low), unit) : "unbounded";
    }
    const std::string interval = std::isfinite(figure->high.value())
                                     ? fmt::format("{}-{}", number(figure->low), number(figure->high))
                                     : std::string("not known");
    return fmt::format("{} {} ({})", number(figure->value), unit, interval);
}

std::vector<std::string> figure_cells(const ShownFigures& column, bool with_method) {
    std::vector<std::string> cells;
    for (const auto& figure : column) cells.push_back(figure_cell(figure, with_method, scale_of(column)));
    return cells;
}

int widest_of(const std::vector<std::string>& cells, int at_least) {
    for (const std::string& cell : cells)
        at_least = std::max(at_least, static_cast<int>(base::characters(cell).size()));
    return at_least;
}

std::string figure_text(const energy::Figure& figure) {
    return figure_cell(figure, false, scale_of({figure})) + base::watt_hours_note(figure.value);
}

std::string p_value_text(double p, int decimals) {
    const double least = std::pow(10, -decimals);
    return p < least ? fmt::format("< {:.{}f}", least, decimals) : fmt::format("{:.{}f}", p, decimals);
}

std::string interval_text(const ConfidenceInterval& estimate) {
    return known(estimate) ? fmt::format("{:.2f} to {:.2f}", estimate.low, estimate.high) : std::string("not known");
}

}  // namespace ergon::lab
