// Attributes, items, slices, calls, and the methods of lists and dicts.

#include <algorithm>
#include <limits>

#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

// --- methods of lists and dicts --------------------------------------------------------------------------------------

Value dict_get(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("get", arguments, {"key", "default"}, 1);
    require_hashable(runtime, *given[0]);
    const Value* found = find(runtime, *self.dict(), *given[0]);
    if (found) return *found;
    return given[1] ? *given[1] : Value();
}

Value dict_keys(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters none("keys", arguments, {});
    return Value::sequence(runtime, SequenceKind::keys, iterate(runtime, self));
}

Value dict_values(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters none("values", arguments, {});
    std::vector<Value> values;
    runtime.spend_elements(self.dict()->entries.size());
    for (const auto& entry : self.dict()->entries) values.push_back(entry.second);
    return Value::sequence(runtime, SequenceKind::values, std::move(values));
}

Value dict_items(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters none("items", arguments, {});
    std::vector<Value> pairs;
    for (const auto& [key, value] : self.dict()->entries) pairs.push_back(Value::tuple(runtime, {key, value}));
    return Value::sequence(runtime, SequenceKind::items, std::move(pairs));
}

Value copy(Runtime&, const Value& self, const Arguments& arguments) {
    const Parameters none("copy", arguments, {});
    return self;
}

Value list_index(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("index", arguments, {"value"}, 1);
    const auto& items = self.sequence()->items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (equal(runtime, items[i], *given[0])) return i;
    }
    refuse("{}.index(x): x not in {}", type_name(self), type_name(self));
}

Value list_count(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("count", arguments, {"value"}, 1);
    const auto& items = self.sequence()->items;
    return static_cast<std::size_t>(
        std::count_if(items.begin(), items.end(), [&](const Value& item) { return equal(runtime, item, *given[0]); }));
}

constexpr NamedMethod dict_methods[] = {
    {"get", dict_get}, {"keys", dict_keys}, {"values", dict_values}, {"items", dict_items}, {"copy", copy},
};
constexpr NamedMethod list_methods[] = {{"index", list_index}, {"count", list_count}, {"copy", copy}};
constexpr NamedMethod tuple_methods[] = {{"index", list_index}, {"count", list_count}};

// What transformers' sandbox hides: templates cannot change what they are given.
constexpr std::string_view hidden_in_dicts[] = {"clear", "pop", "popitem", "setdefault", "update"};
constexpr std::string_view hidden_in_lists[] = {"append", "clear", "pop",    "reverse",
                                                "insert", "sort",  "extend", "remove"};

bool is_hidden(const Value& value, std::string_view name) {
    const auto among = [name](const auto& names) {
        return std::find(std::begin(names), std::end(names), name) != std::end(names);
    };
    if (value.dict()) return among(hidden_in_dicts);
    return value.sequence() && value.sequence()->kind == SequenceKind::list && among(hidden_in_lists);
}

Method find_method(std::span<const NamedMethod> methods, std::string_view name) {
    const auto found = std::ranges::find(methods, name, &NamedMethod::name);
    return found == methods.end() ? nullptr : found->call;
}

Method find_method(const Value& value, std::string_view name) {
    std::span<const NamedMethod> methods;
    if (value.is_string()) {
        if (const Method method = find_method(string_character_methods(), name)) return method;
        methods = string_methods();
    } else if (value.dict()) {
        methods = dict_methods;
    } else if (const Sequence* sequence = value.sequence()) {
        if (sequence->kind == SequenceKind::list) methods = list_methods;
        if (sequence->kind == SequenceKind::tuple || sequence->kind == SequenceKind::range) methods = tuple_methods;
    }
    return find_method(methods, name);
}

Value missing_attribute(const Value& value, std::string_view name) {
    if (value.is_none()) return Value::undefined(fmt::format("'None' has no attribute '{}'", name));
    return Value::undefined(fmt::format("'{} object' has no attribute '{}'", type_name(value), name));
}

/// A method or an attribute, not an item.
std::optional<Value> own_attribute(Runtime& runtime, const Value& value, std::string_view name) {
    if (is_hidden(value, name) || (name.starts_with("__") && name.ends_with("__"))) {
        return Value::undefined(
            fmt::format("'{}' of a {} modifies it or is internal; templates may not use it", name, type_name(value)));
    }
    if (Object* object = value.object()) return object->attribute(runtime, name);
    if (const Sequence* sequence = value.sequence(); sequence && sequence->label == group_label) {
        if (name == "grouper") return sequence->items[0];
        if (name == "list") return sequence->items[1];
    }
    const Method method = find_method(value, name);
    if (!method) return std::nullopt;
    return Value(std::make_shared<const Function>(Function{
        std::string(name),
        [self = value, method](Runtime& inner, Arguments& arguments) { return method(inner, self, arguments); }}));
}

// --- indices ---------------------------------------------------------------------------------------------------------

/// Where a Python index points in a sequence of `size`, nothing if outside.
std::optional<std::size_t> resolve_index(const Integer& index, std::size_t size) {
    const Integer at = index < 0 ? index + size : index;
    if (at < 0 || at >= size) return std::nullopt;
    return static_cast<std::size_t>(at);
}

struct SliceRange {
    std::int64_t start, stop, step;
};

