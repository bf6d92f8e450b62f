#include "train/run/recipe_table.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "base/strings/edit_distance.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using base::fail;

constexpr const char* no_default = "it has no default, so set it";

std::string shown(const toml::node& node) {
    if (const auto number = node.as_floating_point()) return fmt::format("{}", number->get());
    std::ostringstream text;
    node.visit([&](const auto& value) { text << value; });
    return text.str();
}

/// Behind the text in quotes, of one line or several, that begins at `begin`; one that is never closed ends with its
/// line.
std::size_t end_of_text(std::string_view text, std::size_t begin) {
    const char quote = text[begin];
    const std::string quotes(text.substr(begin, 3) == std::string(3, quote) ? 3 : 1, quote);
    std::size_t at = begin + quotes.size();
    while (at < text.size() && text.substr(at, quotes.size()) != quotes && (quotes.size() == 3 || text[at] != '\n')) {
        at += quote == '"' && text[at] == '\\' ? 2 : 1;
    }
    if (at >= text.size()) return text.size();
    return text.substr(at, quotes.size()) == quotes ? at + quotes.size() : at;
}

/// Tables in tables are freed by recursion, and the library bounds brackets but no dots.
void check_dots(std::string_view text, const std::string& name) {
    constexpr int max_dots = 64;
    int dots = 0, line = 1;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\n') ++line;
        if (c == '#') at = std::min(text.find('\n', at), text.size()) - 1;
        if (c == '"' || c == '\'') {
            const std::size_t end = end_of_text(text, at);
            line += static_cast<int>(std::ranges::count(text.substr(at, end - at), '\n'));
            at = end - 1;
        } else if (c == '.') {
            if (++dots > max_dots)
                fail(ErrorCode::bad_file, "{}: line {}: a key of more than {} parts", name, line, max_dots);
        } else if (std::string_view("=,[]{}\n").find(c) != std::string_view::npos) {
            dots = 0;
        }
    }
}

/// A dotted key with an empty text as its value: tables of one entry each. Comments and several lines are no key.
toml::table parse_key(const std::string& key, const std::string& assignment) {
    check_dots(key, "--set");
    toml::table parsed;
    try {
        parsed = toml::parse(key + " = ''");
    } catch (const toml::parse_error& error) {
        fail(ErrorCode::bad_argument, "--set {}: {}", assignment, error.description());
    }
    const toml::table* within = &parsed;
    while (within->size() == 1 && within->begin()->second.is_table()) within = within->begin()->second.as_table();
    if (within->size() != 1) {
        fail(ErrorCode::bad_argument, "--set {}: expected one KEY=VALUE, such as training.steps=100", assignment);
    }
    return parsed;
}

}  // namespace

RecipeTable::RecipeTable(const toml::table& table, std::string file, std::string name, std::vector<Setting>& used)
    : table_(&table), file_(std::move(file)), name_(std::move(name)), used_(&used) {}

