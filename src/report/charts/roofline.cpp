#include "report/charts/roofline.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>

#include "report/charts/label_placement.h"
#include "report/markup/characters.h"

namespace ergon::report {
namespace {

const base::Unit operations_per_second{"op/s", base::Prefixes::all};
const base::Unit bytes_per_second{"B/s", base::Prefixes::all};
const base::Unit operations_per_byte{"op/byte", base::Prefixes::none};

bool has_roofline_place(const RooflinePoint& point) {
    return drawable_positive(point.intensity.value()) && drawable_positive(point.speed.value());
}

double share_of(const RooflinePoint& point) {
    return std::isfinite(point.share) ? std::clamp(point.share, 0.0, 1.0) : 0.0;
}

std::string percent(double share) {
    return std::isfinite(share) ? fmt::format("{}%", base::significant(100 * share, 2)) : std::string(base::no_number);
}

std::vector<Peak> drawn_peaks(const Roofline& chart) {
    std::vector<Peak> peaks;
    std::ranges::copy_if(chart.peaks, std::back_inserter(peaks),
                         [](const Peak& p) { return drawable_positive(p.speed.value()); });
    std::ranges::stable_sort(peaks, [](const Peak& a, const Peak& b) { return a.speed > b.speed; });
    return peaks;
}

/// Points that have a place, the largest first: the small ones are drawn over them and give way with their labels.
std::vector<RooflinePoint> drawn_points(const Roofline& chart) {
    std::vector<RooflinePoint> points;
    std::ranges::copy_if(chart.points, std::back_inserter(points), has_roofline_place);
    std::ranges::stable_sort(points, [](const auto& a, const auto& b) { return share_of(a) > share_of(b); });
    return points;
}

struct LogFrame {
    Box box;
    LogAxis x;
    LogAxis y;

