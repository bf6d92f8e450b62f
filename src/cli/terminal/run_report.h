#pragma once
// What an answer took: one quiet line, or one JSON object.

#include <string>

#include "engine/generation/generation.h"
#include "formats/hf_folder.h"

namespace ergon::cli {

/// "36 tokens read (171/s, 4.1 J), 120 thought (60.2/s, 31 J), 45 answered (59.8/s, 12 J); 47 J, between 28 and 74,
/// estimated"
std::string usage_line(const engine::Answer& answer);

/// {"thinking", "answer", "stop", "tokens", "seconds", "tokens_per_second", "energy", "joules_per_token"}
base::Json answer_json(const engine::Answer& answer);

/// Thinking and answer joules per generated token; nothing if there are none of either.
std::optional<energy::Figure> joules_per_token(const engine::Answer& answer);

/// Three significant digits: "0.00123", "4.1", "12.3", "471".
std::string short_number(double value);

}  // namespace ergon::cli
