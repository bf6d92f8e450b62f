#include "lab/store/sqlite.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <sqlite3.h>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/log.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;

// Milliseconds to wait for another process that writes to the same file.
constexpr int busy_timeout_ms = 10'000;
// Bytes of one value or row. Assumed: an answer has at most 16 MiB of text, its facts a few kilobytes.
constexpr int longest_value = 64 << 20;

/// What SQLite says, and what it tried or the system's own reason where that is more.
std::string problem_of(sqlite3* handle) {
    if (handle == nullptr) return "out of memory";
    const std::string said = sqlite3_errmsg(handle);
    if ((sqlite3_errcode(handle) & 0xff) != SQLITE_IOERR) return said;
    if (const int system = sqlite3_system_errno(handle); system != 0)
        return fmt::format("{} ({})", said, std::strerror(system));
    const bool wrote = sqlite3_extended_errcode(handle) == SQLITE_IOERR_WRITE;
    return wrote ? said + " (a write failed: the disk may be full, or the size of files limited)" : said;
}

}  // namespace

int Database::try_open(const std::string& name, int flags) {
    int code = sqlite3_open_v2(name.c_str(), &handle_, flags | SQLITE_OPEN_FULLMUTEX, nullptr);
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(handle_, 1);
        sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, longest_value);
        // Views and triggers in a file are programs of whoever made it, and may never end.
        for (const int refused :
             {SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_TRUSTED_SCHEMA})
            sqlite3_db_config(handle_, refused, 0, nullptr);
        sqlite3_busy_timeout(handle_, busy_timeout_ms);
        writable_ = sqlite3_db_readonly(handle_, "main") == 0;
        code = sqlite3_exec(handle_, "SELECT 1 FROM sqlite_master", nullptr, nullptr, nullptr);
    }
    if (code != SQLITE_OK) {
        problem_ = problem_of(handle_);
        sqlite3_close(std::exchange(handle_, nullptr));
    }
    return code;
}

namespace {

/// Whether SQLite was kept from a file, and not displeased by what it holds.
bool is_refusal(int code) {
    constexpr std::array refusals{SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM};
    return std::ranges::find(refusals, code & 0xff) != refusals.end();
}

/// The address (RFC 3986) of a file that nobody changes, so that nothing has to be written beside it.
std::string unchanging(const std::filesystem::path& path) {
    std::error_code none;
    std::string address = "file:";
    for (const char c : std::filesystem::absolute(path, none).string()) {
        const bool special = c == '%' || c == '?' || c == '#';
        address += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
    }
    return address + "?immutable=1";
}

}  // namespace

void Database::open_to_read() {
    int code = try_open(path_, SQLITE_OPEN_READWRITE);
    if (is_refusal(code)) code = try_open(path_, SQLITE_OPEN_READONLY);
    if (is_refusal(code)) {
        // A log of answers that are not in the file yet must not be passed over.
        std::error_code none;
        const std::filesystem::path log = path_.string() + "-wal";
        if (std::filesystem::file_size(log, none) > 0 && !none) {
            base::fail(
                ErrorCode::system,
                "The results file {} has answers in {} that can only be read in a folder that may be written: copy "
                "both to one.",
                path_.string(), log.string());
        }
        code = try_open(unchanging(path_), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    }
    if (code == SQLITE_OK) return;
    if (is_refusal(code)) {
        base::fail(ErrorCode::system, "The results file {} cannot be read ({}): check its permissions.", path_.string(),
                   problem_);
    }
    fail(code, problem_);
}

Database::Database(const std::filesystem::path& path, Access access) : path_(path) {
    if (!base::is_folder(path)) base::check_regular(path);  // SQLite waits at a pipe
    for (const char* beside : {"-journal", "-wal", "-shm"}) base::check_regular(path.string() + beside);
    if (access == Access::read) {
        open_to_read();
    } else if (const int code = try_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE); is_refusal(code)) {
        base::fail(
            ErrorCode::system,
            "The results file {} cannot be opened for writing ({}): choose a folder that exists and may be written.",
            path.string(), problem_);
    } else if (code != SQLITE_OK) {
        fail(code, problem_);
    } else if (!writable_) {
        sqlite3_close(handle_);
        base::fail(ErrorCode::system, "The results file {} may only be read: make it writable or choose another.",
                   path.string());
    }
    ::stat(path.c_str(), &opened_);
}

Database::~Database() {
    sqlite3_close(handle_);
}

void Database::fail(int code) const {
    fail(code, problem_of(handle_));
}

void Database::fail(int code, const std::string& why) const {
    const std::string name = path_.string();
    switch (code & 0xff) {
        case SQLITE_NOTADB:
            base::fail(ErrorCode::bad_file,
                       "{} is not an SQLite database: give the results file of a comparison, or a new name.", name);
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
        case SQLITE_ERROR:
            base::fail(ErrorCode::bad_file,
                       "The results file {} holds other tables than ergon makes ({}): restore it from a copy.", name,
                       why);
        case SQLITE_FULL: base::fail(ErrorCode::system, "The results file {} cannot grow: the disk is full.", name);
        default: base::fail(ErrorCode::system, "The results file {} cannot be used: {}.", name, why);
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

std::optional<std::filesystem::path> Database::save_copy() {
    const std::filesystem::path elsewhere = std::filesystem::path(P_tmpdir) / path_.filename();
    for (const std::filesystem::path& place : {path_, elsewhere}) {
        std::filesystem::path copy = place.string() + ".saved";
        for (int i = 2; base::path_exists(copy); ++i) copy = fmt::format("{}.saved{}", place.string(), i);
        try {
            Statement(*this, "VACUUM INTO ?").bind(1, std::string_view(copy.native())).step();
            return copy;
        } catch (const base::Error& problem) {
            base::log().warn("{}", problem.what());
        }
    }
    return std::nullopt;
}

void Database::check_place() {
    struct stat named {};
    const bool there = ::stat(path_.c_str(), &named) == 0;
    if (there && named.st_ino == opened_.st_ino && named.st_dev == opened_.st_dev) {
        constexpr mode_t may_write = S_IWUSR | S_IWGRP | S_IWOTH;
        if ((opened_.st_mode & may_write) != 0 && (named.st_mode & may_write) == 0) {
            base::log().warn(
                "The results file {} was made read-only while it was in use: answers are kept in it all the same until "
                "this run ends.",
                path_.string());
        }
        opened_.st_mode = named.st_mode;
        return;
    }
    const std::string what = there ? "replaced by another file" : "removed";
    if (const auto copy = save_copy()) {
        base::fail(
            ErrorCode::system,
            "The results file {} was {} while it was in use: all that it held is kept in {}, of which ergon report "
            "tells; to go on, move that to {} and give the same command again.",
            path_.string(), what, copy->string(), path_.string());
    }
    base::fail(ErrorCode::system,
               "The results file {} was {} while it was in use, and what it held cannot be kept elsewhere: begin anew.",
               path_.string(), what);
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
