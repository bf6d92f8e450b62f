#include "tasks/graders/maths/expression_parser.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "base/strings/text.h"

namespace ergon::tasks::maths {
namespace {

// Assumed: nobody answers in deeper formulas, or writes more exponents and marks behind one thing.
constexpr int deepest = 40;
constexpr int max_marks = 4;

constexpr auto functions = std::to_array<std::string_view>({"sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos",
                                                            "atan", "sinh", "cosh", "tanh", "ln", "log", "lg", "exp"});
constexpr auto symbols = std::to_array<std::string_view>(
    {"alpha",   "beta",    "gamma",   "delta",   "epsilon", "varepsilon", "zeta",  "eta",   "theta",  "vartheta",
     "iota",    "kappa",   "lambda",  "mu",      "nu",      "xi",         "rho",   "sigma", "tau",    "upsilon",
     "phi",     "varphi",  "chi",     "psi",     "omega",   "Gamma",      "Delta", "Theta", "Lambda", "Xi",
     "Pi",      "Sigma",   "Phi",     "Psi",     "Omega",   "pi",         "infty", "ell",   "hbar",   "mathbbR",
     "mathbbZ", "mathbbN", "mathbbQ", "mathbbC", "Re",      "Im"});
template <typename List>
bool holds(const List& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
}

bool is_function(const Token& token) {
    return token.kind == TokenKind::command && holds(functions, token.text);
}

/// Recursive descent. A rule that does not fit returns nothing, and all of the formula is none.
class ExpressionParser {
  public:
    ExpressionParser(std::span<const Token> tokens, std::size_t at, Commas commas)
        : tokens_(tokens), at_(at), commas_(commas) {}

    std::optional<ParsedExpression> run() {
        auto value = parse_sum();
        if (!value) return std::nullopt;
        parsed_.expression = std::move(*value);
        parsed_.next = at_;
        return std::move(parsed_);
    }

  private:
    using Maybe = std::optional<Expression>;

    const Token& here() const { return tokens_[at_]; }
    const Token& ahead(std::size_t offset) const { return tokens_[std::min(at_ + offset, tokens_.size() - 1)]; }
    bool take(std::string_view symbol) {
        if (!here().symbol(symbol)) return false;
        ++at_;
        return true;
    }
    bool take_command(std::string_view name) {
        if (!here().command(name)) return false;
        ++at_;
        return true;
    }

    Maybe parse_sum() {
        if (depth_ >= deepest) return std::nullopt;
        ++depth_;
        Maybe total = parse_signed_product();
        while (total && (here().symbol("+") || here().symbol("-") || here().command("pm") || here().command("mp"))) {
            Maybe next = parse_signed_product();
            if (!next) {
                total.reset();
            } else {
                total = sum(std::move(*total), std::move(*next));
            }
        }
        --depth_;
        return total;
    }
    Maybe parse_signed_product() {
        const bool minus = take("-");
        if (!minus) take("+");
        const std::string sign = here().command("pm") || here().command("mp") ? here().text : "";
        if (!sign.empty()) ++at_;
        Maybe value = parse_product();
        if (!value) return value;
        if (!sign.empty()) {
            Expression both;
            both.kind = Expression::Kind::plus_minus;
            both.name = sign;
            both.parts.push_back(std::move(*value));
            value = std::move(both);
        }
        return minus ? negated(std::move(*value)) : std::move(value);
    }

    /// A factor behind * or /, which may have a sign.
    Maybe parse_signed_factor() {
        const bool minus = take("-");
        Maybe value = parse_factor();
        return value && minus ? negated(std::move(*value)) : std::move(value);
    }
    Maybe parse_product() {
        Maybe total = parse_factor();
        while (total) {
            const bool divided = here().symbol("/") || (here().symbol(":") && ahead(1).kind == TokenKind::digits);
            const bool with_sign = divided || here().symbol("*");
            if (with_sign && (ahead(1).kind == TokenKind::end || ahead(1).kind == TokenKind::words)) break;
            if (!with_sign && !begins_factor()) break;
            if (with_sign) ++at_;
            Maybe next = with_sign ? parse_signed_factor() : parse_factor();
            if (!next) return next;
            total =
                divided ? quotient(std::move(*total), std::move(*next)) : product(std::move(*total), std::move(*next));
        }
        return total;
    }
    /// Whether a factor without a sign before it stands here. Two numbers beside each other are no product.
    bool begins_factor() const {
        const Token& token = here();
        if (token.kind == TokenKind::letters) return true;
        if (token.kind == TokenKind::digits)
            return at_ > 0 && tokens_[at_ - 1].kind != TokenKind::digits && !is_command_end();
        if (token.kind == TokenKind::command) return begins_command(token);
        return token.symbol("(") || token.symbol("{") || token.symbol("[") || (token.symbol("|") && bars_ == 0);
    }
    /// 2^{3}4 is written by nobody: digits behind a group are no factor.
    bool is_command_end() const { return tokens_[at_ - 1].symbol("}") && !tokens_[at_].blank; }
    static bool begins_command(const Token& token) {
        static constexpr auto others =
            std::to_array<std::string_view>({"frac", "sqrt", "root", "binom", "lfloor", "lceil", "overline"});
        return holds(others, token.text) || holds(symbols, token.text) || is_function(token);
    }