std::string RecipeTable::full(std::string_view key) const {
    return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

void RecipeTable::take_down(std::string_view key, std::string value) {
    used_->push_back({full(key), std::move(value), table_->contains(key)});
}

std::string RecipeTable::place(std::string_view key) const {
    const toml::node* node = table_->get(key);
    const auto line = node != nullptr ? node->source().begin.line : 0;
    // A value from the command line has no line.
    return line > 0 ? fmt::format("{}: line {}: ", file_, line) : fmt::format("{}: ", file_);
}

void RecipeTable::refuse(std::string_view key, const std::string& sentence) const {
    if (missing_ && *missing_ != key) refuse_missing(*missing_, no_default);
    const toml::node* node = table_->get(key);
    if (node == nullptr) refuse_missing(key, sentence);
    fail(ErrorCode::bad_argument, "{}{} is {}; {}", place(key), full(key), shown(*node), sentence);
}

void RecipeTable::refuse_missing(std::string_view key, const std::string& sentence) const {
    refuse_unknown(true);
    fail(ErrorCode::bad_argument, "{}{} is missing; {}", place(key), full(key), sentence);
}

/// The key that is nearest to a misspelt one.
std::optional<std::string> RecipeTable::meant_by(std::string_view key, bool absent_only) const {
    std::optional<std::string> nearest;
    std::size_t least = std::clamp<std::size_t>(key.size() / 3, 2, 3) + 1;  // so many slips make another word (assumed)
    for (const std::string& asked : asked_) {
        const std::size_t distance = base::edit_distance(key, asked);
        if ((absent_only && table_->contains(asked)) || distance >= least) continue;
        least = distance;
        nearest = asked;
    }
    return nearest;
}

void RecipeTable::refuse_unknown(bool alike_only) const {
    for (const auto& [key, node] : *table_) {
        if (std::find(asked_.begin(), asked_.end(), std::string_view(key)) != asked_.end()) continue;
        const std::optional<std::string> meant = meant_by(key, alike_only);
        if (meant) fail(ErrorCode::bad_argument, "{}unknown key {}; did you mean {}?", place(key), full(key), *meant);
        if (alike_only) continue;
        fail(ErrorCode::bad_argument, "{}unknown key {}; expected one of {}", place(key), full(key),
             fmt::join(asked_, ", "));
    }
}

const toml::node* RecipeTable::find(std::string_view key, bool required) {
    asked_.emplace_back(key);
    const toml::node* node = table_->get(key);
    if (node == nullptr && required && !missing_) missing_ = key;
    return node;
}

std::int64_t RecipeTable::integer(std::string_view key, std::optional<std::int64_t> otherwise, std::int64_t least,
                                  std::int64_t most) {
    const toml::node* node = find(key, !otherwise);
    const auto value = node == nullptr ? otherwise.value_or(least) : node->value_exact<std::int64_t>();
    if (node != nullptr && (!value || *value < least || *value > most)) {
        refuse(key, most == std::numeric_limits<std::int64_t>::max()
                        ? fmt::format("expected a whole number of at least {}", least)
                        : fmt::format("expected a whole number from {} to {}", least, most));
    }
    take_down(key, std::to_string(*value));
    return *value;
}

double RecipeTable::number(std::string_view key, std::optional<double> otherwise, double least, double most) {
    const toml::node* node = find(key, !otherwise);
    const auto value = node == nullptr     ? otherwise.value_or(least)
                       : node->is_number() ? node->value<double>()
                                           : std::nullopt;
    if (node != nullptr && !(value && *value >= least && *value <= most))
        refuse(key, fmt::format("expected a number from {} to {}", least, most));
    take_down(key, fmt::format("{}", *value));
    return *value;
}

bool RecipeTable::boolean(std::string_view key, bool otherwise) {
    const toml::node* node = find(key, false);
    if (node != nullptr && !node->is_boolean()) refuse(key, "expected true or false");
    const bool value = node == nullptr ? otherwise : **node->as_boolean();
    take_down(key, value ? "true" : "false");
    return value;
}

std::string RecipeTable::text(std::string_view key, std::optional<std::string> otherwise) {
    const toml::node* node = find(key, !otherwise);
    if (node != nullptr && !node->is_string()) refuse(key, "expected a quoted string");
    std::string value = node == nullptr ? otherwise.value_or("") : **node->as_string();
    take_down(key, value);
    return value;
}

std::string RecipeTable::word(std::string_view key, std::optional<std::string> otherwise,
                              std::initializer_list<std::string_view> allowed) {
    const std::string value = text(key, std::move(otherwise));
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
        refuse(key, fmt::format("expected one of: {}", fmt::join(allowed, ", ")));
    }
    return value;
}

std::vector<std::string> RecipeTable::texts(std::string_view key) {
    const toml::node* node = find(key, false);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    std::vector<std::string> all;
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
        const auto one = array->get(i)->value_exact<std::string>();
        if (one) all.push_back(*one);
    }
    if (array == nullptr || all.size() != array->size()) refuse(key, "expected a list of quoted strings");
    take_down(key, fmt::format("{}", fmt::join(all, ", ")));
    return all;
}

RecipeTable RecipeTable::table(std::string_view key) {
    const toml::node* node = find(key, false);
    static const toml::table empty;
    if (node == nullptr) return {empty, file_, full(key), *used_};
    if (!node->is_table()) refuse(key, fmt::format("expected a table: [{}]", full(key)));
    return {*node->as_table(), file_, full(key), *used_};
}

void RecipeTable::no_others() const {
    refuse_unknown(false);
    if (missing_) refuse_missing(*missing_, no_default);
}

toml::table parse_toml(const std::string& content, const std::string& name) {
    check_dots(content, name);
    try {
        return toml::parse(content, name);
    } catch (const toml::parse_error& error) {
        const bool too_deep = error.description().find("TOML_MAX_NESTED_VALUES") != std::string_view::npos;
        fail(ErrorCode::bad_file, "{}: line {}: {}", name, error.source().begin.line,
             too_deep ? "lists and tables are nested too deeply; at most 256 levels are read" : error.description());
    }
}

void set_key(toml::table& table, const std::string& assignment) {
    const std::size_t equals = assignment.find('=');
    if (equals == 0 || equals == std::string::npos) {
        fail(ErrorCode::bad_argument, "--set {}: expected KEY=VALUE, such as training.steps=100", assignment);
    }
    const std::string key = assignment.substr(0, equals), value = assignment.substr(equals + 1);
    toml::table parsed = parse_key(key, assignment);
    check_dots(value, "--set");
    try {
        parsed = toml::parse(key + " = " + value);
    } catch (const toml::parse_error&) {  // plain text
        toml::table* within = &parsed;
        while (within->begin()->second.is_table()) within = within->begin()->second.as_table();
        within->insert_or_assign(within->begin()->first, value);
    }
    const auto merge = [](const auto& self, toml::table& into, const toml::table& from) -> void {
        for (const auto& [name, node] : from) {
            toml::table* old = into.contains(name) ? into.get(name)->as_table() : nullptr;
            if (old != nullptr && node.is_table()) {
                self(self, *old, *node.as_table());
            } else {
                into.insert_or_assign(name, node);
            }
        }
    };
    merge(merge, table, parsed);
}

}  // namespace ergon::train
