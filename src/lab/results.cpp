#include "lab/results.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

#include "base/error.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;
using nlohmann::ordered_json;

// "ergo" in ASCII: tells ergon's files from other programs' databases.
constexpr std::int64_t application_id = 0x6572676f;

// Each entry brings the schema from version i to i + 1. Entries are never changed once released, only added.
constexpr std::array<std::string_view, 1> migrations{R"sql(
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
        finished TEXT,
        settings TEXT NOT NULL,
        seed INTEGER NOT NULL,
        machine TEXT NOT NULL,
        version TEXT NOT NULL,
        protocol TEXT NOT NULL);
    CREATE TABLE contender (
        run INTEGER NOT NULL REFERENCES run (id),
        position INTEGER NOT NULL,
        label TEXT NOT NULL,
        model TEXT NOT NULL,
        hash TEXT NOT NULL,
        details TEXT NOT NULL,
        PRIMARY KEY (run, position)) WITHOUT ROWID;
    CREATE TABLE answer (
        run INTEGER NOT NULL,
        contender INTEGER NOT NULL,
        prompt TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
        text TEXT NOT NULL,
        thinking TEXT NOT NULL,
        finish_reason TEXT NOT NULL,
        prompt_tokens INTEGER NOT NULL,
        thinking_tokens INTEGER NOT NULL,
        answer_tokens INTEGER NOT NULL,
        prompt_seconds REAL NOT NULL,
        thinking_seconds REAL NOT NULL,
        answer_seconds REAL NOT NULL,
        energy TEXT NOT NULL,
        raw TEXT NOT NULL,
        PRIMARY KEY (run, contender, prompt, repeat),
        FOREIGN KEY (run, contender) REFERENCES contender (run, position));
)sql"};
constexpr auto schema_version = static_cast<std::int64_t>(migrations.size());

/// Text from models may hold broken UTF-8; JSON may not.
std::string dump(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json parse(const Database& database, const std::string& text, std::string_view what) {
    ordered_json json = ordered_json::parse(text, nullptr, false);
    if (json.is_discarded()) {
        base::fail(ErrorCode::bad_file, "The results file {} holds broken JSON in {}.", database.path().string(), what);
    }
    return json;
}

/// Looks before anything is changed: another program's file stays as it is.
void check(Database& database) {
    const std::string name = database.path().string();
    if (const std::string damage = database.text("PRAGMA quick_check(1)"); damage != "ok") {
        base::fail(ErrorCode::bad_file,
                   "The results file {} is damaged ({}): restore it from a copy, or choose a new name.", name, damage);
    }
    const std::int64_t tables = database.integer("SELECT count(*) FROM sqlite_master");
    if (tables > 0 && database.integer("PRAGMA application_id") != application_id) {
        base::fail(ErrorCode::bad_file,
                   "{} is a database of another program: give the results file of a comparison, or a new name.", name);
    }
    const std::int64_t version = database.integer("PRAGMA user_version");
    if (version > schema_version || version < 0) {
        base::fail(
            ErrorCode::bad_file,
            "The results file {} has schema {}, and this ergon knows schemas up to {}: use the ergon that wrote it.",
            name, version, schema_version);
    }
}

void migrate(Database& database) {
    const std::int64_t version = database.integer("PRAGMA user_version");
    if (version == schema_version) return;
    for (std::int64_t from = version; from < schema_version; ++from) {
        database.execute(std::string(migrations[static_cast<std::size_t>(from)]));
    }
    database.execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, schema_version));
}

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
    for (std::size_t i = 0; i < energy::kept_phase_count; ++i) {
        const ordered_json phase =
            json.is_object() ? json.value(std::string(energy::phase_names[i]), ordered_json()) : ordered_json();
        answer.phases[i].total =
            (phase.is_object() ? phase.value("total", ordered_json()) : ordered_json()).get<energy::Figure>();
        answer.phases[i].above_idle =
            (phase.is_object() ? phase.value("above_idle", ordered_json()) : ordered_json()).get<energy::Figure>();
    }
}

bool same(const std::vector<Contender>& a, const std::vector<Contender>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Contender& x, const Contender& y) {
        return x.label == y.label && x.model == y.model && x.hash == y.hash && dump(x.details) == dump(y.details);
    });
}

}  // namespace

