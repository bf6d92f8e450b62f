#include "report/charts/scatter.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <tuple>

#include "report/charts/label_placement.h"
#include "report/markup/characters.h"
#include "report/markup/reading_note.h"

namespace ergon::report {
namespace {

constexpr double radius = 6;
// A label is tried against every other: more than these would crowd each other out anyway (assumed).
constexpr std::size_t max_labels = 100;

bool has_scatter_place(const ScatterPoint& point) {
    return drawable(point.x) && drawable(point.y);
}

std::vector<ScatterPoint> drawn_points(const Scatter& chart) {
    std::vector<ScatterPoint> points;
    std::ranges::copy_if(chart.points, std::back_inserter(points), has_scatter_place);
    return points;
}

std::optional<energy::Method> method_of_all(const Scatter& chart) {
    std::vector<std::optional<energy::Method>> methods;
    for (const ScatterPoint& point : chart.points) methods.push_back(point.method);
    return uniform_method(methods);
}

bool any_of_points(const Scatter& chart, auto member) {
    return std::ranges::any_of(chart.points, [&](const ScatterPoint& point) { return (point.*member).has_value(); });
}

Axis axis_of(const std::vector<ScatterPoint>& points, double ScatterPoint::*value,
             std::optional<Range> ScatterPoint::*interval, const base::Unit& unit, int wanted) {
    std::vector<double> values;
    std::vector<Range> intervals;
    for (const ScatterPoint& point : points) {
        values.push_back(point.*value);
        if (point.*interval) intervals.push_back(*(point.*interval));
    }
    return axis_for(values, intervals, unit, wanted);
}

/// Everything of a drawing that has a place.
struct Layout {
    std::vector<ScatterPoint> points;
    Axis x;
    Axis y;
    Box box;
    std::vector<Point> centres;
    std::vector<Point> front;  // corners of the stepped line
    std::vector<std::string> labels;
    std::vector<std::optional<PlacedLabel>> placed;

    Layout(const Scatter& chart, Format format)
        : points(drawn_points(chart)),
          x(axis_of(points, &ScatterPoint::x, &ScatterPoint::x_interval, chart.x_unit, format == Format::wide ? 7 : 4)),
          y(axis_of(points, &ScatterPoint::y, &ScatterPoint::y_interval, chart.y_unit, 5)),
          box{label_room(ticks(y)), 26, width_of(format) - 14, format == Format::wide ? 390.0 : 340.0} {
        for (const ScatterPoint& point : points) {
            centres.push_back(
                {box.left + place(x, point.x) * box.width(), box.bottom - place(y, point.y) * box.height()});
        }
        if (chart.with_front) find_front();
        place_names(chart);
    }

  private:
    /// Who may spend so much gets the best that costs no more: level until the next point of the front, then up to it.
    void find_front() {
        for (const std::size_t i : pareto_front(points)) {
            const Point at = centres[i];
            front.push_back({at.x, front.empty() ? box.bottom : front.back().y});
            front.push_back(at);
        }
        if (!front.empty()) front.push_back({box.right, front.back().y});
    }

    void place_names(const Scatter& chart) {
        const bool uniform = method_of_all(chart).has_value();
        std::vector<Box> obstacles;
        for (std::size_t i = 1; i < front.size(); ++i) add_line(obstacles, front[i - 1], front[i]);
        std::vector<Labelled> names;
        for (std::size_t i = 0; i < points.size(); ++i) {
            const ScatterPoint& point = points[i];
            const std::string name = uniform ? point.label : with_method(point.label, point.method);
            labels.push_back(shortened(name, box.width() * 0.5 / font_size));
            names.push_back({centres[i], radius + 1, text_width(labels.back())});
            if (const auto range = point.x_interval ? place(x, *point.x_interval) : std::nullopt) {
                add_line(obstacles, {box.left + range->low * box.width(), centres[i].y},
                         {box.left + range->high * box.width(), centres[i].y});
            }
            if (const auto range = point.y_interval ? place(y, *point.y_interval) : std::nullopt) {
                add_line(obstacles, {centres[i].x, box.bottom - range->low * box.height()},
                         {centres[i].x, box.bottom - range->high * box.height()});
            }
        }
        if (points.size() <= max_labels) placed = place_labels(names, box, std::move(obstacles));
        placed.resize(points.size());
    }
};

std::string front_path(const std::vector<Point>& corners) {
    std::string path;
    for (const Point& corner : corners) {
        path += fmt::format("{}{} {}", path.empty() ? "M" : "L", coordinate(corner.x), coordinate(corner.y));
    }
    return path;
}

/// Few points are told apart by colour and shape as in the other charts; among many only their places speak.
std::size_t series_of(const Layout& layout, std::size_t index) {
    return layout.points.size() <= series_colours ? index : 0;
}

std::string tooltip_of(const Scatter& chart, const ScatterPoint& point) {
    return fmt::format("{}: {}, {}", point.label, base::with_unit(point.x, chart.x_unit),
                       base::with_unit(point.y, chart.y_unit));
}

}  // namespace

std::vector<std::size_t> pareto_front(const std::vector<ScatterPoint>& points) {
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::erase_if(order, [&](std::size_t i) { return !has_scatter_place(points[i]); });
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return std::tuple(points[a].x, -points[a].y, a) < std::tuple(points[b].x, -points[b].y, b);
    });
    std::vector<std::size_t> front;
    for (const std::size_t i : order) {
        const bool better = front.empty() || points[i].y > points[front.back()].y;
        const bool equal =
            !front.empty() && points[i].x == points[front.back()].x && points[i].y == points[front.back()].y;
        if (better || equal) front.push_back(i);
    }
    return front;
}

