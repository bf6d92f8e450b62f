// The rebound as text.

#include <algorithm>
#include <fmt/format.h>

#include "base/strings/characters.h"
#include "base/strings/wrapped.h"
#include "plan/rebound_findings.h"
#include "plan/rebound_report.h"

namespace ergon::plan {
namespace {

using report::Table;

constexpr std::size_t widest_name = 30;

ReboundInputs with_short_names(ReboundInputs inputs) {
    for (Model* model : {&inputs.before, &inputs.after}) model->name = base::one_line(model->name, widest_name);
    return inputs;
}

const std::string& text_of(const report::Cell& cell) {
    return std::get<std::string>(cell);
}

/// Columns as wide as they need to be, all to the right.
std::string printed(const Table& table) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        std::size_t width = base::characters(table.columns[i].heading).size();
        for (const auto& row : table.rows) width = std::max(width, base::characters(text_of(row[i])).size());
        widths.push_back(width);
    }
    const auto line = [&](const auto& cell_text) {
        std::string text;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const std::string& cell = cell_text(i);
            text += std::string(2 + widths[i] - base::characters(cell).size(), ' ') + cell;
        }
        return text + "\n";
    };
    std::string text = table.caption + "\n";
    text += line([&](std::size_t i) -> const std::string& { return table.columns[i].heading; });
    for (const auto& row : table.rows) {
        text += line([&](std::size_t i) -> const std::string& { return text_of(row[i]); });
    }
    return text;
}

}  // namespace

std::string rebound_text(const ReboundInputs& inputs) {
    const ReboundInputs shown = with_short_names(inputs);
    std::string text;
    for (const std::string& sentence : findings(shown)) text += base::wrapped(sentence);
    for (const Table& table : {gain_table(shown), elasticity_table(shown), year_table(shown), training_table(shown)}) {
        if (!table.rows.empty()) text += "\n" + printed(table);
    }
    return text;
}

}  // namespace ergon::plan
