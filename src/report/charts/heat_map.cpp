#include "report/charts/heat_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

#include "report/markup/characters.h"

namespace ergon::report {
namespace {

std::size_t column_count(const HeatMap& chart) {
    std::size_t count = chart.column_labels.size();
    for (const HeatRow& row : chart.rows) count = std::max(count, row.values.size());
    return count;
}

std::string column_label(const HeatMap& chart, std::size_t column) {
    return column < chart.column_labels.size() ? chart.column_labels[column] : std::string();
}

/// Amounts that are all positive are seen against zero; others against their own ends.
Extent extent_of(const HeatMap& chart) {
    Extent extent;
    for (const HeatRow& row : chart.rows) {
        for (const double value : row.values) extent.include(value);
    }
    if (!extent.empty() && extent.low() > 0) extent.include(0);
    return extent;
}

std::size_t level(double value, const LinearAxis& axis) {
    const double place = axis.place(value) * static_cast<double>(heat_levels);
    return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(heat_levels - 1)));
}

/// One path for each colour: every run of cells is a line of width 1 along the middle of its row, "m3 0h2", each begun
/// relative to the end of the one before. A cell takes about 6 bytes.
Markup cells(const HeatMap& chart, const LinearAxis& axis) {
    struct Pen {
        std::string path;
        long x = 0, y = 0;
    };
    std::array<Pen, heat_levels> pens;
    for (std::size_t y = 0; y < chart.rows.size(); ++y) {
        const std::vector<double>& values = chart.rows[y].values;
        for (std::size_t x = 0; x < values.size();) {
            if (!drawable(values[x])) {
                ++x;
                continue;
            }
            const std::size_t colour = level(values[x], axis);
            const std::size_t begin = x;
            while (x < values.size() && drawable(values[x]) && level(values[x], axis) == colour) ++x;
            Pen& pen = pens[colour];
            const long right = static_cast<long>(begin) - pen.x;
            const long down = static_cast<long>(y) - pen.y;
            pen.path += fmt::format("m{}{}{}h{}", right, down < 0 ? "" : " ", down, x - begin);
            pen.x = static_cast<long>(x);
            pen.y = static_cast<long>(y);
        }
    }
    Markup paths;
    for (std::size_t i = 0; i < heat_levels; ++i) {
        if (!pens[i].path.empty()) paths.leaf("path", {{"class", fmt::format("h{}", i)}, {"d", pens[i].path}});
    }
    return paths;
}

struct CellPlaces {
    Box field;
    double cell_width = 0;
    double cell_height = 0;
    double height = 0;

    CellPlaces(const HeatMap& chart, Format format) {
        const double width = width_of(format);
        const auto columns = static_cast<double>(std::max<std::size_t>(1, column_count(chart)));
        const auto rows = static_cast<double>(std::max<std::size_t>(1, chart.rows.size()));
        double labels = 0;
        for (const HeatRow& row : chart.rows) labels = std::max(labels, text_width(row.label));
        field.left = std::min(labels + 8, width * 0.3);
        field.top = 24;
        cell_width = std::min((width - field.left - 2) / columns, 44.0);
        // Tall enough for a label where there are few rows, flat where there are many.
        cell_height = std::clamp(420 / rows, 3.0, 26.0);
        field.right = field.left + cell_width * columns;
        field.bottom = field.top + cell_height * rows;
        height = field.bottom + 88;
    }
};

