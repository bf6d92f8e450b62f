#include "report/table.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "report/markup/reading_note.h"

namespace ergon::report {
namespace {

using energy::Figure;
using energy::Method;

/// What a figure's cell needs to know of the others.
struct FigureStyle {
    std::optional<base::Scale> scale;  // the column's; else each figure its own
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
    FigureStyle style;

    Markup operator()(std::monostate) const { return Markup(base::no_number); }
    Markup operator()(const std::string& text) const { return Markup(text); }
    Markup operator()(std::int64_t count) const { return Markup(base::fixed(static_cast<double>(count), 0)); }
    Markup operator()(const Amount& amount) const { return Markup(base::with_unit(amount.value, amount.unit)); }
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
    template <typename Quantity>
    Markup figure_markup(const energy::FigureOf<Quantity>& figure, const base::Unit& unit) const {
        const double value = figure.value.value();
        const double low = figure.low.value();
        const double high = figure.high.value();
        const bool shared = style.scale.has_value() && unit == joules;  // a column's scale is that of its joules
        Markup cell = interval_markup(shared ? base::with_interval(value, low, high, unit, *style.scale)
                                             : base::with_interval(value, low, high, unit));
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

/// One prefix for the figures of a column, unless the smallest would then begin behind the second decimal.
std::optional<base::Scale> column_scale(const Table& table, std::size_t column) {
    double smallest = 0;
    double largest = 0;
    for (const auto& row : table.rows) {
        const auto* figure = column < row.size() ? std::get_if<Figure>(&row[column]) : nullptr;
        const double size = figure == nullptr ? 0 : std::abs(figure->value.value());
        if (size == 0 || !std::isfinite(size)) continue;
        smallest = smallest == 0 ? size : std::min(smallest, size);
        largest = std::max(largest, size);
    }
    const base::Scale scale = base::scale_for(largest, joules);
    if (smallest < 0.01 * scale.factor) return std::nullopt;
    return scale;
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
    std::vector<FigureStyle> styles;
    for (std::size_t i = 0; i < table.columns.size(); ++i) styles.push_back({column_scale(table, i), with_method});
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
