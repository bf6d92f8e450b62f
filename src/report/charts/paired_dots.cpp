#include "report/charts/paired_dots.h"

#include <algorithm>
#include <fmt/format.h>

#include "report/markup/characters.h"
#include "report/markup/reading_note.h"

namespace ergon::report {
namespace {

// Rows share this height, so that the chart fits a sheet of A4 (derived: 261 mm inside the margins are 986 pixels; the
// legend, the axis and the caption take the rest).
constexpr double room_of_rows = 840;
// A name needs a row of this height, a dot one of that.
constexpr double min_named_row = 14;
constexpr double min_row = 2;
constexpr auto max_named_rows = static_cast<std::size_t>(room_of_rows / min_named_row);
constexpr auto max_drawn_rows = static_cast<std::size_t>(room_of_rows / min_row);

bool named(const PairedDots& chart) {
    return chart.rows.size() <= max_named_rows;
}

/// One row in so many is drawn.
std::size_t row_step(const PairedDots& chart) {
    return (chart.rows.size() + max_drawn_rows - 1) / max_drawn_rows;
}

std::optional<energy::Method> method_of_all(const PairedDots& chart) {
    std::vector<std::optional<energy::Method>> methods;
    for (const Contender& contender : chart.contenders) methods.push_back(contender.method);
    return uniform_method(methods);
}

/// With how their values were obtained, where they differ in it.
std::vector<std::string> contender_names(const PairedDots& chart) {
    const bool uniform = method_of_all(chart).has_value();
    std::vector<std::string> names;
    for (const Contender& contender : chart.contenders) {
        names.push_back(uniform ? contender.label : with_method(contender.label, contender.method));
    }
    return names;
}

/// The dot of a contender; nothing if it has no value there.
const Dot* dot_of(const DotRow& row, std::size_t contender) {
    return contender < row.dots.size() && drawable(row.dots[contender].value) ? &row.dots[contender] : nullptr;
}

bool any_interval(const PairedDots& chart, std::size_t contender) {
    return std::ranges::any_of(chart.rows, [&](const DotRow& row) {
        return contender < row.dots.size() && row.dots[contender].interval.has_value();
    });
}

bool any_interval(const PairedDots& chart) {
    for (std::size_t i = 0; i < chart.contenders.size(); ++i) {
        if (any_interval(chart, i)) return true;
    }
    return false;
}

Axis axis_of(const PairedDots& chart, Format format) {
    std::vector<double> values;
    std::vector<Range> intervals;
    for (const DotRow& row : chart.rows) {
        for (std::size_t i = 0; i < chart.contenders.size(); ++i) {
            const Dot* dot = dot_of(row, i);
            if (dot == nullptr) continue;
            values.push_back(dot->value);
            if (dot->interval && named(chart)) intervals.push_back(*dot->interval);
        }
    }
    return axis_for(values, intervals, chart.unit, format == Format::wide ? 6 : 4);
}

/// The places of one drawing. Where it is narrow, names stand above their rows.
struct DotPlaces {
    Box plot;
    double row = 0;
    double radius = 0;
    bool names_above = false;
    double height = 0;

    DotPlaces(const PairedDots& chart, Format format) {
        const double width = width_of(format);
        const auto rows = static_cast<double>((chart.rows.size() + row_step(chart) - 1) / row_step(chart));
        names_above = named(chart) && format == Format::narrow;
        row = names_above ? 2 * line_height : std::clamp(room_of_rows / rows, min_row, 24.0);
        radius = std::clamp(row / 3.4, 2.0, 5.0);
        double names = 0;
        for (const DotRow& r : chart.rows) names = std::max(names, text_width(r.label) + 12);
        const bool names_beside = named(chart) && !names_above;
        plot.left = names_beside ? std::clamp(names, 12.0, width * 0.4) : 12;
        plot.right = width - 14;
        plot.top = draw_legend(nullptr, {}, width, contender_names(chart), Swatch::marker) + 4;
        plot.bottom = plot.top + row * rows + 2 * radius;
        height = plot.bottom + axis_height;
    }