std::string reading_note(const Scatter& chart) {
    const bool intervals =
        any_of_points(chart, &ScatterPoint::x_interval) || any_of_points(chart, &ScatterPoint::y_interval);
    std::string note = reading_note(method_of_all(chart), intervals);
    if (!has_data(chart)) return note;
    const Layout wide(chart, Format::wide);
    const Layout narrow(chart, Format::narrow);
    if (chart.with_front) {
        add_sentence(note,
                     fmt::format("The stepped line is the Pareto front: no {} is better in both.", chart.points_are));
    }
    if (is_logarithmic(wide.x) && is_logarithmic(wide.y)) {
        add_sentence(note, "Both axes are logarithmic.");
    } else if (is_logarithmic(wide.x) || is_logarithmic(wide.y)) {
        add_sentence(note,
                     fmt::format("The {} axis is logarithmic.", is_logarithmic(wide.x) ? "horizontal" : "vertical"));
    }
    const auto missing = [](const Layout& layout) {
        return std::ranges::any_of(layout.placed, [](const auto& label) { return !label.has_value(); });
    };
    if (missing(wide) || missing(narrow)) add_sentence(note, "Names that do not fit are in the data below.");
    return note;
}

bool has_data(const Scatter& chart) {
    return std::ranges::any_of(chart.points, has_scatter_place);
}

Markup draw(const Scatter& chart, Format format) {
    const Layout layout(chart, format);
    Drawing drawing(width_of(format), layout.box.bottom + axis_height);
    draw_x_axis(drawing, layout.box, layout.x, axis_title(chart.x_quantity, unit_of(layout.x)));
    draw_y_axis(drawing, layout.box, layout.y, axis_title(chart.y_quantity, unit_of(layout.y)));
    if (!layout.front.empty()) drawing.path("front", front_path(layout.front));
    for (std::size_t i = 0; i < layout.points.size(); ++i) {
        const ScatterPoint& point = layout.points[i];
        const std::string style = series_class(series_of(layout, i)) + " thin";
        const auto x = point.x_interval ? place(layout.x, *point.x_interval) : std::nullopt;
        const auto y = point.y_interval ? place(layout.y, *point.y_interval) : std::nullopt;
        if (x) draw_x_whisker(drawing, style, layout.box, *x, layout.centres[i].y);
        if (y) draw_y_whisker(drawing, style, layout.box, *y, layout.centres[i].x);
    }
    for (std::size_t i = 0; i < layout.points.size(); ++i) {
        const auto& label = layout.placed[i];
        if (label && label->leader) drawing.line("leader", layout.centres[i], *label->leader);
        drawing.marker("mark", series_of(layout, i), layout.centres[i], radius, tooltip_of(chart, layout.points[i]));
    }
    for (std::size_t i = 0; i < layout.points.size(); ++i) {
        const auto& label = layout.placed[i];
        if (label) drawing.text("label halo", label->baseline, Anchor::start, layout.labels[i]);
    }
    return drawing.finish(format == Format::wide ? "wide" : "narrow", chart.title, chart.description);
}

Table data_table(const Scatter& chart) {
    Table table{{}, {{chart.points_are}}, {}};
    const auto add_columns = [&](const std::string& quantity, bool intervals) {
        table.columns.push_back({quantity, Align::right});
        if (intervals)
            table.columns.insert(table.columns.end(), {{"low", Align::right, true}, {"high", Align::right, true}});
    };
    const bool x_intervals = any_of_points(chart, &ScatterPoint::x_interval);
    const bool y_intervals = any_of_points(chart, &ScatterPoint::y_interval);
    const bool methods = any_of_points(chart, &ScatterPoint::method);
    add_columns(chart.x_quantity, x_intervals);
    add_columns(chart.y_quantity, y_intervals);
    if (methods) table.columns.push_back({"obtained"});
    if (chart.with_front) table.columns.push_back({"on the Pareto front"});

    std::vector<bool> on_front(chart.points.size());
    for (const std::size_t i : pareto_front(chart.points)) on_front[i] = true;
    for (std::size_t i = 0; i < chart.points.size(); ++i) {
        const ScatterPoint& point = chart.points[i];
        std::vector<Cell> row{point.label};
        const auto add = [&](double value, const std::optional<Range>& range, const base::Unit& unit, bool intervals) {
            row.push_back(Amount{value, unit});
            if (!intervals) return;
            row.push_back(range ? Cell(Amount{range->low, unit}) : Cell());
            row.push_back(range ? Cell(Amount{range->high, unit}) : Cell());
        };
        add(point.x, point.x_interval, chart.x_unit, x_intervals);
        add(point.y, point.y_interval, chart.y_unit, y_intervals);
        if (methods) row.push_back(point.method ? Cell(std::string(energy::name(*point.method))) : Cell());
        if (chart.with_front) row.push_back(std::string(on_front[i] ? "yes" : "no"));
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace ergon::report
