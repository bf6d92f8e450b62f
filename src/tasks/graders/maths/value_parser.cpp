#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/strings/text.h"
#include "tasks/graders/maths/expression_parser.h"
#include "tasks/graders/maths/formula_tokens.h"
#include "tasks/graders/maths/number_words.h"
#include "tasks/graders/maths/token.h"
#include "tasks/graders/maths/value.h"

namespace ergon::tasks::maths {
namespace {

// Assumed: nobody nests lists deeper, or answers with longer ones; comparing sets is quadratic.
constexpr int deepest_list = 6;
constexpr std::size_t longest_list = 200;
constexpr std::size_t longest_text = 16 << 10;
constexpr std::size_t longest_formula = 2000;  // tokens

/// What fits no rule; caught in parse_value.
struct NoValue {};

bool is_relation(const Token& token) {
    static constexpr auto names =
        std::to_array<std::string_view>({"le", "ge", "ne", "approx", "in", "so", "equiv", "sim", "to", "cong"});
    if (token.symbol("=") || token.symbol("<") || token.symbol(">")) return true;
    return token.kind == TokenKind::command && std::ranges::find(names, std::string_view(token.text)) != names.end();
}

bool divides(const Token& token) {
    return token.symbol(",") || token.symbol(";") || is_separator(token);
}

class ValueParser {
  public:
    ValueParser(std::vector<Token> tokens, Commas commas) : tokens_(std::move(tokens)), commas_(commas) {}

    Value run() {
        Value value = parse_list();
        if (here().kind != TokenKind::end) throw NoValue{};
        return value;
    }

  private:
    const Token& here() const { return tokens_[at_]; }
    const Token& ahead(std::size_t offset) const { return tokens_[std::min(at_ + offset, tokens_.size() - 1)]; }
    bool take(std::string_view symbol) {
        if (!here().symbol(symbol)) return false;
        ++at_;
        return true;
    }
    std::string text_from(std::size_t begin) const {
        return joined_text(std::span(tokens_).subspan(begin, at_ - begin));
    }
    void check_size(const std::vector<Value>& items) const {
        if (items.size() > longest_list) throw NoValue{};
    }

    /// Items with commas, "and" or "or" between them; \pm makes two of one.
    Value parse_list() {
        const std::size_t begin = at_;
        std::vector<Value> items;
        do {
            Value item = parse_item();
            if (item.kind == Value::Kind::formula && has_plus_minus(item.expression)) {
                for (const bool positive : {true, false}) {
                    items.push_back(item);
                    items.back().expression = with_sign(item.expression, positive);
                    items.back().text.clear();
                }
            } else {
                items.push_back(std::move(item));
            }
            check_size(items);
        } while (take_divider());
        if (items.size() == 1) return std::move(items[0]);
        Value list;
        list.kind = Value::Kind::list;
        list.items = std::move(items);
        list.text = text_from(begin);
        return list;
    }
    bool take_divider() {
        if (!divides(here())) return false;
        while (divides(here())) ++at_;  // "1, 2, and 3"
        return true;
    }

    /// Sides with relations between them.
    Value parse_item() {
        const std::size_t begin = at_;
        std::vector<Value> sides;
        std::vector<std::string> relations;
        bool named = skip_name();
        if (named) relations.push_back("=");
        sides.push_back(parse_side());
        while (is_relation(here())) {
            relations.push_back(here().text);
            ++at_;
            sides.push_back(parse_side());
            check_size(sides);
        }
        if (relations.empty()) return std::move(sides[0]);
        if (named && relations.size() == 1) return std::move(sides[0]);
        Value relation;
        relation.kind = Value::Kind::relation;
        relation.assigned = named || is_assignment(sides, relations);
        // Of "x = 1/3 \approx 0.33" the exact side is the value.
        while (relation.assigned && sides.size() > (named ? 1u : 2u) && relations.back() == "approx") {
            sides.pop_back();
            relations.pop_back();
        }
        relation.items = std::move(sides);
        relation.relations = std::move(relations);
        relation.text = text_from(begin);
        return relation;
    }
    static bool is_assignment(const std::vector<Value>& sides, const std::vector<std::string>& relations) {
        const auto gives = [](const std::string& one) {
            return one == "=" || one == "approx" || one == "in" || one == "so" || one == "equiv";
        };
        if (!std::ranges::all_of(relations, gives)) return false;
        const Value& first = sides[0];
        if (first.kind == Value::Kind::words) return true;
        if (first.kind == Value::Kind::sequence) return std::ranges::all_of(first.items, is_symbol);  // (x, y) = (1, 2)
        if (first.kind != Value::Kind::formula) return false;
        std::map<std::string, std::complex<double>> variables;
        add_variables(first.expression, variables);
        // 6 * 7 = 42 is a way to 42; 2x + y = 5 is an equation.
        return is_symbol(first) || variables.empty();
    }
    static bool is_symbol(const Value& value) {
        return value.kind == Value::Kind::formula && value.expression.kind == Expression::Kind::symbol;
    }
    /// A name that is no value by itself, before an equals sign: f(x), \angle ABC, P(A \cup B), "Area".
    bool skip_name() {
        std::size_t end = at_;
        int depth = 0;
        for (; tokens_[end].kind != TokenKind::end; ++end) {
            if (opens(tokens_[end])) ++depth;
            if (closes(tokens_[end]) && --depth < 0) return false;
            if (depth == 0 && (divides(tokens_[end]) || is_relation(tokens_[end]))) break;
        }
        if (!tokens_[end].symbol("=") || end == at_ || !is_name(end)) return false;
        at_ = end + 1;
        return true;
    }
    bool is_name(std::size_t end) const {
        const Token& first = here();
        const bool function =
            first.kind == TokenKind::letters && ahead(1).symbol("(") &&
            (first.text == "f" || first.text == "g" || first.text == "h" || first.text == "P" || first.text == "p") &&
            tokens_[end - 1].symbol(")");
        static constexpr auto shapes = std::to_array<std::string_view>(
            {"angle", "triangle", "overline", "vec", "hat", "overrightarrow", "overleftrightarrow", "measuredangle"});
        const bool shape =
            first.kind == TokenKind::command && std::ranges::find(shapes, std::string_view(first.text)) != shapes.end();
        // AB = 5: a segment.
        const bool segment = end == at_ + 2 && first.kind == TokenKind::letters &&
                             ahead(1).kind == TokenKind::letters && first.text[0] <= 'Z' && ahead(1).text[0] <= 'Z';
        return function || shape || segment || (first.kind == TokenKind::words && first.text.size() > 1);
    }

