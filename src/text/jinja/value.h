#pragma once
// Values of templates: Python's, as far as templates see them. Strings remember who wrote every character.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja/builtins/integer.h"
#include "text/jinja/runtime.h"
#include "text/marked_text.h"

namespace ergon::text::jinja {

class Value;

struct None {
    bool operator==(const None&) const = default;
};

/// A name or attribute that does not exist: prints nothing, is false and empty; any other use fails with `why`.
struct Undefined {
    std::shared_ptr<const std::string> why;
};

/// A string. `markup`: it came through `safe` or `escape`, and `+` escapes what is added to it.
struct String {
    std::shared_ptr<const MarkedText> text;
    bool markup = false;
};

enum class SequenceKind : std::uint8_t { list, tuple, range, keys, values, items, generator };

struct Sequence {
    SequenceKind kind = SequenceKind::list;
    std::vector<Value> items;
    int nesting = 1;
    std::string label;                 // how a range prints; group_label
    mutable std::size_t consumed = 0;  // a generator gives each item once
};

/// The label of groupby's pairs, which have names for their parts as well: grouper and list.
inline constexpr const char* group_label = "group";

struct Dict {
    std::vector<std::pair<Value, Value>> entries;  // in order of insertion
    int nesting = 1;
};

struct Arguments {
    std::vector<Value> positional;
    std::vector<std::pair<std::string, Value>> named;
};

/// A built-in function, or a method bound to its value.
struct Function {
    std::string name;
    std::function<Value(Runtime&, Arguments&)> call;
};

/// Things with identity: namespaces, loops, macros, cyclers. Owned by the Runtime.
class Object {
  public:
    Object() = default;
    virtual ~Object() = default;
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;

    virtual std::string_view type_name() const = 0;
    virtual void print(Runtime& runtime, MarkedText& out) const = 0;
    virtual std::optional<Value> attribute(Runtime& runtime, std::string_view name) = 0;
    virtual bool callable() const { return false; }
    virtual Value call(Runtime& runtime, Arguments& arguments);
};

class Value {
  public:
    using Data = std::variant<Undefined, None, bool, Integer, double, String, std::shared_ptr<const Sequence>,
                              std::shared_ptr<const Dict>, std::shared_ptr<const Function>, Object*>;

    Value() : data_(None{}) {}
    Value(None none) : data_(none) {}
    Value(bool truth) : data_(truth) {}
    Value(Integer integer) : data_(std::move(integer)) {}
    Value(int integer) : data_(Integer{integer}) {}
    Value(std::size_t count) : data_(Integer(count)) {}
    Value(double real) : data_(real) {}
    Value(MarkedText text, bool markup = false)
        : data_(String{std::make_shared<const MarkedText>(std::move(text)), markup}) {}
    Value(std::shared_ptr<const Function> function) : data_(std::move(function)) {}
    Value(Object* object) : data_(object) {}
    Value(const void*) = delete;  // a pointer is not a truth value

    static Value undefined(std::string why) {
        Value value;
        value.data_ = Undefined{std::make_shared<const std::string>(std::move(why))};
        return value;
    }
    /// Text that no template wrote: numbers, keys, punctuation of printed lists.
    static Value plain(std::string_view text) { return MarkedText(text, Author::person); }
    /// Throws TemplateError if it nests too deep.
    static Value sequence(Runtime& runtime, SequenceKind kind, std::vector<Value> items, std::string label = {});
    static Value list(Runtime& runtime, std::vector<Value> items) {
        return sequence(runtime, SequenceKind::list, std::move(items));
    }
    static Value tuple(Runtime& runtime, std::vector<Value> items) {
        return sequence(runtime, SequenceKind::tuple, std::move(items));
    }
    static Value generator(Runtime& runtime, std::vector<Value> items) {
        return sequence(runtime, SequenceKind::generator, std::move(items));
    }
    static Value dict(Runtime& runtime, std::vector<std::pair<Value, Value>> entries);

    bool is_undefined() const { return std::holds_alternative<Undefined>(data_); }
    bool is_none() const { return std::holds_alternative<None>(data_); }
    bool is_string() const { return std::holds_alternative<String>(data_); }
    const bool* boolean() const { return std::get_if<bool>(&data_); }
    const Integer* integer() const { return std::get_if<Integer>(&data_); }
    const double* real() const { return std::get_if<double>(&data_); }
    const String* string() const { return std::get_if<String>(&data_); }
    /// Null unless it is a string.
    const MarkedText* text() const { return is_string() ? std::get<String>(data_).text.get() : nullptr; }
    const Sequence* sequence() const { return pointer<Sequence>(); }
    const Dict* dict() const { return pointer<Dict>(); }
    const Function* function() const { return pointer<Function>(); }
    Object* object() const {
        const auto* held = std::get_if<Object*>(&data_);
        return held ? *held : nullptr;
    }
    const Data& data() const { return data_; }

    /// A boolean or an integer, as Python's int: True is 1.
    std::optional<Integer> as_integer() const;
    /// Any number.
    std::optional<double> as_real() const;

  private:
    template <typename T>
    const T* pointer() const {
        const auto* held = std::get_if<std::shared_ptr<const T>>(&data_);
        return held ? held->get() : nullptr;
    }

    Data data_;
};

/// Counts the reading of all of a text or an integer; other values take none.
void spend_reading(Runtime& runtime, const Value& value);
/// Python's name of its type, as error messages use it.
std::string_view type_name(const Value& value);
/// bool(value)
bool is_true(const Value& value);
/// value == other
bool equal(Runtime& runtime, const Value& a, const Value& b);
/// a < b; refuses what Python cannot order.
bool less(Runtime& runtime, const Value& a, const Value& b);
/// Whether the two are the same thing (Python's `is`).
bool same(const Value& a, const Value& b);
/// Whether it can be a key: refuses otherwise.
void require_hashable(Runtime& runtime, const Value& value);
/// Refuses, saying that it is undefined, where that is so.
void require_defined(const Value& value);

/// The items that iterating gives: characters, keys, elements. A generator is used up. Refuses what cannot be iterated.
std::vector<Value> iterate(Runtime& runtime, const Value& value);
/// len(value), nothing if it has none.
std::optional<std::size_t> length(const Value& value);
/// dict[key], null if absent.
const Value* find(Runtime& runtime, const Dict& dict, const Value& key);
const Value* find(const Dict& dict, std::string_view key);
/// dict[key] = value
void assign(Runtime& runtime, std::vector<std::pair<Value, Value>>& entries, Value key, Value value);

/// str(value): text as it is, all else as Python prints it.
MarkedText to_text(Runtime& runtime, const Value& value);
/// repr(value), appended.
void append_repr(Runtime& runtime, MarkedText& out, const Value& value);
/// repr(float)
std::string real_text(double value);

}  // namespace ergon::text::jinja
