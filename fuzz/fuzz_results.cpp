// Any rows in the tables of a results file, whose columns of JSON hold any JSON: a report of what is there as page, CSV
// and JSON, or base::Error. The input is an object: {"TABLE": [{"COLUMN": value, ...}, ...], ...}.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string>
#include <string_view>
#include <unistd.h>

#include "base/error.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "energy/cost/references.h"
#include "lab/findings/caveats.h"
#include "lab/output/answers_csv.h"
#include "lab/output/comparison_json.h"
#include "lab/output/comparison_page.h"
#include "lab/output/comparison_screen.h"
#include "lab/output/comparison_table.h"
#include "lab/store/run_summary.h"

namespace {

using namespace ergon;

/// In memory where the system has such a folder; a process that a fault ends leaves one.
class Folder {
  public:
    Folder() {
        std::filesystem::create_directories(path_);
        const lab::Results results(path_ / "empty");
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::filesystem::path copy() const {
        const std::filesystem::path file = path_ / "input";
        for (const char* more : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + more);
        std::filesystem::copy_file(path_ / "empty", file);
        return file;
    }

  private:
    std::filesystem::path path_ = (std::filesystem::is_directory("/dev/shm") ? std::filesystem::path("/dev/shm")
                                                                             : std::filesystem::temp_directory_path()) /
                                  fmt::format("ergon-fuzz-results-{}", ::getpid());
};

std::string quoted(std::string_view text, char quote) {
    std::string all(1, quote);
    for (const char c : text) all += c == quote ? std::string(2, c) : std::string(1, c);
    return all + quote;
}

std::string value_text(const base::Json& value) {
    if (value.is_null()) return "NULL";
    if (value.is_number()) return base::json_text(value);
    if (value.is_string()) return quoted(value.get<std::string>().c_str(), '\'');  // SQL ends at a zero byte
    return quoted(base::json_text(value).c_str(), '\'');
}

/// What SQLite refuses (a column that is not there, a row twice) is left out.
void insert(lab::Database& database, const std::string& table, const base::Json& row) {
    std::vector<std::string> columns, values;
    for (const auto& [column, value] : row.items()) {
        columns.push_back(quoted(column.c_str(), '"'));
        values.push_back(value_text(value));
    }
    try {
        database.execute(fmt::format("INSERT INTO {} ({}) VALUES ({})", quoted(table.c_str(), '"'),
                                     fmt::join(columns, ", "), fmt::join(values, ", ")));
    } catch (const base::Error&) {
    }
}

void fill(const std::filesystem::path& file, const base::Json& tables) {
    lab::Database database(file);
    database.execute("PRAGMA synchronous = OFF; BEGIN");
    for (const auto& [table, rows] : tables.items()) {
        for (const base::Json& row : rows) {
            if (row.is_object()) insert(database, table, row);
        }
    }
    database.execute("COMMIT");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Folder folder;
    static const energy::References references;
    try {
        const base::Json tables = base::parse_json({reinterpret_cast<const char*>(data), size}, "input");
        if (!tables.is_object()) return 0;
        const std::filesystem::path file = folder.copy();
        fill(file, tables);
        const lab::RunSummary run = lab::load_runs({file});
        lab::comparison_page(run.report, references);
        lab::comparison_screen(run.report, run.energy_source);
        lab::comparison_table(run.report.comparison, run.energy_source);
        lab::caveats(run.report.comparison, run.report.run, run.report.machine_events);
        lab::answers_csv(run.parts);
        lab::comparison_json(run.report.comparison, run.report.run, run.report.machine_events);
    } catch (const base::Error&) {
    }
    return 0;
}
