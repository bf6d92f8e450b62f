// Functions that templates can call by name, and the objects that they make.

#include <algorithm>
#include <array>

#include "text/jinja/builtins/builtins.h"

namespace ergon::text::jinja {
namespace {

Value range(Runtime& runtime, Arguments& arguments) {
    const Parameters given("range", arguments, {"start", "stop", "step"}, 1);
    const long long start = given[1] ? given.integer(0, 0) : 0;
    const long long stop = given[1] ? given.integer(1, 0) : given.integer(0, 0);
    const long long step = given.integer(2, 1);
    if (step == 0) refuse("range() arg 3 must not be zero");
    const Integer span = step > 0 ? Integer(stop) - start : Integer(start) - stop;
    const Integer stride = step > 0 ? Integer(step) : -Integer(step);
    const Integer numbers_in_all = span <= 0 ? 0 : Integer::divide(span + stride - 1, stride).quotient;
    if (numbers_in_all > max_range) {
        refuse("a range of {} numbers; at most {} are allowed", numbers_in_all.text(), max_range);
    }
    const auto count = static_cast<long long>(numbers_in_all);
    std::vector<Value> numbers;
    runtime.spend_elements(static_cast<std::size_t>(count));
    for (long long i = 0; i < count; ++i) numbers.emplace_back(Integer(start + i * step));
    const std::string label =
        step == 1 ? fmt::format("range({}, {})", start, stop) : fmt::format("range({}, {}, {})", start, stop, step);
    return Value::sequence(runtime, SequenceKind::range, std::move(numbers), label);
}

/// dict(mapping or pairs, **named)
std::vector<std::pair<Value, Value>> dict_entries(Runtime& runtime, const Arguments& arguments) {
    std::vector<std::pair<Value, Value>> entries;
    if (arguments.positional.size() > 1) refuse("dict expected at most 1 argument");
    if (!arguments.positional.empty()) {
        const Value& source = arguments.positional[0];
        require_defined(source);
        if (const Dict* dict = source.dict()) {
            entries = dict->entries;
        } else {
            for (const Value& item : iterate(runtime, source)) {
                std::vector<Value> pair = iterate(runtime, item);
                if (pair.size() != 2) refuse("dict: every item must be a pair");
                assign(runtime, entries, std::move(pair[0]), std::move(pair[1]));
            }
        }
    }
    for (const auto& [name, value] : arguments.named) assign(runtime, entries, Value::plain(name), value);
    return entries;
}

Value make_dict(Runtime& runtime, Arguments& arguments) {
    return Value::dict(runtime, dict_entries(runtime, arguments));
}

Value make_namespace(Runtime& runtime, Arguments& arguments) {
    auto* const made = runtime.make<Namespace>();
    for (auto& [key, value] : dict_entries(runtime, arguments)) {
        if (key.text()) made->set(runtime, key.text()->text(), std::move(value));
    }
    return made;
}

/// cycler(a, b, ...): gives its items in turn.
class Cycler final : public Object {
  public:
    explicit Cycler(std::vector<Value> items) : items_(std::move(items)) {}
    std::string_view type_name() const override { return "Cycler"; }
    void print(Runtime&, MarkedText& out) const override { out.append("<Cycler>", Author::person); }
    std::optional<Value> attribute(Runtime&, std::string_view name) override {
        if (name == "current") return items_[at_];
        if (name == "next") {
            return Value(std::make_shared<const Function>(Function{
                "next",
                [this](Runtime&, Arguments&) { return items_[std::exchange(at_, (at_ + 1) % items_.size())]; }}));
        }
        if (name == "reset") {
            return Value(std::make_shared<const Function>(Function{"reset", [this](Runtime&, Arguments&) {
                                                                       at_ = 0;
                                                                       return Value();
                                                                   }}));
        }
        return std::nullopt;
    }

  private:
    std::vector<Value> items_;
    std::size_t at_ = 0;
};

Value cycler(Runtime& runtime, Arguments& arguments) {
    if (arguments.positional.empty()) refuse("cycler: at least one item has to be provided");
    return runtime.make<Cycler>(arguments.positional);
}

/// joiner(separator): nothing at its first call, the separator at every other.
class Joiner final : public Object {
  public:
    explicit Joiner(Value separator) : separator_(std::move(separator)) {}
    std::string_view type_name() const override { return "Joiner"; }
    void print(Runtime&, MarkedText& out) const override { out.append("<Joiner>", Author::person); }
    std::optional<Value> attribute(Runtime&, std::string_view) override { return std::nullopt; }
    bool callable() const override { return true; }
    Value call(Runtime&, Arguments&) override { return std::exchange(used_, true) ? separator_ : Value(MarkedText()); }

  private:
    Value separator_;
    bool used_ = false;
};

Value joiner(Runtime& runtime, Arguments& arguments) {
    const Parameters given("joiner", arguments, {"sep"});
    return runtime.make<Joiner>(given[0] ? *given[0] : Value::plain(", "));
}

Value raise_exception(Runtime& runtime, Arguments& arguments) {
    const Parameters given("raise_exception", arguments, {"message"}, 1);
    throw TemplateError(to_text(runtime, *given[0]).text());
}

Value strftime_now(Runtime& runtime, Arguments& arguments) {
    const Parameters given("strftime_now", arguments, {"format"}, 1);
    // A mark before the text tells an empty result from one that did not fit.
    const std::string format = "." + given.text(0).text();
    if (format.size() > 1000) refuse("strftime_now: the format is longer than 1000 bytes");
    std::array<char, 8192> buffer{};
    const std::size_t size = std::strftime(buffer.data(), buffer.size(), format.c_str(), &runtime.now());
    if (size == 0) refuse("strftime_now: the date does not fit in {} bytes", buffer.size());
    return Value::plain(std::string_view(buffer.data(), size).substr(1));
}

}  // namespace

void Namespace::print(Runtime& runtime, MarkedText& out) const {
    out.append("<Namespace {", Author::person);
    for (std::size_t i = 0; i < variables_.size(); ++i) {
        if (i > 0) out.append(", ", Author::person);
        append_repr(runtime, out, Value::plain(variables_[i].first));
        out.append(": ", Author::person);
        append_repr(runtime, out, variables_[i].second);
    }
    out.append("}>", Author::person);
}

std::optional<Value> Namespace::attribute(Runtime&, std::string_view name) {
    for (const auto& [key, value] : variables_) {
        if (key == name) return value;
    }
    return std::nullopt;
}

void Namespace::set(Runtime& runtime, std::string_view name, Value value) {
    runtime.spend(1 + variables_.size() / 8);
    for (auto& [key, held] : variables_) {
        if (key == name) {
            held = std::move(value);
            return;
        }
    }
    variables_.emplace_back(name, std::move(value));
}

std::optional<Value> global(std::string_view name) {
    constexpr std::pair<std::string_view, Value (*)(Runtime&, Arguments&)> functions[] = {
        {"range", range},
        {"dict", make_dict},
        {"namespace", make_namespace},
        {"cycler", cycler},
        {"joiner", joiner},
        {"raise_exception", raise_exception},
        {"strftime_now", strftime_now},
    };
    for (const auto& [known, function] : functions) {
        if (known == name) return Value(std::make_shared<const Function>(Function{std::string(name), function}));
    }
    return std::nullopt;
}

}  // namespace ergon::text::jinja
