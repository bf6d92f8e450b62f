#include "tasks/graders/maths/formula_tokens.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings/text.h"
#include "tasks/graders/maths/unit.h"

namespace ergon::tasks::maths {
namespace {

/// Names of functions and constants without their backslash.
constexpr auto plain_commands = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"sin", "sin"},     {"cos", "cos"},     {"tan", "tan"},     {"cot", "cot"},        {"sec", "sec"},
    {"csc", "csc"},     {"log", "log"},     {"ln", "ln"},       {"exp", "exp"},        {"sqrt", "root"},
    {"pi", "pi"},       {"inf", "infty"},   {"infty", "infty"}, {"infinity", "infty"}, {"arcsin", "asin"},
    {"arccos", "acos"}, {"arctan", "atan"}, {"theta", "theta"}, {"alpha", "alpha"},    {"beta", "beta"},
});

/// Three letters are variables if they are in the order of the alphabet, two always.
bool is_word(std::string_view letters) {
    static constexpr auto short_words =
        std::to_array<std::string_view>({"or", "no", "is", "of", "to", "if", "and", "all", "any"});
    if (std::ranges::find(short_words, base::lowered(letters)) != short_words.end() || letters.size() > 3) return true;
    if (std::ranges::any_of(letters, [](char c) { return (c & 0x80) != 0; })) return true;
    const std::string lower = base::lowered(letters);
    return letters.size() == 3 && !(lower[0] < lower[1] && lower[1] < lower[2]);
}

/// Cuts the digits that \frac and \sqrt take one by one: \frac12, \sqrt2, \frac{1}23.
std::vector<Token> split_arguments(const std::vector<Token>& tokens) {
    std::vector<Token> split;
    std::vector<int> outside;  // how many arguments are due outside of each group
    int due = 0;
    bool degree = false;  // inside the [3] of \sqrt[3]{2}
    for (Token token : tokens) {
        if (degree) {
            degree = !token.symbol("]");
        } else if (token.symbol("{")) {
            outside.push_back(std::max(due - 1, 0));
            due = 0;
        } else if (token.symbol("}")) {
            due = outside.empty() ? 0 : outside.back();
            if (!outside.empty()) outside.pop_back();
        } else if (token.command("frac") || token.command("binom")) {
            due = 2;
        } else if (token.command("sqrt")) {
            due = 1;
        } else if (token.symbol("[") && due == 1 && split.back().command("sqrt")) {
            degree = true;
        } else if (due > 0) {
            for (; due > 0 && token.kind == TokenKind::digits && token.text.size() > 1; --due) {
                split.push_back(token);
                split.back().text.resize(1);
                token.text.erase(0, 1);
                token.blank = token.thin = token.line = false;
            }
            due = std::max(due - 1, 0);
        }
        split.push_back(std::move(token));
    }
    return split;
}

std::string text_of_token(const Token& token) {
    if (token.kind == TokenKind::command) return '\\' + token.text;
    if (token.kind != TokenKind::words || token.text.size() == 1) return token.text;
    std::string letters = base::lowered(token.text);
    std::erase(letters, ' ');
    return letters;
}

/// Without the marks around an answer, and the group that holds all of it.
void trim(std::vector<Token>& tokens) {
    const auto mark = [](const Token& one) {
        return one.symbol(".") || one.symbol(",") || one.symbol(";") || one.symbol(":") || one.symbol("*") ||
               one.symbol("\\\\");
    };
    while (tokens.size() > 1 && mark(tokens[tokens.size() - 2])) tokens.erase(tokens.end() - 2);
    std::size_t first = 0;
    while (mark(tokens[first]) && !(tokens[first].symbol(".") && tokens[first + 1].kind == TokenKind::digits)) ++first;
    tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(first));
    while (tokens.size() > 3 && tokens[0].symbol("{") && tokens[tokens.size() - 2].symbol("}")) {
        int depth = 0;
        bool set = false;
        std::size_t i = 0;
        do {
            if (opens(tokens[i])) ++depth;
            if (closes(tokens[i])) --depth;
            set = set || (depth == 1 && tokens[i].symbol(","));
            ++i;
        } while (depth > 0 && i < tokens.size() - 1);
        if (i != tokens.size() - 1 || set) break;
        tokens.erase(tokens.end() - 2);
        tokens.erase(tokens.begin());
    }
}

}  // namespace

bool opens(const Token& token) {
    return token.symbol("(") || token.symbol("[") || token.symbol("{") || token.symbol("\\{") ||
           token.command("langle");
}
bool closes(const Token& token) {
    return token.symbol(")") || token.symbol("]") || token.symbol("}") || token.symbol("\\}") ||
           token.command("rangle");
}
bool is_separator(const Token& token) {
    if (token.command("lor") || token.command("vee") || token.command("land")) return true;
    if (token.kind != TokenKind::words) return false;
    const std::string word = base::lowered(base::trimmed(token.text, " ,"));
    return word == "and" || word == "or";
}

std::vector<Token> formula_tokens(std::string_view text) {
    const std::vector<Token> tokens = split_arguments(tokens_of(text));
    std::vector<Token> split;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const Token& token = tokens[i];
        if (token.symbol("$")) continue;
        Token made = token;
        if (token.kind != TokenKind::letters || token.text.size() == 1) {
            // The m of "5 m" is a unit, that of "5m + 1" a variable.
            const bool unit = i > 0 && tokens[i - 1].kind == TokenKind::digits && token.kind == TokenKind::letters &&
                              token.blank && known_unit(token.text) && tokens[i + 1].kind == TokenKind::end;
            if (unit) made.kind = TokenKind::words;
            split.push_back(std::move(made));
            continue;
        }
        const std::string lower = base::lowered(token.text);
        const auto* plain = std::ranges::find(plain_commands, std::string_view(lower),
                                              &std::pair<std::string_view, std::string_view>::first);
        const bool behind_number = !split.empty() && split.back().kind == TokenKind::digits;
        if (plain != plain_commands.end()) {
            made.kind = TokenKind::command;
            made.text = plain->second;
            split.push_back(made);
        } else if (is_word(token.text) || (behind_number && known_unit(token.text))) {
            made.kind = TokenKind::words;
            split.push_back(made);
        } else {
            made.end = made.begin;
            for (const char letter : token.text) {
                made.begin = made.end++;
                made.text = letter;
                split.push_back(made);
                made.blank = made.thin = made.line = false;
            }
        }
    }
    trim(split);
    return split;
}

std::string joined_text(std::span<const Token> tokens) {
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool single = i + 2 < tokens.size() && tokens[i].symbol("{") && tokens[i + 1].text.size() == 1 &&
                            tokens[i + 2].symbol("}");
        if (single) ++i;
        const bool numbers = i > 0 && tokens[i].kind == TokenKind::digits && tokens[i - 1].kind == TokenKind::digits;
        if (numbers && tokens[i].blank) text += ' ';
        text += text_of_token(tokens[i]);
        if (single) ++i;
    }
    return text;
}

}  // namespace ergon::tasks::maths
