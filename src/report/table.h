#pragma once
// Tables and lists of facts; their cells are values that print themselves.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/strings/format_number.h"
#include "energy/cost/carbon.h"
#include "energy/figure.h"
#include "report/markup/markup.h"

namespace ergon::report {

/// "12.3 GB/s".
struct Amount {
    double value = 0;
    base::Unit unit;
};

/// A name that leads to its source, if the address is one of the web.
struct Link {
    std::string text;
    std::string address;
};

/// What stands in a cell; std::monostate is a value that is not known and prints as a dash.
using Cell = std::variant<std::monostate, std::string, std::int64_t, Amount, energy::Figure, energy::CarbonFigure,
                          energy::Ratio, Link>;

enum class Align { left, right };

struct Column {
    std::string heading;
    Align align = Align::left;
    bool scaled_as_before = false;  // its numbers have the prefix of the column before it: the ends of an interval
};

/// Rows may be shorter than the columns: what is missing prints as nothing. The numbers of one column share an SI
/// prefix (base::column_scale); how figures were obtained is said once below the caption if it is the same for all, in
/// every cell if not.
struct Table {
    std::string caption;
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;
};

/// "Model: DeepSeek-V2-Lite", one a line.
struct Facts {
    std::vector<std::pair<std::string, Cell>> facts;
};

Markup markup(const Table& table);
Markup markup(const Facts& facts);

inline const base::Unit joules{"J", base::Prefixes::all};
inline const base::Unit grams{"g CO2e", base::Prefixes::all};

}  // namespace ergon::report
