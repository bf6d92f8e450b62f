#include "tasks/graders/maths/token.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/strings/text.h"

namespace ergon::tasks::maths {
namespace {

using base::is_digit;
using base::is_letter;

// What is written in \text{...} is a few words (assumed); longer content is read as a formula.
constexpr std::size_t longest_words = 200;

struct Spelling {
    std::string_view from, to;
    TokenKind kind;
};
constexpr TokenKind as_symbol = TokenKind::symbol, as_command = TokenKind::command;

/// Characters outside ASCII, each as one token.
constexpr auto characters = std::to_array<Spelling>({
    {"−", "-", as_symbol},        {"–", "-", as_symbol},         {"＋", "+", as_symbol},
    {"×", "*", as_symbol},        {"·", "*", as_symbol},         {"⋅", "*", as_symbol},
    {"∙", "*", as_symbol},        {"÷", "/", as_symbol},         {"⁄", "/", as_symbol},
    {"∕", "/", as_symbol},        {"°", "°", as_symbol},         {"º", "°", as_symbol},
    {"％", "%", as_symbol},       {"€", "$", as_symbol},         {"£", "$", as_symbol},
    {"¥", "$", as_symbol},        {"₹", "$", as_symbol},         {"（", "(", as_symbol},
    {"）", ")", as_symbol},       {"，", ",", as_symbol},        {"、", ",", as_symbol},
    {"。", ".", as_symbol},       {"：", ":", as_symbol},        {"；", ";", as_symbol},
    {"＝", "=", as_symbol},       {"’", "'", as_symbol},         {"π", "pi", as_command},
    {"∞", "infty", as_command},   {"∪", "cup", as_command},      {"∩", "cap", as_command},
    {"≤", "le", as_command},      {"≥", "ge", as_command},       {"≠", "ne", as_command},
    {"≈", "approx", as_command},  {"√", "root", as_command},     {"±", "pm", as_command},
    {"∓", "mp", as_command},      {"∅", "emptyset", as_command}, {"∈", "in", as_command},
    {"θ", "theta", as_command},   {"α", "alpha", as_command},    {"β", "beta", as_command},
    {"γ", "gamma", as_command},   {"λ", "lambda", as_command},   {"μ", "mu", as_command},
    {"ω", "omega", as_command},   {"φ", "phi", as_command},      {"σ", "sigma", as_command},
    {"⟨", "langle", as_command},  {"⟩", "rangle", as_command},   {"∠", "angle", as_command},
    {"ℝ", "mathbbR", as_command}, {"ℤ", "mathbbZ", as_command},  {"ℕ", "mathbbN", as_command},
    {"ℚ", "mathbbQ", as_command}, {"∖", "setminus", as_command}, {"Δ", "Delta", as_command},
});

/// LaTeX's commands that mean a symbol, or the same as another.
constexpr auto commands = std::to_array<Spelling>({
    {"dfrac", "frac", as_command},   {"tfrac", "frac", as_command},   {"cfrac", "frac", as_command},
    {"leq", "le", as_command},       {"geq", "ge", as_command},       {"leqslant", "le", as_command},
    {"geqslant", "ge", as_command},  {"neq", "ne", as_command},       {"dbinom", "binom", as_command},
    {"tbinom", "binom", as_command}, {"simeq", "approx", as_command}, {"varnothing", "emptyset", as_command},
    {"arcsin", "asin", as_command},  {"arccos", "acos", as_command},  {"arctan", "atan", as_command},
    {"bar", "overline", as_command}, {"implies", "so", as_command},   {"Rightarrow", "so", as_command},
    {"cdot", "*", as_symbol},        {"times", "*", as_symbol},       {"ast", "*", as_symbol},
    {"div", "/", as_symbol},         {"degree", "°", as_symbol},      {"circ", "°", as_symbol},
    {"lbrace", "\\{", as_symbol},    {"rbrace", "\\}", as_symbol},    {"vert", "|", as_symbol},
    {"lvert", "|", as_symbol},       {"rvert", "|", as_symbol},       {"mid", "|", as_symbol},
    {"lbrack", "[", as_symbol},      {"rbrack", "]", as_symbol},      {"lt", "<", as_symbol},
    {"gt", ">", as_symbol},          {"colon", ":", as_symbol},       {"prime", "'", as_symbol},
    {"newline", "\\\\", as_symbol},  {"cr", "\\\\", as_symbol},
});
/// Commands that change how something looks.
constexpr auto looks = std::to_array<std::string_view>({
    "left",  "right", "big", "Big", "bigl",         "bigr",      "Bigl",  "Bigr", "bigg",   "Bigg",     "biggl",
    "biggr", "rm",    "bf",  "it",  "displaystyle", "textstyle", "boxed", "fbox", "limits", "nolimits", "middle",
});
constexpr auto blanks = std::to_array<std::string_view>({"quad", "qquad", "space", "enspace", "thinspace"});
constexpr auto word_commands = std::to_array<std::string_view>(
    {"text", "textbf", "textit", "textrm", "textnormal", "textsf", "texttt", "mathrm", "mathbf", "mathit", "mathsf",
     "mathtt", "mbox", "hbox", "operatorname", "boldsymbol", "bm", "emph"});

constexpr std::array<std::string_view, 3> thin_blanks{"\u00A0", "\u2009", "\u202F"};
constexpr auto superscripts = std::to_array<std::string_view>({"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "⁻"});
constexpr auto subscripts = std::to_array<std::string_view>({"₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉", "₋"});
constexpr auto fullwidth_digits =
    std::to_array<std::string_view>({"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"});
struct Vulgar {
    std::string_view character, top, bottom;
};
constexpr auto vulgar_fractions = std::to_array<Vulgar>({{"½", "1", "2"},
                                                         {"⅓", "1", "3"},
                                                         {"⅔", "2", "3"},
                                                         {"¼", "1", "4"},
                                                         {"¾", "3", "4"},
                                                         {"⅕", "1", "5"},
                                                         {"⅖", "2", "5"},
                                                         {"⅗", "3", "5"},
                                                         {"⅘", "4", "5"},
                                                         {"⅙", "1", "6"},
                                                         {"⅚", "5", "6"},
                                                         {"⅛", "1", "8"},
                                                         {"⅜", "3", "8"},
                                                         {"⅝", "5", "8"},
                                                         {"⅞", "7", "8"}});

template <typename List>
bool lists(const List& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
}

class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_(text) {}

    std::vector<Token> run() {
        while (at_ < text_.size()) {
            if (!white() && !number() && !command_name() && !character() && !ascii()) word();
        }
        push(TokenKind::end, "", at_);
        return std::move(tokens_);
    }

  private:
    std::string_view rest() const { return text_.substr(at_); }
    char peek(std::size_t offset = 0) const { return at_ + offset < text_.size() ? text_[at_ + offset] : '\0'; }
    char before() const { return at_ == 0 ? '\0' : text_[at_ - 1]; }
    bool take(std::string_view prefix) {
        if (!rest().starts_with(prefix)) return false;
        at_ += prefix.size();
        return true;
    }

    void push(TokenKind kind, std::string_view text, std::size_t begin) {
        tokens_.push_back({kind, std::string(text), begin, at_, blank_, thin_, line_});
        blank_ = thin_ = line_ = false;
    }

    bool white() {
        if (base::is_space(peek())) {
            line_ = line_ || peek() == '\n';
            blank_ = true;
            ++at_;
            return true;
        }
        for (const std::string_view thin : thin_blanks) {
            if (take(thin)) return blank_ = thin_ = true;
        }
        if (peek() == '~') return ++at_, blank_ = true;
        return false;
    }

    template <typename List>
    std::optional<std::size_t> take_one(const List& list) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (take(list[i])) return i;
        }
        return std::nullopt;
    }

