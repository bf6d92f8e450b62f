// Filters on lists, dicts and anything that can be iterated.

#include <algorithm>
#include <charconv>

#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/case.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

// --- attributes by path ----------------------------------------------------------------------------------------------

using Path = std::vector<Value>;

/// "a.0.b" as the keys a, 0, b.
Path parse_path(Runtime& runtime, std::string_view text) {
    Path path;
    runtime.spend_short_texts(static_cast<std::size_t>(std::ranges::count(text, '.')) + 1);
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('.', at), text.size());
        const std::string_view part = text.substr(at, end - at);
        int index = 0;
        const auto [last, error] = std::from_chars(part.data(), part.data() + part.size(), index);
        if (!part.empty() && part[0] != '-' && error == std::errc() && last == part.data() + part.size()) {
            path.emplace_back(index);
        } else {
            path.push_back(Value::plain(part));
        }
        at = end + 1;
    }
    return path;
}

Path parse_path(Runtime& runtime, const Value* attribute) {
    if (!attribute || attribute->is_none()) return {};
    if (attribute->text()) return parse_path(runtime, attribute->text()->text());
    return {*attribute};
}

Value follow(Runtime& runtime, const Path& path, Value value, const Value* fallback = nullptr) {
    for (const Value& key : path) {
        value = get_item(runtime, value, key);
        if (fallback && !fallback->is_none() && value.is_undefined()) value = *fallback;
    }
    return value;
}

Value ignore_case(Runtime& runtime, Value value) {
    if (!value.text()) return value;
    spend_conversion(runtime, *value.text());
    return to_lower(*value.text());
}

// --- picking and counting --------------------------------------------------------------------------------------------

Value first(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("first", arguments, {});
    const Sequence* sequence = value.sequence();
    if (sequence && sequence->kind == SequenceKind::generator) {
        if (sequence->consumed < sequence->items.size()) return sequence->items[sequence->consumed++];
    } else if (const MarkedText* text = value.text(); text && !text->empty()) {
        return slice(*text, 0, character_at(text->text(), 0).end);
    } else if (const std::vector<Value> items = iterate(runtime, value); !items.empty()) {
        return items.front();
    }
    return Value::undefined("No first item, sequence was empty.");
}

Value last(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("last", arguments, {});
    const Sequence* sequence = value.sequence();
    if (sequence && sequence->kind == SequenceKind::generator) refuse("last: a generator has no last item, use `list`");
    if (const MarkedText* text = value.text(); text && !text->empty()) {
        return slice(*text, character_before(text->text(), text->text().size()).begin, text->text().size());
    }
    const std::vector<Value> items = iterate(runtime, value);
    return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
}

Value length_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("length", arguments, {});
    spend_reading(runtime, value);
    const auto count = length(value);
    if (!count) refuse("object of type '{}' has no len()", type_name(value));
    return *count;
}

Value default_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("default", arguments, {"default_value", "boolean"});
    runtime.spend(1);
    if (!value.is_undefined() && (is_true(value) || !given.truth(1, false))) return value;
    return given[0] ? *given[0] : Value(MarkedText());
}

Value list_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("list", arguments, {});
    return Value::list(runtime, iterate(runtime, value));
}

Value join_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("join", arguments, {"d", "attribute"});
    std::vector<Value> items = iterate(runtime, value);
    const Path path = parse_path(runtime, given[1]);
    for (Value& item : items) item = follow(runtime, path, std::move(item));
    return join(runtime, given[0] ? to_text(runtime, *given[0]) : MarkedText(), items, false);
}

Value items_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("items", arguments, {});
    std::vector<Value> pairs;
    if (const Dict* dict = value.dict()) {
        for (const auto& [key, item] : dict->entries) pairs.push_back(Value::tuple(runtime, {key, item}));
    } else if (!value.is_undefined()) {
        refuse("items: can only get item pairs from a mapping, not {}", type_name(value));
    }
    return Value::generator(runtime, std::move(pairs));
}