Results::Results(const std::filesystem::path& path) : database_(path) {
    check(database_);
    // A write-ahead log survives a kill at any moment. Its commits reach the disk at once (FULL, not NORMAL): an answer
    // takes seconds to make and milliseconds to flush, so a power cut need not lose one either.
    database_.execute("PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    Transaction transaction(database_);
    migrate(database_);
    transaction.commit();
}

RunId Results::start_or_resume(const RunDescription& run, const std::vector<Contender>& wanted) {
    Transaction transaction(database_);
    Statement unfinished(
        database_,
        "SELECT id FROM run WHERE finished IS NULL AND settings = ? AND seed = ? AND machine = ? AND version = ? AND "
        "protocol = ? ORDER BY id DESC");
    unfinished.bind(1, dump(run.settings)).bind(2, static_cast<std::int64_t>(run.seed)).bind(3, dump(run.machine));
    unfinished.bind(4, run.version).bind(5, dump(run.protocol));
    while (unfinished.step()) {
        const RunId found = unfinished.integer(0);
        if (same(contenders(found), wanted)) return found;
    }
    Statement insert(database_, "INSERT INTO run (settings, seed, machine, version, protocol) VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, dump(run.settings)).bind(2, static_cast<std::int64_t>(run.seed)).bind(3, dump(run.machine));
    insert.bind(4, run.version).bind(5, dump(run.protocol)).step();
    const RunId id = database_.last_row();
    for (std::size_t position = 0; position < wanted.size(); ++position) {
        const Contender& contender = wanted[position];
        Statement entry(database_,
                        "INSERT INTO contender (run, position, label, model, hash, details) VALUES (?, ?, ?, ?, ?, ?)");
        entry.bind(1, id)
            .bind(2, static_cast<std::int64_t>(position))
            .bind(3, contender.label)
            .bind(4, contender.model);
        entry.bind(5, contender.hash).bind(6, dump(contender.details)).step();
    }
    transaction.commit();
    return id;
}

void Results::finish(RunId run) {
    Statement(database_, "UPDATE run SET finished = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = ?")
        .bind(1, run)
        .step();
}

std::optional<RunId> Results::last_run() {
    Statement statement(database_, "SELECT id FROM run ORDER BY id DESC LIMIT 1");
    if (!statement.step()) return std::nullopt;
    return statement.integer(0);
}

RunDescription Results::description(RunId run) {
    Statement statement(database_, "SELECT settings, seed, machine, version, protocol FROM run WHERE id = ?");
    statement.bind(1, run);
    if (!statement.step()) base::fail(ErrorCode::not_found, "The results file {} has no run {}.", path().string(), run);
    return {parse(database_, statement.text(0), "a run's settings"), static_cast<std::uint64_t>(statement.integer(1)),
            parse(database_, statement.text(2), "a run's machine"), statement.text(3),
            parse(database_, statement.text(4), "a run's protocol")};
}

std::vector<Contender> Results::contenders(RunId run) {
    Statement statement(database_, "SELECT label, model, hash, details FROM contender WHERE run = ? ORDER BY position");
    statement.bind(1, run);
    std::vector<Contender> found;
    while (statement.step()) {
        found.push_back({statement.text(0), statement.text(1), statement.text(2),
                         parse(database_, statement.text(3), "a contender's details")});
    }
    return found;
}

void Results::add(RunId run, const Answer& answer) {
    Statement known(database_,
                    "SELECT (SELECT count(*) FROM contender WHERE run = ?1 AND position = ?2), "
                    "(SELECT count(*) FROM answer WHERE run = ?1 AND contender = ?2 AND prompt = ?3 AND repeat = ?4)");
    known.bind(1, run).bind(2, answer.contender).bind(3, answer.prompt).bind(4, answer.repeat).step();
    if (known.integer(0) != 1 || known.integer(1) != 0) {
        base::fail(ErrorCode::bad_argument,
                   "Contender {}'s answer to prompt {}, repeat {}, cannot be added to run {}: {}.", answer.contender,
                   answer.prompt, answer.repeat, run,
                   known.integer(0) == 1 ? "it is there already" : "that contender is unknown");
    }
    Statement insert(database_,
                     "INSERT INTO answer (run, contender, prompt, repeat, text, thinking, finish_reason, "
                     "prompt_tokens, thinking_tokens, "
                     "answer_tokens, prompt_seconds, thinking_seconds, answer_seconds, energy, raw) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, run).bind(2, answer.contender).bind(3, answer.prompt).bind(4, answer.repeat);
    insert.bind(5, answer.text).bind(6, answer.thinking).bind(7, answer.finish_reason);
    for (int i = 0; i < energy::kept_phase_count; ++i) {
        const PhaseResult& phase = answer.phases[static_cast<std::size_t>(i)];
        insert.bind(8 + i, phase.tokens.value()).bind(11 + i, phase.seconds.value());
    }
    insert.bind(14, dump(energy_json(answer))).bind(15, dump(answer.raw)).step();
}

std::set<AnswerKey> Results::present(RunId run) {
    Statement statement(database_, "SELECT contender, prompt, repeat FROM answer WHERE run = ?");
    statement.bind(1, run);
    std::set<AnswerKey> keys;
    while (statement.step()) keys.emplace(statement.integer(0), statement.text(1), statement.integer(2));
    return keys;
}

void Results::for_each(RunId run, const std::function<void(const Answer&)>& visit) {
    Statement statement(database_,
                        "SELECT contender, prompt, repeat, text, thinking, finish_reason, prompt_tokens, "
                        "thinking_tokens, answer_tokens, "
                        "prompt_seconds, thinking_seconds, answer_seconds, energy, raw FROM answer WHERE run = ? "
                        "ORDER BY contender, prompt, repeat");
    statement.bind(1, run);
    while (statement.step()) {
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
        read_energy(database_, statement.text(12), answer);
        answer.raw = parse(database_, statement.text(13), "an answer's raw counters");
        visit(answer);
    }
}

}  // namespace ergon::lab