/// Every so many labels fit: 1, 2, 5, 10, 20, ...
std::size_t label_step(double needed, double room_of_one) {
    for (std::size_t power = 1;; power *= 10) {
        for (const std::size_t step : {power, 2 * power, 5 * power}) {
            // A billion labels are more than any chart has cells.
            if (room_of_one * static_cast<double>(step) >= needed || step > 1'000'000'000) return step;
        }
    }
}

void draw_labels(Drawing& drawing, const HeatMap& chart, const CellPlaces& places) {
    const std::size_t row_step = label_step(font_size + 3, places.cell_height);
    for (std::size_t i = 0; i < chart.rows.size(); i += row_step) {
        const double y = places.field.top + places.cell_height * (static_cast<double>(i) + 0.5);
        const std::string label = shortened(chart.rows[i].label, (places.field.left - 6) / font_size);
        drawing.text("tick", {places.field.left - 6, y + 4}, Anchor::end, label);
    }
    double widest = 0;
    for (const std::string& label : chart.column_labels) widest = std::max(widest, text_width(label));
    const std::size_t column_step = label_step(widest + 6, places.cell_width);
    for (std::size_t i = 0; i < chart.column_labels.size(); i += column_step) {
        const double x = places.field.left + places.cell_width * (static_cast<double>(i) + 0.5);
        drawing.text("tick", {x, places.field.bottom + 15}, Anchor::middle, chart.column_labels[i]);
    }
    drawing.text("axis", {0, places.field.top - 10}, Anchor::start, chart.rows_are);
    drawing.text("axis", {(places.field.left + places.field.right) / 2, places.field.bottom + 33}, Anchor::middle,
                 chart.columns_are);
}

/// The scale with its ends and middle, and what an empty cell looks like if there is one.
void draw_scale(Drawing& drawing, const HeatMap& chart, const LinearAxis& axis, const CellPlaces& places) {
    constexpr double swatch = 15;
    const double left = places.field.left;
    const double top = places.field.bottom + 48;
    for (std::size_t i = 0; i < heat_levels; ++i) {
        const double x = left + swatch * static_cast<double>(i);
        drawing.rectangle(fmt::format("f{}", i), {x, top, x + swatch, top + 11});
    }
    const double right = left + swatch * static_cast<double>(heat_levels);
    const Tick& first = axis.ticks().front();
    const Tick& last = axis.ticks().back();
    drawing.text("tick", {left, top + 25}, Anchor::start, first.label);
    drawing.text("tick", {right, top + 25}, Anchor::end, last.label);
    drawing.text("axis", {(left + right) / 2, top + 25}, Anchor::middle, axis_title(chart.quantity, axis.unit()));
    const std::size_t columns = column_count(chart);
    const bool holes = std::ranges::any_of(chart.rows, [&](const HeatRow& row) {
        return row.values.size() < columns || !std::ranges::all_of(row.values, drawable);
    });
    if (!holes) return;
    drawing.rectangle("void", {right + 20, top, right + 20 + swatch, top + 11});
    drawing.text("tick", {right + 26 + swatch, top + 10}, Anchor::start, "no value");
}

}  // namespace

bool has_data(const HeatMap& chart) {
    return !extent_of(chart).empty();
}

Markup draw(const HeatMap& chart, Format format, const std::string& id) {
    const CellPlaces places(chart, format);
    const LinearAxis axis(extent_of(chart), chart.unit, 5);
    Drawing drawing(width_of(format), places.height);
    drawing.rectangle("void", places.field);
    Markup content;
    if (format == Format::wide) {
        content.element("g", {{"id", id}}, cells(chart, axis));
    } else {
        content.leaf("use", {Address::within(id)});
    }
    const Point origin{places.field.left, places.field.top + places.cell_height / 2};
    drawing.stretched("cells", origin, places.cell_width, places.cell_height, content);
    draw_labels(drawing, chart, places);
    draw_scale(drawing, chart, axis, places);
    return drawing.finish(format == Format::wide ? "wide" : "narrow", chart.title, chart.description);
}

Table data_table(const HeatMap& chart) {
    Table table{{}, {{chart.rows_are}}, {}};
    const std::size_t columns = column_count(chart);
    for (std::size_t i = 0; i < columns; ++i) table.columns.push_back({column_label(chart, i), Align::right, true});
    for (const HeatRow& row : chart.rows) {
        std::vector<Cell> cells{row.label};
        for (const double value : row.values) cells.push_back(Amount{value, chart.unit});
        table.rows.push_back(std::move(cells));
    }
    return table;
}

}  // namespace ergon::report