    /// Sets and intervals with \cup between them.
    Value parse_side() {
        const std::size_t begin = at_;
        Value first = parse_element();
        if (!here().command("cup")) return first;
        Value join;
        join.kind = Value::Kind::join;
        join.items.push_back(std::move(first));
        while (here().command("cup")) {
            ++at_;
            join.items.push_back(parse_element());
            check_size(join.items);
        }
        join.text = text_from(begin);
        return join;
    }

    Value parse_element() {
        if (here().command("emptyset")) {
            ++at_;
            Value empty;
            empty.kind = Value::Kind::set;
            empty.text = "\\emptyset";
            return empty;
        }
        if (begins_matrix(here())) return parse_matrix();
        if ((here().symbol("(") || here().symbol("[")) && begins_matrix(ahead(1))) {
            ++at_;
            Value matrix = parse_matrix();
            if (!closes(here())) throw NoValue{};
            ++at_;
            return matrix;
        }
        if (const std::size_t close = end_of_sequence()) return parse_sequence(close);
        if (here().kind == TokenKind::words && (here().text.size() > 1 || ahead(1).kind == TokenKind::words)) {
            return parse_words();
        }
        return parse_formula();
    }

    static bool begins_matrix(const Token& token) {
        return token.kind == TokenKind::command && token.text.starts_with("begin ");
    }

    /// The bracket that closes the one here, if there is a list between them; else 0.
    std::size_t end_of_sequence() const {
        const bool french = here().symbol("]");
        if (!opens(here()) && !french) return 0;
        const bool set = here().symbol("\\{");
        bool list = set;
        int depth = 1;
        std::size_t end = at_ + 1;
        for (; tokens_[end].kind != TokenKind::end; ++end) {
            const bool last = french && depth == 1 && tokens_[end].symbol("[");
            if (opens(tokens_[end]) && !last) ++depth;
            if ((closes(tokens_[end]) || last) && --depth == 0) break;
            if (depth == 1 && (tokens_[end].symbol(",") || tokens_[end].symbol(";"))) list = true;
        }
        return list && depth == 0 ? end : 0;
    }
    /// A comma with a blank behind it somewhere between these: then one without is no separator.
    bool blank_commas(std::size_t close) const {
        int depth = 0;
        for (std::size_t i = at_; i < close; ++i) {
            if (opens(tokens_[i])) ++depth;
            if (closes(tokens_[i])) --depth;
            if (depth == 1 && (tokens_[i].symbol(";") || (tokens_[i].symbol(",") && tokens_[i + 1].blank))) return true;
        }
        return false;
    }

    Value parse_sequence(std::size_t close) {
        if (++depth_ > deepest_list) throw NoValue{};
        const std::size_t begin = at_;
        const Commas outside = std::exchange(commas_, blank_commas(close) ? Commas::groups : Commas::list);
        Value sequence;
        const bool set = here().symbol("\\{") || here().symbol("{");
        sequence.kind = set ? Value::Kind::set : Value::Kind::sequence;
        // \langle 1, 2 \rangle is the vector (1, 2); ]0, 1[ is the open interval.
        sequence.open = here().command("langle") || here().symbol("]") ? "(" : here().text;
        ++at_;
        if (at_ < close) {
            do {
                sequence.items.push_back(parse_item());
                check_size(sequence.items);
            } while (take(",") || take(";"));
        }
        if (at_ != close) throw NoValue{};
        sequence.close = here().command("rangle") || here().symbol("[") ? ")" : here().text;
        ++at_;
        sequence.text = text_from(begin);
        commas_ = outside;
        --depth_;
        return sequence;
    }

