#pragma once
// SQLite with RAII and errors as sentences. Used by the results store only.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>

struct sqlite3;
struct sqlite3_stmt;

namespace ergon::lab {

enum class Access : std::uint8_t {
    write,  // made if it is not there
    read,   // as it is, also where it or its folder may only be read; written where that may be
};

/// An open database file. What SQLite reports becomes Error(bad_file) if the file is damaged or no database,
/// Error(system) if it cannot be opened or written.
class Database {
  public:
    explicit Database(const std::filesystem::path& path, Access access = Access::write);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Statements without results.
    void execute(const std::string& sql);
    /// Keeps a write-ahead log from now on. Processes that open a new file at once meet here, and SQLite does not wait:
    /// it reads first and cannot become a writer then. So it is asked again.
    void use_write_ahead_log();
    std::int64_t integer(const std::string& sql);
    std::string text(const std::string& sql);
    std::int64_t last_row() const;
    /// Whether a transaction is open.
    bool in_transaction() const;
    bool writable() const { return writable_; }
    /// What is written goes to the file that was opened, wherever its name leads by now. If that is elsewhere, saves
    /// all that it holds beside it and throws Error(system), which says where; a file that may no longer be written is
    /// warned of.
    void check_place();
    const std::filesystem::path& path() const { return path_; }

    /// Turns a code that is no success into the sentence.
    [[noreturn]] void fail(int code) const;

  private:
    /// Opens, and reads something: what stands in the way shows only then. Otherwise nothing is open.
    int try_open(const std::string& name, int flags);
    void open_to_read();
    /// Beside the file, else in the folder for temporary files.
    std::optional<std::filesystem::path> save_copy();
    [[noreturn]] void fail(int code, const std::string& why) const;

    friend class Statement;
    std::filesystem::path path_;
    sqlite3* handle_ = nullptr;
    bool writable_ = true;
    std::string problem_;  // of the last try
    struct stat opened_ {};
};

/// One prepared statement: bind parameters from 1, step through rows, read columns from 0.
class Statement {
  public:
    Statement(Database& database, std::string_view sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, double value);
    Statement& bind(int parameter, std::string_view value);
    /// Goes to the next row; false when there is none.
    bool step();
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    bool null(int column) const;

  private:
    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
};

/// Everything until commit() happens or nothing does; one within another is part of it. It takes the right to write
/// before anything is read, and waits for it: SQLite does not let a reader become a writer once another process has
/// written, and then neither waits nor asks the busy handler (SQLITE_BUSY_SNAPSHOT).
class Transaction {
  public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

  private:
    Database& database_;
    bool open_ = true;  // and this object's to end
};

}  // namespace ergon::lab
