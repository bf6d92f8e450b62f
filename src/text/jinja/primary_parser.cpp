// Names, literals, brackets, and what can stand behind them.

#include <algorithm>

#include "text/jinja/expression_parser.h"

namespace ergon::text::jinja {

// --- primaries -------------------------------------------------------------------------------------------------------

ExpressionPtr ExpressionParser::parse_primary() {
    const int line = current().line;
    if (at_kind(TokenKind::name)) return parse_name();
    if (at_kind(TokenKind::string)) {
        std::string text;
        while (at_kind(TokenKind::string)) text += take().text;
        return make(line, Literal{MarkedText(text, Author::chat_template)});
    }
    if (at_kind(TokenKind::integer)) return make(line, Literal{take().integer});
    if (at_kind(TokenKind::real)) return make(line, Literal{take().real});
    if (at_symbol("(")) return parse_parentheses();
    if (at_symbol("[")) return parse_list();
    if (at_symbol("{")) return parse_dict();
    fail_expected("an expression");
}

ExpressionPtr ExpressionParser::parse_name() {
    const Token& token = take();
    if (token.text == "true" || token.text == "True") return make(token.line, Literal{true});
    if (token.text == "false" || token.text == "False") return make(token.line, Literal{false});
    if (token.text == "none" || token.text == "None") return make(token.line, Literal{None{}});
    return make(token.line, Name{token.text});
}

ExpressionPtr ExpressionParser::parse_parentheses() {
    const int line = take().line;
    if (skip_symbol(")")) return make(line, ListLiteral{{}, true});
    ExpressionPtr inner = parse_tuple();
    expect_symbol(")");
    return inner;
}

ExpressionPtr ExpressionParser::parse_list() {
    const int line = take().line;
    std::vector<ExpressionPtr> items;
    while (!at_symbol("]")) {
        if (!items.empty()) expect_symbol(",");
        if (at_symbol("]")) break;
        items.push_back(parse_expression());
    }
    expect_symbol("]");
    const int height = height_of(items);
    return make(line, ListLiteral{std::move(items), false}, height);
}

ExpressionPtr ExpressionParser::parse_dict() {
    const int line = take().line;
    std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
    int height = 0;
    while (!at_symbol("}")) {
        if (!entries.empty()) expect_symbol(",");
        if (at_symbol("}")) break;
        ExpressionPtr key = parse_expression();
        expect_symbol(":");
        ExpressionPtr value = parse_expression();
        height = std::max({height, key->height, value->height});
        entries.emplace_back(std::move(key), std::move(value));
    }
    expect_symbol("}");
    return make(line, DictLiteral{std::move(entries)}, height);
}

bool ExpressionParser::at_tuple_end(std::string_view end) const {
    return at_kind(TokenKind::variable_end) || at_kind(TokenKind::block_end) || at_symbol(")") ||
           (!end.empty() && at_name(end));
}

ExpressionPtr ExpressionParser::parse_tuple(bool conditional, std::string_view end) {
    const int line = current().line;
    if (at_tuple_end(end)) fail_expected("an expression");
    ExpressionPtr first = parse_expression(conditional);
    if (!at_symbol(",")) return first;
    std::vector<ExpressionPtr> items;
    items.push_back(std::move(first));
    while (skip_symbol(",") && !at_tuple_end(end)) items.push_back(parse_expression(conditional));
    const int height = height_of(items);
    return make(line, ListLiteral{std::move(items), true}, height);
}

// --- what stands behind a primary ------------------------------------------------------------------------------------

ExpressionPtr ExpressionParser::parse_postfix(ExpressionPtr operand) {
    while (true) {
        if (at_symbol(".")) {
            operand = parse_attribute(std::move(operand));
        } else if (at_symbol("[")) {
            operand = parse_subscript(std::move(operand));
        } else if (at_symbol("(")) {
            operand = parse_call(std::move(operand));
        } else {
            return operand;
        }
    }
}

ExpressionPtr ExpressionParser::parse_filters_and_tests(ExpressionPtr operand) {
    while (true) {
        if (skip_symbol("|")) {
            operand = parse_filter(std::move(operand));
        } else if (at_name("is")) {
            operand = parse_test(std::move(operand));
        } else if (at_symbol("(")) {
            operand = parse_call(std::move(operand));
        } else {
            return operand;
        }
    }
}

ExpressionPtr ExpressionParser::parse_attribute(ExpressionPtr object) {
    const int line = take().line;
    const int height = object->height;
    if (at_kind(TokenKind::integer)) {
        ExpressionPtr key = make(line, Literal{take().integer});
        return make(line, Item{std::move(object), std::move(key)}, height);
    }
    return make(line, Attribute{std::move(object), take_name()}, height);
}

ExpressionPtr ExpressionParser::parse_subscript(ExpressionPtr object) {
    const int line = take().line;
    const auto at_part_end = [this] { return at_symbol(":") || at_symbol("]"); };
    ExpressionPtr start = at_symbol(":") ? nullptr : parse_expression();
    if (skip_symbol("]")) {
        const int height = std::max(object->height, start->height);
        return make(line, Item{std::move(object), std::move(start)}, height);
    }
    expect_symbol(":");
    ExpressionPtr stop = at_part_end() ? nullptr : parse_expression();
    ExpressionPtr step = skip_symbol(":") && !at_part_end() ? parse_expression() : nullptr;
    expect_symbol("]");
    const int height = std::max({object->height, height_of(start), height_of(stop), height_of(step)});
    return make(line, Slice{std::move(object), std::move(start), std::move(stop), std::move(step)}, height);
}

void ExpressionParser::parse_argument(CallArguments& arguments) {
    const bool more = arguments.more_positional || arguments.more_named;
    if (skip_symbol("*")) {
        if (more) fail("'*' must come once and before '**'");
        arguments.more_positional = parse_expression();
    } else if (skip_symbol("**")) {
        if (arguments.more_named) fail("'**' must come once");
        arguments.more_named = parse_expression();
    } else if (at_kind(TokenKind::name) && tokens_[at_ + 1].kind == TokenKind::symbol && tokens_[at_ + 1].text == "=") {
        if (arguments.more_named) fail("named arguments must come before '**'");
        std::string name = take_name();
        take();
        arguments.named.emplace_back(std::move(name), parse_expression());
    } else {
        if (more || !arguments.named.empty()) fail("positional arguments must come before all others");
        arguments.positional.push_back(parse_expression());
    }
}

CallArguments ExpressionParser::parse_arguments() {
    CallArguments arguments;
    expect_symbol("(");
    while (!at_symbol(")")) {
        parse_argument(arguments);
        if (!at_symbol(")")) expect_symbol(",");
    }
    expect_symbol(")");
    return arguments;
}

ExpressionPtr ExpressionParser::parse_call(ExpressionPtr callee) {
    const int line = current().line;
    CallArguments arguments = parse_arguments();
    const int height = std::max(callee->height, height_of(arguments));
    return make(line, Call{std::move(callee), std::move(arguments)}, height);
}

ExpressionPtr ExpressionParser::parse_filter(ExpressionPtr operand) {
    const int line = current().line;
    std::string name = take_name();
    while (skip_symbol(".")) name.append(1, '.').append(take_name());
    CallArguments arguments = at_symbol("(") ? parse_arguments() : CallArguments();
    const int height = std::max(height_of(operand), height_of(arguments));
    return make(line, FilterCall{std::move(operand), std::move(name), std::move(arguments)}, height);
}

ExpressionPtr ExpressionParser::parse_filters(bool expects_name) {
    if (!expects_name && !at_symbol("|")) return nullptr;
    ExpressionPtr chain;
    if (expects_name) chain = parse_filter(nullptr);
    while (skip_symbol("|")) chain = parse_filter(std::move(chain));
    return chain;
}

ExpressionPtr ExpressionParser::parse_test(ExpressionPtr operand) {
    const int line = take().line;
    const bool negated = skip_name("not");
    std::string name = take_name();
    while (skip_symbol(".")) name.append(1, '.').append(take_name());
    CallArguments arguments;
    const bool ends = at_name("else") || at_name("or") || at_name("and");
    const bool begins_argument = at_kind(TokenKind::name) || at_kind(TokenKind::string) ||
                                 at_kind(TokenKind::integer) || at_kind(TokenKind::real) || at_symbol("[") ||
                                 at_symbol("{");
    if (at_symbol("(")) {
        arguments = parse_arguments();
    } else if (begins_argument && !ends) {
        if (at_name("is")) fail("tests cannot be chained with 'is'");
        const Nesting nesting(*this);
        arguments.positional.push_back(parse_postfix(parse_primary()));
    }
    const int height = std::max(operand->height, height_of(arguments));
    return make(line, TestCall{std::move(operand), std::move(name), std::move(arguments), negated}, height);
}

}  // namespace ergon::text::jinja
