#pragma once
// Variables and where they are seen.

#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/value.h"

namespace ergon::text::jinja {

/// The variables of a block; names are looked up in it, then in its parents.
struct Scope {
    Scope* parent = nullptr;
    std::vector<std::pair<std::string_view, Value>> variables;  // names stand in the tree or in the caller's JSON
    bool captured = false;                                      // a macro or loop still refers to it

    const Value* find(std::string_view name) const {
        for (const Scope* scope = this; scope != nullptr; scope = scope->parent) {
            for (const auto& [known, value] : scope->variables) {
                if (known == name) return &value;
            }
        }
        return nullptr;
    }
    void set(std::string_view name, Value value) {
        for (auto& [known, held] : variables) {
            if (known == name) {
                held = std::move(value);
                return;
            }
        }
        if (variables.size() >= max_variables)
            refuse("more than {} variables are given or set in one place", max_variables);
        variables.emplace_back(name, std::move(value));
    }
};

/// Owns all scopes of a rendering and uses again those that nothing refers to.
class ScopePool {
  public:
    Scope* enter(Runtime& runtime, Scope* parent) {
        Scope* scope = nullptr;
        if (unused_.empty()) {
            runtime.spend(8);
            scope = &scopes_.emplace_back();
        } else {
            scope = unused_.back();
            unused_.pop_back();
        }
        scope->parent = parent;
        return scope;
    }
    void leave(Scope* scope) {
        if (scope->captured) return;
        scope->variables.clear();
        unused_.push_back(scope);
    }
    /// From now on the scope and its parents are kept.
    static void capture(Scope* scope) {
        for (; scope != nullptr && !scope->captured; scope = scope->parent) scope->captured = true;
    }

  private:
    std::deque<Scope> scopes_;
    std::vector<Scope*> unused_;
};

}  // namespace ergon::text::jinja
