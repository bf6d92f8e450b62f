#include "text/jinja/value.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

int nesting_of(const Value& value) {
    if (const Sequence* sequence = value.sequence()) return sequence->nesting;
    if (const Dict* dict = value.dict()) return dict->nesting;
    return 0;
}

int checked_nesting(int inner) {
    if (inner >= max_nesting) refuse("it nests lists deeper than {} levels", max_nesting);
    return inner + 1;
}

/// How two numbers stand; nothing if either is no number or they cannot be ordered (NaN).
std::optional<std::partial_ordering> compare_numbers(const Value& a, const Value& b) {
    const auto left = a.as_integer();
    const auto right = b.as_integer();
    if (left && right) return *left <=> *right;
    if (left && b.real()) return compare(*left, *b.real());
    if (a.real() && right) return 0 <=> compare(*right, *a.real());
    if (a.real() && b.real()) return *a.real() <=> *b.real();
    return std::nullopt;
}

bool equal_items(Runtime& runtime, const Sequence& a, const Sequence& b) {
    if (a.kind != b.kind || a.items.size() != b.items.size()) return false;
    if (a.kind == SequenceKind::generator || a.kind == SequenceKind::values) return &a == &b;
    for (std::size_t i = 0; i < a.items.size(); ++i) {
        if (!equal(runtime, a.items[i], b.items[i])) return false;
    }
    return true;
}

bool equal_entries(Runtime& runtime, const Dict& a, const Dict& b) {
    if (a.entries.size() != b.entries.size()) return false;
    return std::all_of(a.entries.begin(), a.entries.end(), [&](const auto& entry) {
        const Value* other = find(runtime, b, entry.first);
        return other != nullptr && equal(runtime, entry.second, *other);
    });
}

bool can_index(SequenceKind kind) {
    return kind == SequenceKind::list || kind == SequenceKind::tuple || kind == SequenceKind::range;
}

}  // namespace

Value Object::call(Runtime&, Arguments&) {
    refuse("'{}' object is not callable", type_name());
}

Value Value::sequence(Runtime& runtime, SequenceKind kind, std::vector<Value> items, std::string label) {
    runtime.spend_elements(items.size());
    int inner = 0;
    for (const Value& item : items) inner = std::max(inner, nesting_of(item));
    Value value;
    value.data_ =
        std::make_shared<const Sequence>(Sequence{kind, std::move(items), checked_nesting(inner), std::move(label), 0});
    return value;
}

Value Value::dict(Runtime& runtime, std::vector<std::pair<Value, Value>> entries) {
    runtime.spend_elements(2 * entries.size());
    int inner = 0;
    for (const auto& [key, item] : entries) inner = std::max({inner, nesting_of(key), nesting_of(item)});
    Value value;
    value.data_ = std::make_shared<const Dict>(Dict{std::move(entries), checked_nesting(inner)});
    return value;
}

std::optional<Integer> Value::as_integer() const {
    if (const bool* truth = boolean()) return Integer{*truth};
    if (const Integer* number = integer()) return *number;
    return std::nullopt;
}

std::optional<double> Value::as_real() const {
    if (const double* number = real()) return *number;
    if (const auto number = as_integer()) return number->real();
    return std::nullopt;
}

std::string_view type_name(const Value& value) {
    if (value.is_undefined()) return "Undefined";
    if (value.is_none()) return "NoneType";
    if (value.boolean()) return "bool";
    if (value.integer()) return "int";
    if (value.real()) return "float";
    if (value.is_string()) return "str";
    if (value.dict()) return "dict";
    if (const Object* object = value.object()) return object->type_name();
    if (const Sequence* sequence = value.sequence()) {
        constexpr std::array<std::string_view, 7> names = {"list",        "tuple",      "range",    "dict_keys",
                                                           "dict_values", "dict_items", "generator"};
        return names[static_cast<std::size_t>(sequence->kind)];
    }
    return "function";
}

bool is_true(const Value& value) {
    if (value.is_undefined() || value.is_none()) return false;
    if (const auto number = value.as_integer()) return *number != 0;
    if (const double* real = value.real()) return *real != 0.0;
    if (const MarkedText* text = value.text()) return !text->empty();
    if (const Dict* dict = value.dict()) return !dict->entries.empty();
    const Sequence* sequence = value.sequence();
    return !sequence || sequence->kind == SequenceKind::generator || !sequence->items.empty();
}

void spend_reading(Runtime& runtime, const Value& value) {
    if (const MarkedText* text = value.text()) runtime.spend(text->text().size() / bytes_per_unit);
    if (const Integer* integer = value.integer()) runtime.spend(integer->size());
}

bool equal(Runtime& runtime, const Value& a, const Value& b) {
    runtime.spend(1);
    if (a.integer() && b.integer()) spend_reading(runtime, a.integer()->size() < b.integer()->size() ? a : b);
    if (a.is_undefined() || b.is_undefined()) return a.is_undefined() && b.is_undefined();
    if (const auto order = compare_numbers(a, b)) return *order == std::partial_ordering::equivalent;
    if (a.text() && b.text()) {
        runtime.spend(std::min(a.text()->text().size(), b.text()->text().size()) / bytes_per_unit);
        return a.text()->text() == b.text()->text();
    }
    if (a.sequence() && b.sequence()) return equal_items(runtime, *a.sequence(), *b.sequence());
    if (a.dict() && b.dict()) return equal_entries(runtime, *a.dict(), *b.dict());
    return same(a, b);
}

