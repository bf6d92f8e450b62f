#include "lab/sqlite.h"

#include <sqlite3.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/paths.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;

// Milliseconds to wait for another process that writes to the same file.
constexpr int busy_timeout_ms = 10'000;
// Bytes of one value or row. Assumed: an answer has at most 16 MiB of text, its facts a few kilobytes.
constexpr int longest_value = 64 << 20;

}  // namespace

Database::Database(const std::filesystem::path& path) : path_(path) {
    if (!base::is_folder(path)) base::check_regular(path);  // SQLite waits at a pipe
    const int code = sqlite3_open_v2(path.c_str(), &handle_,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
    if (code != SQLITE_OK) {
        const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory";
        sqlite3_close(handle_);
        base::fail(
            ErrorCode::system,
            "The results file {} cannot be opened for writing ({}): choose a folder that exists and may be written.",
            path.string(), why);
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, longest_value);
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
    if (sqlite3_db_readonly(handle_, "main") == 1) {
        sqlite3_close(handle_);
        base::fail(ErrorCode::system, "The results file {} may only be read: make it writable or choose another.",
                   path.string());
    }
}

Database::~Database() {
    sqlite3_close(handle_);
}

void Database::fail(int code) const {
    const std::string name = path_.string();
    const std::string why = sqlite3_errmsg(handle_);
    switch (code & 0xff) {
        case SQLITE_NOTADB:
            base::fail(ErrorCode::bad_file,
                       "{} is no SQLite database: give the results file of a comparison, or a new name.", name);
        case SQLITE_CORRUPT:
            base::fail(ErrorCode::bad_file,
                       "The results file {} is damaged ({}): restore it from a copy, or choose a new name.", name, why);
        case SQLITE_BUSY:
            base::fail(ErrorCode::system,
                       "The results file {} is in use by another program, which did not let go of it within {} s.",
                       name, busy_timeout_ms / 1000);
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            base::fail(ErrorCode::system, "The results file {} cannot be written ({}): check its folder's permissions.",
                       name, why);
        case SQLITE_FULL:
            base::fail(ErrorCode::system, "The results file {} cannot grow: the disk is full.", name);
        default:
            base::fail(ErrorCode::system, "The results file {} cannot be used: {}.", name, why);
    }
}

void Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

void Database::use_write_ahead_log() {
    constexpr int pause_ms = 10;
    for (int waited = 0;; waited += pause_ms) {
        const int code = sqlite3_exec(handle_, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
        if (code == SQLITE_OK) return;
        if ((code & 0xff) != SQLITE_BUSY || waited >= busy_timeout_ms) fail(code);
        sqlite3_sleep(pause_ms);
    }
}

std::int64_t Database::integer(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.text(0) : std::string();
}

std::int64_t Database::last_row() const {
    return sqlite3_last_insert_rowid(handle_);
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
    const int code = sqlite3_prepare_v2(database.handle_, sql.data(), static_cast<int>(sql.size()), &handle_, nullptr);
    if (code != SQLITE_OK) database_.fail(code);
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    if (const int code = sqlite3_bind_int64(handle_, parameter, value); code != SQLITE_OK) database_.fail(code);
    return *this;
}

Statement& Statement::bind(int parameter, double value) {
    if (const int code = sqlite3_bind_double(handle_, parameter, value); code != SQLITE_OK) database_.fail(code);
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
    const char* text = value.data() != nullptr ? value.data() : "";  // a null pointer would bind NULL
    const int code = sqlite3_bind_text64(handle_, parameter, text, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    if (code != SQLITE_OK) database_.fail(code);
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) database_.fail(code);
    return false;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(handle_, column);
}

bool Statement::null(int column) const {
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
    const unsigned char* text = sqlite3_column_text(handle_, column);
    if (text == nullptr) return {};
    return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Transaction::Transaction(Database& database) : database_(database), open_(!database.in_transaction()) {
    if (open_) database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (!open_ || !database_.in_transaction()) return;  // SQLite ends some itself (a full disk)
    try {
        database_.execute("ROLLBACK");
    } catch (const base::Error& problem) {
        base::log().warn("{}", problem.what());
    }
}

void Transaction::commit() {
    if (open_) database_.execute("COMMIT");
    open_ = false;
}

}  // namespace ergon::lab
