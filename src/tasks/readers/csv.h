#pragma once
// CSV as RFC 4180 has it: fields in double quotes may hold commas, line ends and doubled quotes.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::tasks {

struct CsvRow {
    std::int64_t line = 0;  // on which the row begins, from 1
    std::vector<std::string> fields;
    std::string mistake;  // of csv_rows: why this is no row
};

/// All rows. Lines end with LF or CR LF; empty lines are skipped, a byte order mark too. A quote inside a field that
/// does not begin with one stands for itself. Throws Error(bad_file) with `origin` and the line for a quote that is not
/// closed, text behind a closing quote, text that is not UTF-8, or more than 1,000 fields in a row.
std::vector<CsvRow> parse_csv(std::string_view text, std::string_view origin);

/// The same, where a row with such a mistake is one without fields, and the next begins on the line behind its first.
std::vector<CsvRow> csv_rows(std::string_view text, std::string_view origin);

}  // namespace ergon::tasks
