// The answers of the results store.

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "lab/store/results.h"
#include "lab/store/results_json.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;
using nlohmann::ordered_json;

ordered_json energy_json(const Answer& answer) {
    ordered_json json;
    for (std::size_t i = 0; i < energy::kept_phase_count; ++i) {
        json[std::string(energy::phase_names[i])] = {{"total", answer.phases[i].total},
                                                     {"above_idle", answer.phases[i].above_idle}};
    }
    return json;
}

void read_energy(const Database& database, const std::string& text, Answer& answer) {
    const ordered_json json = parse(database, text, "an answer's energy");
    const auto figure = [&](const ordered_json& phase, const char* key) {
        try {
            return (phase.is_object() ? phase.value(key, ordered_json()) : ordered_json()).get<energy::Figure>();
        } catch (const base::Error& error) {
            base::fail(error.code(), "{}, the answer to \"{}\": {}", database.path().string(), answer.prompt,
                       error.what());
        }
    };
    for (std::size_t i = 0; i < energy::kept_phase_count; ++i) {
        const ordered_json phase =
            json.is_object() ? json.value(std::string(energy::phase_names[i]), ordered_json()) : ordered_json();
        answer.phases[i].total = figure(phase, "total");
        answer.phases[i].above_idle = figure(phase, "above_idle");
    }
}

ordered_json measures_json(const AnswerMeasures& measures) {
    return {{"processor_seconds", measures.processor.value()},
            {"others_seconds", measures.others.value()},
            {"elapsed_seconds", measures.elapsed.value()},
            {"bytes", measures.bytes},
            {"operations", measures.operations},
            {"components", measures.components},
            {"verdicts", measures.verdicts},
            {"judge_tokens", measures.judge_tokens},
            {"judge_joules", measures.judge_joules}};
}

/// Answers of the first schema have none; what is no number counts as none.
AnswerMeasures read_measures(const ordered_json& json) {
    AnswerMeasures measures;
    const auto number = [&](const char* key) {
        return json.contains(key) && json[key].is_number() ? json[key].get<double>() : 0;
    };
    const auto counts = [&](const char* key, auto& into) {
        if (!json.contains(key) || !json[key].is_array()) return;
        for (std::size_t i = 0; i < std::min(into.size(), json[key].size()); ++i) {
            if (json[key][i].is_number()) into[i] = json[key][i].template get<double>();
        }
    };
    if (!json.is_object()) return measures;
    measures.processor = base::Seconds(number("processor_seconds"));
    measures.others = base::Seconds(number("others_seconds"));
    measures.elapsed = base::Seconds(number("elapsed_seconds"));
    measures.verdicts = number("verdicts");
    measures.judge_tokens = number("judge_tokens");
    measures.judge_joules = number("judge_joules");
    counts("bytes", measures.bytes);
    counts("operations", measures.operations);
    if (json.contains("components") && json["components"].is_object()) {
        for (const auto& [component, joules] : json["components"].items()) {
            if (joules.is_number()) measures.components[component] = joules.get<double>();
        }
    }
    return measures;
}

/// Columns of an answer, in the order in which read_answer takes them.
constexpr std::string_view answer_columns =
    "SELECT contender, prompt, repeat, text, thinking, finish_reason, prompt_tokens, thinking_tokens, answer_tokens, "
    "prompt_seconds, thinking_seconds, answer_seconds, energy, raw, metered, measures, right, "
    "(SELECT category FROM prompt WHERE prompt.run = answer.run AND prompt.id = answer.prompt), session, "
    "EXISTS (SELECT 1 FROM contender WHERE contender.run = answer.run AND position = answer.contender) FROM answer ";

Answer read_answer(const Database& database, const Statement& statement) {
    Answer answer;
    answer.contender = statement.integer(0);
    answer.prompt = statement.text(1);
    answer.repeat = statement.integer(2);
    answer.text = statement.text(3);
    answer.thinking = statement.text(4);
    answer.finish_reason = statement.text(5);
    for (int i = 0; i < energy::kept_phase_count; ++i) {
        PhaseResult& phase = answer.phases[static_cast<std::size_t>(i)];
        phase.tokens = base::Tokens(statement.integer(6 + i));
        phase.seconds = base::Seconds(statement.real(9 + i));
    }
    read_energy(database, statement.text(12), answer);
    answer.raw = parse(database, statement.text(13), "an answer's raw counters");
    answer.metered = statement.integer(14) != 0;
    answer.measures = read_measures(parse(database, statement.text(15), "an answer's measures"));
    if (!statement.null(16)) answer.right = statement.integer(16) != 0;
    answer.category = statement.text(17);
    answer.session = statement.integer(18);
    // Beyond what a computer can answer (assumed), so that sums of answers hold.
    constexpr std::int64_t max_phase_tokens = std::int64_t{1} << 40;
    constexpr double max_seconds = 1e10;
    for (const PhaseResult& phase : answer.phases) {
        const bool sensible = phase.tokens.value() >= 0 && phase.tokens.value() <= max_phase_tokens &&
                              phase.seconds.value() >= 0 && phase.seconds.value() <= max_seconds;
        if (sensible) continue;
        base::fail(ErrorCode::bad_file,
                   "The results file {} is damaged: an answer to prompt {} took {} tokens and {} s.",
                   database.path().string(), answer.prompt, phase.tokens.value(), phase.seconds.value());
    }
    if (answer.session < 0 || answer.session >= max_sessions) {
        base::fail(ErrorCode::bad_file, "The results file {} has an answer of session {}: sessions are 0 to {}.",
                   database.path().string(), answer.session, max_sessions - 1);
    }
    if (statement.integer(19) == 0) {
        base::fail(ErrorCode::bad_file,
                   "The results file {} is damaged: it has an answer of contender {}, but no such contender.",
                   database.path().string(), answer.contender);
    }
    return answer;
}

}  // namespace

