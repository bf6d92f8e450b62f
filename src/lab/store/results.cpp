#include "lab/store/results.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

#include "base/error.h"
#include "lab/store/contender_details.h"
#include "lab/store/results_json.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;
using nlohmann::ordered_json;

// "ergo" in ASCII: tells ergon's files from other programs' databases.
constexpr std::int64_t application_id = 0x6572676f;

// Each entry brings the schema from version i to i + 1. Entries are never changed once released, only added.
constexpr std::array<std::string_view, 4> migrations{R"sql(
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
)sql",
                                                     R"sql(
    ALTER TABLE answer ADD COLUMN right INTEGER;
    ALTER TABLE answer ADD COLUMN metered INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE answer ADD COLUMN measures TEXT NOT NULL DEFAULT '{}';
    CREATE TABLE prompt (
        run INTEGER NOT NULL REFERENCES run (id),
        position INTEGER NOT NULL,
        id TEXT NOT NULL,
        category TEXT NOT NULL,
        text TEXT NOT NULL,
        answer TEXT NOT NULL,
        PRIMARY KEY (run, id)) WITHOUT ROWID;
    CREATE TABLE condition (
        run INTEGER NOT NULL REFERENCES run (id),
        created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
        kind TEXT NOT NULL,
        details TEXT NOT NULL);
)sql",
                                                     R"sql(
    CREATE TABLE answer_of_session (
        run INTEGER NOT NULL,
        contender INTEGER NOT NULL,
        prompt TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        session INTEGER NOT NULL,
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
        right INTEGER,
        metered INTEGER NOT NULL DEFAULT 1,
        measures TEXT NOT NULL DEFAULT '{}',
        PRIMARY KEY (run, contender, prompt, repeat, session),
        FOREIGN KEY (run, contender) REFERENCES contender (run, position));
    INSERT INTO answer_of_session
        SELECT run, contender, prompt, repeat, 0, created, text, thinking, finish_reason, prompt_tokens,
               thinking_tokens, answer_tokens, prompt_seconds, thinking_seconds, answer_seconds, energy, raw, right,
               metered, measures
        FROM answer;
    DROP TABLE answer;
    ALTER TABLE answer_of_session RENAME TO answer;
    CREATE TABLE failure (
        run INTEGER NOT NULL,
        contender INTEGER NOT NULL,
        prompt TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        session INTEGER NOT NULL,
        created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
        reason TEXT NOT NULL,
        PRIMARY KEY (run, contender, prompt, repeat, session),
        FOREIGN KEY (run, contender) REFERENCES contender (run, position)) WITHOUT ROWID;
)sql",
                                                     R"sql(
    CREATE TABLE attachment (
        run INTEGER NOT NULL REFERENCES run (id),
        kind TEXT NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (run, kind)) WITHOUT ROWID;
)sql"};
constexpr auto schema_version = static_cast<std::int64_t>(migrations.size());

/// Columns that are computed, defaults, indexes and virtual tables can be programs of whoever made the file, which may
/// never end. (Views and triggers are off; CHECKs are passed over, which PRAGMA quick_check would run.)
void check_no_programs(Database& database) {
    database.execute("PRAGMA ignore_check_constraints = ON");
    const std::string program = database.text(R"sql(
        SELECT name FROM sqlite_master WHERE (type = 'index' AND sql IS NOT NULL) OR (type = 'table' AND rootpage = 0)
        UNION ALL
        SELECT t.name || '.' || c.name FROM sqlite_master AS t JOIN pragma_table_xinfo(t.name) AS c
        WHERE t.type = 'table' AND (c.hidden <> 0 OR coalesce(c.dflt_value, '1') NOT IN
                                    ('1', '''''', '''{}''', 'strftime(''%Y-%m-%dT%H:%M:%SZ'', ''now'')'))
        LIMIT 1)sql");
    if (program.empty()) return;
    base::fail(
        ErrorCode::bad_file,
        "The results file {} computes {} by a program of its own, which is not run: give the file that ergon wrote.",
        database.path().string(), program);
}

