#include "report/drawing.h"

#include <algorithm>
#include <fmt/format.h>

#include "report/characters.h"

namespace ergon::report {
namespace {

std::string_view name(Anchor anchor) {
    return anchor == Anchor::start ? "start" : anchor == Anchor::middle ? "middle" : "end";
}

Markup tooltip_of(std::string_view tooltip) {
    Markup title;
    if (!tooltip.empty()) title.element("title", {}, tooltip);
    return title;
}

template <typename Axis>
void x_axis(Drawing& drawing, const Box& box, const Axis& axis, const std::string& title) {
    double free_from = -1e9;
    for (const Tick& tick : axis.ticks()) {
        const double x = box.left + axis.place(tick.value) * box.width();
        drawing.line("grid", {x, box.top}, {x, box.bottom});
        const double half = text_width(tick.label) / 2;
        if (x - half < free_from) continue;
        drawing.text("tick", {x, box.bottom + 16}, Anchor::middle, tick.label);
        free_from = x + half + font_size / 2;
    }
    drawing.text("axis", {(box.left + box.right) / 2, box.bottom + 35}, Anchor::middle, title);
}

template <typename Axis>
void y_axis(Drawing& drawing, const Box& box, const Axis& axis, const std::string& title) {
    for (const Tick& tick : axis.ticks()) {
        const double y = box.bottom - axis.place(tick.value) * box.height();
        drawing.line("grid", {box.left, y}, {box.right, y});
        drawing.text("tick", {box.left - 6, y + 4}, Anchor::end, tick.label);
    }
    drawing.text("axis", {0, box.top - 10}, Anchor::start, title);
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

void Drawing::path(std::string_view style, const std::string& path) {
    content_.leaf("path", {{"class", style}, {"d", path}});
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

void draw_x_axis(Drawing& drawing, const Box& box, const LinearAxis& axis, const std::string& title) {
    x_axis(drawing, box, axis, title);
}
void draw_x_axis(Drawing& drawing, const Box& box, const LogAxis& axis, const std::string& title) {
    x_axis(drawing, box, axis, title);
}
void draw_y_axis(Drawing& drawing, const Box& box, const LinearAxis& axis, const std::string& title) {
    y_axis(drawing, box, axis, title);
}
void draw_y_axis(Drawing& drawing, const Box& box, const LogAxis& axis, const std::string& title) {
    y_axis(drawing, box, axis, title);
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

double draw_legend(Drawing* drawing, Point corner, double width, const std::vector<std::string>& names) {
    constexpr double swatch = 11;
    Point at = corner;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string name = shortened(names[i], (width - 2 * swatch) / font_size);
        const double needed = swatch + 6 + text_width(name);
        if (at.x > corner.x && at.x + needed > corner.x + width) at = {corner.x, at.y + line_height + 2};
        if (drawing != nullptr) {
            drawing->rectangle(series_class(i), {at.x, at.y + 2, at.x + swatch, at.y + 2 + swatch});
            drawing->text("label", {at.x + swatch + 6, at.y + 12}, Anchor::start, name);
        }
        at.x += needed + 18;
    }
    return names.empty() ? 0 : at.y + line_height + 8 - corner.y;
}

}  // namespace ergon::report