Value attr(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("attr", arguments, {"name"}, 1);
    if (value.dict() && find(*value.dict(), given.text(0).text())) {
        return Value::undefined(fmt::format("'dict object' has no attribute '{}'", given.text(0).text()));
    }
    return get_attribute(runtime, value, given.text(0).text());
}

// --- order -----------------------------------------------------------------------------------------------------------

struct Keyed {
    Value key;
    Value item;
};

/// Stable, by key; a reversed sort keeps the order of equal items, as Python's does.
std::vector<Value> sort_by_key(Runtime& runtime, std::vector<Keyed> keyed, bool reverse) {
    std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) {
        return reverse ? less(runtime, b.key, a.key) : less(runtime, a.key, b.key);
    });
    std::vector<Value> items;
    for (Keyed& entry : keyed) items.push_back(std::move(entry.item));
    return items;
}

Value sort(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("sort", arguments, {"reverse", "case_sensitive", "attribute"});
    std::vector<Path> paths;
    if (given.given(2) && given[2]->text()) {
        const std::string_view text = given[2]->text()->text();
        for (std::size_t at = 0; at <= text.size();) {
            const std::size_t end = std::min(text.find(',', at), text.size());
            paths.push_back(parse_path(runtime, text.substr(at, end - at)));
            at = end + 1;
        }
    } else {
        paths.push_back(parse_path(runtime, given[2]));
    }
    std::vector<Keyed> keyed;
    for (Value& item : iterate(runtime, value)) {
        std::vector<Value> keys;
        for (const Path& path : paths) {
            Value key = follow(runtime, path, item);
            keys.push_back(given.truth(1, false) ? std::move(key) : ignore_case(runtime, std::move(key)));
        }
        keyed.push_back({Value::list(runtime, std::move(keys)), std::move(item)});
    }
    return Value::list(runtime, sort_by_key(runtime, std::move(keyed), given.truth(0, false)));
}

/// Pairs of a key and the items that have it, in the order of the keys.
Value groupby(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
    const Path path = parse_path(runtime, given[0]);
    const bool exact = given.truth(2, false);
    std::vector<Keyed> keyed;
    for (Value& item : iterate(runtime, value)) {
        Value key = follow(runtime, path, item, given[1]);
        keyed.push_back({exact ? std::move(key) : ignore_case(runtime, std::move(key)), std::move(item)});
    }
    std::ranges::stable_sort(keyed, [&](const Keyed& a, const Keyed& b) { return less(runtime, a.key, b.key); });
    std::vector<Value> groups;
    for (std::size_t begin = 0, end = 0; begin < keyed.size(); begin = end) {
        std::vector<Value> items;
        for (; end < keyed.size() && equal(runtime, keyed[end].key, keyed[begin].key); ++end) {
            items.push_back(keyed[end].item);
        }
        Value key = follow(runtime, path, items.front(), given[1]);
        groups.push_back(Value::sequence(runtime, SequenceKind::tuple,
                                         {std::move(key), Value::list(runtime, std::move(items))}, group_label));
    }
    return Value::list(runtime, std::move(groups));
}

Value dictsort(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("dictsort", arguments, {"case_sensitive", "by", "reverse"});
    require_defined(value);
    const std::string_view by = given.bytes(1).value_or("key");
    if (by != "key" && by != "value") refuse("dictsort: by must be \"key\" or \"value\"");
    if (!value.dict()) refuse("dictsort: expected a mapping, not {}", type_name(value));
    std::vector<Keyed> keyed;
    for (const auto& [key, item] : value.dict()->entries) {
        const Value& chosen = by == "key" ? key : item;
        keyed.push_back(
            {given.truth(0, false) ? chosen : ignore_case(runtime, chosen), Value::tuple(runtime, {key, item})});
    }
    return Value::list(runtime, sort_by_key(runtime, std::move(keyed), given.truth(2, false)));
}

