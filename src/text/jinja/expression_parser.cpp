#include "text/jinja/expression_parser.h"

#include <algorithm>

namespace ergon::text::jinja {
namespace {

// Brackets in brackets, blocks in blocks. Assumed: published templates nest below 20; a level takes a few KB of stack.
constexpr int max_source_nesting = 100;

std::string describe(const Token& token) {
    switch (token.kind) {
        case TokenKind::variable_end: return "the end of the tag";
        case TokenKind::block_end: return "the end of the tag";
        case TokenKind::end: return "the end of the template";
        case TokenKind::string: return "a string";
        case TokenKind::integer:
        case TokenKind::real: return "a number";
        case TokenKind::name:
        case TokenKind::symbol: return fmt::format("'{}'", token.text);
        default: return "text";
    }
}

}  // namespace

ExpressionParser::Nesting::Nesting(ExpressionParser& parser) : parser_(parser) {
    if (parser_.nesting_ >= max_source_nesting)
        parser_.fail(fmt::format("it nests deeper than {}", max_source_nesting));
    ++parser_.nesting_;
}

// --- tokens ----------------------------------------------------------------------------------------------------------

void ExpressionParser::fail(const std::string& reason) const {
    throw SyntaxError(current().line, reason);
}

void ExpressionParser::fail_expected(std::string_view expected) const {
    fail(fmt::format("expected {}, found {}", expected, describe(current())));
}

bool ExpressionParser::skip_name(std::string_view name) {
    if (!at_name(name)) return false;
    take();
    return true;
}

bool ExpressionParser::skip_symbol(std::string_view symbol) {
    if (!at_symbol(symbol)) return false;
    take();
    return true;
}

void ExpressionParser::expect_name(std::string_view name) {
    if (!skip_name(name)) fail_expected(fmt::format("'{}'", name));
}

void ExpressionParser::expect_symbol(std::string_view symbol) {
    if (!skip_symbol(symbol)) fail_expected(fmt::format("'{}'", symbol));
}

void ExpressionParser::expect_kind(TokenKind kind) {
    if (!at_kind(kind)) fail_expected("the end of the tag");
    take();
}

std::string ExpressionParser::take_name() {
    if (!at_kind(TokenKind::name)) fail_expected("a name");
    return take().text;
}

bool ExpressionParser::mentioned_since(std::size_t position, std::string_view name) const {
    return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(position),
                       tokens_.begin() + static_cast<std::ptrdiff_t>(at_),
                       [name](const Token& token) { return token.kind == TokenKind::name && token.text == name; });
}

// --- from loose to tight ---------------------------------------------------------------------------------------------

ExpressionPtr ExpressionParser::parse_expression(bool conditional) {
    const Nesting nesting(*this);
    return conditional ? parse_conditional() : parse_or();
}

ExpressionPtr ExpressionParser::parse_conditional() {
    const int line = current().line;
    ExpressionPtr then = parse_or();
    while (skip_name("if")) {
        ExpressionPtr condition = parse_or();
        ExpressionPtr otherwise;
        if (skip_name("else")) {
            const Nesting nesting(*this);
            otherwise = parse_conditional();
        }
        const int height = std::max({height_of(condition), height_of(then), height_of(otherwise)});
        then = make(line, Conditional{std::move(condition), std::move(then), std::move(otherwise)}, height);
    }
    return then;
}

ExpressionPtr ExpressionParser::parse_or() {
    ExpressionPtr left = parse_and();
    while (at_name("or")) {
        const int line = take().line;
        ExpressionPtr right = parse_and();
        const int height = std::max(left->height, right->height);
        left = make(line, Logical{false, std::move(left), std::move(right)}, height);
    }
    return left;
}

ExpressionPtr ExpressionParser::parse_and() {
    ExpressionPtr left = parse_not();
    while (at_name("and")) {
        const int line = take().line;
        ExpressionPtr right = parse_not();
        const int height = std::max(left->height, right->height);
        left = make(line, Logical{true, std::move(left), std::move(right)}, height);
    }
    return left;
}

ExpressionPtr ExpressionParser::parse_not() {
    if (!at_name("not")) return parse_comparison();
    const Nesting nesting(*this);
    const int line = take().line;
    ExpressionPtr operand = parse_not();
    const int height = operand->height;
    return make(line, Unary{UnaryOperator::logical_not, std::move(operand)}, height);
}

std::optional<Comparison> ExpressionParser::take_comparison() {
    constexpr std::pair<std::string_view, Comparison> symbols[] = {
        {"==", Comparison::equal},      {"!=", Comparison::not_equal}, {"<", Comparison::less},
        {"<=", Comparison::less_equal}, {">", Comparison::greater},    {">=", Comparison::greater_equal},
    };
    for (const auto& [symbol, comparison] : symbols) {
        if (skip_symbol(symbol)) return comparison;
    }
    if (skip_name("in")) return Comparison::in;
    const bool not_in = at_name("not") && tokens_[at_ + 1].kind == TokenKind::name && tokens_[at_ + 1].text == "in";
    if (!not_in) return std::nullopt;
    take();
    take();
    return Comparison::not_in;
}