    Value parse_matrix() {
        if (++depth_ > deepest_list) throw NoValue{};
        const std::size_t begin = at_;
        const std::string name = here().text.substr(6), close = "end " + name;
        if (!name.ends_with("matrix") && name != "array") throw NoValue{};
        ++at_;
        if (name == "array") skip_columns();
        Value matrix;
        matrix.kind = Value::Kind::matrix;
        matrix.open = name == "vmatrix" || name == "Vmatrix" ? name : "matrix";  // a determinant is another thing
        std::size_t row = 0;
        const Commas outside = std::exchange(commas_, Commas::groups);
        while (!here().command(close)) {
            matrix.items.push_back(parse_side());
            check_size(matrix.items);
            ++row;
            if (take("&")) continue;
            const bool ended = here().command(close);
            if (!ended && !take("\\\\")) throw NoValue{};
            if (matrix.columns != 0 && matrix.columns != row) throw NoValue{};
            matrix.columns = std::exchange(row, 0);
        }
        ++at_;
        commas_ = outside;
        matrix.text = text_from(begin);
        --depth_;
        return matrix;
    }
    void skip_columns() {
        if (!take("{")) return;
        while (here().kind != TokenKind::end && !here().symbol("}")) ++at_;
        take("}");
    }

    /// Words are an answer by themselves, a number, or a remark before a formula.
    Value parse_words() {
        const std::size_t begin = at_;
        if (const auto number_value = words_as_number()) return *number_value;
        while (here().kind == TokenKind::words && !is_separator(here())) ++at_;
        if (at_ == begin) throw NoValue{};
        const bool over = here().kind == TokenKind::end || divides(here()) || is_relation(here()) || closes(here()) ||
                          here().symbol("&") || here().symbol("\\\\");
        if (!over) {
            take(":");
            return parse_formula();
        }
        Value words;
        words.text = text_from(begin);
        return words;
    }
    /// "twenty-one", as letters or in \text{}.
    std::optional<Value> words_as_number() {
        std::size_t end = at_;
        while (tokens_[end].kind == TokenKind::words || tokens_[end].symbol("-")) ++end;
        std::string text;
        for (std::size_t i = at_; i < end; ++i) text += (i > at_ && tokens_[i].blank ? " " : "") + tokens_[i].text;
        const std::vector<Token> words = tokens_of(text);
        const auto found = read_number_words(words, 0);
        if (!found || words[found->next].kind != TokenKind::end) return std::nullopt;
        Value value;
        value.kind = Value::Kind::formula;
        value.expression = number(found->value);
        const std::size_t begin = std::exchange(at_, end);
        value.text = text_from(begin);
        return value;
    }

    Value parse_formula() {
        const std::size_t begin = at_;
        auto parsed = parse_expression(tokens_, at_, commas_);
        if (!parsed) throw NoValue{};
        at_ = parsed->next;
        Value value;
        value.kind = Value::Kind::formula;
        value.expression = std::move(parsed->expression);
        value.percent = parsed->percent;
        value.degrees = parsed->degrees;
        value.digits = std::move(parsed->digits);
        value.base = parsed->base;
        take_size(value);
        value.unit = take_unit();
        // Spelt out, they are the same marks.
        if (value.unit == "percent") value.percent = true;
        if (value.unit == "degrees" || value.unit == "degree") value.degrees = true;
        value.text = text_from(begin);
        return value;
    }
    /// 3 million.
    void take_size(Value& value) {
        if (here().kind != TokenKind::words) return;
        const auto size = size_word(base::trimmed(here().text));
        if (!size) return;
        value.expression = product(std::move(value.expression), number(*size));
        ++at_;
    }
    /// Words behind a formula, with their powers: \text{cm}^2, \text{m}/\text{s}, "square units".
    std::string take_unit() {
        std::string unit;
        while (true) {
            const bool over = (here().symbol("/") || here().symbol("*")) && ahead(1).kind == TokenKind::words;
            if (over) unit += tokens_[at_++].text;
            if (here().kind != TokenKind::words || is_separator(here())) return unit;
            unit += (unit.empty() || over ? "" : " ") + here().text;
            ++at_;
            if (!here().symbol("^")) continue;
            const bool braces = ahead(1).symbol("{");
            const std::size_t digits = braces ? 2 : 1;
            if (ahead(digits).kind != TokenKind::digits) throw NoValue{};
            unit += '^' + ahead(digits).text;
            at_ += digits + (braces ? 2 : 1);
        }
    }

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    Commas commas_;
    int depth_ = 0;
};

}  // namespace

Value parse_value(std::string_view text, Commas commas) {
    Value words;
    if (text.size() > longest_text) {
        words.text = text;
        return words;
    }
    std::vector<Token> tokens = formula_tokens(text);
    words.text = joined_text(std::span(tokens).first(tokens.size() - 1));
    if (tokens.size() > longest_formula) return words;
    try {
        return ValueParser(std::move(tokens), commas).run();
    } catch (const NoValue&) {
        return words;
    }
}

}  // namespace ergon::tasks::maths
