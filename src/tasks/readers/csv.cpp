#include "tasks/readers/csv.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/strings/characters.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;

constexpr std::size_t max_fields = 1000;  // assumed: GPQA, the widest known, has about 70
// Each takes a walk to the end of the text.
constexpr int max_open_quotes = 1000;

class CsvParser {
  public:
    CsvParser(std::string_view text, std::string_view origin) : text_(text), origin_(origin) {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
    }

    std::vector<CsvRow> parse() {
        std::vector<CsvRow> rows;
        while (at_ < text_.size()) {
            const std::size_t begin = at_;
            const std::int64_t line = line_;
            try {
                CsvRow next = row();
                if (next.fields.size() > 1 || !next.fields[0].empty()) rows.push_back(std::move(next));
            } catch (const base::Error& error) {
                if (open_quotes_ > max_open_quotes) throw;
                rows.push_back({line, {}, error.what()});
                at_ = std::min(text_.find('\n', begin), text_.size() - 1) + 1;
                line_ = line + 1;
            }
        }
        return rows;
    }

  private:
    CsvRow row() {
        CsvRow row{line_, {}, {}};
        do {
            row.fields.push_back(field());
            if (row.fields.size() > max_fields) {
                base::fail(ErrorCode::bad_file, "{}, line {}: more than {} fields in one row.", origin_, row.line,
                           max_fields);
            }
            if (base::valid_utf8(row.fields.back()) != row.fields.back()) {
                base::fail(ErrorCode::bad_file, "{}, line {}: field {} is not valid UTF-8; convert the file to UTF-8.",
                           origin_, row.line, row.fields.size());
            }
        } while (take(","));
        if (take("\r\n") || take("\n")) ++line_;
        return row;
    }

    std::string field() {
        if (take("\"")) return quoted();
        std::size_t end = text_.find_first_of(",\n", at_);
        end = std::min(end, text_.size());
        std::string_view plain = text_.substr(at_, end - at_);
        if (plain.ends_with('\r') && end < text_.size() && text_[end] == '\n') plain.remove_suffix(1);
        at_ += plain.size();
        return std::string(plain);
    }

    /// Behind the opening quote.
    std::string quoted() {
        const std::int64_t opened = line_;
        std::string content;
        while (true) {
            const std::size_t quote = text_.find('"', at_);
            if (quote == std::string_view::npos) {
                ++open_quotes_;
                base::fail(ErrorCode::bad_file, "{}, line {}: the quote that opens a field here is never closed.",
                           origin_, opened);
            }
            const std::string_view part = text_.substr(at_, quote - at_);
            line_ += std::count(part.begin(), part.end(), '\n');
            content += part;
            at_ = quote + 1;
            if (!take("\"")) break;
            content += '"';
        }
        const char behind = at_ < text_.size() ? text_[at_] : ',';
        if (behind != ',' && behind != '\n' && !text_.substr(at_).starts_with("\r\n")) {
            base::fail(ErrorCode::bad_file,
                       "{}, line {}: text after a closing quote; expected a comma or the end of the line, and quotes "
                       "inside a field doubled.",
                       origin_, line_);
        }
        return content;
    }

    bool take(std::string_view prefix) {
        if (!text_.substr(at_).starts_with(prefix)) return false;
        at_ += prefix.size();
        return true;
    }

    std::string_view text_, origin_;
    std::size_t at_ = 0;
    std::int64_t line_ = 1;
    int open_quotes_ = 0;
};

}  // namespace

std::vector<CsvRow> csv_rows(std::string_view text, std::string_view origin) {
    return CsvParser(text, origin).parse();
}

std::vector<CsvRow> parse_csv(std::string_view text, std::string_view origin) {
    std::vector<CsvRow> rows = csv_rows(text, origin);
    for (const CsvRow& row : rows) {
        if (!row.mistake.empty()) base::fail(ErrorCode::bad_file, "{}", row.mistake);
    }
    return rows;
}

}  // namespace ergon::tasks