    Point place(double intensity, double speed) const {
        return {box.left + x.place(intensity) * box.width(), box.bottom - y.place(speed) * box.height()};
    }
};

/// The axes hold all points, all peaks and the ridges (where the bandwidth's line meets a peak), with some room.
LogFrame frame_of(const Roofline& chart, const std::vector<Peak>& peaks, const std::vector<RooflinePoint>& points,
                  Format format) {
    Extent x;
    Extent y;
    for (const RooflinePoint& point : points) {
        x.include(point.intensity.value());
        y.include(point.speed.value());
    }
    for (const Peak& peak : peaks) {
        y.include(peak.speed.value());
        if (drawable_positive(chart.bandwidth.value())) x.include(peak.speed.value() / chart.bandwidth.value());
    }
    if (x.empty()) x.include(1);
    const LogAxis x_axis(x.low() / 2.5, x.high() * 3, operations_per_byte);
    const LogAxis y_axis(y.low() / 2.5, y.high() * 2.5, operations_per_second);
    const bool wide = format == Format::wide;
    return {{label_room(y_axis.ticks()), 26, width_of(format) - 8, wide ? 400.0 : 340.0}, x_axis, y_axis};
}

void draw_peaks(Drawing& drawing, const Roofline& chart, const std::vector<Peak>& peaks, const LogFrame& frame,
                std::vector<Box>& obstacles) {
    double free_above = frame.box.bottom;
    for (auto peak = peaks.rbegin(); peak != peaks.rend(); ++peak) {
        const double speed = peak->speed.value();
        const bool ridge = drawable_positive(chart.bandwidth.value());
        const double from = ridge ? std::max(frame.x.low(), speed / chart.bandwidth.value()) : frame.x.low();
        const Point left = frame.place(from, speed);
        const Point right{frame.box.right, left.y};
        drawing.line("roof", left, right);
        add_line(obstacles, left, right);
        // A label that would stand on the one of the peak below is left to the table.
        if (left.y + 2 > free_above) continue;
        const std::string label =
            shortened(fmt::format("{}: {}", peak->label, base::with_unit(speed, operations_per_second)),
                      frame.box.width() * 0.8 / font_size);
        const double width = text_width(label);
        drawing.text("rooflabel", {right.x - 2, right.y - 5}, Anchor::end, label);
        obstacles.push_back({right.x - width - 4, right.y - 17, right.x, right.y});
        free_above = left.y - 14;
    }
}

void draw_bandwidth(Drawing& drawing, const Roofline& chart, const std::vector<Peak>& peaks, const LogFrame& frame,
                    std::vector<Box>& obstacles) {
    const double bandwidth = chart.bandwidth.value();
    if (!drawable_positive(bandwidth)) return;
    const double top = peaks.empty() ? frame.y.high() : peaks.front().speed.value();
    const double from = std::max(frame.x.low(), frame.y.low() / bandwidth);
    const double to = std::min(frame.x.high(), top / bandwidth);
    if (!(from < to)) return;
    const Point a = frame.place(from, from * bandwidth);
    const Point b = frame.place(to, to * bandwidth);
    drawing.line("roof", a, b);
    add_line(obstacles, a, b);

    const double angle = std::atan2(a.y - b.y, b.x - a.x);
    const std::string label =
        shortened(fmt::format("{}: {}", chart.bandwidth_label, base::with_unit(bandwidth, bytes_per_second)),
                  std::hypot(b.x - a.x, b.y - a.y) * 0.9 / font_size);
    // Just above the line, from its lower end on.
    const Point up{-std::sin(angle) * 6, -std::cos(angle) * 6};
    const Point along{std::cos(angle), -std::sin(angle)};
    const Point begin{a.x + up.x + along.x * 12, a.y + up.y + along.y * 12};
    drawing.turned_text("rooflabel", begin, Anchor::start, angle * 180 / std::numbers::pi, label);
    const double width = text_width(label);
    for (const double height : {2.0, 8.0}) {
        const Point shift{-std::sin(angle) * height, -std::cos(angle) * height};
        add_line(obstacles, {begin.x + shift.x, begin.y + shift.y},
                 {begin.x + shift.x + along.x * width, begin.y + shift.y + along.y * width});
    }
}

void draw_points(Drawing& drawing, const std::vector<RooflinePoint>& points, const LogFrame& frame,
                 std::vector<Box> obstacles) {
    // A point with all the joules has this radius, one with a hundredth a tenth of it (the area is the share).
    constexpr double full_radius = 30;
    constexpr double min_radius = 3;
    std::vector<Labelled> places;
    std::vector<std::string> labels;
    for (const RooflinePoint& point : points) {
        labels.push_back(shortened(point.label, frame.box.width() * 0.5 / font_size));
        places.push_back({frame.place(point.intensity.value(), point.speed.value()),
                          std::max(min_radius, full_radius * std::sqrt(share_of(point))), text_width(labels.back())});
    }
    const auto placed = place_labels(places, frame.box, std::move(obstacles));
    for (std::size_t i = 0; i < points.size(); ++i) {
        const std::string tooltip =
            fmt::format("{}: {}, {}, {} of the joules", points[i].label,
                        base::with_unit(points[i].intensity.value(), operations_per_byte),
                        base::with_unit(points[i].speed.value(), operations_per_second), percent(points[i].share));
        if (placed[i] && placed[i]->leader) drawing.line("leader", places[i].centre, *placed[i]->leader);
        drawing.circle("s0 point", places[i].centre, places[i].radius, tooltip);
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (placed[i]) drawing.text("label halo", placed[i]->baseline, Anchor::start, labels[i]);
    }
}

}  // namespace

bool has_data(const Roofline& chart) {
    return std::ranges::any_of(chart.points, has_roofline_place);
}

Markup draw(const Roofline& chart, Format format) {
    const std::vector<Peak> peaks = drawn_peaks(chart);
    const std::vector<RooflinePoint> points = drawn_points(chart);
    const LogFrame frame = frame_of(chart, peaks, points, format);
    Drawing drawing(width_of(format), frame.box.bottom + axis_height);
    draw_x_axis(drawing, frame.box, frame.x, "operations per byte");
    draw_y_axis(drawing, frame.box, frame.y, "operations per second");
    std::vector<Box> obstacles;
    draw_peaks(drawing, chart, peaks, frame, obstacles);
    draw_bandwidth(drawing, chart, peaks, frame, obstacles);
    draw_points(drawing, points, frame, std::move(obstacles));
    return drawing.finish(format == Format::wide ? "wide" : "narrow", chart.title, chart.description);
}

Table data_table(const Roofline& chart) {
    Table table{{},
                {{"what"},
                 {"operations per byte", Align::right},
                 {"operations per second", Align::right},
                 {"of its roofline", Align::right},
                 {"share of joules", Align::right}},
                {}};
    const double bandwidth = chart.bandwidth.value();
    double highest = 0;
    for (const Peak& peak : chart.peaks) {
        if (drawable_positive(peak.speed.value())) highest = std::max(highest, peak.speed.value());
    }
    for (const RooflinePoint& point : chart.points) {
        const double by_memory = point.intensity.value() * bandwidth;
        const double roof = drawable_positive(by_memory) && highest > 0 ? std::min(by_memory, highest) : 0;
        const bool known = roof > 0 && has_roofline_place(point);
        table.rows.push_back({point.label, Amount{point.intensity.value(), {{}, base::Prefixes::none}},
                              Amount{point.speed.value(), operations_per_second},
                              known ? Cell(percent(point.speed.value() / roof)) : Cell(), percent(point.share)});
    }
    table.rows.push_back({chart.bandwidth_label, Cell(), Amount{bandwidth, bytes_per_second}});
    for (const Peak& peak : chart.peaks) {
        table.rows.push_back({peak.label, Cell(), Amount{peak.speed.value(), operations_per_second}});
    }
    return table;
}

}  // namespace ergon::report
