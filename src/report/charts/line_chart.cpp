#include "report/charts/line_chart.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace ergon::report {
namespace {

bool has_line_place(const LinePoint& point) {
    return drawable(point.x) && drawable(point.y);
}

struct LinearFrame {
    Box box;
    LinearAxis x;
    LinearAxis y;

    std::string place(double at_x, double at_y) const {
        const double up = std::clamp(y.place(at_y), 0.0, 1.0);
        return fmt::format("{} {}", coordinate(box.left + x.place(at_x) * box.width()),
                           coordinate(box.bottom - up * box.height()));
    }
};

LinearFrame frame_of(const LineChart& chart, Format format, double legend) {
    Extent x;
    Extent y;
    for (const Line& line : chart.lines) {
        for (const LinePoint& point : line.points) {
            if (!has_line_place(point)) continue;
            x.include(point.x);
            y.include(point.y);
            if (point.interval) {
                y.include(point.interval->low);
                y.include(point.interval->high);
            }
        }
    }
    y.include_zero_if_near();
    const bool wide = format == Format::wide;
    LinearAxis x_axis(x, chart.x_unit, wide ? 8 : 4);
    LinearAxis y_axis(y, chart.y_unit, 5);
    const double top = legend + 26;
    const double left = label_room(y_axis.ticks());
    return {{left, top, width_of(format) - 14, top + (wide ? 260 : 220)}, std::move(x_axis), std::move(y_axis)};
}

/// Runs of points without a gap.
std::vector<std::vector<LinePoint>> runs_of(const Line& line) {
    std::vector<std::vector<LinePoint>> runs(1);
    for (const LinePoint& point : line.points) {
        if (has_line_place(point)) {
            runs.back().push_back(point);
        } else if (!runs.back().empty()) {
            runs.emplace_back();
        }
    }
    if (runs.back().empty()) runs.pop_back();
    return runs;
}

std::string line_path(const std::vector<LinePoint>& run, const LinearFrame& frame) {
    std::string path;
    for (const LinePoint& point : run) path += (path.empty() ? "M" : "L") + frame.place(point.x, point.y);
    // A line of one point has no length: round caps make it a dot.
    return run.size() == 1 ? path + "h0" : path;
}

/// Along the upper ends and back along the lower ones; a point without an interval pinches the band.
std::string band_path(const std::vector<LinePoint>& run, const LinearFrame& frame) {
    std::string path;
    const auto end = [](const LinePoint& point, double Range::*which, double open) {
        if (!point.interval || std::isnan((*point.interval).*which)) return point.y;
        const double value = (*point.interval).*which;
        return std::isfinite(value) ? value : open;
    };
    for (const LinePoint& point : run) {
        path += (path.empty() ? "M" : "L") + frame.place(point.x, end(point, &Range::high, frame.y.high()));
    }
    for (auto point = run.rbegin(); point != run.rend(); ++point) {
        path += "L" + frame.place(point->x, end(*point, &Range::low, frame.y.low()));
    }
    return path + "z";
}

/// Decimals that keep neighbouring places apart; counts have none.
int decimals_of(const LineChart& chart) {
    double gap = 0;
    bool whole = true;
    for (const Line& line : chart.lines) {
        for (const LinePoint& point : line.points) whole = whole && point.x == std::floor(point.x);
        for (std::size_t i = 1; i < line.points.size(); ++i) {
            const double step = std::abs(line.points[i].x - line.points[i - 1].x);
            if (drawable(step) && step > 0 && (gap == 0 || step < gap)) gap = step;
        }
    }
    if (whole) return 0;
    return gap == 0 ? 2 : std::clamp(1 - static_cast<int>(std::floor(std::log10(gap))), 0, 6);
}

}  // namespace

bool has_data(const LineChart& chart) {
    return std::ranges::any_of(chart.lines,
                               [](const Line& line) { return std::ranges::any_of(line.points, has_line_place); });
}

Markup draw(const LineChart& chart, Format format) {
    const double width = width_of(format);
    std::vector<std::string> names;
    for (const Line& line : chart.lines) names.push_back(line.label);
    const bool with_legend = names.size() > 1;
    const double legend = with_legend ? draw_legend(nullptr, {}, width, names) : 0;
    const LinearFrame frame = frame_of(chart, format, legend);
    Drawing drawing(width, frame.box.bottom + 44);
    if (with_legend) draw_legend(&drawing, {}, width, names);
    draw_x_axis(drawing, frame.box, frame.x, axis_title(chart.x_quantity, frame.x.unit()));
    draw_y_axis(drawing, frame.box, frame.y, axis_title(chart.y_quantity, frame.y.unit()));
    for (std::size_t i = 0; i < chart.lines.size(); ++i) {
        for (const auto& run : runs_of(chart.lines[i])) {
            const bool banded =
                std::ranges::any_of(run, [](const LinePoint& point) { return point.interval.has_value(); });
            if (banded) drawing.path(series_class(i) + " band", band_path(run, frame));
        }
    }
    for (std::size_t i = 0; i < chart.lines.size(); ++i) {
        for (const auto& run : runs_of(chart.lines[i])) {
            drawing.path(series_class(i) + (run.size() == 1 ? " line dot" : " line"), line_path(run, frame));
        }
    }
    return drawing.finish(format == Format::wide ? "wide" : "narrow", chart.title, chart.description);
}

Table data_table(const LineChart& chart) {
    Table table{{},
                {{"line"},
                 {axis_title(chart.x_quantity, chart.x_unit.symbol), Align::right},
                 {chart.y_quantity, Align::right},
                 {"low", Align::right, true},
                 {"high", Align::right, true}},
                {}};
    const int decimals = decimals_of(chart);
    for (const Line& line : chart.lines) {
        for (const LinePoint& point : line.points) {
            table.rows.push_back({line.label, base::fixed(point.x, decimals), Amount{point.y, chart.y_unit},
                                  point.interval ? Cell(Amount{point.interval->low, chart.y_unit}) : Cell(),
                                  point.interval ? Cell(Amount{point.interval->high, chart.y_unit}) : Cell()});
        }
    }
    return table;
}

}  // namespace ergon::report
