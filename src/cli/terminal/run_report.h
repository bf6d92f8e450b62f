#pragma once
// What an answer took: one quiet line, or one JSON object.

#include <array>
#include <optional>
#include <string>

#include "cli/options/cost_options.h"
#include "engine/generation/generation.h"
#include "formats/hf_folder.h"

namespace ergon::cli {

/// "36 tokens read (171/s, 4.1 J), 120 thought (60.2/s, 31 J), 45 answered (59.8/s, 12 J); 47 J, between 28 and 74,
/// estimated"; where phases are not known: "36 tokens read, 45 answered in 1.2 s; 47 J, ..."
std::string usage_line(const engine::Answer& answer);

/// What may have cut an answer short: --max-tokens and --max-think if they were given, and the context's tokens (0: not
/// known).
struct AnswerCaps {
    std::optional<std::int64_t> max_tokens, max_thinking;
    std::int64_t context = 0;
};

/// "cut at --max-tokens 128"; empty if the answer came to its own end.
std::string cut_note(const engine::Answer& answer, const AnswerCaps& caps);

/// usage_line and cut_note on stderr, and below them what --carbon and --price ask for.
void print_usage(const engine::Answer& answer, const AnswerCaps& caps, const CostOptions& cost);

/// What the answers of a chat took in all.
class ChatTotal {
  public:
    void add(const engine::Answer& answer);
    std::int64_t answers() const { return answers_; }
    /// Nothing if an answer was not metered.
    const std::optional<energy::Figure>& energy() const { return energy_; }
    /// "3 answers in 12.4 s: 120 tokens read, 300 thought, 90 answered; 47 J, between 28 and 74, estimated"
    std::string text() const;

  private:
    std::int64_t answers_ = 0;
    std::array<std::int64_t, 3> tokens_{};
    base::Seconds time_{};
    std::optional<energy::Figure> energy_;
};

/// {"thinking", "answer", "stop", "tokens", "seconds", "tokens_per_second", "energy", "joules_per_token"}
base::Json answer_json(const engine::Answer& answer);

/// Thinking and answer joules per generated token; nothing if there are none of either.
std::optional<energy::Figure> joules_per_token(const engine::Answer& answer);

/// Three significant digits: "0.00123", "4.1", "12.3", "471".
std::string short_number(double value);

}  // namespace ergon::cli
