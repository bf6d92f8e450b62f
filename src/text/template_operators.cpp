// Operators on values, as Python defines them.

#include <cmath>

#include "text/template_builtins.h"
#include "text/template_text.h"

namespace ergon::text::jinja {
namespace {

constexpr std::array<std::string_view, 7> symbols = {"+", "-", "*", "/", "//", "%", "** or pow()"};

[[noreturn]] void refuse_operands(BinaryOperator op, const Value& a, const Value& b) {
    require_defined(a);
    require_defined(b);
    refuse("unsupported operand type(s) for {}: '{}' and '{}'", symbols[static_cast<std::size_t>(op)], type_name(a),
           type_name(b));
}

Integer checked(bool overflow, Integer result) {
    if (overflow) refuse("an integer has more than 127 bits");
    return result;
}

/// Rounds toward minus infinity, as Python's // does.
Integer floor_divide(Integer a, Integer b) {
    if (b == 0) refuse("integer division or modulo by zero");
    if (b == -1) {
        Integer result = 0;
        const bool overflow = __builtin_sub_overflow(Integer{0}, a, &result);
        return checked(overflow, result);
    }
    const Integer quotient = a / b;
    return (a % b != 0 && (a % b < 0) != (b < 0)) ? quotient - 1 : quotient;
}

/// The remainder with the sign of the divisor.
Integer modulo(Integer a, Integer b) {
    if (b == 0) refuse("integer division or modulo by zero");
    if (b == -1) return 0;
    const Integer remainder = a % b;
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

Value power(Integer base, Integer exponent) {
    if (exponent < 0) {
        if (base == 0) refuse("0.0 cannot be raised to a negative power");
        return std::pow(static_cast<double>(base), static_cast<double>(exponent));
    }
    if (base == 0 || base == 1) return exponent == 0 ? Integer{1} : base;
    if (base == -1) return exponent % 2 == 0 ? Integer{1} : Integer{-1};
    Integer result = 1;
    for (; exponent > 0; --exponent) {
        const bool overflow = __builtin_mul_overflow(result, base, &result);
        checked(overflow, result);
    }
    return result;
}

Value apply_integers(BinaryOperator op, Integer a, Integer b) {
    Integer result = 0;
    bool overflow = false;
    switch (op) {
        case BinaryOperator::add:
            overflow = __builtin_add_overflow(a, b, &result);
            break;
        case BinaryOperator::subtract:
            overflow = __builtin_sub_overflow(a, b, &result);
            break;
        case BinaryOperator::multiply:
            overflow = __builtin_mul_overflow(a, b, &result);
            break;
        case BinaryOperator::divide:
            if (b == 0) refuse("division by zero");
            return static_cast<double>(a) / static_cast<double>(b);
        case BinaryOperator::floor_divide:
            return floor_divide(a, b);
        case BinaryOperator::modulo:
            return modulo(a, b);
        case BinaryOperator::power:
            return power(a, b);
    }
    return checked(overflow, result);
}

Value apply_reals(BinaryOperator op, double a, double b) {
    const bool divides =
        op == BinaryOperator::divide || op == BinaryOperator::floor_divide || op == BinaryOperator::modulo;
    if (divides && b == 0.0) refuse("float division by zero");
    switch (op) {
        case BinaryOperator::add:
            return a + b;
        case BinaryOperator::subtract:
            return a - b;
        case BinaryOperator::multiply:
            return a * b;
        case BinaryOperator::divide:
            return a / b;
        case BinaryOperator::power:
            if (a == 0.0 && b < 0.0) refuse("0.0 cannot be raised to a negative power");
            if (a < 0.0 && b != std::floor(b)) refuse("a power would be a complex number");
            return std::pow(a, b);
        default:
            break;
    }
    double remainder = std::fmod(a, b);
    if (remainder == 0.0) {
        remainder = std::copysign(0.0, b);
    } else if ((remainder < 0.0) != (b < 0.0)) {
        remainder += b;
    }
    if (op == BinaryOperator::modulo) return remainder;
    const double quotient = (a - remainder) / b;
    if (quotient == 0.0) return std::copysign(0.0, a / b);
    return std::round(quotient);
}

Value concatenate(Runtime& runtime, const Sequence& a, const Sequence& b) {
    runtime.spend_elements(a.items.size() + b.items.size());
    std::vector<Value> items = a.items;
    items.insert(items.end(), b.items.begin(), b.items.end());
    return Value::sequence(runtime, a.kind, std::move(items));
}

Value add_strings(Runtime& runtime, const String& a, const String& b) {
    runtime.spend_text(a.text->text().size() + b.text->text().size());
    const bool markup = a.markup || b.markup;
    MarkedText result = markup && !a.markup ? escape_html(runtime, *a.text) : *a.text;
    result.append(markup && !b.markup ? escape_html(runtime, *b.text) : *b.text);
    return Value(std::move(result), markup);
}

Value repeat_items(Runtime& runtime, const Sequence& sequence, Integer count) {
    const std::size_t size = sequence.items.size();
    if (count <= 0 || size == 0) return Value::sequence(runtime, sequence.kind, {});
    if (count > static_cast<Integer>(max_work / size)) refuse("it takes more than {} steps", max_work);
    runtime.spend_elements(size * static_cast<std::size_t>(count));
    std::vector<Value> items;
    for (Integer i = 0; i < count; ++i) items.insert(items.end(), sequence.items.begin(), sequence.items.end());
    return Value::sequence(runtime, sequence.kind, std::move(items));
}

bool is_list_or_tuple(const Sequence* sequence) {
    return sequence && (sequence->kind == SequenceKind::list || sequence->kind == SequenceKind::tuple);
}

/// str * int or list * int, whichever way round.
std::optional<Value> multiply(Runtime& runtime, const Value& a, const Value& b) {
    const bool count_first = a.as_integer().has_value();
    const Value& repeated = count_first ? b : a;
    const auto count = (count_first ? a : b).as_integer();
    if (!count) return std::nullopt;
    if (const String* string = repeated.string()) return Value(repeat(runtime, *string->text, *count), string->markup);
    if (is_list_or_tuple(repeated.sequence())) return repeat_items(runtime, *repeated.sequence(), *count);
    return std::nullopt;
}

bool contains(Runtime& runtime, const Value& container, const Value& item) {
    if (const MarkedText* text = container.text()) {
        require_defined(item);
        if (!item.text()) refuse("'in <string>' requires string as left operand, not {}", type_name(item));
        runtime.spend(text->text().size() / bytes_per_unit);
        return find_bytes(text->text(), item.text()->text()) != std::string_view::npos;
    }
    if (const Dict* dict = container.dict()) {
        require_hashable(item);
        return find(runtime, *dict, item) != nullptr;
    }
    if (const Sequence* sequence = container.sequence(); sequence && sequence->kind != SequenceKind::generator) {
        for (const Value& element : sequence->items) {
            if (equal(runtime, element, item)) return true;
        }
        return false;
    }
    if (!container.sequence() && !container.is_undefined()) {
        refuse("argument of type '{}' is not iterable", type_name(container));
    }
    for (const Value& element : iterate(runtime, container)) {
        if (equal(runtime, element, item)) return true;
    }
    return false;
}

/// a <= b, where NaN is neither less nor equal.
bool less_or_equal(Runtime& runtime, const Value& a, const Value& b) {
    return less(runtime, a, b) || equal(runtime, a, b);
}

}  // namespace

MarkedText repeat(Runtime& runtime, const MarkedText& text, Integer count) {
    MarkedText result;
    if (count <= 0 || text.empty()) return result;
    if (count > static_cast<Integer>(max_text)) require_text_size(max_text + 1);
    const auto times = static_cast<std::size_t>(count);
    require_text_size(text.text().size() > max_text / times ? max_text + 1 : 0);
    runtime.spend_text(text.text().size() * times);
    for (std::size_t i = 0; i < times; ++i) result.append(text);
    return result;
}

Value apply(Runtime& runtime, BinaryOperator op, const Value& a, const Value& b) {
    // A string prints what is undefined as nothing; every other operand must exist.
    if (op == BinaryOperator::modulo && a.is_string()) return format_percent(runtime, *a.text(), b);
    require_defined(a);
    require_defined(b);
    if (a.as_integer() && b.as_integer()) return apply_integers(op, *a.as_integer(), *b.as_integer());
    if (a.as_real() && b.as_real()) return apply_reals(op, *a.as_real(), *b.as_real());
    if (op == BinaryOperator::add) {
        if (a.is_string() && b.is_string()) return add_strings(runtime, *a.string(), *b.string());
        if (is_list_or_tuple(a.sequence()) && b.sequence() && a.sequence()->kind == b.sequence()->kind) {
            return concatenate(runtime, *a.sequence(), *b.sequence());
        }
        if (a.is_string()) refuse("can only concatenate str (not \"{}\") to str", type_name(b));
    }
    if (op == BinaryOperator::multiply) {
        if (auto product = multiply(runtime, a, b)) return *product;
    }
    refuse_operands(op, a, b);
}

bool compare(Runtime& runtime, Comparison op, const Value& a, const Value& b) {
    switch (op) {
        case Comparison::equal:
            return equal(runtime, a, b);
        case Comparison::not_equal:
            return !equal(runtime, a, b);
        case Comparison::less:
            return less(runtime, a, b);
        case Comparison::greater:
            return less(runtime, b, a);
        case Comparison::less_equal:
            return less_or_equal(runtime, a, b);
        case Comparison::greater_equal:
            return less_or_equal(runtime, b, a);
        case Comparison::in:
            return contains(runtime, b, a);
        case Comparison::not_in:
            return !contains(runtime, b, a);
    }
    return false;
}

Value negate(const Value& value) {
    require_defined(value);
    if (const auto integer = value.as_integer()) {
        Integer result = 0;
        const bool overflow = __builtin_sub_overflow(Integer{0}, *integer, &result);
        return checked(overflow, result);
    }
    if (const double* real = value.real()) return -*real;
    refuse("bad operand type for unary -: '{}'", type_name(value));
}

Value positive(const Value& value) {
    require_defined(value);
    if (const auto integer = value.as_integer()) return *integer;
    if (value.real()) return value;
    refuse("bad operand type for unary +: '{}'", type_name(value));
}

}  // namespace ergon::text::jinja
