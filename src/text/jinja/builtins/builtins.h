#pragma once
// What templates find ready-made: operators, attributes, methods, filters, tests and functions.

#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "text/jinja/builtins/text.h"
#include "text/jinja/value.h"

namespace ergon::text::jinja {

// --- arguments -------------------------------------------------------------------------------------------------------

/// The arguments of a call by parameter, as Python binds them: first by position, then by name.
class Parameters {
  public:
    static constexpr std::size_t max_parameters = 6;

    /// `names` are the parameters, the first `required` of which must be given. Refuses what does not fit.
    Parameters(std::string_view function, const Arguments& arguments, std::initializer_list<std::string_view> names,
               std::size_t required = 0);

    /// Null if not given.
    const Value* operator[](std::size_t i) const { return values_[i]; }
    bool given(std::size_t i) const { return values_[i] != nullptr && !values_[i]->is_none(); }
    /// An integer that fits 64 bits; `fallback` if not given or none.
    long long integer(std::size_t i, long long fallback) const;
    bool truth(std::size_t i, bool fallback) const { return values_[i] ? is_true(*values_[i]) : fallback; }
    /// The string; refuses anything else.
    const MarkedText& text(std::size_t i) const;
    /// The string's bytes, nothing if not given or none.
    std::optional<std::string_view> bytes(std::size_t i) const;

  private:
    std::string_view function_;
    std::array<std::string_view, max_parameters> names_{};
    std::array<const Value*, max_parameters> values_{};
};

// --- operators -------------------------------------------------------------------------------------------------------

enum class BinaryOperator : std::uint8_t { add, subtract, multiply, divide, floor_divide, modulo, power };
enum class Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal, in, not_in };

Value apply(Runtime& runtime, BinaryOperator op, const Value& a, const Value& b);
bool compare(Runtime& runtime, Comparison op, const Value& a, const Value& b);
Value negate(const Value& value);
Value positive(const Value& value);
/// "..." % value: printf-style formatting.
MarkedText format_percent(Runtime& runtime, const MarkedText& format, const Value& value);
/// "...".format(...)
MarkedText format_braces(Runtime& runtime, const MarkedText& format, const Arguments& arguments);
/// float(value) of a number; refuses an integer that none can hold.
double float_of(const Value& value);
/// chr(code): refuses what is no character of Unicode.
MarkedText character_text(const Integer& code, Author author);
/// text * count, for strings.
MarkedText repeat(Runtime& runtime, const MarkedText& text, const Integer& count);

// --- attributes and methods ------------------------------------------------------------------------------------------

/// value.name: a method, else an attribute, else an item; undefined if there is none.
Value get_attribute(Runtime& runtime, const Value& value, std::string_view name);
/// value[key]: an item, else an attribute.
Value get_item(Runtime& runtime, const Value& value, const Value& key);
/// value[start:stop:step]; none stands for a missing part.
Value get_slice(Runtime& runtime, const Value& value, const Value& start, const Value& stop, const Value& step);
/// value(arguments)
Value call(Runtime& runtime, const Value& value, Arguments& arguments);
/// value.name(arguments), without making a bound method on the way.
Value call_method(Runtime& runtime, const Value& value, std::string_view name, Arguments& arguments);

using Method = Value (*)(Runtime& runtime, const Value& self, const Arguments& arguments);
struct NamedMethod {
    std::string_view name;
    Method call;
};
/// The methods of str: those of template_string_characters.cpp, and the others.
std::span<const NamedMethod> string_character_methods();
std::span<const NamedMethod> string_methods();

// --- filters, tests, functions ---------------------------------------------------------------------------------------

/// str.strip and its kin, counted.
MarkedText strip(Runtime& runtime, const MarkedText& text, Ends ends, std::optional<std::string_view> set);
/// Counts a change of every character.
void spend_conversion(Runtime& runtime, const MarkedText& text);
/// Text of `old` replaced, as str.replace does; all occurrences if `limit` is negative.
MarkedText replace(Runtime& runtime, const MarkedText& text, std::string_view old, const MarkedText& with,
                   long long limit);
/// str.join
MarkedText join(Runtime& runtime, const MarkedText& separator, std::span<const Value> items, bool strings_only);
std::vector<Value> split_lines(Runtime& runtime, const MarkedText& text, bool keep_ends);
/// The value as JSON; `indent` is what one level adds, nothing for one line.
MarkedText to_json(Runtime& runtime, const Value& value, std::optional<std::string> indent, std::string_view comma,
                   std::string_view colon, bool ascii, bool sort_keys);
MarkedText escape_html(Runtime& runtime, const MarkedText& text);

Value apply_filter(Runtime& runtime, std::string_view name, const Value& value, const Arguments& arguments);
bool apply_test(Runtime& runtime, std::string_view name, const Value& value, const Arguments& arguments);
bool is_filter(std::string_view name);
bool is_test(std::string_view name);
/// range, namespace, dict, cycler, joiner, raise_exception, strftime_now.
std::optional<Value> global(std::string_view name);

using Filter = Value (*)(Runtime& runtime, const Value& value, const Arguments& arguments);
struct NamedFilter {
    std::string_view name;
    Filter apply;
};
std::span<const NamedFilter> text_filters();
std::span<const NamedFilter> sequence_filters();
std::span<const NamedFilter> layout_filters();

/// The variables of namespace(...): the only thing that a template can change.
class Namespace final : public Object {
  public:
    std::string_view type_name() const override { return "Namespace"; }
    void print(Runtime& runtime, MarkedText& out) const override;
    std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
    void set(Runtime& runtime, std::string_view name, Value value);

  private:
    std::vector<std::pair<std::string, Value>> variables_;
};

}  // namespace ergon::text::jinja