Value reverse(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("reverse", arguments, {});
    std::vector<Value> items = iterate(runtime, value);
    std::reverse(items.begin(), items.end());
    if (value.text()) return join(runtime, MarkedText(), items, true);
    const Sequence* sequence = value.sequence();
    if (sequence && sequence->kind == SequenceKind::generator) return Value::list(runtime, std::move(items));
    return Value::generator(runtime, std::move(items));
}

Value unique(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("unique", arguments, {"case_sensitive", "attribute"});
    const Path path = parse_path(runtime, given[1]);
    std::vector<Value> seen;
    std::vector<Value> items;
    for (Value& item : iterate(runtime, value)) {
        Value key = follow(runtime, path, item);
        if (!given.truth(0, false)) key = ignore_case(runtime, std::move(key));
        require_hashable(runtime, key);
        if (std::any_of(seen.begin(), seen.end(), [&](const Value& other) { return equal(runtime, other, key); }))
            continue;
        seen.push_back(std::move(key));
        items.push_back(std::move(item));
    }
    return Value::generator(runtime, std::move(items));
}

template <bool largest>
Value extreme(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("min", arguments, {"case_sensitive", "attribute"});
    const Path path = parse_path(runtime, given[1]);
    std::optional<Keyed> best;
    for (Value& item : iterate(runtime, value)) {
        Value key = follow(runtime, path, item);
        if (!given.truth(0, false)) key = ignore_case(runtime, std::move(key));
        if (!best || (largest ? less(runtime, best->key, key) : less(runtime, key, best->key))) {
            best = Keyed{std::move(key), std::move(item)};
        }
    }
    return best ? best->item : Value::undefined("No aggregated item, sequence was empty.");
}

Value sum(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("sum", arguments, {"attribute", "start"});
    const Path path = parse_path(runtime, given[0]);
    Value total = given[1] ? *given[1] : Value(0);
    if (total.text()) refuse("sum() can't sum strings");
    for (Value& item : iterate(runtime, value)) {
        total = apply(runtime, BinaryOperator::add, total, follow(runtime, path, std::move(item)));
    }
    return total;
}

// --- mapping and choosing --------------------------------------------------------------------------------------------

/// The arguments from position `begin` on, with all named ones.
Arguments rest_of(const Arguments& arguments, std::size_t begin) {
    Arguments rest;
    rest.positional.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(begin),
                           arguments.positional.end());
    rest.named = arguments.named;
    return rest;
}

std::string name_argument(const Arguments& arguments, std::size_t i) {
    const MarkedText* name = arguments.positional[i].text();
    if (!name) refuse("expected the name of a filter or test, not {}", type_name(arguments.positional[i]));
    return name->text();
}

Value map(Runtime& runtime, const Value& value, const Arguments& arguments) {
    if (!is_true(value)) return Value::generator(runtime, {});
    std::vector<Value> items = iterate(runtime, value);
    if (arguments.positional.empty()) {
        const Parameters given("map", arguments, {"attribute", "default"}, 1);
        const Path path = parse_path(runtime, given[0]);
        for (Value& item : items) item = follow(runtime, path, std::move(item), given[1]);
    } else {
        const std::string filter = name_argument(arguments, 0);
        const Arguments rest = rest_of(arguments, 1);
        for (Value& item : items) item = apply_filter(runtime, filter, item, rest);
    }
    return Value::generator(runtime, std::move(items));
}

template <bool by_attribute, bool wanted>
Value choose(Runtime& runtime, const Value& value, const Arguments& arguments) {
    if (!is_true(value)) return Value::generator(runtime, {});
    constexpr std::size_t test_at = by_attribute ? 1 : 0;
    if (arguments.positional.size() < test_at) refuse("selectattr and rejectattr need the name of an attribute");
    const Path path = by_attribute ? parse_path(runtime, &arguments.positional[0]) : Path();
    const bool has_test = arguments.positional.size() > test_at;
    const std::string test = has_test ? name_argument(arguments, test_at) : "";
    const Arguments rest = has_test ? rest_of(arguments, test_at + 1) : Arguments();
    std::vector<Value> chosen;
    for (Value& item : iterate(runtime, value)) {
        const Value examined = follow(runtime, path, item);
        const bool holds = has_test ? apply_test(runtime, test, examined, rest) : is_true(examined);
        if (holds == wanted) chosen.push_back(std::move(item));
    }
    return Value::generator(runtime, std::move(chosen));
}