AnswerMeasures& AnswerMeasures::operator+=(const AnswerMeasures& other) {
    processor += other.processor;
    others += other.others;
    elapsed += other.elapsed;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] += other.bytes[i];
    for (std::size_t i = 0; i < operations.size(); ++i) operations[i] += other.operations[i];
    for (const auto& [component, joules] : other.components) components[component] += joules;
    verdicts += other.verdicts;
    judge_tokens += other.judge_tokens;
    judge_joules += other.judge_joules;
    return *this;
}

void Results::add(RunId run, const Answer& answer) {
    insert(run, answer);
    database_.check_place();
}

void Results::insert(RunId run, const Answer& answer) {
    Transaction transaction(database_);
    Statement known(
        database_,
        "SELECT (SELECT count(*) FROM contender WHERE run = ?1 AND position = ?2), "
        "(SELECT count(*) FROM answer WHERE run = ?1 AND contender = ?2 AND prompt = ?3 AND repeat = ?4 AND "
        "session = ?5)");
    known.bind(1, run).bind(2, answer.contender).bind(3, answer.prompt).bind(4, answer.repeat);
    known.bind(5, answer.session).step();
    if (known.integer(0) != 1 || known.integer(1) != 0) {
        base::fail(ErrorCode::bad_argument,
                   "Contender {}'s answer to prompt {}, repeat {}, cannot be added to run {}: {}.", answer.contender,
                   answer.prompt, answer.repeat, run,
                   known.integer(0) == 1 ? "it is there already" : "that contender is unknown");
    }
    Statement insert(database_,
                     "INSERT INTO answer (run, contender, prompt, repeat, text, thinking, finish_reason, "
                     "prompt_tokens, thinking_tokens, "
                     "answer_tokens, prompt_seconds, thinking_seconds, answer_seconds, energy, raw, metered, measures, "
                     "right, session) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, run).bind(2, answer.contender).bind(3, answer.prompt).bind(4, answer.repeat);
    insert.bind(5, answer.text).bind(6, answer.thinking).bind(7, answer.finish_reason);
    for (int i = 0; i < energy::kept_phase_count; ++i) {
        const PhaseResult& phase = answer.phases[static_cast<std::size_t>(i)];
        insert.bind(8 + i, phase.tokens.value()).bind(11 + i, phase.seconds.value());
    }
    insert.bind(14, base::json_text(energy_json(answer))).bind(15, base::json_text(answer.raw));
    insert.bind(16, std::int64_t{answer.metered}).bind(17, base::json_text(measures_json(answer.measures)));
    if (answer.right) insert.bind(18, std::int64_t{*answer.right});
    insert.bind(19, answer.session).step();
    Statement forget(
        database_, "DELETE FROM failure WHERE run = ? AND contender = ? AND prompt = ? AND repeat = ? AND session = ?");
    forget.bind(1, run).bind(2, answer.contender).bind(3, answer.prompt).bind(4, answer.repeat);
    forget.bind(5, answer.session).step();
    transaction.commit();
}

bool Results::has(RunId run, std::int64_t contender, const std::string& prompt, std::int64_t repeat,
                  std::int64_t session) {
    Statement statement(
        database_,
        "SELECT 1 FROM answer WHERE run = ? AND contender = ? AND prompt = ? AND repeat = ? AND session = ?");
    return statement.bind(1, run).bind(2, contender).bind(3, prompt).bind(4, repeat).bind(5, session).step();
}

std::int64_t Results::answers() {
    return database_.integer("SELECT count(*) FROM answer");
}

std::int64_t Results::answers(RunId run) {
    Statement statement(database_, "SELECT count(*) FROM answer WHERE run = ?");
    statement.bind(1, run).step();
    return statement.integer(0);
}

std::int64_t Results::answers(RunId run, std::int64_t session) {
    Statement statement(database_, "SELECT count(*) FROM answer WHERE run = ? AND session = ?");
    statement.bind(1, run).bind(2, session).step();
    return statement.integer(0);
}

base::Seconds Results::answering(RunId run, std::int64_t session) {
    Statement statement(database_,
                        "SELECT total(prompt_seconds + thinking_seconds + answer_seconds) FROM answer "
                        "WHERE run = ? AND session = ?");
    statement.bind(1, run).bind(2, session).step();
    return base::Seconds(statement.real(0));
}

std::optional<Answer> Results::find(RunId run, std::int64_t contender, const std::string& prompt, std::int64_t repeat,
                                    std::int64_t session) {
    Statement statement(database_, std::string(answer_columns) +
                                       "WHERE run = ? AND contender = ? AND prompt = ? AND repeat = ? AND session = ?");
    statement.bind(1, run).bind(2, contender).bind(3, prompt).bind(4, repeat).bind(5, session);
    if (!statement.step()) return std::nullopt;
    return read_answer(database_, statement);
}

void Results::for_each(RunId run, const std::function<void(const Answer&)>& visit) {
    Statement statement(database_,
                        std::string(answer_columns) + "WHERE run = ? ORDER BY contender, prompt, repeat, session");
    statement.bind(1, run);
    while (statement.step()) visit(read_answer(database_, statement));
}

}  // namespace ergon::lab
