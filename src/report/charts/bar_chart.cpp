#include "report/charts/bar_chart.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "report/markup/characters.h"
#include "report/markup/reading_note.h"

namespace ergon::report {
namespace {

std::optional<energy::Method> method_of_all(const BarChart& chart) {
    std::vector<std::optional<energy::Method>> methods;
    for (const Bar& bar : chart.bars) methods.push_back(bar.method);
    return uniform_method(methods);
}

/// "3.1 J", and how it was obtained where the bars differ in it.
std::string value_text(const BarChart& chart, const Bar& bar) {
    const auto value = sum(bar);
    if (!value) return "no value";
    std::string text = bar.interval
                           ? base::with_interval(*value, bar.interval->low, bar.interval->high, chart.unit).value
                           : base::with_unit(*value, chart.unit);
    if (bar.method && !method_of_all(chart)) text += fmt::format(", {}", energy::name(*bar.method));
    return text;
}

/// The places of one drawing. Where it is narrow, names stand above their bars.
struct BarPlaces {
    Box plot;
    double row = 0;
    bool names_above = false;
    double height = 0;

    BarPlaces(const BarChart& chart, Format format) : names_above(format == Format::narrow) {
        const double width = width_of(format);
        double names = 0;
        double values = 0;
        for (const Bar& bar : chart.bars) {
            names = std::max(names, text_width(bar.label) + 10);
            values = std::max(values, text_width(value_text(chart, bar)) + 10);
        }
        row = names_above ? bar_height + line_height + 8 : bar_height + 10;
        const double legend = chart.parts.size() > 1 ? draw_legend(nullptr, {}, width, chart.parts) : 0;
        plot.left = names_above ? 8 : std::max(12.0, std::min(names, width * 0.4));
        plot.right = width - std::max(14.0, std::min(values, width * 0.3));
        plot.top = legend + 4;
        plot.bottom = plot.top + row * static_cast<double>(chart.bars.size()) + 2;
        height = plot.bottom + axis_height;
    }