/// Looks before anything is changed: another program's file stays as it is.
void check(Database& database) {
    const std::string name = database.path().string();
    const std::int64_t tables = database.integer("SELECT count(*) FROM sqlite_master");
    if (tables > 0 && database.integer("PRAGMA application_id") != application_id) {
        base::fail(ErrorCode::bad_file,
                   "{} is a database of another program: give the results file of a comparison, or a new name.", name);
    }
    check_no_programs(database);
    if (const std::string damage = database.text("PRAGMA quick_check(1)"); damage != "ok") {
        base::fail(ErrorCode::bad_file,
                   "The results file {} is damaged ({}): restore it from a copy, or choose a new name.", name, damage);
    }
    const std::int64_t version = database.integer("PRAGMA user_version");
    if (version > schema_version || version < 0) {
        base::fail(
            ErrorCode::bad_file,
            "The results file {} has schema {}, and this ergon knows schemas up to {}: use the ergon that wrote it.",
            name, version, schema_version);
    }
}

/// An older schema can only be brought up to date where it may be written.
void check_schema_to_read(Database& database) {
    const std::int64_t version = database.integer("PRAGMA user_version");
    if (version == schema_version) return;
    base::fail(
        ErrorCode::bad_file,
        "The results file {} has schema {} and may only be read: copy it to where it may be written, to be brought "
        "to schema {}.",
        database.path().string(), version, schema_version);
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

bool same(const std::vector<Contender>& a, const std::vector<Contender>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Contender& x, const Contender& y) {
        return x.label == y.label && x.model == y.model && x.hash == y.hash &&
               base::json_text(as_asked_for(x.details)) == base::json_text(as_asked_for(y.details));
    });
}

}  // namespace

Results::Results(const std::filesystem::path& path, Access access) : database_(path, access) {
    check(database_);
    if (!database_.writable()) {
        check_schema_to_read(database_);
        return;
    }
    // A write-ahead log survives a kill at any moment. Its commits reach the disk at once (FULL, not NORMAL): an answer
    // takes seconds to make and milliseconds to flush, so a power cut need not lose one either.
    database_.use_write_ahead_log();
    database_.execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL");
    Transaction transaction(database_);
    migrate(database_);
    transaction.commit();
}

std::optional<RunId> Results::latest(const RunDescription& run, const std::vector<Contender>& wanted) {
    Statement candidates(database_,
                         "SELECT id FROM run WHERE settings = ? AND seed = ? AND machine = ? AND version = ? AND "
                         "protocol = ? ORDER BY id DESC");
    candidates.bind(1, base::json_text(run.settings))
        .bind(2, static_cast<std::int64_t>(run.seed))
        .bind(3, base::json_text(run.machine));
    candidates.bind(4, run.version).bind(5, base::json_text(run.protocol));
    while (candidates.step()) {
        const RunId found = candidates.integer(0);
        if (same(contenders(found), wanted)) return found;
    }
    return std::nullopt;
}

void Results::together(const std::function<void()>& work) {
    Transaction transaction(database_);
    work();
    transaction.commit();
}

