// Operators on values, as Python defines them.

#include <cmath>

#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

// A unit of work stands for some ten nanoseconds; a product of limbs takes one.
constexpr std::size_t limb_products_per_unit = 16;

constexpr std::array<std::string_view, 7> symbols = {"+", "-", "*", "/", "//", "%", "** or pow()"};

[[noreturn]] void refuse_operands(BinaryOperator op, const Value& a, const Value& b) {
    require_defined(a);
    require_defined(b);
    refuse("unsupported operand type(s) for {}: '{}' and '{}'", symbols[static_cast<std::size_t>(op)], type_name(a),
           type_name(b));
}

Value power(Runtime& runtime, const Integer& base, const Integer& exponent) {
    if (exponent < 0) {
        if (base == 0) refuse("0.0 cannot be raised to a negative power");
        return std::pow(base.real(), exponent.real());
    }
    Integer result = Integer::power(base, exponent);
    runtime.spend(result.size() * result.size() / limb_products_per_unit);
    return result;
}

Value divide(const Integer& a, const Integer& b) {
    if (b == 0) refuse("division by zero");
    const double quotient = Integer::true_divide(a, b);
    if (std::isinf(quotient)) refuse("integer division result too large for a float");
    return quotient;
}

Value apply_integers(Runtime& runtime, BinaryOperator op, const Integer& a, const Integer& b) {
    runtime.spend(a.size() * b.size() / limb_products_per_unit);
    const bool rounds = op == BinaryOperator::floor_divide || op == BinaryOperator::modulo;
    if (rounds && b == 0) refuse("integer division or modulo by zero");
    switch (op) {
        case BinaryOperator::add: return a + b;
        case BinaryOperator::subtract: return a - b;
        case BinaryOperator::multiply: return a * b;
        case BinaryOperator::divide: return divide(a, b);
        case BinaryOperator::floor_divide: return Integer::divide(a, b).quotient;
        case BinaryOperator::modulo: return Integer::divide(a, b).remainder;
        case BinaryOperator::power: break;
    }
    return power(runtime, a, b);
}

Value apply_reals(BinaryOperator op, double a, double b) {
    const bool divides =
        op == BinaryOperator::divide || op == BinaryOperator::floor_divide || op == BinaryOperator::modulo;
    if (divides && b == 0.0) refuse("float division by zero");
    switch (op) {
        case BinaryOperator::add: return a + b;
        case BinaryOperator::subtract: return a - b;
        case BinaryOperator::multiply: return a * b;
        case BinaryOperator::divide: return a / b;
        case BinaryOperator::power:
            if (a == 0.0 && b < 0.0) refuse("0.0 cannot be raised to a negative power");
            if (a < 0.0 && b != std::floor(b)) refuse("a power would be a complex number");
            return std::pow(a, b);
        default: break;
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

Value repeat_items(Runtime& runtime, const Sequence& sequence, const Integer& count) {
    const std::size_t size = sequence.items.size();
    if (count <= 0 || size == 0) return Value::sequence(runtime, sequence.kind, {});
    if (count > max_work / size) refuse("it takes more than {} steps", max_work);
    const auto times = static_cast<std::size_t>(count);
    runtime.spend_elements(size * times);
    std::vector<Value> items;
    for (std::size_t i = 0; i < times; ++i) items.insert(items.end(), sequence.items.begin(), sequence.items.end());
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
    if (!count->fits() && (repeated.string() || is_list_or_tuple(repeated.sequence()))) {
        refuse("cannot fit 'int' into an index-sized integer");
    }
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
        require_hashable(runtime, item);
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

double float_of(const Value& value) {
    const double real = *value.as_real();
    if (value.integer() && std::isinf(real)) refuse("int too large to convert to float");
    return real;
}

MarkedText repeat(Runtime& runtime, const MarkedText& text, const Integer& count) {
    MarkedText result;
    if (count <= 0 || text.empty()) return result;
    if (count > max_text) require_text_size(max_text + 1);
    const auto times = static_cast<std::size_t>(count);
    require_text_size(text.text().size() > max_text / times ? max_text + 1 : 0);
    runtime.spend_text(text.text().size() * times);
    if (text.runs().size() > 1) runtime.spend(text.runs().size() * times / 2);  // 16 bytes for each run
    for (std::size_t i = 0; i < times; ++i) result.append(text);
    return result;
}

Value apply(Runtime& runtime, BinaryOperator op, const Value& a, const Value& b) {
    // A string prints what is undefined as nothing; every other operand must exist.
    if (op == BinaryOperator::modulo && a.is_string()) return format_percent(runtime, *a.text(), b);
    require_defined(a);
    require_defined(b);
    if (a.as_integer() && b.as_integer()) return apply_integers(runtime, op, *a.as_integer(), *b.as_integer());
    if (a.as_real() && b.as_real()) return apply_reals(op, float_of(a), float_of(b));
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
        case Comparison::equal: return equal(runtime, a, b);
        case Comparison::not_equal: return !equal(runtime, a, b);
        case Comparison::less: return less(runtime, a, b);
        case Comparison::greater: return less(runtime, b, a);
        case Comparison::less_equal: return less_or_equal(runtime, a, b);
        case Comparison::greater_equal: return less_or_equal(runtime, b, a);
        case Comparison::in: return contains(runtime, b, a);
        case Comparison::not_in: return !contains(runtime, b, a);
    }
    return false;
}

Value negate(const Value& value) {
    require_defined(value);
    if (const auto integer = value.as_integer()) return -*integer;
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
