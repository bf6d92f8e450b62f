// Expressions.

#include "text/jinja/interpreter.h"

namespace ergon::text::jinja {

Value Interpreter::evaluate(const Literal& node) {
    return node.value;
}

Value Interpreter::evaluate(const Name& node) {
    if (const Value* value = scope_->find(node.name)) return *value;
    if (auto function = global(node.name)) return *function;
    return Value::undefined(fmt::format("'{}' is undefined", node.name));
}

Value Interpreter::evaluate(const ListLiteral& node) {
    std::vector<Value> items;
    for (const auto& item : node.items) items.push_back(evaluate(*item));
    return Value::sequence(runtime_, node.is_tuple ? SequenceKind::tuple : SequenceKind::list, std::move(items));
}

Value Interpreter::evaluate(const DictLiteral& node) {
    std::vector<std::pair<Value, Value>> entries;
    for (const auto& [key, value] : node.entries) {
        Value made = evaluate(*key);
        jinja::assign(runtime_, entries, std::move(made), evaluate(*value));
    }
    return Value::dict(runtime_, std::move(entries));
}

Value Interpreter::evaluate(const Attribute& node) {
    return get_attribute(runtime_, evaluate(*node.object), node.name);
}

Value Interpreter::evaluate(const Item& node) {
    const Value object = evaluate(*node.object);
    return get_item(runtime_, object, evaluate(*node.key));
}

Value Interpreter::evaluate(const Slice& node) {
    const Value object = evaluate(*node.object);
    const Value start = optional(node.start);
    const Value stop = optional(node.stop);
    return get_slice(runtime_, object, start, stop, optional(node.step));
}

Arguments Interpreter::evaluate(const CallArguments& arguments) {
    Arguments result;
    for (const auto& argument : arguments.positional) result.positional.push_back(evaluate(*argument));
    for (const auto& [name, argument] : arguments.named) result.named.emplace_back(name, evaluate(*argument));
    if (arguments.more_positional) {
        std::vector<Value> more = iterate(runtime_, evaluate(*arguments.more_positional));
        result.positional.insert(result.positional.end(), more.begin(), more.end());
    }
    if (arguments.more_named) {
        const Value more = evaluate(*arguments.more_named);
        if (!more.dict()) refuse("the argument after ** must be a mapping, not {}", type_name(more));
        for (const auto& [key, value] : more.dict()->entries) {
            if (!key.text()) refuse("keywords must be strings");
            result.named.emplace_back(key.text()->text(), value);
        }
    }
    return result;
}

Value Interpreter::evaluate(const Call& node) {
    return call(node, nullptr);
}

Value Interpreter::call(const Call& node, Object* caller) {
    // A method is called without making it a value first.
    const auto* const method = std::get_if<Attribute>(&node.callee->node);
    const Value callee = evaluate(method ? *method->object : *node.callee);
    Arguments arguments = evaluate(node.arguments);
    if (caller) arguments.named.emplace_back("caller", caller);
    return method ? call_method(runtime_, callee, method->name, arguments) : jinja::call(runtime_, callee, arguments);
}

Value Interpreter::evaluate(const FilterCall& node) {
    const Value operand = node.operand ? evaluate(*node.operand) : *block_text_;
    return apply_filter(runtime_, node.name, operand, evaluate(node.arguments));
}

Value Interpreter::evaluate(const TestCall& node) {
    const Value operand = evaluate(*node.operand);
    return apply_test(runtime_, node.name, operand, evaluate(node.arguments)) != node.negated;
}

Value Interpreter::evaluate(const Unary& node) {
    const Value operand = evaluate(*node.operand);
    if (node.op == UnaryOperator::logical_not) return !is_true(operand);
    return node.op == UnaryOperator::negate ? negate(operand) : positive(operand);
}

Value Interpreter::evaluate(const Binary& node) {
    const Value left = evaluate(*node.left);
    return apply(runtime_, node.op, left, evaluate(*node.right));
}

Value Interpreter::evaluate(const Concatenation& node) {
    MarkedText result;
    for (const auto& part : node.parts) {
        result.append(to_text(runtime_, evaluate(*part)));
        require_text_size(result.text().size());
    }
    return result;
}

Value Interpreter::evaluate(const Logical& node) {
    Value left = evaluate(*node.left);
    return is_true(left) == node.is_and ? evaluate(*node.right) : left;
}

Value Interpreter::evaluate(const ComparisonChain& node) {
    Value left = evaluate(*node.first);
    for (const auto& [comparison, operand] : node.rest) {
        Value right = evaluate(*operand);
        if (!compare(runtime_, comparison, left, right)) return false;
        left = std::move(right);
    }
    return true;
}

Value Interpreter::evaluate(const Conditional& node) {
    if (is_true(evaluate(*node.condition))) return evaluate(*node.then);
    if (node.otherwise) return evaluate(*node.otherwise);
    return Value::undefined("the inline if-expression evaluated to false and no else section was defined");
}

}  // namespace ergon::text::jinja
