// Statements.

#include "text/jinja/interpreter.h"

#include <algorithm>

#include "text/jinja/loop_context.h"
#include "text/jinja/macro.h"

namespace ergon::text::jinja {

Interpreter::Frame::Frame(Interpreter& interpreter, Scope* parent)
    : interpreter_(interpreter), outer_(interpreter.scope_) {
    interpreter_.scope_ = interpreter_.scopes_.enter(interpreter_.runtime_, parent);
}

Interpreter::Frame::~Frame() {
    interpreter_.scopes_.leave(interpreter_.scope_);
    interpreter_.scope_ = outer_;
}

void Interpreter::Frame::renew() {
    Scope* const old = interpreter_.scope_;
    if (old->captured) {
        interpreter_.scope_ = interpreter_.scopes_.enter(interpreter_.runtime_, old->parent);
    } else {
        old->variables.clear();
    }
}

MarkedText Interpreter::run(const Body& body) {
    return capture([&] { execute(body); });
}

// --- writing ---------------------------------------------------------------------------------------------------------

void Interpreter::write(const MarkedText& text) {
    require_text_size(out_->text().size() + text.text().size());
    runtime_.spend(text.text().size() / bytes_per_unit);
    out_->append(text);
}

void Interpreter::write(const Value& value) {
    if (const MarkedText* text = value.text()) return write(*text);
    write(to_text(runtime_, value));
}

// --- statements ------------------------------------------------------------------------------------------------------

Interpreter::Flow Interpreter::execute(const Body& body) {
    const Runtime::Level level(runtime_);
    for (const Statement& statement : body) {
        const Flow flow = execute(statement);
        if (flow != Flow::normal) return flow;
    }
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const Statement& statement) {
    runtime_.spend(1);
    line_ = statement.line;
    return std::visit([this](const auto& node) { return execute(node); }, statement.node);
}

Interpreter::Flow Interpreter::execute(const Data& node) {
    write(node.text);
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const Output& node) {
    write(evaluate(*node.value));
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const If& node) {
    for (const auto& [condition, body] : node.branches) {
        if (!condition || is_true(evaluate(*condition))) return execute(body);
    }
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const For& node) {
    std::vector<Value> items = iterate(runtime_, evaluate(*node.iterable));
    run_loop(node, scope_, std::move(items), 0);
    return Flow::normal;
}

void Interpreter::run_loop(const For& node, Scope* outer, std::vector<Value> items, int depth) {
    // A loop that outlives its block can still be asked for its length, or be called.
    if (node.filter || node.recursive) ScopePool::capture(outer);
    auto* const loop = runtime_.make<LoopContext>(*this, node, outer, std::move(items), depth);
    // As in Jinja, an iteration that ends in break or continue does not count for `else`.
    bool any = false;
    {
        Frame frame(*this, outer);
        while (loop->advance()) {
            frame.renew();
            scope_->set("loop", loop);
            assign(node.target, loop->current());
            const Flow flow = execute(node.body);
            if (flow == Flow::break_loop) break;
            any = any || flow == Flow::normal;
        }
    }
    if (any) return;
    const Frame frame(*this, outer);
    execute(node.otherwise);
}

bool Interpreter::passes(const For& node, Scope* outer, const Value& item) {
    const Frame frame(*this, outer);
    assign(node.target, item);
    return is_true(evaluate(*node.filter));
}

void Interpreter::assign(const Target& target, Value value) {
    if (target.is_tuple) {
        std::vector<Value> items = iterate(runtime_, value);
        if (items.size() != target.parts.size()) {
            refuse("expected {} values to assign, got {}", target.parts.size(), items.size());
        }
        for (std::size_t i = 0; i < items.size(); ++i) assign(target.parts[i], std::move(items[i]));
    } else if (target.attribute.empty()) {
        scope_->set(target.name, std::move(value));
    } else {
        const Value* const held = scope_->find(target.name);
        auto* const variables = held ? dynamic_cast<Namespace*>(held->object()) : nullptr;
        if (!variables) refuse("cannot assign an attribute of '{}': it is not a namespace", target.name);
        variables->set(runtime_, target.attribute, std::move(value));
    }
}

Interpreter::Flow Interpreter::execute(const Set& node) {
    assign(node.target, evaluate(*node.value));
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const SetBlock& node) {
    Flow flow = Flow::normal;
    MarkedText text = capture([&] {
        const Frame frame(*this, scope_);
        flow = execute(node.body);
    });
    if (flow != Flow::normal) return flow;
    runtime_.spend_text(text.text().size());
    assign(node.target, node.filter ? apply_block_filter(*node.filter, std::move(text)) : Value(std::move(text)));
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const FilterBlock& node) {
    Flow flow = Flow::normal;
    MarkedText text = capture([&] {
        const Frame frame(*this, scope_);
        flow = execute(node.body);
    });
    if (flow != Flow::normal) return flow;
    runtime_.spend_text(text.text().size());
    write(apply_block_filter(*node.filter, std::move(text)));
    return Flow::normal;
}

Value Interpreter::apply_block_filter(const Expression& filter, MarkedText text) {
    const Value block(std::move(text));
    const Value* const before = std::exchange(block_text_, &block);
    Value result = evaluate(filter);
    block_text_ = before;
    return result;
}

Interpreter::Flow Interpreter::execute(const MacroDefinition& node) {
    ScopePool::capture(scope_);
    scope_->set(node.macro.name, runtime_.make<MacroObject>(*this, node.macro, scope_));
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const CallBlock& node) {
    ScopePool::capture(scope_);
    auto* const caller = runtime_.make<MacroObject>(*this, node.caller, scope_);
    write(call(std::get<Call>(node.call->node), caller));
    return Flow::normal;
}

Interpreter::Flow Interpreter::execute(const With& node) {
    std::vector<Value> values;
    for (const auto& variable : node.variables) values.push_back(evaluate(*variable.second));
    const Frame frame(*this, scope_);
    for (std::size_t i = 0; i < values.size(); ++i) assign(node.variables[i].first, std::move(values[i]));
    return execute(node.body);
}

Interpreter::Flow Interpreter::execute(const Break&) {
    return Flow::break_loop;
}
Interpreter::Flow Interpreter::execute(const Continue&) {
    return Flow::continue_loop;
}

// --- macros ----------------------------------------------------------------------------------------------------------

Value Interpreter::call_macro(const Macro& macro, Scope* scope, Arguments& arguments) {
    const Runtime::Level level(runtime_);
    const int line = line_;
    const Frame frame(*this, scope);
    bind_parameters(macro, arguments);
    MarkedText text = capture([&] { execute(macro.body); });
    line_ = line;
    runtime_.spend_text(text.text().size());
    return text;
}

/// Python's binding: by position, by name, from the defaults; what is left goes to varargs and kwargs or is refused.
void Interpreter::bind_parameters(const Macro& macro, Arguments& arguments) {
    const std::size_t count = macro.parameters.size();
    // Sets a variable from the argument of its name, if there is one.
    const auto take_named = [&](std::string_view name) {
        const auto at = std::find_if(arguments.named.begin(), arguments.named.end(),
                                     [name](const auto& argument) { return argument.first == name; });
        if (at == arguments.named.end()) return false;
        scope_->set(name, std::move(at->second));
        arguments.named.erase(at);
        return true;
    };
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& name = macro.parameters[i];
        if (i < arguments.positional.size()) {
            scope_->set(name, arguments.positional[i]);
        } else if (!take_named(name)) {
            scope_->set(name, Value::undefined(fmt::format("parameter '{}' was not provided", name)));
            missing.push_back(i);
        }
    }
    if (macro.uses_caller) {
        if (!take_named("caller")) scope_->set("caller", Value::undefined("No caller defined"));
    }
    if (macro.uses_kwargs) {
        std::vector<std::pair<Value, Value>> entries;
        for (auto& [name, value] : arguments.named) {
            jinja::assign(runtime_, entries, Value::plain(name), std::move(value));
        }
        scope_->set("kwargs", Value::dict(runtime_, std::move(entries)));
    } else if (!arguments.named.empty()) {
        refuse("macro '{}' takes no keyword argument '{}'", macro.name, arguments.named.front().first);
    }
    if (macro.uses_varargs) {
        const auto begin =
            arguments.positional.begin() + static_cast<std::ptrdiff_t>(std::min(count, arguments.positional.size()));
        scope_->set("varargs", Value::tuple(runtime_, {begin, arguments.positional.end()}));
    } else if (arguments.positional.size() > count) {
        refuse("macro '{}' takes at most {} argument(s)", macro.name, count);
    }
    // Defaults come last: they can refer to the other parameters.
    for (const std::size_t i : missing) {
        const std::size_t without_default = count - macro.defaults.size();
        if (i >= without_default) scope_->set(macro.parameters[i], evaluate(*macro.defaults[i - without_default]));
    }
}

Value MacroObject::call(Runtime&, Arguments& arguments) {
    return interpreter_.call_macro(macro_, scope_, arguments);
}

Value Interpreter::evaluate(const Expression& expression) {
    const Runtime::Level level(runtime_);
    runtime_.spend(1);
    // An error leaves the line where it happened; else the line is the outer expression's again.
    const int line = std::exchange(line_, expression.line);
    Value value = std::visit([this](const auto& node) { return evaluate(node); }, expression.node);
    line_ = line;
    return value;
}

}  // namespace ergon::text::jinja
