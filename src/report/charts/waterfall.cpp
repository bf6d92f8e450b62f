#include "report/charts/waterfall.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "report/markup/characters.h"
#include "report/markup/reading_note.h"

namespace ergon::report {
namespace {

/// The start and what it has become after each factor.
std::vector<double> running_products(const Waterfall& chart) {
    std::vector<double> products{chart.start};
    double logarithm = 0;
    for (const Factor& factor : chart.factors) {
        logarithm += factor.logarithm;
        products.push_back(chart.start * std::exp(logarithm));
    }
    return products;
}

energy::Ratio ratio_of(const Factor& factor) {
    const Range range = factor.interval.value_or(Range{factor.logarithm, factor.logarithm});
    return {std::exp(factor.logarithm), std::exp(range.low), std::exp(range.high)};
}

/// "×1.87 [1.50, 2.30]".
std::string factor_text(const Factor& factor) {
    const energy::Ratio ratio = ratio_of(factor);
    const base::IntervalText text = base::with_interval(ratio.value, ratio.low, ratio.high, {}, {});
    return text.interval.empty() ? "×" + text.value : fmt::format("×{} {}", text.value, text.interval);
}

/// The data do not show in which direction this factor goes.
bool may_be_none(const Factor& factor) {
    return factor.interval && factor.interval->low <= 0 && factor.interval->high >= 0;
}

struct Row {
    std::string name;
    std::string value;
};

std::vector<Row> rows_of(const Waterfall& chart) {
    std::vector<Row> rows{{chart.start_label, base::with_unit(chart.start, chart.unit)}};
    for (const Factor& factor : chart.factors) rows.push_back({factor.label, factor_text(factor)});
    rows.push_back({chart.end_label, base::with_unit(end_of(chart), chart.unit)});
    return rows;
}

/// Around all amounts and the intervals of the factors, these for a decade at most beyond the amounts.
LogAxis axis_of(const Waterfall& chart) {
    const std::vector<double> products = running_products(chart);
    Extent amounts;
    for (const double product : products) amounts.include(product);
    Extent all = amounts;
    for (std::size_t i = 0; i < chart.factors.size(); ++i) {
        if (!chart.factors[i].interval) continue;
        const energy::Ratio ratio = ratio_of(chart.factors[i]);
        for (const double end : {products[i] * ratio.low, products[i] * ratio.high}) {
            if (!std::isnan(end)) all.include(std::clamp(end, amounts.low() / 10, amounts.high() * 10));
        }
    }
    // The whole bars begin at the left edge: the shorter one must not vanish (assumed: a fifth of the way).
    const double before = std::max(1.1, std::pow(all.high() / all.low(), 0.2));
    return LogAxis(all.low() / before, all.high() * 1.02, chart.unit);
}

/// The places of one drawing. Where it is narrow, names and values stand above their bars.
struct WaterfallPlaces {
    Box plot;
    double row = 0;
    bool names_above = false;
    double height = 0;

    WaterfallPlaces(const std::vector<Row>& rows, Format format) : names_above(format == Format::narrow) {
        const double width = width_of(format);
        double names = 0;
        double values = 0;
        for (const Row& r : rows) {
            names = std::max(names, text_width(r.name) + 12);
            values = std::max(values, text_width(r.value) + 10);
        }
        row = names_above ? bar_height + line_height + 8 : bar_height + 12;
        plot.left = names_above ? 8 : std::clamp(names, 12.0, width * 0.35);
        plot.right = width - (names_above ? 8 : std::clamp(values, 14.0, width * 0.3));
        plot.top = 4;
        plot.bottom = plot.top + row * static_cast<double>(rows.size()) + 2;
        height = plot.bottom + axis_height;
    }

