#include "report/charts/drawing.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>

#include "report/markup/characters.h"

namespace ergon::report {
namespace {

constexpr double half_cap = 4;

std::string_view name(Anchor anchor) {
    return anchor == Anchor::start ? "start" : anchor == Anchor::middle ? "middle" : "end";
}

Markup tooltip_of(std::string_view tooltip) {
    Markup title;
    if (!tooltip.empty()) title.element("title", {}, tooltip);
    return title;
}

/// Corners around the centre of a shape of area pi; none for the circle.
std::vector<Point> corners_of(std::size_t series) {
    constexpr double arm = 0.42;    // half the width of a cross' arms (assumed: thin enough to be told from a square)
    constexpr double reach = 1.35;  // their length, for about the same area
    constexpr double side = 0.886;  // sqrt(pi) / 2
    const std::vector<Point> plus{{-arm, -reach}, {arm, -reach}, {arm, -arm},    {reach, -arm},
                                  {reach, arm},   {arm, arm},    {arm, reach},   {-arm, reach},
                                  {-arm, arm},    {-reach, arm}, {-reach, -arm}, {-arm, -arm}};
    const auto turned = [](std::vector<Point> points, double turn) {
        for (Point& point : points) {
            point = {point.x * std::cos(turn) - point.y * std::sin(turn),
                     point.x * std::sin(turn) + point.y * std::cos(turn)};
        }
        return points;
    };
    const std::vector<Point> square{{-side, -side}, {side, -side}, {side, side}, {-side, side}};
    const std::vector<Point> up{{0, -1.5}, {1.3, 0.9}, {-1.3, 0.9}};
    // From the ninth series on the colours come again, with other shapes.
    switch ((series + series / series_colours) % series_colours) {
        case 1: return turned(square, std::numbers::pi / 4);
        case 2: return up;
        case 3: return square;
        case 4: return plus;
        case 5: return turned(up, std::numbers::pi);
        case 6: return turned(plus, std::numbers::pi / 4);
        case 7: return {{-1.4, -0.56}, {1.4, -0.56}, {1.4, 0.56}, {-1.4, 0.56}};
        default: return {};
    }
}

std::string marker_path(std::size_t series, Point centre, double radius) {
    std::string path;
    for (const Point& corner : corners_of(series)) {
        path += fmt::format("{}{} {}", path.empty() ? "M" : "L", coordinate(centre.x + radius * corner.x),
                            coordinate(centre.y + radius * corner.y));
    }
    if (path.empty()) {
        const std::string r = coordinate(radius);
        const std::string across = coordinate(2 * radius);
        path = fmt::format("M{} {}a{} {} 0 1 0 {} 0a{} {} 0 1 0 -{} 0", coordinate(centre.x - radius),
                           coordinate(centre.y), r, r, across, r, r, across);
    }
    return path + "z";
}

}  // namespace

std::string series_class(std::size_t index) {
    return fmt::format("s{}", index % series_colours);
}

double text_width(std::string_view text) {
    return font_size * width_in_ems(text);
}

void Drawing::line(std::string_view style, Point from, Point to) {
    content_.leaf("line", {{"class", style}, {"x1", from.x}, {"y1", from.y}, {"x2", to.x}, {"y2", to.y}});
}

void Drawing::rectangle(std::string_view style, const Box& box, std::string_view tooltip) {
    content_.element(
        "rect", {{"class", style}, {"x", box.left}, {"y", box.top}, {"width", box.width()}, {"height", box.height()}},
        tooltip_of(tooltip));
}

void Drawing::circle(std::string_view style, Point centre, double radius, std::string_view tooltip) {
    content_.element("circle", {{"class", style}, {"cx", centre.x}, {"cy", centre.y}, {"r", radius}},
                     tooltip_of(tooltip));
}

void Drawing::marker(std::string_view style, std::size_t series, Point centre, double radius,
                     std::string_view tooltip) {
    path(fmt::format("{} {}", series_class(series), style), marker_path(series, centre, radius), tooltip);
}

void Drawing::path(std::string_view style, const std::string& path, std::string_view tooltip) {
    content_.element("path", {{"class", style}, {"d", path}}, tooltip_of(tooltip));
}

void Drawing::text(std::string_view style, Point at, Anchor anchor, std::string_view text) {
    content_.element("text", {{"class", style}, {"x", at.x}, {"y", at.y}, {"text-anchor", name(anchor)}}, text);
}

void Drawing::turned_text(std::string_view style, Point at, Anchor anchor, double degrees, std::string_view text) {
    const std::string turn =
        fmt::format("translate({} {}) rotate({})", coordinate(at.x), coordinate(at.y), coordinate(-degrees));
    content_.element("text", {{"class", style}, {"transform", turn}, {"text-anchor", name(anchor)}}, text);
}

void Drawing::stretched(std::string_view style, Point origin, double x_factor, double y_factor, const Markup& content) {
    const std::string transform = fmt::format("translate({} {}) scale({:.4f} {:.4f})", coordinate(origin.x),
                                              coordinate(origin.y), x_factor, y_factor);
    content_.element("g", {{"class", style}, {"transform", transform}}, content);
}

Markup Drawing::finish(std::string_view style, std::string_view title, std::string_view description) const {
    Markup inside;
    inside.element("title", {}, title);
    if (!description.empty()) inside.element("desc", {}, description);
    inside.add(content_);
    const std::string view = fmt::format("0 0 {} {}", coordinate(width_), coordinate(height_));
    Markup svg;
    svg.element("svg",
                {{"xmlns", "http://www.w3.org/2000/svg"},
                 {"class", style},
                 {"viewBox", view},
                 {"width", width_},
                 {"height", height_},
                 {"role", "img"},
                 {"aria-label", title}},
                inside);
    return svg;
}

void draw_x_axis(Drawing& drawing, const Box& box, const Axis& axis, const std::string& title) {
    double free_from = -1e9;
    for (const Tick& tick : ticks(axis)) {
        const double x = box.left + place(axis, tick.value) * box.width();
        drawing.line("grid", {x, box.top}, {x, box.bottom});
        const double half = text_width(tick.label) / 2;
        if (x - half < free_from) continue;
        drawing.text("tick", {x, box.bottom + 16}, Anchor::middle, tick.label);
        free_from = x + half + font_size / 2;
    }
    drawing.text("axis", {(box.left + box.right) / 2, box.bottom + 35}, Anchor::middle, title);
}

void draw_y_axis(Drawing& drawing, const Box& box, const Axis& axis, const std::string& title) {
    for (const Tick& tick : ticks(axis)) {
        const double y = box.bottom - place(axis, tick.value) * box.height();
        drawing.line("grid", {box.left, y}, {box.right, y});
        drawing.text("tick", {box.left - 6, y + 4}, Anchor::end, tick.label);
    }
    drawing.text("axis", {0, box.top - 10}, Anchor::start, title);
}

void draw_x_whisker(Drawing& drawing, std::string_view style, const Box& box, const PlacedRange& range, double y) {
    const double low = box.left + range.low * box.width();
    const double high = box.left + range.high * box.width();
    drawing.line(style, {low, y}, {high, y});
    if (range.low_cap) drawing.line(style, {low, y - half_cap}, {low, y + half_cap});
    if (range.high_cap) drawing.line(style, {high, y - half_cap}, {high, y + half_cap});
}

void draw_y_whisker(Drawing& drawing, std::string_view style, const Box& box, const PlacedRange& range, double x) {
    const double low = box.bottom - range.low * box.height();
    const double high = box.bottom - range.high * box.height();
    drawing.line(style, {x, low}, {x, high});
    if (range.low_cap) drawing.line(style, {x - half_cap, low}, {x + half_cap, low});
    if (range.high_cap) drawing.line(style, {x - half_cap, high}, {x + half_cap, high});
}

double label_room(const std::vector<Tick>& ticks) {
    double widest = 0;
    for (const Tick& tick : ticks) widest = std::max(widest, text_width(tick.label));
    return widest + 10;
}

std::string axis_title(const std::string& quantity, const std::string& unit) {
    if (quantity.empty() || unit.empty()) return quantity + unit;
    return fmt::format("{} ({})", quantity, unit);
}

double draw_legend(Drawing* drawing, Point corner, double width, const std::vector<std::string>& names, Swatch kind) {
    const double swatch = kind == Swatch::colour ? 11 : 14;
    Point at = corner;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string name = shortened(names[i], (width - 2 * swatch) / font_size);
        const double needed = swatch + 6 + text_width(name);
        if (at.x > corner.x && at.x + needed > corner.x + width) at = {corner.x, at.y + line_height + 2};
        if (drawing != nullptr) {
            if (kind == Swatch::colour) {
                drawing->rectangle(series_class(i), {at.x, at.y + 2, at.x + swatch, at.y + 2 + swatch});
            } else {
                drawing->marker("mark", i, {at.x + swatch / 2, at.y + 8}, 5);
            }
            drawing->text("label", {at.x + swatch + 6, at.y + 12}, Anchor::start, name);
        }
        at.x += needed + 18;
    }
    return names.empty() ? 0 : at.y + line_height + 8 - corner.y;
}

}  // namespace ergon::report
