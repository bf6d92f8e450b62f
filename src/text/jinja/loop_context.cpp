#include "text/jinja/loop_context.h"

namespace ergon::text::jinja {
namespace {

Value bind(std::string name, std::function<Value(Runtime&, Arguments&)> call) {
    return std::make_shared<const Function>(Function{std::move(name), std::move(call)});
}

}  // namespace

const Value* LoopContext::peek() {
    while (next_ < items_.size() && next_ >= approved_) {
        if (!node_.filter || interpreter_.passes(node_, outer_, items_[next_])) {
            approved_ = next_ + 1;
        } else {
            ++next_;
        }
    }
    return next_ < items_.size() ? &items_[next_] : nullptr;
}

bool LoopContext::advance() {
    const Value* item = peek();
    if (!item) return false;
    previous_ = std::exchange(current_, *item);
    ++next_;
    ++passed_;
    return true;
}

std::size_t LoopContext::count(Runtime& runtime) {
    if (node_.filter) {
        std::vector<Value> rest;
        runtime.spend_elements(items_.size() - next_);
        for (std::size_t i = next_; i < items_.size(); ++i) {
            if (i < approved_ || interpreter_.passes(node_, outer_, items_[i])) rest.push_back(items_[i]);
        }
        items_ = std::move(rest);
        next_ = 0;
        approved_ = items_.size();
    }
    return passed_ + items_.size() - next_;
}

void LoopContext::print(Runtime&, MarkedText& out) const {
    out.append(fmt::format("<LoopContext {}>", passed_), Author::person);
}

std::optional<Value> LoopContext::attribute(Runtime& runtime, std::string_view name) {
    if (name == "index") return passed_;
    if (name == "index0") return Value(Integer(passed_) - 1);
    if (name == "first") return passed_ == 1;
    if (name == "last") return peek() == nullptr;
    if (name == "length") return count(runtime);
    if (name == "revindex") return count(runtime) - passed_ + 1;
    if (name == "revindex0") return count(runtime) - passed_;
    if (name == "depth") return depth_ + 1;
    if (name == "depth0") return depth_;
    if (name == "previtem") return passed_ == 1 ? Value::undefined("there is no previous item") : previous_;
    if (name == "nextitem") {
        const Value* item = peek();
        return item ? *item : Value::undefined("there is no next item");
    }
    if (name == "cycle") {
        return bind("cycle", [this](Runtime&, Arguments& arguments) {
            if (arguments.positional.empty()) refuse("loop.cycle: no items for cycling given");
            return arguments.positional[(passed_ - 1) % arguments.positional.size()];
        });
    }
    if (name == "changed") {
        runtime.spend(1);
        return bind("changed", [this](Runtime& inner, Arguments& arguments) { return changed(inner, arguments); });
    }
    return std::nullopt;
}

Value LoopContext::changed(Runtime& runtime, const Arguments& arguments) {
    bool same_as_last = last_changed_ && last_changed_->size() == arguments.positional.size();
    for (std::size_t i = 0; same_as_last && i < arguments.positional.size(); ++i) {
        same_as_last = equal(runtime, (*last_changed_)[i], arguments.positional[i]);
    }
    if (!same_as_last) last_changed_ = arguments.positional;
    return !same_as_last;
}

Value LoopContext::call(Runtime& runtime, Arguments& arguments) {
    const Parameters given("loop", arguments, {"iterable"}, 1);
    if (!node_.recursive) refuse("the loop must have the 'recursive' marker to be called recursively");
    std::vector<Value> items = iterate(runtime, *given[0]);
    return interpreter_.capture([&] { interpreter_.run_loop(node_, outer_, std::move(items), depth_ + 1); });
}

}  // namespace ergon::text::jinja
