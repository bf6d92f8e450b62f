#pragma once
// A parsed template.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja/builtins/builtins.h"

namespace ergon::text::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

// --- expressions -----------------------------------------------------------------------------------------------------

struct Literal {
    Value value;
};
struct Name {
    std::string name;
};
struct ListLiteral {
    std::vector<ExpressionPtr> items;
    bool is_tuple;
};
struct DictLiteral {
    std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
};
struct Attribute {
    ExpressionPtr object;
    std::string name;
};
struct Item {
    ExpressionPtr object, key;
};
struct Slice {
    ExpressionPtr object;
    ExpressionPtr start, stop, step;  // null where missing
};
struct CallArguments {
    std::vector<ExpressionPtr> positional;
    std::vector<std::pair<std::string, ExpressionPtr>> named;
    ExpressionPtr more_positional, more_named;  // *list and **dict, null where missing
};
struct Call {
    ExpressionPtr callee;
    CallArguments arguments;
};
struct FilterCall {
    ExpressionPtr operand;  // null for the filter of a block: its text
    std::string name;
    CallArguments arguments;
};
struct TestCall {
    ExpressionPtr operand;
    std::string name;
    CallArguments arguments;
    bool negated;
};
enum class UnaryOperator : std::uint8_t { negate, positive, logical_not };
struct Unary {
    UnaryOperator op;
    ExpressionPtr operand;
};
struct Binary {
    BinaryOperator op;
    ExpressionPtr left, right;
};
/// a ~ b ~ c
struct Concatenation {
    std::vector<ExpressionPtr> parts;
};
struct Logical {
    bool is_and;
    ExpressionPtr left, right;
};
/// a < b <= c
struct ComparisonChain {
    ExpressionPtr first;
    std::vector<std::pair<Comparison, ExpressionPtr>> rest;
};
/// a if condition else b
struct Conditional {
    ExpressionPtr condition, then, otherwise;  // otherwise: null where missing
};

struct Expression {
    std::variant<Literal, Name, ListLiteral, DictLiteral, Attribute, Item, Slice, Call, FilterCall, TestCall, Unary,
                 Binary, Concatenation, Logical, ComparisonChain, Conditional>
        node;
    int line;
    int height;  // of the tree below; bounded, so that walking it is too
};

// --- statements ------------------------------------------------------------------------------------------------------

struct Statement;
using Body = std::vector<Statement>;

/// What is assigned to: a name, a variable of a namespace, or several.
struct Target {
    std::string name;  // of the variable, or of the namespace if `attribute` is not empty
    std::string attribute;
    std::vector<Target> parts;  // of a tuple
    bool is_tuple = false;
};

struct Data {
    MarkedText text;
};
struct Output {
    ExpressionPtr value;
};
struct If {
    std::vector<std::pair<ExpressionPtr, Body>> branches;  // the condition of `else` is null
};
struct For {
    Target target;
    ExpressionPtr iterable;
    ExpressionPtr filter;  // null where missing
    bool recursive;
    Body body, otherwise;
};
struct Set {
    Target target;
    ExpressionPtr value;
};
struct SetBlock {
    Target target;
    ExpressionPtr filter;  // null where missing
    Body body;
};
/// The signature and body of a macro or of a call block.
struct Macro {
    std::string name;
    std::vector<std::string> parameters;
    std::vector<ExpressionPtr> defaults;  // of the last parameters
    Body body;
    bool uses_caller = false, uses_varargs = false, uses_kwargs = false;
};
struct MacroDefinition {
    Macro macro;
};
struct CallBlock {
    Macro caller;
    ExpressionPtr call;
};
struct FilterBlock {
    ExpressionPtr filter;
    Body body;
};
struct With {
    std::vector<std::pair<Target, ExpressionPtr>> variables;
    Body body;
};
struct Break {};
struct Continue {};

struct Statement {
    std::variant<Data, Output, If, For, Set, SetBlock, MacroDefinition, CallBlock, FilterBlock, With, Break, Continue>
        node;
    int line;
};

}  // namespace ergon::text::jinja