RunId Results::start(const RunDescription& run, const std::vector<Contender>& wanted) {
    if (std::ssize(wanted) > max_contenders) {
        base::fail(ErrorCode::bad_argument, "{} contenders are too many: {} can be compared at once.", wanted.size(),
                   max_contenders);
    }
    Transaction transaction(database_);
    Statement insert(database_, "INSERT INTO run (settings, seed, machine, version, protocol) VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, base::json_text(run.settings))
        .bind(2, static_cast<std::int64_t>(run.seed))
        .bind(3, base::json_text(run.machine));
    insert.bind(4, run.version).bind(5, base::json_text(run.protocol)).step();
    const RunId id = database_.last_row();
    for (std::size_t position = 0; position < wanted.size(); ++position) {
        const Contender& contender = wanted[position];
        Statement entry(database_,
                        "INSERT INTO contender (run, position, label, model, hash, details) VALUES (?, ?, ?, ?, ?, ?)");
        entry.bind(1, id)
            .bind(2, static_cast<std::int64_t>(position))
            .bind(3, contender.label)
            .bind(4, contender.model);
        entry.bind(5, contender.hash).bind(6, base::json_text(contender.details)).step();
    }
    transaction.commit();
    return id;
}

void Results::add_prompts(RunId run, const std::vector<AskedPrompt>& prompts) {
    Transaction transaction(database_);
    for (std::size_t position = 0; position < prompts.size(); ++position) {
        const AskedPrompt& prompt = prompts[position];
        Statement insert(database_,
                         "INSERT OR IGNORE INTO prompt (run, position, id, category, text, answer) "
                         "VALUES (?, ?, ?, ?, ?, ?)");
        insert.bind(1, run).bind(2, static_cast<std::int64_t>(position)).bind(3, prompt.id).bind(4, prompt.category);
        insert.bind(5, prompt.text).bind(6, prompt.answer).step();
    }
    transaction.commit();
}

std::vector<AskedPrompt> Results::prompts(RunId run) {
    Statement statement(database_, "SELECT id, category, text, answer FROM prompt WHERE run = ? ORDER BY position");
    statement.bind(1, run);
    std::vector<AskedPrompt> prompts;
    while (statement.step()) {
        prompts.push_back({statement.text(0), statement.text(1), statement.text(2), statement.text(3)});
    }
    return prompts;
}

void Results::add_machine_event(RunId run, const MachineEvent& condition) {
    Statement(database_, "INSERT INTO condition (run, kind, details) VALUES (?, ?, ?)")
        .bind(1, run)
        .bind(2, condition.kind)
        .bind(3, base::json_text(condition.details))
        .step();
}

std::vector<MachineEvent> Results::machine_events(RunId run) {
    Statement statement(database_, "SELECT kind, details, created FROM condition WHERE run = ? ORDER BY rowid");
    statement.bind(1, run);
    std::vector<MachineEvent> machine_events;
    while (statement.step()) {
        machine_events.push_back(
            {statement.text(0), parse(database_, statement.text(1), "a condition of a run"), statement.text(2)});
    }
    return machine_events;
}

bool Results::finished(RunId run) {
    Statement statement(database_, "SELECT finished IS NOT NULL FROM run WHERE id = ?");
    return statement.bind(1, run).step() && statement.integer(0) != 0;
}

void Results::finish(RunId run) {
    Statement(database_, "UPDATE run SET finished = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = ?")
        .bind(1, run)
        .step();
    database_.check_place();
}

std::optional<RunId> Results::last_run() {
    Statement statement(database_, "SELECT id FROM run ORDER BY id DESC LIMIT 1");
    if (!statement.step()) return std::nullopt;
    return statement.integer(0);
}

std::string Results::started(RunId run) {
    Statement statement(database_, "SELECT created FROM run WHERE id = ?");
    return statement.bind(1, run).step() ? statement.text(0) : std::string();
}

RunDescription Results::description(RunId run) {
    Statement statement(database_, "SELECT settings, seed, machine, version, protocol FROM run WHERE id = ?");
    statement.bind(1, run);
    if (!statement.step()) base::fail(ErrorCode::not_found, "The results file {} has no run {}.", path().string(), run);
    return {parse_object(database_, statement.text(0), "a run's settings"),
            static_cast<std::uint64_t>(statement.integer(1)),
            parse_object(database_, statement.text(2), "a run's machine"), statement.text(3),
            parse_object(database_, statement.text(4), "a run's protocol")};
}

std::vector<Contender> Results::contenders(RunId run) {
    Statement statement(database_,
                        "SELECT label, model, hash, details, position FROM contender WHERE run = ? ORDER BY position");
    statement.bind(1, run);
    std::vector<Contender> found;
    while (statement.step()) {
        if (statement.integer(4) != std::ssize(found)) {
            base::fail(ErrorCode::bad_file, "The results file {} is damaged: run {} has no contender {}.",
                       path().string(), run, found.size());
        }
        if (std::ssize(found) == max_contenders) {
            base::fail(ErrorCode::bad_file,
                       "The results file {} compares more than {} contenders, the most that ergon compares.",
                       path().string(), max_contenders);
        }
        found.push_back({statement.text(0), statement.text(1), statement.text(2),
                         parse_object(database_, statement.text(3), "a contender's details")});
    }
    return found;
}

}  // namespace ergon::lab
