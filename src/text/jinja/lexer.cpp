#include "text/jinja/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "text/jinja/builtins/case.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

std::string normalize_newlines(std::string_view source) {
    std::string text;
    text.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] != '\r') {
            text += source[i];
            continue;
        }
        text += '\n';
        if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

bool is_ascii_digit(char c) {
    return c >= '0' && c <= '9';
}

class Lexer {
  public:
    explicit Lexer(std::string_view source) : source_(normalize_newlines(source)), text_(source_) {}

    std::vector<Token> run() {
        if (const std::size_t valid = valid_utf8_prefix(text_); valid < text_.size()) {
            line_ += count_lines(0, valid);
            fail("the template is not UTF-8");
        }
        while (at_ < text_.size()) read_data();
        push(TokenKind::end);
        return std::move(tokens_);
    }

  private:
    [[noreturn]] void fail(const std::string& reason) const { throw SyntaxError(line_, reason); }

    int count_lines(std::size_t begin, std::size_t end) const {
        return static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                                           text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    }
    void advance_to(std::size_t end) {
        line_ += count_lines(at_, end);
        at_ = end;
    }
    Token& push(TokenKind kind, std::string_view text = {}) {
        return tokens_.emplace_back(Token{kind, line_, std::string(text), 0, 0});
    }
    bool looking_at(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
    std::size_t skip_spaces(std::size_t from) const {
        while (from < text_.size()) {
            const Character character = character_at(text_, from);
            if (!is_space(character.code)) break;
            from = character.end;
        }
        return from;
    }

    // --- text between tags -------------------------------------------------------------------------------------------

    /// The offset of the next "{{", "{%" or "{#".
    std::size_t find_tag(std::size_t from) const {
        for (; (from = text_.find('{', from)) != std::string_view::npos; ++from) {
            const char next = from + 1 < text_.size() ? text_[from + 1] : '\0';
            if (next == '{' || next == '%' || next == '#') return from;
        }
        return text_.size();
    }

    /// The text [at_, tag) without the white space that the tag takes: all of it for '-'; for a block or comment that
    /// stands first on its line, the line's indentation, unless the sign is '+'.
    void push_data(std::size_t tag, char sign, bool strips_indentation) {
        std::string_view data = text_.substr(at_, tag - at_);
        if (sign == '-') {
            while (!data.empty()) {
                const Character last = character_before(data, data.size());
                if (!is_space(last.code)) break;
                data = data.substr(0, last.begin);
            }
        } else if (sign != '+' && strips_indentation) {
            const std::size_t line_begin = data.rfind('\n') + 1;  // 0 if there is no line break
            const bool begins_line = line_begin > 0 || line_starting_;
            if (begins_line && all_spaces(data.substr(line_begin))) data = data.substr(0, line_begin);
        }
        if (!data.empty()) push(TokenKind::data, data);
    }
    static bool all_spaces(std::string_view text) {
        for (std::size_t at = 0; at < text.size();) {
            const Character character = character_at(text, at);
            if (!is_space(character.code)) return false;
            at = character.end;
        }
        return true;
    }

    char sign_at(std::size_t offset) const {
        const char c = offset < text_.size() ? text_[offset] : '\0';
        return c == '-' || c == '+' ? c : '\0';
    }

    void read_data() {
        const std::size_t tag = find_tag(at_);
        if (tag == text_.size()) {
            push(TokenKind::data, text_.substr(at_));
            return advance_to(tag);
        }
        const char kind = text_[tag + 1];
        const char sign = sign_at(tag + 2);
        push_data(tag, sign, kind != '{');
        advance_to(tag);
        const std::size_t inside = tag + 2 + (sign != '\0' ? 1 : 0);
        if (kind == '#') return read_comment(inside);
        if (kind == '%') {
            if (const std::size_t raw = raw_begin(inside); raw != 0) return read_raw(raw);
        }
        push(kind == '{' ? TokenKind::variable_begin : TokenKind::block_begin);
        advance_to(inside);
        read_tag(kind == '{' ? "}}" : "%}", kind == '{' ? TokenKind::variable_end : TokenKind::block_end);
    }

    /// Passes the end of a tag at `end` (the offset behind it) and the white space that it takes.
    void close_tag(std::size_t end, char sign, bool trims_newline) {
        if (sign == '-') {
            end = skip_spaces(end);
        } else if (sign != '+' && trims_newline && end < text_.size() && text_[end] == '\n') {
            ++end;
        }
        advance_to(end);
        line_starting_ = text_[end - 1] == '\n';
    }

    void read_comment(std::size_t inside) {
        const std::size_t end = text_.find("#}", inside);
        if (end == std::string_view::npos) fail("a comment is not closed; '#}' is missing");
        const char sign = end > inside ? sign_at(end - 1) : '\0';
        advance_to(end);
        close_tag(end + 2, sign, true);
    }

    // --- raw blocks --------------------------------------------------------------------------------------------------

    /// If "raw" and the end of its tag stand at `inside`, the offset behind them; else 0.
    std::size_t raw_begin(std::size_t inside) const {
        std::size_t at = skip_spaces(inside);
        if (text_.substr(at, 3) != "raw") return 0;
        at = skip_spaces(at + 3);
        if (text_.substr(at, 3) == "-%}") return skip_spaces(at + 3);
        return text_.substr(at, 2) == "%}" ? at + 2 : 0;
    }

    void read_raw(std::size_t begin) {
        line_starting_ = text_[begin - 1] == '\n';
        advance_to(begin);
        for (std::size_t tag = begin; (tag = text_.find("{%", tag)) != std::string_view::npos; tag += 2) {
            const char sign = sign_at(tag + 2);
            std::size_t at = skip_spaces(tag + 2 + (sign != '\0' ? 1 : 0));
            if (text_.substr(at, 6) != "endraw") continue;
            at = skip_spaces(at + 6);
            const char end_sign = sign_at(at);
            if (end_sign != '\0') ++at;
            if (text_.substr(at, 2) != "%}") continue;
            push_data(tag, sign, true);
            advance_to(at);
            return close_tag(at + 2, end_sign, true);
        }
        fail("a raw block is not closed; '{% endraw %}' is missing");
    }

    // --- inside of tags ----------------------------------------------------------------------------------------------

    void read_tag(std::string_view closing, TokenKind closing_kind) {
        const bool is_block = closing_kind == TokenKind::block_end;
        while (true) {
            if (brackets_.empty()) {
                const bool minus = looking_at("-") && text_.substr(at_ + 1, 2) == closing;
                const bool plus = is_block && looking_at("+") && text_.substr(at_ + 1, 2) == closing;
                if (minus || plus || looking_at(closing)) {
                    push(closing_kind);
                    return close_tag(at_ + (minus || plus ? 3 : 2), minus ? '-' : plus ? '+' : '\0', is_block);
                }
            }
            if (at_ >= text_.size()) fail(fmt::format("a tag is not closed; '{}' is missing", closing));
            read_token();
        }
    }

    void read_token() {
        const Character first = character_at(text_, at_);
        if (is_space(first.code)) return advance_to(skip_spaces(at_));
        if (is_ascii_digit(text_[at_])) return read_number();
        if (is_identifier_part(first.code)) return read_name();
        if (first.code == U'"' || first.code == U'\'') return read_string();
        read_symbol();
    }

    void read_name() {
        std::size_t end = at_;
        while (end < text_.size() && is_identifier_part(character_at(text_, end).code))
            end = character_at(text_, end).end;
        push(TokenKind::name, text_.substr(at_, end - at_));
        advance_to(end);
    }

    void read_symbol() {
        constexpr std::array<std::string_view, 26> symbols = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                                              "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                              "<",  ">",  "=",  ".",  ":",  "|",  ",", ";"};
        const auto found =
            std::find_if(symbols.begin(), symbols.end(), [this](std::string_view s) { return looking_at(s); });
        if (found == symbols.end()) {
            const Character odd = character_at(text_, at_);
            fail(fmt::format("unexpected character '{}'", text_.substr(at_, odd.end - odd.begin)));
        }
        balance((*found)[0]);
        push(TokenKind::symbol, *found);
        advance_to(at_ + found->size());
    }

    void balance(char symbol) {
        if (symbol == '(') brackets_ += ')';
        if (symbol == '[') brackets_ += ']';
        if (symbol == '{') brackets_ += '}';
        if (symbol != ')' && symbol != ']' && symbol != '}') return;
        if (brackets_.empty()) fail(fmt::format("unexpected '{}'", symbol));
        if (brackets_.back() != symbol) fail(fmt::format("unexpected '{}', expected '{}'", symbol, brackets_.back()));
        brackets_.pop_back();
    }

    // --- numbers -----------------------------------------------------------------------------------------------------

    /// Behind the digits (and single underscores between them) that begin at `from`.
    template <typename IsDigit>
    std::size_t skip_digits(std::size_t from, IsDigit is_digit_of_base) const {
        const auto is_one = [&](std::size_t i) { return i < text_.size() && is_digit_of_base(text_[i]); };
        while (is_one(from) || (from > 0 && from < text_.size() && text_[from] == '_' && is_one(from + 1))) ++from;
        return from;
    }

    void read_number() {
        if (read_prefixed()) return;
        std::size_t end = skip_digits(at_, is_ascii_digit);
        // "a.1.2" are two indices, not a fraction.
        const bool after_dot = at_ > 0 && text_[at_ - 1] == '.';
        bool is_real = false;
        if (!after_dot && end + 1 < text_.size() && text_[end] == '.' && is_ascii_digit(text_[end + 1])) {
            end = skip_digits(end + 1, is_ascii_digit);
            is_real = true;
        }
        if (!after_dot && end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
            const std::size_t digits = end + 1 + (sign_at(end + 1) != '\0' ? 1 : 0);
            if (digits < text_.size() && is_ascii_digit(text_[digits])) {
                end = skip_digits(digits, is_ascii_digit);
                is_real = true;
            }
        }
        std::string number(text_.substr(at_, end - at_));
        std::erase(number, '_');
        if (is_real) {
            Token& token = push(TokenKind::real);
            const auto [last, error] = std::from_chars(number.data(), number.data() + number.size(), token.real);
            if (error != std::errc()) fail(fmt::format("the number {} is out of range", number));
        } else {
            if (number[0] == '0' && number.find_first_not_of('0') != std::string::npos) {
                fail("a decimal number cannot begin with 0");
            }
            push(TokenKind::integer).integer = parse(number, 10);
        }
        advance_to(end);
    }

    /// 0x1F, 0o17, 0b11
    bool read_prefixed() {
        if (text_[at_] != '0' || at_ + 2 >= text_.size()) return false;
        const char kind = static_cast<char>(text_[at_ + 1] | 0x20);
        const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
        if (base == 0) return false;
        const std::size_t end = skip_digits(at_ + 2, [base](char c) { return digit_value(c) < base; });
        std::string digits(text_.substr(at_ + 2, end - at_ - 2));
        std::erase(digits, '_');
        if (digits.empty()) return false;
        push(TokenKind::integer).integer = parse(digits, base);
        advance_to(end);
        return true;
    }

    static int digit_value(char c) {
        if (is_ascii_digit(c)) return c - '0';
        const char letter = static_cast<char>(c | 0x20);
        return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 99;
    }

    Integer parse(std::string_view digits, int base) const {
        try {
            return *Integer::parse(digits, base);
        } catch (const TemplateError& error) {
            fail(error.what());
        }
    }

    // --- strings -----------------------------------------------------------------------------------------------------

    void read_string() {
        const char quote = text_[at_];
        std::size_t end = at_ + 1;
        while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
        if (end >= text_.size()) fail("a string is not closed");
        push(TokenKind::string, unescape(text_.substr(at_ + 1, end - at_ - 1)));
        advance_to(end + 1);
    }

    /// Python's escapes; a backslash before anything else stays.
    std::string unescape(std::string_view text) const {
        std::string result;
        for (std::size_t i = 0; i < text.size();) {
            if (text[i] != '\\') {
                result += text[i++];
                continue;
            }
            i = unescape_one(text, i + 1, result);
        }
        return result;
    }

    std::size_t unescape_one(std::string_view text, std::size_t i, std::string& out) const {
        constexpr std::string_view letters = "\\'\"abfnrtv";
        constexpr std::string_view meanings = "\\'\"\a\b\f\n\r\t\v";
        const char c = text[i];
        if (const std::size_t known = letters.find(c); known != std::string_view::npos) {
            out += meanings[known];
            return i + 1;
        }
        if (c == '\n') return i + 1;
        if (c == 'x') return unescape_hex(text, i + 1, 2, out);
        if (c == 'u') return unescape_hex(text, i + 1, 4, out);
        if (c == 'U') return unescape_hex(text, i + 1, 8, out);
        if (c >= '0' && c <= '7') {
            char32_t code = 0;
            for (const std::size_t end = std::min(i + 3, text.size()); i < end && text[i] >= '0' && text[i] <= '7';
                 ++i) {
                code = code * 8 + static_cast<char32_t>(text[i] - '0');
            }
            append_utf8(out, code);
            return i;
        }
        if (c == 'N') fail("named characters (\\N{...}) are not supported in strings");
        out += '\\';
        return i;
    }

    std::size_t unescape_hex(std::string_view text, std::size_t i, std::size_t digits, std::string& out) const {
        char32_t code = 0;
        for (std::size_t end = i + digits; i < end; ++i) {
            if (i >= text.size() || digit_value(text[i]) > 15) fail("a truncated \\x, \\u or \\U escape in a string");
            code = code * 16 + static_cast<char32_t>(digit_value(text[i]));
        }
        if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) fail("an escape that is not a Unicode character");
        append_utf8(out, code);
        return i;
    }

    const std::string source_;
    const std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
    bool line_starting_ = true;  // whether the last tag ended with a line break
    std::string brackets_;       // that are open, as the brackets that will close them
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
    return Lexer(source).run();
}

}  // namespace ergon::text::jinja