ExpressionPtr ExpressionParser::parse_comparison() {
    const int line = current().line;
    ExpressionPtr first = parse_sum();
    std::vector<std::pair<Comparison, ExpressionPtr>> rest;
    int height = first->height;
    while (const auto comparison = take_comparison()) {
        rest.emplace_back(*comparison, parse_sum());
        height = std::max(height, rest.back().second->height);
    }
    if (rest.empty()) return first;
    return make(line, ComparisonChain{std::move(first), std::move(rest)}, height);
}

ExpressionPtr ExpressionParser::parse_sum() {
    ExpressionPtr left = parse_concatenation();
    while (at_symbol("+") || at_symbol("-")) {
        const Token& symbol = take();
        const int line = symbol.line;
        const auto op = symbol.text == "+" ? BinaryOperator::add : BinaryOperator::subtract;
        ExpressionPtr right = parse_concatenation();
        const int height = std::max(left->height, right->height);
        left = make(line, Binary{op, std::move(left), std::move(right)}, height);
    }
    return left;
}

ExpressionPtr ExpressionParser::parse_concatenation() {
    const int line = current().line;
    ExpressionPtr first = parse_product();
    if (!at_symbol("~")) return first;
    std::vector<ExpressionPtr> parts;
    parts.push_back(std::move(first));
    while (skip_symbol("~")) parts.push_back(parse_product());
    const int height = height_of(parts);
    return make(line, Concatenation{std::move(parts)}, height);
}

ExpressionPtr ExpressionParser::parse_product() {
    constexpr std::pair<std::string_view, BinaryOperator> symbols[] = {
        {"*", BinaryOperator::multiply},
        {"/", BinaryOperator::divide},
        {"//", BinaryOperator::floor_divide},
        {"%", BinaryOperator::modulo},
    };
    ExpressionPtr left = parse_power();
    while (at_kind(TokenKind::symbol)) {
        const auto* const op = std::find_if(std::begin(symbols), std::end(symbols),
                                            [this](const auto& entry) { return entry.first == current().text; });
        if (op == std::end(symbols)) break;
        const int line = take().line;
        ExpressionPtr right = parse_power();
        const int height = std::max(left->height, right->height);
        left = make(line, Binary{op->second, std::move(left), std::move(right)}, height);
    }
    return left;
}

ExpressionPtr ExpressionParser::parse_power() {
    ExpressionPtr left = parse_unary(true);
    while (at_symbol("**")) {
        const int line = take().line;
        ExpressionPtr right = parse_unary(true);
        const int height = std::max(left->height, right->height);
        left = make(line, Binary{BinaryOperator::power, std::move(left), std::move(right)}, height);
    }
    return left;
}

/// Jinja's signs bind before filters: -1|abs is (-1)|abs.
ExpressionPtr ExpressionParser::parse_unary(bool with_filter) {
    ExpressionPtr operand;
    if (at_symbol("-") || at_symbol("+")) {
        const Nesting nesting(*this);
        const Token& symbol = take();
        const int line = symbol.line;
        const auto op = symbol.text == "-" ? UnaryOperator::negate : UnaryOperator::positive;
        ExpressionPtr inner = parse_unary(false);
        const int height = inner->height;
        operand = make(line, Unary{op, std::move(inner)}, height);
    } else {
        operand = parse_primary();
    }
    operand = parse_postfix(std::move(operand));
    return with_filter ? parse_filters_and_tests(std::move(operand)) : std::move(operand);
}

// --- targets ---------------------------------------------------------------------------------------------------------

Target ExpressionParser::parse_one_target(bool namespaces) {
    const Nesting nesting(*this);
    if (skip_symbol("(")) {
        Target inner = parse_target(namespaces);
        expect_symbol(")");
        return inner;
    }
    Target target;
    target.name = take_name();
    if (namespaces && skip_symbol(".")) target.attribute = take_name();
    constexpr std::string_view constants[] = {"true", "false", "none", "True", "False", "None"};
    if (std::find(std::begin(constants), std::end(constants), target.name) != std::end(constants)) {
        fail(fmt::format("cannot assign to '{}'", target.name));
    }
    return target;
}

Target ExpressionParser::parse_target(bool namespaces, std::string_view end) {
    Target first = parse_one_target(namespaces);
    if (!at_symbol(",")) return first;
    Target tuple;
    tuple.is_tuple = true;
    tuple.parts.push_back(std::move(first));
    while (skip_symbol(",") && !at_tuple_end(end) && !at_symbol("="))
        tuple.parts.push_back(parse_one_target(namespaces));
    return tuple;
}

}  // namespace ergon::text::jinja