bool less(Runtime& runtime, const Value& a, const Value& b) {
    runtime.spend(1);
    require_defined(a);
    require_defined(b);
    spend_reading(runtime, a);
    spend_reading(runtime, b);
    if (a.as_real() && b.as_real()) return *compare_numbers(a, b) == std::partial_ordering::less;
    // Bytes of UTF-8 are in the order of the code points.
    if (a.text() && b.text()) return a.text()->text() < b.text()->text();
    const Sequence* left = a.sequence();
    const Sequence* right = b.sequence();
    if (left && right && left->kind == right->kind &&
        (left->kind == SequenceKind::list || left->kind == SequenceKind::tuple)) {
        for (std::size_t i = 0; i < std::min(left->items.size(), right->items.size()); ++i) {
            if (!equal(runtime, left->items[i], right->items[i])) return less(runtime, left->items[i], right->items[i]);
        }
        return left->items.size() < right->items.size();
    }
    refuse("'<' is not supported between '{}' and '{}'", type_name(a), type_name(b));
}

bool same(const Value& a, const Value& b) {
    if (a.data().index() != b.data().index()) return false;
    if (a.is_none()) return true;
    if (a.is_undefined()) return false;
    if (a.boolean()) return *a.boolean() == *b.boolean();
    if (a.integer()) return *a.integer() == *b.integer();
    if (a.real()) return *a.real() == *b.real();
    return a.text() == b.text() && a.sequence() == b.sequence() && a.dict() == b.dict() &&
           a.function() == b.function() && a.object() == b.object();
}

void require_hashable(Runtime& runtime, const Value& value) {
    runtime.spend(1);
    const Sequence* sequence = value.sequence();
    if (value.dict() || (sequence && sequence->kind != SequenceKind::tuple && can_index(sequence->kind) &&
                         sequence->kind != SequenceKind::range)) {
        refuse("unhashable type: '{}'", type_name(value));
    }
    if (sequence && sequence->kind == SequenceKind::tuple) {
        for (const Value& item : sequence->items) require_hashable(runtime, item);
    }
}

void require_defined(const Value& value) {
    if (const auto* undefined = std::get_if<Undefined>(&value.data())) refuse("{}", *undefined->why);
}

std::vector<Value> iterate(Runtime& runtime, const Value& value) {
    if (value.is_undefined()) return {};
    std::vector<Value> items;
    if (const Sequence* sequence = value.sequence()) {
        runtime.spend_elements(sequence->items.size() - sequence->consumed);
        items.assign(sequence->items.begin() + static_cast<std::ptrdiff_t>(sequence->consumed), sequence->items.end());
        if (sequence->kind == SequenceKind::generator) sequence->consumed = sequence->items.size();
    } else if (const Dict* dict = value.dict()) {
        runtime.spend_elements(dict->entries.size());
        for (const auto& entry : dict->entries) items.push_back(entry.first);
    } else if (const MarkedText* text = value.text()) {
        runtime.spend_short_texts(count_characters(text->text()));
        for (std::size_t at = 0; at < text->text().size();) {
            const Character character = character_at(text->text(), at);
            items.emplace_back(slice(*text, character.begin, character.end));
            at = character.end;
        }
    } else {
        refuse("'{}' object is not iterable", type_name(value));
    }
    return items;
}

std::optional<std::size_t> length(const Value& value) {
    if (value.is_undefined()) return 0;
    if (const MarkedText* text = value.text()) return count_characters(text->text());
    if (const Dict* dict = value.dict()) return dict->entries.size();
    const Sequence* sequence = value.sequence();
    if (sequence && sequence->kind != SequenceKind::generator) return sequence->items.size();
    return std::nullopt;
}

const Value* find(Runtime& runtime, const Dict& dict, const Value& key) {
    runtime.spend(dict.entries.size() / 8);
    if (const MarkedText* text = key.text()) {
        for (const auto& entry : dict.entries) {
            if (entry.first.text() && entry.first.text()->text().size() == text->text().size())
                spend_reading(runtime, key);
        }
        return find(dict, text->text());
    }
    for (const auto& entry : dict.entries) {
        if (equal(runtime, entry.first, key)) return &entry.second;
    }
    return nullptr;
}

const Value* find(const Dict& dict, std::string_view key) {
    for (const auto& entry : dict.entries) {
        if (entry.first.text() && entry.first.text()->text() == key) return &entry.second;
    }
    return nullptr;
}

void assign(Runtime& runtime, std::vector<std::pair<Value, Value>>& entries, Value key, Value value) {
    require_hashable(runtime, key);
    for (auto& entry : entries) {
        if (equal(runtime, entry.first, key)) {
            entry.second = std::move(value);
            return;
        }
    }
    entries.emplace_back(std::move(key), std::move(value));
}

}  // namespace ergon::text::jinja