// --- cutting in pieces -----------------------------------------------------------------------------------------------

Value batch(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("batch", arguments, {"linecount", "fill_with"}, 1);
    const long long width = given.integer(0, 1);
    if (width < 1) refuse("batch: the number of items must be at least 1");
    const auto size = static_cast<std::size_t>(width);
    std::vector<Value> batches;
    std::vector<Value> current;
    for (Value& item : iterate(runtime, value)) {
        if (current.size() == size) batches.push_back(Value::list(runtime, std::exchange(current, {})));
        current.push_back(std::move(item));
    }
    if (!current.empty()) {
        if (given.given(1)) {
            runtime.spend_elements(size);
            current.resize(size, *given[1]);
        }
        batches.push_back(Value::list(runtime, std::move(current)));
    }
    return Value::generator(runtime, std::move(batches));
}

Value slice_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("slice", arguments, {"slices", "fill_with"}, 1);
    if (given.integer(0, 1) < 1) refuse("slice: the number of slices must be at least 1");
    const auto slices = static_cast<std::size_t>(given.integer(0, 1));
    runtime.spend_elements(slices);
    const std::vector<Value> items = iterate(runtime, value);
    const std::size_t width = items.size() / slices;
    const std::size_t longer = items.size() % slices;  // so many slices get one item more
    std::vector<Value> result;
    for (std::size_t i = 0, begin = 0; i < slices; ++i) {
        const std::size_t end = begin + width + (i < longer ? 1 : 0);
        std::vector<Value> part(items.begin() + static_cast<std::ptrdiff_t>(begin),
                                items.begin() + static_cast<std::ptrdiff_t>(end));
        if (given.given(1) && i >= longer) part.push_back(*given[1]);
        result.push_back(Value::list(runtime, std::move(part)));
        begin = end;
    }
    return Value::generator(runtime, std::move(result));
}

constexpr NamedFilter filters_of_sequences[] = {
    {"attr", attr},
    {"batch", batch},
    {"count", length_filter},
    {"d", default_filter},
    {"default", default_filter},
    {"dictsort", dictsort},
    {"first", first},
    {"groupby", groupby},
    {"items", items_filter},
    {"join", join_filter},
    {"last", last},
    {"length", length_filter},
    {"list", list_filter},
    {"map", map},
    {"max", extreme<true>},
    {"min", extreme<false>},
    {"reject", choose<false, false>},
    {"rejectattr", choose<true, false>},
    {"reverse", reverse},
    {"select", choose<false, true>},
    {"selectattr", choose<true, true>},
    {"slice", slice_filter},
    {"sort", sort},
    {"sum", sum},
    {"unique", unique},
};

Filter find_filter(std::string_view name) {
    for (const auto table : {text_filters(), sequence_filters(), layout_filters()}) {
        for (const NamedFilter& filter : table) {
            if (filter.name == name) return filter.apply;
        }
    }
    return nullptr;
}

}  // namespace

std::span<const NamedFilter> sequence_filters() {
    return filters_of_sequences;
}

bool is_filter(std::string_view name) {
    return find_filter(name) != nullptr;
}

Value apply_filter(Runtime& runtime, std::string_view name, const Value& value, const Arguments& arguments) {
    const Filter filter = find_filter(name);
    if (!filter) refuse("there is no filter named '{}'", name);
    const Runtime::Level level(runtime);
    runtime.spend(1);
    return filter(runtime, value, arguments);
}

}  // namespace ergon::text::jinja
