#pragma once
// The variable `loop`.

#include "text/jinja/interpreter.h"

namespace ergon::text::jinja {

/// One run of a for loop. The filter behind `if` is applied as late as Jinja applies it: when the next item is wanted.
class LoopContext final : public Object {
  public:
    LoopContext(Interpreter& interpreter, const For& node, Scope* outer, std::vector<Value> items, int depth)
        : interpreter_(interpreter), node_(node), outer_(outer), items_(std::move(items)), depth_(depth) {}

    /// Goes to the next item, if there is one.
    bool advance();
    const Value& current() const { return current_; }

    std::string_view type_name() const override { return "LoopContext"; }
    void print(Runtime& runtime, MarkedText& out) const override;
    std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
    bool callable() const override { return true; }
    /// Renders the body of a recursive loop for other items.
    Value call(Runtime& runtime, Arguments& arguments) override;

  private:
    /// The next item that passes the filter, null at the end.
    const Value* peek();
    /// Applies the filter to all that is left; returns how many items there are in all.
    std::size_t count(Runtime& runtime);
    Value changed(Runtime& runtime, const Arguments& arguments);

    Interpreter& interpreter_;
    const For& node_;
    Scope* const outer_;
    std::vector<Value> items_;
    std::size_t next_ = 0;      // the first item not yet looked at
    std::size_t approved_ = 0;  // items before this one passed the filter
    std::size_t passed_ = 0;    // items given so far
    Value previous_, current_;
    std::optional<std::vector<Value>> last_changed_;
    const int depth_;
};

}  // namespace ergon::text::jinja