    Maybe parse_factor() {
        Maybe value = parse_primary();
        for (int marks = 0; value; ++marks) {
            if (marks > max_marks) return std::nullopt;
            if (take("^")) {
                Maybe exponent = parse_exponent();
                if (!exponent) return exponent;
                value = power(std::move(*value), std::move(*exponent));
            } else if (take("!")) {
                value = call("factorial", {std::move(*value)});
            } else if (take("%")) {
                parsed_.percent = true;
            } else if (take("°")) {
                if (functions_ == 0)
                    parsed_.degrees = true;
                else
                    value = quotient(product(std::move(*value), symbol("pi")), number(180));
            } else {
                break;
            }
        }
        return value;
    }
    Maybe parse_exponent() {
        if (here().symbol("{")) return parse_group("}");
        const bool minus = take("-");
        if (!minus) take("+");
        Maybe value = parse_primary();
        return value && minus ? negated(std::move(*value)) : std::move(value);
    }
    /// From an opening bracket to its end.
    Maybe parse_group(std::string_view close) {
        ++at_;
        Maybe value = parse_sum();
        if (!value || !take(close)) return std::nullopt;
        return value;
    }

    /// What \frac and \sqrt take: a group, or one digit, letter or command.
    Maybe parse_argument() {
        if (here().symbol("{")) return parse_group("}");
        if (here().kind == TokenKind::digits) return number(BigInteger::of_digits(tokens_[at_++].text));
        return depth_ < deepest ? parse_primary() : std::nullopt;
    }

    Maybe parse_primary() {
        const Token& token = here();
        const bool single = token.kind == TokenKind::words && token.text.size() == 1 && base::is_letter(token.text[0]);
        if (token.kind == TokenKind::digits || token.symbol(".")) return parse_number();
        if (token.kind == TokenKind::letters || single) return parse_symbol(token.text);
        if (token.symbol("(")) return parse_group(")");
        if (token.symbol("[")) return parse_group("]");
        if (token.symbol("{")) return parse_group("}");
        if (token.symbol("|")) return parse_absolute();
        if (token.kind != TokenKind::command) return std::nullopt;
        if (is_function(token)) return parse_function();
        if (holds(symbols, token.text)) return parse_symbol(token.text);
        return parse_command();
    }

    Maybe parse_absolute() {
        ++bars_;
        Maybe inside = parse_group("|");
        --bars_;
        return inside ? Maybe(call("abs", {std::move(*inside)})) : std::nullopt;
    }

    Maybe parse_number() {
        const auto literal = read_literal(tokens_, at_, commas_);
        if (!literal) return std::nullopt;
        at_ = literal->next;
        if (literal->digits.empty()) return number(literal->value, literal->decimals);
        if (here().symbol("_")) return parse_base(literal->digits);
        if (const auto fraction = read_mixed_fraction(tokens_, at_)) {
            at_ = fraction->next;
            return number(literal->value + fraction->value);
        }
        return number(literal->value);
    }
    /// 101_2, 101_{2}.
    Maybe parse_base(const std::string& digits) {
        const bool braces = ahead(1).symbol("{");
        const Token& base = ahead(braces ? 2 : 1);
        const std::int64_t value = base.kind == TokenKind::digits ? BigInteger::of_digits(base.text).to_int64() : 0;
        if (value < 2 || value > 36 || (braces && !ahead(3).symbol("}"))) return std::nullopt;
        at_ += braces ? 4 : 2;
        if (value != 10) {
            parsed_.digits = digits;
            parsed_.base = static_cast<unsigned>(value);
        }
        return number(BigInteger::of_digits(digits, static_cast<unsigned>(value)));
    }

