#include "report/table.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "report/markup/reading_note.h"

namespace ergon::report {
namespace {

using energy::Figure;
using energy::Method;

/// The scale of a column, for each unit in it.
using Scales = std::vector<std::pair<base::Unit, base::Scale>>;

/// What a cell needs to know of the others.
struct CellStyle {
    Scales scales;  // of what is not in it each number has its own
    bool with_method = true;
};

Markup interval_markup(const base::IntervalText& text) {
    Markup cell(text.value);
    if (!text.interval.empty()) {
        cell.add(Markup(" "));
        cell.element("span", {{"class", "interval"}}, text.interval);
    }
    return cell;
}

struct CellPrinter {
    CellStyle style;

    Markup operator()(std::monostate) const { return Markup(base::no_number); }
    Markup operator()(const std::string& text) const { return Markup(text); }
    Markup operator()(std::int64_t count) const { return Markup(base::fixed(static_cast<double>(count), 0)); }
    Markup operator()(const Amount& amount) const {
        return Markup(base::with_unit(amount.value, amount.unit, scale_of(amount.value, amount.unit)));
    }
    Markup operator()(const energy::Ratio& ratio) const {
        return interval_markup(base::with_interval(ratio.value, ratio.low, ratio.high, {}, {}));
    }
    Markup operator()(const Figure& figure) const { return figure_markup(figure, joules); }
    Markup operator()(const energy::CarbonFigure& figure) const { return figure_markup(figure, grams); }
    Markup operator()(const Link& link) const {
        const auto address = Address::web(link.address);
        if (!address) return Markup(link.text);
        Markup cell;
        cell.element("a", {*address}, link.text);
        return cell;
    }

  private:
    base::Scale scale_of(double size, const base::Unit& unit) const {
        const auto found = std::ranges::find(style.scales, unit, &Scales::value_type::first);
        return found != style.scales.end() ? found->second : base::scale_for(size, unit);
    }

    base::IntervalText figure_text(double value, double low, double high, const base::Unit& unit) const {
        if (!std::isinf(value)) {
            const double begin = std::isinf(high) ? -high : low;  // an interval without an end says nothing
            return base::with_interval(value, begin, high, unit, scale_of(value != 0 ? value : high, unit));
        }
        // Joules for a right answer where nobody is right.
        if (!(low > 0)) return {"unbounded", {}};
        return {"over " + base::with_unit(low, unit, scale_of(low, unit)), {}};
    }

    template <typename Quantity>
    Markup figure_markup(const energy::FigureOf<Quantity>& figure, const base::Unit& unit) const {
        Markup cell = interval_markup(figure_text(figure.value.value(), figure.low.value(), figure.high.value(), unit));
        if (style.with_method) {
            cell.add(Markup(" "));
            cell.element("span", {{"class", "method"}}, energy::name(figure.method));
        }
        return cell;
    }
};

bool numeric(const Cell& cell) {
    return !std::holds_alternative<std::string>(cell) && !std::holds_alternative<Link>(cell);
}

template <typename Quantity>
double shown_size(const energy::FigureOf<Quantity>& figure) {
    return std::isinf(figure.value.value()) ? figure.low.value() : figure.value.value();
}

/// What a cell shows, if it is a number with a unit.
std::optional<Amount> amount_of(const Cell& cell) {
    if (const auto* amount = std::get_if<Amount>(&cell)) return *amount;
    if (const auto* figure = std::get_if<Figure>(&cell)) return Amount{shown_size(*figure), joules};
    if (const auto* carbon = std::get_if<energy::CarbonFigure>(&cell)) return Amount{shown_size(*carbon), grams};
    return std::nullopt;
}

/// Of the columns from `begin` to before `end`, which share them.
Scales scales_of(const Table& table, std::size_t begin, std::size_t end) {
    std::vector<std::pair<base::Unit, std::vector<double>>> numbers;
    for (const auto& row : table.rows) {
        for (std::size_t i = begin; i < std::min(end, row.size()); ++i) {
            const auto amount = amount_of(row[i]);
            if (!amount) continue;
            const auto found =
                std::ranges::find(numbers, amount->unit, &std::pair<base::Unit, std::vector<double>>::first);
            auto& of_unit = found != numbers.end() ? *found : numbers.emplace_back(amount->unit, std::vector<double>());
            of_unit.second.push_back(amount->value);
        }
    }
    Scales scales;
    for (const auto& [unit, all] : numbers) scales.emplace_back(unit, base::column_scale(all, unit));
    return scales;
}

std::vector<CellStyle> styles_of(const Table& table, bool with_method) {
    std::vector<CellStyle> styles;
    while (styles.size() < table.columns.size()) {
        const std::size_t begin = styles.size();
        std::size_t end = begin + 1;
        while (end < table.columns.size() && table.columns[end].scaled_as_before) ++end;
        styles.resize(end, {scales_of(table, begin, end), with_method});
    }
    return styles;
}

std::vector<std::optional<Method>> methods_of(const Table& table) {
    std::vector<std::optional<Method>> methods;
    for (const auto& row : table.rows) {
        for (const Cell& cell : row) {
            if (const auto* figure = std::get_if<Figure>(&cell)) methods.push_back(figure->method);
        }
    }
    return methods;
}

Markup heading_row(const Table& table) {
    Markup row;
    for (const Column& column : table.columns) {
        row.element("th", {{"scope", "col"}, {"class", column.align == Align::right ? "right" : "left"}},
                    column.heading);
    }
    Markup head;
    head.element("thead", {}, Markup().element("tr", {}, row));
    return head;
}

std::string_view style_of(const Column& column, const Cell& cell) {
    if (column.align == Align::right) return "right";
    return numeric(cell) ? "number" : "left";
}

Markup body_rows(const Table& table, bool with_method) {
    const std::vector<CellStyle> styles = styles_of(table, with_method);
    Markup body;
    for (const auto& row : table.rows) {
        Markup cells;
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            static const Cell nothing{std::string()};
            const Cell& cell = i < row.size() ? row[i] : nothing;
            const Markup content = std::visit(CellPrinter{styles[i]}, cell);
            cells.element("td", {{"class", style_of(table.columns[i], cell)}}, content);
        }
        body.element("tr", {}, cells);
    }
    Markup rows;
    rows.element("tbody", {}, body);
    return rows;
}

}  // namespace

Markup markup(const Table& table) {
    const auto method = uniform_method(methods_of(table));
    Markup caption;
    if (!table.caption.empty()) caption.element("span", {{"class", "title"}}, table.caption);
    if (method) {
        caption.element("span", {{"class", "remark"}},
                        fmt::format("Energy is {}; 95% intervals in brackets.", energy::name(*method)));
    }
    if (table.rows.empty()) caption.element("span", {{"class", "remark"}}, "No data.");

    Markup inside;
    if (!caption.empty()) inside.element("caption", {}, caption);
    inside.add(heading_row(table)).add(body_rows(table, !method));
    Markup whole;
    whole.element("div", {{"class", "scroll"}, {"tabindex", "0"}}, Markup().element("table", {}, inside));
    return whole;
}

Markup markup(const Facts& facts) {
    Markup lines;
    for (const auto& [name, cell] : facts.facts) {
        lines.element("dt", {}, name);
        lines.element("dd", {}, std::visit(CellPrinter{}, cell));
    }
    Markup list;
    list.element("dl", {{"class", "facts"}}, lines);
    return list;
}

}  // namespace ergon::report
