#pragma once
// An SVG drawing in the units of its text: 12 units are a line's font size, at every width.

#include <string>
#include <string_view>
#include <vector>

#include "report/charts/axis.h"
#include "report/markup/markup.h"

namespace ergon::report {

/// Every chart is drawn twice, for a page and for a phone, so that its text has its size on both; the style sheet shows
/// one of the two. Numbers are CSS pixels (assumed: a phone has 360 of them and margins).
enum class Format { wide, narrow };
constexpr double width_of(Format format) {
    return format == Format::wide ? 720 : 344;
}

inline constexpr double font_size = 12;
inline constexpr double line_height = 17;
inline constexpr double bar_height = 20;
/// What stands under a plot: the ticks and what the axis is.
inline constexpr double axis_height = 44;
/// Colours that the style sheet knows: classes s0 to s7, from there on again.
inline constexpr std::size_t series_colours = 8;
std::string series_class(std::size_t index);

/// How wide a text is drawn, about.
double text_width(std::string_view text);

struct Point {
    double x = 0;
    double y = 0;
};

struct Box {
    double left = 0;
    double top = 0;
    double right = 0;
    double bottom = 0;
    double width() const { return right - left; }
    double height() const { return bottom - top; }
};

enum class Anchor { start, middle, end };

class Drawing {
  public:
    Drawing(double width, double height) : width_(width), height_(height) {}

    void line(std::string_view style, Point from, Point to);
    void rectangle(std::string_view style, const Box& box, std::string_view tooltip = {});
    void circle(std::string_view style, Point centre, double radius, std::string_view tooltip);
    /// The mark of a series: its shape tells it from the others where colours cannot. The shapes have about the same
    /// area, that of a circle of this radius.
    void marker(std::string_view style, std::size_t series, Point centre, double radius, std::string_view tooltip = {});
    void path(std::string_view style, const std::string& path, std::string_view tooltip = {});
    void text(std::string_view style, Point baseline, Anchor anchor, std::string_view text);
    /// Text whose line rises to the right by so many degrees.
    void turned_text(std::string_view style, Point baseline, Anchor anchor, double degrees, std::string_view text);
    /// Markup moved and stretched; lines of 1 unit become cells.
    void stretched(std::string_view style, Point origin, double x_factor, double y_factor, const Markup& content);

    /// The whole SVG, with a name and a description for those who hear it.
    Markup finish(std::string_view style, std::string_view title, std::string_view description) const;

  private:
    double width_;
    double height_;
    Markup content_;
};

/// Grid lines and tick labels of an axis below the box, and the axis' title.
void draw_x_axis(Drawing& drawing, const Box& box, const Axis& axis, const std::string& title);
/// The same on the left; the title stands above the axis, where it can be read without turning the head.
void draw_y_axis(Drawing& drawing, const Box& box, const Axis& axis, const std::string& title);

/// A 95% interval along the box' width at this height, and along its height at this place.
void draw_x_whisker(Drawing& drawing, std::string_view style, const Box& box, const PlacedRange& range, double y);
void draw_y_whisker(Drawing& drawing, std::string_view style, const Box& box, const PlacedRange& range, double x);

/// Room that the labels of a vertical axis need.
double label_room(const std::vector<Tick>& ticks);

/// "energy (kJ)".
std::string axis_title(const std::string& quantity, const std::string& unit);

enum class Swatch { colour, marker };

/// Names beside swatches of their colours or beside their markers, from the top left corner on, in as many lines as
/// they need. Returns the height that they take; without a drawing it only measures.
double draw_legend(Drawing* drawing, Point corner, double width, const std::vector<std::string>& names,
                   Swatch swatch = Swatch::colour);

}  // namespace ergon::report