    /// A variable with its index.
    Maybe parse_symbol(std::string name) {
        ++at_;
        if (here().symbol("_")) {
            ++at_;
            name += '_';
            if (!here().symbol("{")) {
                if (here().kind == TokenKind::end || here().kind == TokenKind::symbol) return std::nullopt;
                name += tokens_[at_++].text;
            } else {
                for (++at_; !here().symbol("}"); ++at_) {
                    if (here().kind == TokenKind::end) return std::nullopt;
                    name += here().text;
                }
                ++at_;
            }
        }
        return symbol(std::move(name));
    }

    Maybe parse_command() {
        if (take_command("frac")) return parse_two("frac");
        if (take_command("binom")) return parse_two("binom");
        if (take_command("sqrt")) return parse_root();
        if (take_command("root")) {
            Maybe inside = depth_ < deepest ? parse_deeper_primary() : std::nullopt;
            return inside ? Maybe(power(std::move(*inside), number(Rational(1, 2)))) : std::nullopt;
        }
        for (const auto& [open, close, name] : {std::array<std::string_view, 3>{"lfloor", "rfloor", "floor"},
                                                std::array<std::string_view, 3>{"lceil", "rceil", "ceil"}}) {
            if (!take_command(open)) continue;
            Maybe inside = parse_sum();
            if (!inside || !take_command(close)) return std::nullopt;
            return call(std::string(name), {std::move(*inside)});
        }
        return std::nullopt;
    }
    Maybe parse_deeper_primary() {
        ++depth_;
        Maybe value = parse_primary();
        --depth_;
        return value;
    }
    Maybe parse_two(std::string_view name) {
        ++depth_;
        Maybe first = parse_argument();
        Maybe second = first ? parse_argument() : std::nullopt;
        --depth_;
        if (!second) return std::nullopt;
        if (name == "binom") return call("binom", {std::move(*first), std::move(*second)});
        return quotient(std::move(*first), std::move(*second));
    }
    Maybe parse_root() {
        Maybe degree = number(2);
        if (here().symbol("[")) degree = parse_group("]");
        if (!degree) return std::nullopt;
        ++depth_;
        Maybe inside = parse_argument();
        --depth_;
        if (!inside) return std::nullopt;
        return power(std::move(*inside), quotient(number(1), std::move(*degree)));
    }

    Maybe parse_function() {
        std::string name = tokens_[at_++].text;
        std::vector<Expression> parts;
        Maybe exponent;
        if (name == "log" && take("_")) {
            Maybe base = parse_argument();
            if (!base) return std::nullopt;
            parts.push_back(std::move(*base));
        } else if (name == "log") {
            name = "lg";
        }
        if (take("^")) {
            exponent = parse_exponent();
            if (!exponent) return std::nullopt;
        }
        ++functions_;
        Maybe inside = depth_ < deepest ? parse_function_argument() : std::nullopt;
        --functions_;
        if (!inside) return std::nullopt;
        parts.push_back(std::move(*inside));
        const bool inverse = exponent && exponent->kind == Expression::Kind::number && exponent->value == Rational(-1);
        if (inverse && (name == "sin" || name == "cos" || name == "tan")) return call("a" + name, std::move(parts));
        Expression value = call(name, std::move(parts));
        return exponent ? power(std::move(value), std::move(*exponent)) : std::move(value);
    }
    /// \sin(x), \sin 2x: what is written without brackets ends before the next function.
    Maybe parse_function_argument() {
        ++depth_;
        const bool bracket = here().symbol("(") || here().symbol("{");
        const bool minus = take("-");
        Maybe value = parse_factor();
        while (!bracket && value && begins_factor() && !is_function(here()) && !here().symbol("(")) {
            Maybe next = parse_factor();
            if (!next) {
                value.reset();
            } else {
                value = product(std::move(*value), std::move(*next));
            }
        }
        --depth_;
        return value && minus ? negated(std::move(*value)) : std::move(value);
    }

    std::span<const Token> tokens_;
    std::size_t at_;
    Commas commas_;
    int depth_ = 0, bars_ = 0, functions_ = 0;
    ParsedExpression parsed_;
};

}  // namespace

std::optional<ParsedExpression> parse_expression(std::span<const Token> tokens, std::size_t at, Commas commas) {
    return ExpressionParser(tokens, at, commas).run();
}

}  // namespace ergon::tasks::maths