/// Python's rules for slice(start, stop, step) of a sequence of `size`.
SliceRange resolve_slice(std::size_t size, const Value& start, const Value& stop, const Value& step) {
    const auto part = [](const Value& value) -> std::optional<std::int64_t> {
        if (value.is_none()) return std::nullopt;
        require_defined(value);
        if (!value.as_integer()) refuse("slice indices must be integers or None");
        // Far outside is as good as farther outside; keeps the sums below from overflowing.
        constexpr std::int64_t bound = std::int64_t{1} << 60;
        return std::clamp(value.as_integer()->clamped(), -bound, bound);
    };
    const auto count = static_cast<std::int64_t>(size);
    const std::int64_t by = part(step).value_or(1);
    if (by == 0) refuse("slice step cannot be zero");
    const std::int64_t lowest = by > 0 ? 0 : -1;
    const std::int64_t highest = by > 0 ? count : count - 1;
    const auto place = [&](std::optional<std::int64_t> index, std::int64_t fallback) {
        if (!index) return fallback;
        return std::clamp(*index < 0 ? *index + count : *index, lowest, highest);
    };
    return {place(part(start), by > 0 ? lowest : highest), place(part(stop), by > 0 ? highest : lowest), by};
}

Value slice_text(Runtime& runtime, const MarkedText& text, const SliceRange& range) {
    const std::string& bytes = text.text();
    runtime.spend_text(bytes.size());
    if (range.step == 1) {
        if (range.start >= range.stop) return MarkedText();
        const std::size_t begin = byte_offset(bytes, static_cast<std::size_t>(range.start));
        const std::size_t width = byte_offset(std::string_view(bytes).substr(begin), range.stop - range.start);
        return slice(text, begin, begin + width);
    }
    std::vector<std::size_t> starts;
    runtime.spend(bytes.size() / 4);
    for (std::size_t at = 0; at < bytes.size(); at = character_at(bytes, at).end) starts.push_back(at);
    MarkedText result;
    for (std::int64_t i = range.start; range.step > 0 ? i < range.stop : i > range.stop; i += range.step) {
        const std::size_t begin = starts[i];
        append_slice(result, text, begin, character_at(bytes, begin).end);
    }
    return result;
}

}  // namespace

Value get_attribute(Runtime& runtime, const Value& value, std::string_view name) {
    require_defined(value);
    if (auto attribute = own_attribute(runtime, value, name)) return *attribute;
    if (const Dict* dict = value.dict()) {
        runtime.spend(dict->entries.size() / 8);
        if (const Value* found = find(*dict, name)) return *found;
    }
    return missing_attribute(value, name);
}

Value get_item(Runtime& runtime, const Value& value, const Value& key) {
    require_defined(value);
    spend_reading(runtime, key);
    if (const Dict* dict = value.dict()) {
        if (const Value* found = find(runtime, *dict, key)) return *found;
    } else if (const auto index = key.as_integer()) {
        if (const Sequence* sequence = value.sequence();
            sequence && (sequence->kind == SequenceKind::list || sequence->kind == SequenceKind::tuple ||
                         sequence->kind == SequenceKind::range)) {
            const auto at = resolve_index(*index, sequence->items.size());
            if (at) return sequence->items[*at];
        }
        if (const MarkedText* text = value.text()) {
            runtime.spend(text->text().size() / bytes_per_unit);
            const auto at = resolve_index(*index, count_characters(text->text()));
            if (at) {
                const std::size_t begin = byte_offset(text->text(), *at);
                return slice(*text, begin, character_at(text->text(), begin).end);
            }
        }
    }
    if (const MarkedText* name = key.text()) {
        if (auto attribute = own_attribute(runtime, value, name->text())) return *attribute;
        return missing_attribute(value, name->text());
    }
    MarkedText shown;
    append_repr(runtime, shown, key);
    return Value::undefined(fmt::format("'{} object' has no element {}", type_name(value), shown.text()));
}

Value get_slice(Runtime& runtime, const Value& value, const Value& start, const Value& stop, const Value& step) {
    require_defined(value);
    if (const MarkedText* text = value.text()) {
        return slice_text(runtime, *text, resolve_slice(count_characters(text->text()), start, stop, step));
    }
    const Sequence* sequence = value.sequence();
    if (!sequence || (sequence->kind != SequenceKind::list && sequence->kind != SequenceKind::tuple &&
                      sequence->kind != SequenceKind::range)) {
        refuse("'{}' object cannot be sliced", type_name(value));
    }
    const SliceRange range = resolve_slice(sequence->items.size(), start, stop, step);
    std::vector<Value> items;
    runtime.spend_elements(sequence->items.size());
    for (std::int64_t i = range.start; range.step > 0 ? i < range.stop : i > range.stop; i += range.step) {
        items.push_back(sequence->items[i]);
    }
    const SequenceKind kind = sequence->kind == SequenceKind::tuple ? SequenceKind::tuple : SequenceKind::list;
    return Value::sequence(runtime, kind, std::move(items));
}

Value call(Runtime& runtime, const Value& value, Arguments& arguments) {
    require_defined(value);
    if (const Function* function = value.function()) return function->call(runtime, arguments);
    if (Object* object = value.object()) return object->call(runtime, arguments);
    refuse("'{}' object is not callable", type_name(value));
}

Value call_method(Runtime& runtime, const Value& value, std::string_view name, Arguments& arguments) {
    require_defined(value);
    if (!value.object() && !is_hidden(value, name)) {
        if (const Method method = find_method(value, name)) return method(runtime, value, arguments);
    }
    return call(runtime, get_attribute(runtime, value, name), arguments);
}

}  // namespace ergon::text::jinja
