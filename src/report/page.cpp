#include "report/page.h"

#include <fmt/format.h>

#include "report/markup/style_sheet.h"

namespace ergon::report {
namespace {

// A chart's data of more columns is wider than a sheet of paper, of more rows fills sheets: it stays in the file
// (assumed).
constexpr std::size_t max_printed_columns = 10;
constexpr std::size_t max_printed_rows = 40;
// Contents pay where there are more sections than fit a screen (assumed).
constexpr std::size_t sections_with_contents = 3;

Markup details(const Table& table) {
    Markup inside;
    inside.element("summary", {}, "Data of this chart");
    inside.add(markup(table));
    const bool printed = table.columns.size() <= max_printed_columns && table.rows.size() <= max_printed_rows;
    Markup whole;
    whole.element("details", {{"class", printed ? "data" : "data unprinted"}}, inside);
    if (!printed) {
        whole.element("p", {{"class", "onpaper remark"}},
                      "The data of this chart are in the page's file; they are too long to print.");
    }
    return whole;
}

class BlockPrinter {
  public:
    Markup operator()(const Heading& heading) { return Markup().element("h3", {}, heading.text); }
    Markup operator()(const Paragraph& paragraph) { return Markup().element("p", {}, paragraph.text); }
    Markup operator()(const Note& note) {
        return Markup().element("p", {{"class", "note"}, {"role", "note"}}, note.text);
    }
    Markup operator()(const Folded& folded) {
        Markup inside;
        inside.element("summary", {}, folded.summary);
        for (const std::string& paragraph : folded.paragraphs) inside.element("p", {}, paragraph);
        return Markup().element("details", {{"class", "folded"}}, inside);
    }
    Markup operator()(const Table& table) { return markup(table); }
    Markup operator()(const Facts& facts) { return markup(facts); }
    Markup operator()(const Exchange& exchange) { return markup(exchange); }
    Markup operator()(const HeatMap& chart) {
        const std::string id = fmt::format("cells-{}", ++heat_maps_);
        return figure(chart, {}, [&](Format format) { return draw(chart, format, id); });
    }
    template <typename Chart>
    Markup operator()(const Chart& chart) {
        std::string note;
        if constexpr (requires { reading_note(chart); }) note = reading_note(chart);
        return figure(chart, note, [&](Format format) { return draw(chart, format); });
    }

  private:
    template <typename Chart, typename Draw>
    Markup figure(const Chart& chart, const std::string& note, const Draw& drawing) {
        Markup caption;
        caption.element("strong", {}, chart.title);
        if (!chart.description.empty()) caption.element("span", {{"class", "remark"}}, chart.description);
        if (!note.empty()) caption.element("span", {{"class", "remark"}}, note);
        Markup inside;
        inside.element("figcaption", {}, caption);
        if (has_data(chart)) {
            inside.add(drawing(Format::wide)).add(drawing(Format::narrow));
        } else {
            inside.element("p", {{"class", "nodata"}}, "no data");
        }
        inside.add(details(data_table(chart)));
        return Markup().element("figure", {}, inside);
    }

    int heat_maps_ = 0;
};

std::string section_id(std::size_t index) {
    return fmt::format("section-{}", index + 1);
}

Markup contents(const Page& page) {
    Markup items;
    for (std::size_t i = 0; i < page.sections.size(); ++i) {
        const Markup link = Markup().element("a", {Address::within(section_id(i))}, page.sections[i].heading);
        items.element("li", {}, link);
    }
    return Markup().element("nav", {{"aria-label", "Contents"}}, Markup().element("ol", {}, items));
}

}  // namespace

std::string render(const Page& page) {
    Markup head;
    head.leaf("meta", {{"charset", "utf-8"}});
    head.leaf("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
    head.leaf("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
    head.element("title", {}, page.title);

    Markup top;
    top.element("h1", {}, page.headline.empty() ? page.title : page.headline);
    if (!page.lede.empty()) top.element("p", {{"class", "lede"}}, page.lede);
    Markup main;
    main.element("header", {}, top);
    if (page.sections.size() >= sections_with_contents) main.add(contents(page));

    BlockPrinter printer;
    for (std::size_t i = 0; i < page.sections.size(); ++i) {
        Markup inside;
        inside.element("h2", {}, page.sections[i].heading);
        for (const Block& block : page.sections[i].blocks) inside.add(std::visit(printer, block)).add(Markup("\n"));
        main.element("section", {{"id", section_id(i)}}, inside);
    }
    return Markup::document(head, style_sheet, Markup().element("main", {}, main));
}

}  // namespace ergon::report
