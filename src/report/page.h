#pragma once
// A report: one HTML page that needs nothing beside itself.

#include <string>
#include <variant>
#include <vector>

#include "report/charts/bar_chart.h"
#include "report/charts/heat_map.h"
#include "report/charts/line_chart.h"
#include "report/charts/paired_dots.h"
#include "report/charts/roofline.h"
#include "report/charts/scatter.h"
#include "report/charts/waterfall.h"
#include "report/exchange.h"
#include "report/table.h"

namespace ergon::report {

/// A heading within a section.
struct Heading {
    std::string text;
};

struct Paragraph {
    std::string text;
};

/// What a reader must know to read the rest right; set apart.
struct Note {
    std::string text;
};

/// Sentences that few will read, behind a line that says what they are about.
struct Folded {
    std::string summary;
    std::vector<std::string> paragraphs;
};

using Block = std::variant<Heading, Paragraph, Note, Folded, Table, Facts, BarChart, Roofline, HeatMap, LineChart,
                           PairedDots, Scatter, Waterfall, Exchange>;

struct Section {
    std::string heading;
    std::vector<Block> blocks;
};

/// All text is plain text and is escaped, wherever it comes from.
struct Page {
    std::string title;
    std::string lede;  // what was found, in a sentence or two
    std::vector<Section> sections;
    std::string headline{};  // above it all, a sentence that says the most; empty: the title
};

/// The page as a file's content. The same page gives the same bytes.
std::string render(const Page& page);

}  // namespace ergon::report
