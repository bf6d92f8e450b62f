#pragma once
// A table of a recipe, read key by key: what is wrong is said with the file, the line, the key and what is allowed.

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

#include "train/run/setting.h"

namespace ergon::train {

class RecipeTable {
  public:
    /// `table` must outlive this, and `used`, which takes down what is read. `name` is the table's in the file, empty
    /// for the whole.
    RecipeTable(const toml::table& table, std::string file, std::string name, std::vector<Setting>& used);

    /// Each throws Error(bad_argument) for a value of another type or outside the range; without a value of its own a
    /// key has `otherwise`, or must be there. One that must be and is not is told by no_others() or the first refusal,
    /// since only then a misspelt key can be told from it; until then it is the least that is allowed.
    std::int64_t integer(std::string_view key, std::optional<std::int64_t> otherwise, std::int64_t least,
                         std::int64_t most = std::numeric_limits<std::int64_t>::max());
    double number(std::string_view key, std::optional<double> otherwise, double least, double most);
    bool boolean(std::string_view key, bool otherwise);
    std::string text(std::string_view key, std::optional<std::string> otherwise);
    /// One of a few words.
    std::string word(std::string_view key, std::optional<std::string> otherwise,
                     std::initializer_list<std::string_view> allowed);
    std::vector<std::string> texts(std::string_view key);
    /// A table within; empty if it is not there.
    RecipeTable table(std::string_view key);

    /// Throws Error(bad_argument) for a key that was not asked for, naming the one that was meant or all that there
    /// are, and for one that is missing. Call it last.
    void no_others() const;
    /// Throws Error(bad_argument) about a key's value: "FILE: line 7: KEY is 5; SENTENCE".
    [[noreturn]] void refuse(std::string_view key, const std::string& sentence) const;

  private:
    const toml::node* find(std::string_view key, bool required);
    std::optional<std::string> meant_by(std::string_view key, bool absent_only) const;
    void refuse_unknown(bool alike_only) const;
    [[noreturn]] void refuse_missing(std::string_view key, const std::string& sentence) const;
    std::string place(std::string_view key) const;
    std::string full(std::string_view key) const;
    void take_down(std::string_view key, std::string value);

    const toml::table* table_;  // the caller's: copies forget their lines
    std::string file_, name_;
    std::vector<std::string> asked_;
    std::optional<std::string> missing_;  // the first one
    std::vector<Setting>* used_;
};

/// The tables of a TOML file's content. Throws Error(bad_file): the file's name, line, what the parser expected.
toml::table parse_toml(const std::string& content, const std::string& name);
/// Puts `value` (in TOML's spelling, or plain text) at the dotted key, as --set KEY=VALUE does. Throws
/// Error(bad_argument).
void set_key(toml::table& table, const std::string& assignment);

}  // namespace ergon::train