    bool number() {
        const std::size_t begin = at_;
        std::string digits;
        while (true) {
            if (is_digit(peek())) {
                digits += text_[at_++];
            } else if (const auto wide = peek() == '\xEF' ? take_one(fullwidth_digits) : std::nullopt) {
                digits += static_cast<char>('0' + *wide);
            } else {
                break;
            }
        }
        if (digits.empty()) return false;
        push(TokenKind::digits, digits, begin);
        return true;
    }

    bool command_name() {
        if (peek() != '\\') return false;
        const std::size_t begin = at_++;
        if (!is_letter(peek())) return escaped(begin);
        const std::size_t start = at_;
        while (is_letter(peek())) ++at_;
        const std::string_view name = text_.substr(start, at_ - start);
        if (lists(looks, name)) {
            if ((name == "left" || name == "right") && peek() == '.') ++at_;
        } else if (lists(blanks, name)) {
            blank_ = true;
        } else if (lists(word_commands, name)) {
            words(begin);
        } else if (name == "mathbb" || name == "begin" || name == "end") {
            named(std::string(name), begin);
        } else if (name == "hspace" || name == "vspace" || name == "phantom") {
            argument();
            blank_ = true;
        } else {
            const auto* same = std::ranges::find(commands, name, &Spelling::from);
            // ^\circ is a degree, and so is ^{\circ}.
            if (same != commands.end() && same->to == "°") drop_power();
            push(same == commands.end() ? as_command : same->kind, same == commands.end() ? name : same->to, begin);
        }
        return true;
    }

