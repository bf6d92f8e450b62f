#pragma once
// Walks the tree of a template and writes its text.

#include <span>

#include "text/jinja/ast.h"
#include "text/jinja/scope.h"

namespace ergon::text::jinja {

class Interpreter {
  public:
    explicit Interpreter(Runtime& runtime) : runtime_(runtime), scope_(scopes_.enter(runtime, nullptr)) {}

    /// Defines a variable of the outermost scope; the name must outlive the interpreter.
    void define(std::string_view name, Value value) { scope_->set(name, std::move(value)); }
    /// Runs a whole template. Throws TemplateError; line() then tells where.
    MarkedText run(const Body& body);
    int line() const { return line_; }

  private:
    friend class LoopContext;
    friend class MacroObject;

    enum class Flow : std::uint8_t { normal, break_loop, continue_loop };

    /// A scope that is current while it lives.
    class Frame {
      public:
        Frame(Interpreter& interpreter, Scope* parent);
        ~Frame();
        Frame(const Frame&) = delete;
        Frame& operator=(const Frame&) = delete;
        /// Forgets the variables: a new scope where the old one is still referred to.
        void renew();

      private:
        Interpreter& interpreter_;
        Scope* const outer_;
    };

    Flow execute(const Body& body);
    Flow execute(const Statement& statement);
    Flow execute(const Data& node);
    Flow execute(const Output& node);
    Flow execute(const If& node);
    Flow execute(const For& node);
    Flow execute(const Set& node);
    Flow execute(const SetBlock& node);
    Flow execute(const MacroDefinition& node);
    Flow execute(const CallBlock& node);
    Flow execute(const FilterBlock& node);
    Flow execute(const With& node);
    Flow execute(const Break& node);
    Flow execute(const Continue& node);

    void write(const Value& value);
    void write(const MarkedText& text);
    /// Runs `action` and returns what it wrote.
    template <typename Action>
    MarkedText capture(Action action) {
        MarkedText text;
        struct Redirect {
            MarkedText*& out;
            MarkedText* const before;
            ~Redirect() { out = before; }
        };
        const Redirect redirect{out_, out_};
        out_ = &text;
        action();
        return text;
    }
    void assign(const Target& target, Value value);
    void run_loop(const For& node, Scope* outer, std::vector<Value> items, int depth);
    bool passes(const For& node, Scope* outer, const Value& item);
    Value call_macro(const Macro& macro, Scope* scope, Arguments& arguments);
    void bind_parameters(const Macro& macro, Arguments& arguments);
    Value apply_block_filter(const Expression& filter, MarkedText text);

    Value evaluate(const Expression& expression);
    Value evaluate(const Literal& node);
    Value evaluate(const Name& node);
    Value evaluate(const ListLiteral& node);
    Value evaluate(const DictLiteral& node);
    Value evaluate(const Attribute& node);
    Value evaluate(const Item& node);
    Value evaluate(const Slice& node);
    Value evaluate(const Call& node);
    Value evaluate(const FilterCall& node);
    Value evaluate(const TestCall& node);
    Value evaluate(const Unary& node);
    Value evaluate(const Binary& node);
    Value evaluate(const Concatenation& node);
    Value evaluate(const Logical& node);
    Value evaluate(const ComparisonChain& node);
    Value evaluate(const Conditional& node);
    Value call(const Call& node, Object* caller);
    Arguments evaluate(const CallArguments& arguments);
    Value optional(const ExpressionPtr& expression) { return expression ? evaluate(*expression) : Value(); }

    Runtime& runtime_;
    ScopePool scopes_;
    Scope* scope_;
    MarkedText* out_ = nullptr;
    const Value* block_text_ = nullptr;  // what the filter of a block applies to
    int line_ = 1;
};

}  // namespace ergon::text::jinja