    /// The line on which a row's dots stand.
    double middle(std::size_t index) const {
        const double top = plot.top + radius + row * static_cast<double>(index);
        return names_above ? top + line_height * 1.5 : top + row / 2;
    }
};

void draw_dots(Drawing& drawing, const PairedDots& chart, const DotRow& row, const Axis& axis, const DotPlaces& places,
               double y) {
    const auto x = [&](double value) { return places.plot.left + place(axis, value) * places.plot.width(); };
    Extent extent;
    for (std::size_t i = 0; i < chart.contenders.size(); ++i) {
        if (const Dot* dot = dot_of(row, i)) extent.include(dot->value);
    }
    if (extent.empty()) {
        if (named(chart)) drawing.text("tick", {places.plot.left, y + 4}, Anchor::start, "no value");
        return;
    }
    if (extent.low() < extent.high())
        drawing.line(named(chart) ? "span" : "span faint", {x(extent.low()), y}, {x(extent.high()), y});
    for (std::size_t i = 0; i < chart.contenders.size(); ++i) {
        const Dot* dot = dot_of(row, i);
        const auto range = dot != nullptr && dot->interval ? place(axis, *dot->interval) : std::nullopt;
        if (range && named(chart)) draw_x_whisker(drawing, series_class(i) + " thin", places.plot, *range, y);
    }
    for (std::size_t i = 0; i < chart.contenders.size(); ++i) {
        const Dot* dot = dot_of(row, i);
        if (dot == nullptr) continue;
        const std::string tooltip =
            fmt::format("{}, {}: {}", row.label, chart.contenders[i].label, base::with_unit(dot->value, chart.unit));
        drawing.marker(named(chart) ? "mark" : "small", i, {x(dot->value), y}, places.radius, tooltip);
    }
}

}  // namespace

std::string reading_note(const PairedDots& chart) {
    std::string note = reading_note(method_of_all(chart), any_interval(chart) && named(chart));
    if (has_data(chart) && is_logarithmic(axis_of(chart, Format::wide))) add_sentence(note, "The axis is logarithmic.");
    if (named(chart)) return note;
    add_sentence(note,
                 fmt::format("{} rows are too many to label; their names{} are in the data below, in the same order.",
                             base::fixed(static_cast<double>(chart.rows.size()), 0),
                             any_interval(chart) ? " and intervals" : ""));
    if (row_step(chart) > 1) add_sentence(note, fmt::format("One row in {} is drawn.", row_step(chart)));
    if (chart.rows.size() > max_data_rows) {
        add_sentence(note, fmt::format("The data include the first {}{}{}.", max_data_rows,
                                       chart.others.empty() ? "" : "; ", chart.others));
    }
    return note;
}

bool has_data(const PairedDots& chart) {
    return std::ranges::any_of(chart.rows, [&](const DotRow& row) {
        for (std::size_t i = 0; i < chart.contenders.size(); ++i) {
            if (dot_of(row, i) != nullptr) return true;
        }
        return false;
    });
}

Markup draw(const PairedDots& chart, Format format) {
    const DotPlaces places(chart, format);
    const Axis axis = axis_of(chart, format);
    Drawing drawing(width_of(format), places.height);
    draw_legend(&drawing, {}, width_of(format), contender_names(chart), Swatch::marker);
    draw_x_axis(drawing, places.plot, axis, axis_title(chart.quantity, unit_of(axis)));
    std::size_t index = 0;
    for (std::size_t i = 0; i < chart.rows.size(); i += row_step(chart), ++index) {
        const DotRow& row = chart.rows[i];
        const double y = places.middle(index);
        if (places.names_above) {
            const std::string name = shortened(row.label, places.plot.width() / font_size);
            drawing.text("label", {places.plot.left, y - line_height * 0.6}, Anchor::start, name);
        } else if (named(chart)) {
            const std::string name = shortened(row.label, (places.plot.left - 12) / font_size);
            drawing.text("label", {places.plot.left - 8, y + 4}, Anchor::end, name);
        }
        if (named(chart)) drawing.line("grid", {places.plot.left, y}, {places.plot.right, y});
        draw_dots(drawing, chart, row, axis, places, y);
    }
    return drawing.finish(format == Format::wide ? "wide" : "narrow", chart.title, chart.description);
}

Table data_table(const PairedDots& chart) {
    Table table{{}, {{chart.rows_are}}, {}};
    const std::vector<std::string> names = contender_names(chart);
    std::vector<bool> with_intervals;
    for (std::size_t i = 0; i < names.size(); ++i) {
        table.columns.push_back({names[i], Align::right, true});
        with_intervals.push_back(any_interval(chart, i));
        if (with_intervals[i]) {
            table.columns.insert(table.columns.end(), {{"low", Align::right, true}, {"high", Align::right, true}});
        }
    }
    for (const DotRow& row : chart.rows) {
        if (table.rows.size() == max_data_rows) break;
        std::vector<Cell> cells{row.label};
        for (std::size_t i = 0; i < names.size(); ++i) {
            const Dot* dot = i < row.dots.size() ? &row.dots[i] : nullptr;
            cells.push_back(dot != nullptr ? Cell(Amount{dot->value, chart.unit}) : Cell());
            if (!with_intervals[i]) continue;
            const bool known = dot != nullptr && dot->interval.has_value();
            cells.push_back(known ? Cell(Amount{dot->interval->low, chart.unit}) : Cell());
            cells.push_back(known ? Cell(Amount{dot->interval->high, chart.unit}) : Cell());
        }
        table.rows.push_back(std::move(cells));
    }
    return table;
}

}  // namespace ergon::report