    Box bar(std::size_t index) const {
        const double top = plot.top + row * static_cast<double>(index) + (names_above ? line_height + 4 : 6);
        return {plot.left, top, plot.right, top + bar_height};
    }
};

LinearAxis axis_of(const BarChart& chart, Format format) {
    Extent extent;
    extent.include(0);
    for (const Bar& bar : chart.bars) {
        double left = 0;
        double right = 0;
        for (const double part : bar.parts) {
            if (drawable(part)) (part < 0 ? left : right) += part;
        }
        extent.include(left);
        extent.include(right);
        if (bar.interval && sum(bar)) {
            extent.include(bar.interval->low);
            extent.include(bar.interval->high);
        }
    }
    return LinearAxis(extent, chart.unit, format == Format::wide ? 6 : 4);
}

/// A part of a stack says what it is, so that its colour is not the only sign of it: name and amount, or the name, or
/// nothing, as there is room.
void draw_part_text(Drawing& drawing, const BarChart& chart, std::size_t part, double amount, const Box& box) {
    // An amount that takes no prefix needs no unit beside the axis.
    const bool plain = chart.unit.prefixes == base::Prefixes::none;
    const std::string number = base::with_unit(amount, plain ? base::Unit{{}, base::Prefixes::none} : chart.unit);
    for (const std::string& text : {fmt::format("{} {}", chart.parts[part], number), chart.parts[part]}) {
        if (text_width(text) + 8 > box.width()) continue;
        drawing.text("on-" + series_class(part), {(box.left + box.right) / 2, box.top + 14}, Anchor::middle, text);
        return;
    }
}

void draw_parts(Drawing& drawing, const BarChart& chart, const Bar& bar, const LinearAxis& axis, const Box& box) {
    const auto x = [&](double value) { return box.left + axis.place(value) * box.width(); };
    double left = 0;
    double right = 0;
    for (std::size_t i = 0; i < bar.parts.size(); ++i) {
        const double part = bar.parts[i];
        if (!drawable(part) || part == 0) continue;
        double& edge = part < 0 ? left : right;
        const double from = edge;
        edge += part;
        const std::string amount = base::with_unit(part, chart.unit);
        const std::string tooltip = i < chart.parts.size()
                                        ? fmt::format("{}, {}: {}", bar.label, chart.parts[i], amount)
                                        : fmt::format("{}: {}", bar.label, amount);
        Box part_box{x(std::min(from, edge)), box.top, x(std::max(from, edge)), box.bottom};
        drawing.rectangle(series_class(i) + " bar", part_box, tooltip);
        if (chart.parts.size() < 2 || i >= chart.parts.size()) continue;
        // The whisker must not cross the text.
        if (bar.interval && !std::isnan(bar.interval->low)) {
            part_box.right = std::min(part_box.right, x(bar.interval->low) - 2);
        }
        draw_part_text(drawing, chart, i, part, part_box);
    }
}

void draw_whisker(Drawing& drawing, const Range& range, const LinearAxis& axis, const Box& box) {
    const auto placed = place(axis, range);
    if (!placed) return;
    for (const std::string_view style : {"whisker halo", "whisker"}) {
        draw_x_whisker(drawing, style, box, *placed, (box.top + box.bottom) / 2);
    }
}

/// Where the text behind a bar begins: past the bar and its whisker.
double text_begin(const Bar& bar, const LinearAxis& axis, const Box& box) {
    double right = 0;
    for (const double part : bar.parts) {
        if (drawable(part) && part > 0) right += part;
    }
    if (bar.interval && sum(bar) && !std::isnan(bar.interval->high)) right = std::max(right, bar.interval->high);
    return box.left + std::clamp(axis.place(right), 0.0, 1.0) * box.width() + 7;
}

}  // namespace

Bar bar_of(std::string label, const energy::Figure& figure) {
    return {std::move(label), {figure.value.value()}, Range{figure.low.value(), figure.high.value()}, figure.method};
}

std::optional<double> sum(const Bar& bar) {
    double total = 0;
    bool any = false;
    for (const double part : bar.parts) {
        if (!drawable(part)) continue;
        total += part;
        any = true;
    }
    return any ? std::optional(total) : std::nullopt;
}

std::string reading_note(const BarChart& chart) {
    return reading_note(method_of_all(chart),
                        std::ranges::any_of(chart.bars, [](const Bar& bar) { return bar.interval.has_value(); }));
}

bool has_data(const BarChart& chart) {
    return std::ranges::any_of(chart.bars, [](const Bar& bar) { return sum(bar).has_value(); });
}

Markup draw(const BarChart& chart, Format format) {
    const BarPlaces places(chart, format);
    const LinearAxis axis = axis_of(chart, format);
    Drawing drawing(width_of(format), places.height);
    if (chart.parts.size() > 1) draw_legend(&drawing, {}, width_of(format), chart.parts);
    draw_x_axis(drawing, places.plot, axis, axis_title(chart.quantity, axis.unit()));
    for (std::size_t i = 0; i < chart.bars.size(); ++i) {
        const Bar& bar = chart.bars[i];
        const Box box = places.bar(i);
        draw_parts(drawing, chart, bar, axis, box);
        if (bar.interval && sum(bar)) draw_whisker(drawing, *bar.interval, axis, box);
        drawing.text("value", {text_begin(bar, axis, box), box.top + 14}, Anchor::start, value_text(chart, bar));
        const double name_room = places.names_above ? width_of(format) - 8 : box.left - 8;
        const std::string name = shortened(bar.label, name_room / font_size);
        if (places.names_above) {
            drawing.text("label", {box.left, box.top - 5}, Anchor::start, name);
        } else {
            drawing.text("label", {box.left - 8, box.top + 14}, Anchor::end, name);
        }
    }
    const double zero = places.plot.left + axis.place(0) * places.plot.width();
    drawing.line("base", {zero, places.plot.top}, {zero, places.plot.bottom});
    return drawing.finish(format == Format::wide ? "wide" : "narrow", chart.title, chart.description);
}

Table data_table(const BarChart& chart) {
    const auto any = [&](auto member) {
        return std::ranges::any_of(chart.bars, [&](const Bar& bar) { return (bar.*member).has_value(); });
    };
    const bool intervals = any(&Bar::interval);
    const bool methods = any(&Bar::method);
    Table table{{}, {{chart.bars_are}}, {}};
    if (chart.parts.size() > 1) {
        for (const std::string& part : chart.parts) table.columns.push_back({part, Align::right, true});
    }
    table.columns.push_back({chart.quantity, Align::right, true});
    if (intervals)
        table.columns.insert(table.columns.end(), {{"low", Align::right, true}, {"high", Align::right, true}});
    if (methods) table.columns.push_back({"obtained"});
    for (const Bar& bar : chart.bars) {
        std::vector<Cell> row{bar.label};
        if (chart.parts.size() > 1) {
            for (std::size_t i = 0; i < chart.parts.size(); ++i) {
                row.push_back(i < bar.parts.size() ? Cell(Amount{bar.parts[i], chart.unit}) : Cell());
            }
        }
        const auto value = sum(bar);
        row.push_back(value ? Cell(Amount{*value, chart.unit}) : Cell());
        if (intervals) {
            row.push_back(bar.interval ? Cell(Amount{bar.interval->low, chart.unit}) : Cell());
            row.push_back(bar.interval ? Cell(Amount{bar.interval->high, chart.unit}) : Cell());
        }
        if (methods) row.push_back(bar.method ? Cell(std::string(energy::name(*bar.method))) : Cell());
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace ergon::report