    Box bar(std::size_t index) const {
        const double top = plot.top + row * static_cast<double>(index) + (names_above ? line_height + 4 : 7);
        return {plot.left, top, plot.right, top + bar_height};
    }
    double x(const Axis& axis, double value) const { return plot.left + place(axis, value) * plot.width(); }
};

/// A bar that ends in a point, in the direction in which it goes.
std::string arrow_path(double from, double to, const Box& row) {
    const double tip = std::clamp(to - from, -8.0, 8.0);
    const double middle = (row.top + row.bottom) / 2;
    const auto at = [](double x, double y) { return fmt::format("{} {}", coordinate(x), coordinate(y)); };
    return fmt::format("M{}L{}L{}L{}L{}z", at(from, row.top), at(to - tip, row.top), at(to, middle),
                       at(to - tip, row.bottom), at(from, row.bottom));
}

void draw_factor(Drawing& drawing, const Factor& factor, double from, double to, const Axis& axis,
                 const WaterfallPlaces& places, const Box& row) {
    const std::string_view kind = factor.logarithm < 0 ? "fall" : "rise";
    drawing.path(fmt::format("{}{}", kind, may_be_none(factor) ? " pale" : ""),
                 arrow_path(places.x(axis, from), places.x(axis, to), row),
                 fmt::format("{}: {}", factor.label, factor_text(factor)));
    if (!factor.interval) return;
    const energy::Ratio ratio = ratio_of(factor);
    const auto range = place(axis, Range{from * ratio.low, from * ratio.high});
    if (!range) return;
    for (const std::string_view style : {"whisker halo", "whisker"}) {
        draw_x_whisker(drawing, style, row, *range, (row.top + row.bottom) / 2);
    }
}

/// Where a row's bar and its whisker end on the right.
double right_end(const Waterfall& chart, const std::vector<double>& products, std::size_t row, const Axis& axis,
                 const WaterfallPlaces& places) {
    if (row == 0 || row > chart.factors.size()) return places.x(axis, products[row == 0 ? 0 : row - 1]);
    const double end = products[row - 1] * ratio_of(chart.factors[row - 1]).high;
    const double bar = places.x(axis, std::max(products[row - 1], products[row]));
    return std::isnan(end) ? bar : std::max(bar, places.x(axis, end));
}

void draw_texts(Drawing& drawing, const Row& row, const Box& box, const WaterfallPlaces& places, double behind) {
    if (!places.names_above) {
        drawing.text("label", {box.left - 8, box.top + 14}, Anchor::end,
                     shortened(row.name, (box.left - 12) / font_size));
        drawing.text("value", {behind + 7, box.top + 14}, Anchor::start, row.value);
        return;
    }
    const double room = places.plot.width() - text_width(row.value) - font_size;
    drawing.text("label halo", {box.left, box.top - 5}, Anchor::start, shortened(row.name, room / font_size));
    drawing.text("value halo", {box.right, box.top - 5}, Anchor::end, row.value);
}

}  // namespace

double end_of(const Waterfall& chart) {
    return running_products(chart).back();
}

std::string reading_note(const Waterfall& chart) {
    const bool intervals =
        std::ranges::any_of(chart.factors, [](const Factor& factor) { return factor.interval.has_value(); });
    std::string note = reading_note(chart.method, intervals);
    if (!has_data(chart)) return note;
    add_sentence(note,
                 "The axis is logarithmic: equal lengths are equal factors. Arrows to the right increase it, to the "
                 "left decrease it.");
    if (std::ranges::any_of(chart.factors, may_be_none)) {
        add_sentence(note, "Pale arrows may be no change: their interval includes ×1.");
    }
    return note;
}

bool has_data(const Waterfall& chart) {
    return std::ranges::all_of(running_products(chart), drawable_positive);
}

Markup draw(const Waterfall& chart, Format format) {
    const std::vector<Row> rows = rows_of(chart);
    const std::vector<double> products = running_products(chart);
    const WaterfallPlaces places(rows, format);
    const LogAxis log_axis = axis_of(chart);
    const Axis axis = log_axis;
    Drawing drawing(width_of(format), places.height);
    draw_x_axis(drawing, places.plot, axis, axis_title(chart.quantity, log_axis.unit()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Box box = places.bar(i);
        const bool whole = i == 0 || i + 1 == rows.size();
        // Each bar begins where the one before it ended.
        if (i > 0) {
            const double x = places.x(axis, products[i - 1]);
            drawing.line("leader", {x, box.top - places.row + bar_height}, {x, box.top});
        }
        if (whole) {
            const double amount = i == 0 ? products.front() : products.back();
            drawing.rectangle("whole", {box.left, box.top, places.x(axis, amount), box.bottom},
                              fmt::format("{}: {}", rows[i].name, rows[i].value));
        } else {
            draw_factor(drawing, chart.factors[i - 1], products[i - 1], products[i], axis, places, box);
        }
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        draw_texts(drawing, rows[i], places.bar(i), places, right_end(chart, products, i, axis, places));
    }
    return drawing.finish(format == Format::wide ? "wide" : "narrow", chart.title, chart.description);
}

Table data_table(const Waterfall& chart) {
    Table table{{},
                {{chart.steps_are},
                 {"factor", Align::right},
                 {"natural logarithm", Align::right},
                 {chart.quantity, Align::right}},
                {}};
    const std::vector<double> products = running_products(chart);
    table.rows.push_back({chart.start_label, std::string(), std::string(), Amount{chart.start, chart.unit}});
    for (std::size_t i = 0; i < chart.factors.size(); ++i) {
        const Factor& factor = chart.factors[i];
        table.rows.push_back({factor.label, ratio_of(factor), Amount{factor.logarithm, {{}, base::Prefixes::none}},
                              Amount{products[i + 1], chart.unit}});
    }
    table.rows.push_back({chart.end_label, std::string(), std::string(), Amount{products.back(), chart.unit}});
    return table;
}

}  // namespace ergon::report