    /// A backslash before what is no letter.
    bool escaped(std::size_t begin) {
        const char c = peek();
        if (at_ < text_.size()) ++at_;
        if (c == ',' || c == ';' || c == ':' || c == ' ' || c == '\n') {
            thin_ = thin_ || c == ',' || c == ';' || c == ':';
            blank_ = true;
        } else if (c == '{' || c == '}' || c == '\\') {
            push(as_symbol, text_.substr(begin, 2), begin);
            if (c == '\\' && peek() == '[' && is_digit(peek(1)))
                at_ = std::min(text_.find(']', at_), text_.size() - 1) + 1;
        } else if (c == '|') {
            push(as_command, "norm", begin);
        } else if (c == '$' || c == '%' || c == '&' || c == '#' || c == '_') {
            push(c == '#' || c == '_' ? TokenKind::other : as_symbol, {&c, 1}, begin);
        } else if (c != '!' && c != '(' && c != ')' && c != '[' && c != ']' && c != '\0') {
            push(TokenKind::other, text_.substr(begin, 2), begin);
        }
        return true;
    }

    /// What stands in the braces here, if they are closed.
    std::optional<std::string_view> argument() {
        std::size_t open = at_;
        while (open < text_.size() && text_[open] == ' ') ++open;
        if (open >= text_.size() || text_[open] != '{') return std::nullopt;
        const std::string_view near = text_.substr(0, std::min(text_.size(), open + longest_words));
        const std::size_t close = closing_brace(near, open);
        if (close == std::string_view::npos) return std::nullopt;
        at_ = close + 1;
        return text_.substr(open + 1, close - open - 1);
    }

    /// \text{cm} is words; \text{(A)} and \textbf{42} are a group of what stands in them.
    void words(std::size_t begin) {
        const std::size_t behind = at_;
        const auto content = argument();
        if (!content) return;
        const std::string_view core = base::trimmed(*content, " \t\n.,;:");
        // "(A) Paris" is words, "(A)" and "(5)" are formulas; the m of \text{m} may be a unit, which no variable is.
        const bool letters = !core.empty() && (is_letter(core[0]) || (core[0] & 0x80) != 0);
        const bool bracketed = core.starts_with('(') && core.size() > 3;
        if (letters || bracketed) return push(TokenKind::words, core, begin);
        at_ = behind;
    }

    void named(std::string name, std::size_t begin) {
        const auto content = argument();
        if (!content && name == "mathbb" && is_letter(peek())) {
            name += text_[at_++];
        } else if (content) {
            name += name == "mathbb" ? std::string(*content) : ' ' + std::string(*content);
        }
        if (name.ends_with('*')) name.pop_back();
        push(as_command, name, begin);
    }

