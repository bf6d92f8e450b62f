#include "text/jinja/parser.h"

#include <algorithm>

#include "text/jinja/expression_parser.h"

namespace ergon::text::jinja {
namespace {

/// The statements of a template; expressions are the base's.
class Parser : private ExpressionParser {
  public:
    explicit Parser(std::vector<Token> tokens) : ExpressionParser(std::move(tokens)) {}

    Body run() {
        Body body = parse_body({});
        if (!at_kind(TokenKind::end)) fail(fmt::format("unexpected tag '{}'", current().text));
        return body;
    }

  private:
    using Names = std::initializer_list<std::string_view>;

    /// Statements up to a tag named in `ends`, whose name is then the current token; or up to the end of the template.
    Body parse_body(Names ends) {
        const Nesting nesting(*this);
        Body body;
        while (!at_kind(TokenKind::end)) {
            const int line = current().line;
            if (at_kind(TokenKind::data)) {
                body.push_back({Data{MarkedText(take().text, Author::chat_template)}, line});
            } else if (at_kind(TokenKind::variable_begin)) {
                take();
                body.push_back({Output{parse_tuple()}, line});
                expect_kind(TokenKind::variable_end);
            } else {
                take();
                if (std::any_of(ends.begin(), ends.end(), [this](std::string_view end) { return at_name(end); })) break;
                parse_statement(body, line);
                expect_kind(TokenKind::block_end);
            }
        }
        return body;
    }

    /// The body of a tag up to one of `ends`; the tag's own end comes first.
    Body parse_block(std::string_view tag, Names ends) {
        skip_symbol(":");
        const int line = current().line;
        expect_kind(TokenKind::block_end);
        Body body = parse_body(ends);
        if (at_kind(TokenKind::end)) {
            fail(fmt::format("the '{}' of line {} is not closed; '{}' is missing", tag, line, *(ends.end() - 1)));
        }
        return body;
    }
    /// As above, with one end, which is taken.
    Body parse_block_to(std::string_view tag, std::string_view end) {
        Body body = parse_block(tag, {end});
        take();
        return body;
    }

    void parse_statement(Body& body, int line) {
        const std::string tag = take_name();
        if (tag == "if") return add(body, line, parse_if());
        if (tag == "for") return add(body, line, parse_for());
        if (tag == "set") return parse_set(body, line);
        if (tag == "macro") return add(body, line, parse_macro());
        if (tag == "call") return add(body, line, parse_call_block());
        if (tag == "filter") return add(body, line, parse_filter_block());
        if (tag == "with") return add(body, line, parse_with());
        if (tag == "print") return parse_print(body, line);
        // Marks what the model wrote, for training; here it is a scope and nothing more.
        if (tag == "generation") return add(body, line, With{{}, parse_block_to(tag, "endgeneration")});
        if (tag == "break" || tag == "continue") {
            if (loops_ == 0) fail(fmt::format("'{}' outside of a loop", tag));
            return tag == "break" ? add(body, line, Break{}) : add(body, line, Continue{});
        }
        constexpr std::string_view unsupported[] = {"include", "import",     "from", "extends",
                                                    "block",   "autoescape", "do"};
        if (std::find(std::begin(unsupported), std::end(unsupported), tag) != std::end(unsupported)) {
            fail(fmt::format("'{}' is not supported: a chat template stands alone", tag));
        }
        fail(fmt::format("unknown tag '{}'", tag));
    }

    template <typename Node>
    static void add(Body& body, int line, Node node) {
        body.push_back({std::move(node), line});
    }

    If parse_if() {
        If node;
        ExpressionPtr condition = parse_tuple(false);
        while (true) {
            Body body = parse_block("if", {"elif", "else", "endif"});
            const bool ends = condition == nullptr;
            node.branches.emplace_back(std::move(condition), std::move(body));
            const std::string tag = take_name();
            if (tag == "endif") return node;
            if (ends) fail(fmt::format("'{}' after 'else'", tag));
            condition = tag == "elif" ? parse_tuple(false) : nullptr;
        }
    }

