#pragma once
// Macros, and the `caller` of call blocks, as values.

#include "text/jinja/interpreter.h"

namespace ergon::text::jinja {

class MacroObject final : public Object {
  public:
    MacroObject(Interpreter& interpreter, const Macro& macro, Scope* scope)
        : interpreter_(interpreter), macro_(macro), scope_(scope) {}

    std::string_view type_name() const override { return "Macro"; }
    void print(Runtime&, MarkedText& out) const override {
        out.append(fmt::format("<Macro '{}'>", macro_.name), Author::person);
    }
    std::optional<Value> attribute(Runtime&, std::string_view name) override {
        if (name == "name") return Value::plain(macro_.name);
        return std::nullopt;
    }
    bool callable() const override { return true; }
    Value call(Runtime& runtime, Arguments& arguments) override;

  private:
    Interpreter& interpreter_;
    const Macro& macro_;
    Scope* const scope_;  // where it was defined
};

}  // namespace ergon::text::jinja