    /// The ^ or ^{ before a degree.
    void drop_power() {
        if (!tokens_.empty() && tokens_.back().symbol("{") && tokens_.size() > 1 &&
            tokens_[tokens_.size() - 2].symbol("^")) {
            tokens_.resize(tokens_.size() - 2);
            if (peek() == '}') ++at_;
        } else if (!tokens_.empty() && tokens_.back().symbol("^")) {
            tokens_.pop_back();
        }
    }

    template <typename List>
    bool script(const List& list, std::string_view mark) {
        const std::size_t begin = at_;
        std::string number;
        while (const auto one = take_one(list)) number += *one < 10 ? static_cast<char>('0' + *one) : '-';
        if (number.empty()) return false;
        push(as_symbol, mark, begin);
        push(as_symbol, "{", begin);
        if (number[0] == '-') push(as_symbol, "-", begin);
        push(TokenKind::digits, base::trimmed(number, "-"), begin);
        push(as_symbol, "}", begin);
        return true;
    }

    bool character() {
        if ((peek() & 0x80) == 0) return false;
        if (script(superscripts, "^") || script(subscripts, "_")) return true;
        const std::size_t begin = at_;
        for (const Vulgar& one : vulgar_fractions) {
            if (!take(one.character)) continue;
            push(as_command, "frac", begin);
            for (const std::string_view part : {one.top, one.bottom}) {
                push(as_symbol, "{", begin);
                push(TokenKind::digits, part, begin);
                push(as_symbol, "}", begin);
            }
            return true;
        }
        for (const Spelling& one : characters) {
            if (take(one.from)) return push(one.kind, one.to, begin), true;
        }
        return false;
    }

    static bool operand(char c) { return is_digit(c) || is_letter(c) || c == ')' || c == '}' || c == ']'; }

    bool ascii() {
        const char c = peek();
        if (is_letter(c) || (c & 0x80) != 0) return false;
        const std::size_t begin = at_;
        if (take("{,}")) return push(as_symbol, "{,}", begin), true;
        if (take("**")) {  // Python's power, or Markdown
            const bool power =
                begin > 0 && operand(text_[begin - 1]) && (is_digit(peek()) || is_letter(peek()) || peek() == '(');
            if (power) push(as_symbol, "^", begin);
            return true;
        }
        if (take("<=")) return push(as_command, "le", begin), true;
        if (take(">=")) return push(as_command, "ge", begin), true;
        if (take("!=")) return push(as_command, "ne", begin), true;
        ++at_;
        if (c == '`') return true;
        if (c == '_') {
            const bool subscript =
                begin > 0 && operand(text_[begin - 1]) && (operand(peek()) || peek() == '{' || peek() == '\\');
            if (subscript) push(as_symbol, "_", begin);
            return true;
        }
        const bool known = std::string_view("+-*/^=<>()[]{}|,.;:!%'&$").find(c) != std::string_view::npos;
        push(known ? as_symbol : TokenKind::other, text_.substr(begin, 1), begin);
        return true;
    }

    /// Letters, of other alphabets too.
    void word() {
        const std::size_t begin = at_;
        do ++at_;
        while (is_letter(peek()) || ((peek() & 0x80) != 0 && !is_character()));
        push(TokenKind::letters, text_.substr(begin, at_ - begin), begin);
    }
    bool is_character() const {
        const auto here = [this](std::string_view one) { return rest().starts_with(one); };
        return std::ranges::any_of(thin_blanks, here) || std::ranges::any_of(superscripts, here) ||
               std::ranges::any_of(subscripts, here) || std::ranges::any_of(fullwidth_digits, here) ||
               std::ranges::any_of(vulgar_fractions, here, &Vulgar::character) ||
               std::ranges::any_of(characters, here, &Spelling::from);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool blank_ = false, thin_ = false, line_ = true;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
    return Lexer(text).run();
}

std::size_t closing_brace(std::string_view text, std::size_t open) {
    int depth = 0;
    for (std::size_t at = open; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '{') {
            ++depth;
        } else if (text[at] == '}' && --depth == 0) {
            return at;
        }
    }
    return std::string_view::npos;
}

}  // namespace ergon::tasks::maths
