// What is kept with a run beside its answers.

#include "lab/store/results.h"
#include "lab/store/results_json.h"

namespace ergon::lab {

void Results::attach(RunId run, const std::string& kind, const nlohmann::ordered_json& content) {
    Statement(database_, "INSERT OR REPLACE INTO attachment (run, kind, content) VALUES (?, ?, ?)")
        .bind(1, run)
        .bind(2, kind)
        .bind(3, base::json_text(content))
        .step();
}

std::optional<nlohmann::ordered_json> Results::attachment(RunId run, const std::string& kind) {
    Statement statement(database_, "SELECT content FROM attachment WHERE run = ? AND kind = ?");
    if (!statement.bind(1, run).bind(2, kind).step()) return std::nullopt;
    return parse(database_, statement.text(0), "what is attached to a run");
}

}  // namespace ergon::lab
