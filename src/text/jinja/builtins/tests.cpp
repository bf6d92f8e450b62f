// Tests: what stands behind `is`.

#include "text/jinja/builtins/builtins.h"

namespace ergon::text::jinja {
namespace {

using Test = bool (*)(Runtime& runtime, const Value& value, const Arguments& arguments);

struct NamedTest {
    std::string_view name;
    Test holds;
};

template <bool (*holds)(const Value&)>
bool plain(Runtime&, const Value& value, const Arguments& arguments) {
    const Parameters none("test", arguments, {});
    return holds(value);
}

template <Comparison op>
bool comparison(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("test", arguments, {"other"}, 1);
    return compare(runtime, op, value, *given[0]);
}

bool defined(const Value& value) {
    return !value.is_undefined();
}
bool undefined(const Value& value) {
    return value.is_undefined();
}
bool none(const Value& value) {
    return value.is_none();
}
bool boolean(const Value& value) {
    return value.boolean() != nullptr;
}
bool truth(const Value& value) {
    return value.boolean() && *value.boolean();
}
bool falsehood(const Value& value) {
    return value.boolean() && !*value.boolean();
}
bool integer(const Value& value) {
    return value.integer() != nullptr;
}
bool real(const Value& value) {
    return value.real() != nullptr;
}
bool number(const Value& value) {
    return value.integer() || value.real() || value.boolean();
}
bool string(const Value& value) {
    return value.is_string();
}
bool mapping(const Value& value) {
    return value.dict() != nullptr;
}
bool escaped(const Value& value) {
    return value.string() && value.string()->markup;
}
bool callable(const Value& value) {
    return value.is_undefined() || value.function() || (value.object() && value.object()->callable());
}
bool iterable(const Value& value) {
    return value.is_undefined() || value.is_string() || value.sequence() || value.dict();
}
bool sequence(const Value& value) {
    if (const Sequence* items = value.sequence()) return items->kind <= SequenceKind::range;
    return value.is_undefined() || value.is_string() || value.dict();
}

/// 0, 1, or 2 for any other.
int remainder(Runtime& runtime, const Value& value, const Value& divisor) {
    const Value result = apply(runtime, BinaryOperator::modulo, value, divisor);
    if (const auto exact = result.as_integer()) return *exact == 0 ? 0 : *exact == 1 ? 1 : 2;
    if (!result.real()) refuse("odd, even and divisibleby need a number, not {}", type_name(value));
    return *result.real() == 0.0 ? 0 : *result.real() == 1.0 ? 1 : 2;
}

bool odd(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters nothing("odd", arguments, {});
    return remainder(runtime, value, 2) == 1;
}

bool even(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters nothing("even", arguments, {});
    return remainder(runtime, value, 2) == 0;
}

bool divisibleby(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("divisibleby", arguments, {"num"}, 1);
    return remainder(runtime, value, *given[0]) == 0;
}

bool sameas(Runtime&, const Value& value, const Arguments& arguments) {
    const Parameters given("sameas", arguments, {"other"}, 1);
    return same(value, *given[0]);
}

template <bool upper>
bool is_in_case(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters nothing("lower", arguments, {});
    Arguments no_arguments;
    return is_true(call_method(runtime, to_text(runtime, value), upper ? "isupper" : "islower", no_arguments));
}

template <bool (*exists)(std::string_view)>
bool is_name_of(Runtime&, const Value& value, const Arguments& arguments) {
    const Parameters nothing("filter", arguments, {});
    return value.text() && exists(value.text()->text());
}

constexpr NamedTest tests[] = {
    {"!=", comparison<Comparison::not_equal>},
    {"<", comparison<Comparison::less>},
    {"<=", comparison<Comparison::less_equal>},
    {"==", comparison<Comparison::equal>},
    {">", comparison<Comparison::greater>},
    {">=", comparison<Comparison::greater_equal>},
    {"boolean", plain<boolean>},
    {"callable", plain<callable>},
    {"defined", plain<defined>},
    {"divisibleby", divisibleby},
    {"eq", comparison<Comparison::equal>},
    {"equalto", comparison<Comparison::equal>},
    {"escaped", plain<escaped>},
    {"even", even},
    {"false", plain<falsehood>},
    {"filter", is_name_of<is_filter>},
    {"float", plain<real>},
    {"ge", comparison<Comparison::greater_equal>},
    {"greaterthan", comparison<Comparison::greater>},
    {"gt", comparison<Comparison::greater>},
    {"in", comparison<Comparison::in>},
    {"integer", plain<integer>},
    {"iterable", plain<iterable>},
    {"le", comparison<Comparison::less_equal>},
    {"lessthan", comparison<Comparison::less>},
    {"lower", is_in_case<false>},
    {"lt", comparison<Comparison::less>},
    {"mapping", plain<mapping>},
    {"ne", comparison<Comparison::not_equal>},
    {"none", plain<none>},
    {"number", plain<number>},
    {"odd", odd},
    {"sameas", sameas},
    {"sequence", plain<sequence>},
    {"string", plain<string>},
    {"test", is_name_of<is_test>},
    {"true", plain<truth>},
    {"undefined", plain<undefined>},
    {"upper", is_in_case<true>},
};

Test find_test(std::string_view name) {
    for (const NamedTest& test : tests) {
        if (test.name == name) return test.holds;
    }
    return nullptr;
}

}  // namespace

bool is_test(std::string_view name) {
    return find_test(name) != nullptr;
}

bool apply_test(Runtime& runtime, std::string_view name, const Value& value, const Arguments& arguments) {
    const Test test = find_test(name);
    if (!test) refuse("there is no test named '{}'", name);
    runtime.spend(1);
    return test(runtime, value, arguments);
}

}  // namespace ergon::text::jinja
