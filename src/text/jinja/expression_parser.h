#pragma once
// The expressions of a template, by recursive descent with Jinja's precedences.

#include <algorithm>
#include <string_view>
#include <vector>

#include "text/jinja/ast.h"
#include "text/jinja/lexer.h"

namespace ergon::text::jinja {

// Height of an expression's tree: a chain of 400 "+" is as deep as 400 brackets. Assumed: published templates stay
// below 20.
inline constexpr int max_height = 400;

inline int height_of(const ExpressionPtr& expression) {
    return expression ? expression->height : 0;
}
inline int height_of(const std::vector<ExpressionPtr>& expressions) {
    int height = 0;
    for (const auto& expression : expressions) height = std::max(height, height_of(expression));
    return height;
}
inline int height_of(const CallArguments& arguments) {
    int height = std::max(
        {height_of(arguments.positional), height_of(arguments.more_positional), height_of(arguments.more_named)});
    for (const auto& argument : arguments.named) height = std::max(height, height_of(argument.second));
    return height;
}

/// Reads expressions from a list of tokens. Nesting is bounded, in the source and in the tree.
class ExpressionParser {
  public:
    explicit ExpressionParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    const Token& current() const { return tokens_[at_]; }
    const Token& take() { return tokens_[at_ < tokens_.size() - 1 ? at_++ : at_]; }
    bool at_kind(TokenKind kind) const { return current().kind == kind; }
    bool at_name(std::string_view name) const { return at_kind(TokenKind::name) && current().text == name; }
    bool at_symbol(std::string_view symbol) const { return at_kind(TokenKind::symbol) && current().text == symbol; }
    bool skip_name(std::string_view name);
    bool skip_symbol(std::string_view symbol);
    void expect_name(std::string_view name);
    void expect_symbol(std::string_view symbol);
    void expect_kind(TokenKind kind);
    std::string take_name();
    [[noreturn]] void fail(const std::string& reason) const;
    [[noreturn]] void fail_expected(std::string_view expected) const;

    /// Where the current token stands, and whether a name stands anywhere from such a place to here.
    std::size_t position() const { return at_; }
    bool mentioned_since(std::size_t position, std::string_view name) const;

    /// One expression; without `conditional`, "a if b" ends at "if".
    ExpressionPtr parse_expression(bool conditional = true);
    /// One expression or several with commas between: a tuple. `end` is a name that ends it besides the end of the tag.
    ExpressionPtr parse_tuple(bool conditional = true, std::string_view end = {});
    /// A name, ns.name, or several with commas between; `end` as above.
    Target parse_target(bool namespaces, std::string_view end = {});
    /// A chain of filters; the first one's operand is null. `expects_name`: no "|" before the first.
    ExpressionPtr parse_filters(bool expects_name);

    /// Counts nesting while it lives; fails where there is too much.
    class Nesting {
      public:
        explicit Nesting(ExpressionParser& parser);
        ~Nesting() { --parser_.nesting_; }
        Nesting(const Nesting&) = delete;
        Nesting& operator=(const Nesting&) = delete;

      private:
        ExpressionParser& parser_;
    };

  private:
    /// A node over children of at most this height.
    template <typename Node>
    ExpressionPtr make(int line, Node node, int height = 0) {
        if (height >= max_height) fail(fmt::format("an expression of more than {} levels", max_height));
        return std::make_unique<Expression>(Expression{std::move(node), line, height + 1});
    }

    ExpressionPtr parse_conditional();
    ExpressionPtr parse_or();
    ExpressionPtr parse_and();
    ExpressionPtr parse_not();
    ExpressionPtr parse_comparison();
    ExpressionPtr parse_sum();
    ExpressionPtr parse_concatenation();
    ExpressionPtr parse_product();
    ExpressionPtr parse_power();
    ExpressionPtr parse_unary(bool with_filter);
    ExpressionPtr parse_primary();
    ExpressionPtr parse_name();
    ExpressionPtr parse_parentheses();
    ExpressionPtr parse_list();
    ExpressionPtr parse_dict();
    ExpressionPtr parse_postfix(ExpressionPtr operand);
    ExpressionPtr parse_filters_and_tests(ExpressionPtr operand);
    ExpressionPtr parse_subscript(ExpressionPtr object);
    ExpressionPtr parse_attribute(ExpressionPtr object);
    ExpressionPtr parse_call(ExpressionPtr callee);
    ExpressionPtr parse_filter(ExpressionPtr operand);
    ExpressionPtr parse_test(ExpressionPtr operand);
    CallArguments parse_arguments();
    void parse_argument(CallArguments& arguments);
    std::optional<Comparison> take_comparison();
    Target parse_one_target(bool namespaces);
    bool at_tuple_end(std::string_view end) const;

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    int nesting_ = 0;
};

}  // namespace ergon::text::jinja