    For parse_for() {
        For node;
        node.target = parse_target(false, "in");
        if (assigns(node.target, "loop")) fail("cannot assign to the special variable 'loop'");
        expect_name("in");
        node.iterable = parse_tuple(false, "recursive");
        if (skip_name("if")) node.filter = parse_expression();
        node.recursive = skip_name("recursive");
        ++loops_;
        node.body = parse_block("for", {"else", "endfor"});
        --loops_;
        if (take_name() == "else") node.otherwise = parse_block_to("for", "endfor");
        return node;
    }

    static bool assigns(const Target& target, std::string_view name) {
        return target.name == name || std::any_of(target.parts.begin(), target.parts.end(),
                                                  [name](const Target& part) { return assigns(part, name); });
    }

    void parse_set(Body& body, int line) {
        Target target = parse_target(true);
        if (skip_symbol("=")) return add(body, line, Set{std::move(target), parse_tuple()});
        ExpressionPtr filter = parse_filters(false);
        add(body, line, SetBlock{std::move(target), std::move(filter), parse_block_to("set", "endset")});
    }

    void parse_signature(Macro& macro) {
        expect_symbol("(");
        while (!at_symbol(")")) {
            if (!macro.parameters.empty()) expect_symbol(",");
            macro.parameters.push_back(take_name());
            if (skip_symbol("=")) {
                macro.defaults.push_back(parse_expression());
            } else if (!macro.defaults.empty()) {
                fail("a parameter without default after one with default");
            }
        }
        expect_symbol(")");
    }

    /// Parses a macro's body; what it mentions decides which special variables it takes.
    void parse_macro_body(Macro& macro, std::string_view tag, std::string_view end) {
        const int loops = std::exchange(loops_, 0);
        const std::size_t begin = position();
        macro.body = parse_block_to(tag, end);
        loops_ = loops;
        const auto is_parameter = [&](std::string_view name) {
            return std::find(macro.parameters.begin(), macro.parameters.end(), name) != macro.parameters.end();
        };
        const auto takes = [&](std::string_view name) { return mentioned_since(begin, name) && !is_parameter(name); };
        macro.uses_caller = takes("caller");
        macro.uses_varargs = takes("varargs");
        macro.uses_kwargs = takes("kwargs");
    }

    MacroDefinition parse_macro() {
        Macro macro;
        macro.name = take_name();
        parse_signature(macro);
        parse_macro_body(macro, "macro", "endmacro");
        return {std::move(macro)};
    }

    CallBlock parse_call_block() {
        CallBlock node;
        node.caller.name = "caller";
        if (at_symbol("(")) parse_signature(node.caller);
        node.call = parse_expression();
        if (!std::holds_alternative<Call>(node.call->node)) fail("'call' must be followed by a call");
        parse_macro_body(node.caller, "call", "endcall");
        return node;
    }

    FilterBlock parse_filter_block() {
        ExpressionPtr filter = parse_filters(true);
        return {std::move(filter), parse_block_to("filter", "endfilter")};
    }

    With parse_with() {
        With node;
        while (!at_kind(TokenKind::block_end)) {
            if (!node.variables.empty()) expect_symbol(",");
            Target target = parse_target(false);
            expect_symbol("=");
            node.variables.emplace_back(std::move(target), parse_expression());
        }
        node.body = parse_block_to("with", "endwith");
        return node;
    }

    void parse_print(Body& body, int line) {
        add(body, line, Output{parse_expression()});
        while (skip_symbol(",")) add(body, line, Output{parse_expression()});
    }

    int loops_ = 0;  // around the current statement, within its macro
};

}  // namespace

Body parse(std::string_view source) {
    return Parser(tokenize(source)).run();
}

}  // namespace ergon::text::jinja
