// The methods of Python's str that templates call. Every character of a result keeps its author.

#include <algorithm>

#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

using Cut = std::pair<std::size_t, std::size_t>;  // bytes [first, second) between two pieces

const MarkedText& text_of(const Value& self) {
    return *self.text();
}

/// The pieces of a text between cuts.
Value pieces(Runtime& runtime, const MarkedText& text, std::vector<Cut> cuts) {
    runtime.spend_text(text.text().size());
    std::vector<Value> result;
    std::size_t begin = 0;
    for (const auto& [cut_begin, cut_end] : cuts) {
        result.emplace_back(slice(text, begin, cut_begin));
        begin = cut_end;
    }
    result.emplace_back(slice(text, begin, text.text().size()));
    return Value::list(runtime, std::move(result));
}

/// Counts a search; from the right it is the plain one, whose time is bounded by the product of the lengths.
void spend_search(Runtime& runtime, std::string_view text, std::string_view wanted, bool from_right) {
    runtime.spend(text.size() / bytes_per_unit * (from_right ? 1 + wanted.size() / 8 : 1));
}

/// Where `separator` occurs, at most `limit` times from the left or from the right; cuts are returned left to right.
std::vector<Cut> find_cuts(Runtime& runtime, std::string_view text, std::string_view separator, std::size_t limit,
                           bool from_right) {
    spend_search(runtime, text, separator, from_right);
    std::vector<Cut> cuts;
    std::size_t at = 0;
    std::size_t end = text.size();
    while (cuts.size() < limit) {
        if (from_right && end < separator.size()) break;
        at = from_right ? text.rfind(separator, end - separator.size()) : find_bytes(text, separator, at);
        if (at == std::string_view::npos) break;
        runtime.spend_short_texts(1);
        cuts.emplace_back(at, at + separator.size());
        end = at;
        at += separator.size();
    }
    if (from_right) std::reverse(cuts.begin(), cuts.end());
    return cuts;
}

/// Runs of white space inside a text that begins and ends without any.
std::vector<Cut> find_spaces(Runtime& runtime, std::string_view text) {
    std::vector<Cut> cuts;
    for (std::size_t at = 0; at < text.size();) {
        const Character character = character_at(text, at);
        at = character.end;
        if (!is_space(character.code)) continue;
        if (!cuts.empty() && cuts.back().second == character.begin) {
            cuts.back().second = character.end;
        } else {
            runtime.spend_short_texts(1);
            cuts.emplace_back(character.begin, character.end);
        }
    }
    return cuts;
}

Value split_spaces(Runtime& runtime, const MarkedText& text, std::size_t limit, bool from_right) {
    runtime.spend(text.text().size());
    const MarkedText inner = strip(runtime, text, Ends::both, std::nullopt);
    if (inner.empty()) return Value::list(runtime, {});
    std::vector<Cut> cuts = find_spaces(runtime, inner.text());
    if (cuts.size() <= limit) return pieces(runtime, inner, std::move(cuts));
    // The piece that is not cut further keeps the white space at its far end.
    if (from_right) {
        cuts.erase(cuts.begin(), cuts.end() - static_cast<std::ptrdiff_t>(limit));
        const MarkedText kept = strip(runtime, text, Ends::right, std::nullopt);
        const std::size_t shift = kept.text().size() - inner.text().size();
        for (auto& [begin, end] : cuts) begin += shift, end += shift;
        return pieces(runtime, kept, std::move(cuts));
    }
    cuts.resize(limit);
    return pieces(runtime, strip(runtime, text, Ends::left, std::nullopt), std::move(cuts));
}

Value split_from(Runtime& runtime, const Value& self, const Arguments& arguments, bool from_right) {
    const Parameters given(from_right ? "rsplit" : "split", arguments, {"sep", "maxsplit"});
    const long long maximum = given.integer(1, -1);
    const std::size_t limit = maximum < 0 ? max_text : static_cast<std::size_t>(maximum);
    const auto separator = given.bytes(0);
    if (!separator) return split_spaces(runtime, text_of(self), limit, from_right);
    if (separator->empty()) refuse("split(): the separator is empty");
    const MarkedText& text = text_of(self);
    return pieces(runtime, text, find_cuts(runtime, text.text(), *separator, limit, from_right));
}

Value split(Runtime& runtime, const Value& self, const Arguments& arguments) {
    return split_from(runtime, self, arguments, false);
}
Value rsplit(Runtime& runtime, const Value& self, const Arguments& arguments) {
    return split_from(runtime, self, arguments, true);
}

Value splitlines(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("splitlines", arguments, {"keepends"});
    return Value::list(runtime, split_lines(runtime, text_of(self), given.truth(0, false)));
}

template <bool from_right>
Value partition(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("partition", arguments, {"sep"}, 1);
    const MarkedText& text = text_of(self);
    const std::string& separator = given.text(0).text();
    if (separator.empty()) refuse("partition(): the separator is empty");
    spend_search(runtime, text.text(), separator, from_right);
    const std::size_t at = from_right ? text.text().rfind(separator) : find_bytes(text.text(), separator);
    if (at == std::string_view::npos) {
        const Value empty((MarkedText()));
        if (from_right) return Value::tuple(runtime, {empty, empty, self});
        return Value::tuple(runtime, {self, empty, empty});
    }
    runtime.spend_text(text.text().size());
    const std::size_t end = at + separator.size();
    return Value::tuple(runtime, {slice(text, 0, at), slice(text, at, end), slice(text, end, text.text().size())});
}

template <Ends ends>
Value strip_ends(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("strip", arguments, {"chars"});
    return strip(runtime, text_of(self), ends, given.bytes(0));
}

/// The part of the text that `start` and `end` (parameters 1 and 2) leave, as byte offsets; nothing if they cross.
std::optional<Cut> window(Runtime& runtime, const std::string& text, const Parameters& given) {
    runtime.spend(text.size() / bytes_per_unit);
    if (!given.given(1) && !given.given(2)) return Cut{0, text.size()};
    const auto count = static_cast<long long>(count_characters(text));
    const auto from_end = [count](long long index) { return index < -count ? 0 : index < 0 ? index + count : index; };
    const long long start = from_end(given.integer(1, 0));
    const long long end = std::min(from_end(given.integer(2, count)), count);
    if (start > end) return std::nullopt;
    return Cut{byte_offset(text, static_cast<std::size_t>(start)), byte_offset(text, static_cast<std::size_t>(end))};
}

template <bool at_end>
Value has_affix(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given(at_end ? "endswith" : "startswith", arguments, {"prefix", "start", "end"}, 1);
    const auto range = window(runtime, text_of(self).text(), given);
    if (!range) return false;
    const std::string_view part =
        std::string_view(text_of(self).text()).substr(range->first, range->second - range->first);
    const auto fits = [part](std::string_view affix) {
        return at_end ? part.ends_with(affix) : part.starts_with(affix);
    };
    const Sequence* several = given[0]->sequence();
    if (!several || several->kind != SequenceKind::tuple) return fits(given.text(0).text());
    return std::any_of(several->items.begin(), several->items.end(), [&](const Value& affix) {
        if (!affix.text()) refuse("startswith() and endswith() take strings or a tuple of strings");
        return fits(affix.text()->text());
    });
}

/// The character index of an occurrence, nothing if there is none.
template <bool from_right>
std::optional<std::size_t> find_text(Runtime& runtime, const Value& self, const Parameters& given) {
    const std::string& text = text_of(self).text();
    const auto range = window(runtime, text, given);
    const std::string& wanted = given.text(0).text();
    if (!range) return std::nullopt;
    const std::string_view part = std::string_view(text).substr(range->first, range->second - range->first);
    spend_search(runtime, part, wanted, from_right);
    const std::size_t at = from_right ? part.rfind(wanted) : find_bytes(part, wanted);
    if (at == std::string_view::npos) return std::nullopt;
    return count_characters(std::string_view(text).substr(0, range->first + at));
}

template <bool from_right>
Value find_index(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("find", arguments, {"sub", "start", "end"}, 1);
    const auto at = find_text<from_right>(runtime, self, given);
    return at ? Value(*at) : Value(-1);
}

template <bool from_right>
Value require_index(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("index", arguments, {"sub", "start", "end"}, 1);
    const auto at = find_text<from_right>(runtime, self, given);
    if (!at) refuse("index(): the text does not occur");
    return *at;
}

Value count(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("count", arguments, {"sub", "start", "end"}, 1);
    const std::string& text = text_of(self).text();
    const std::string& wanted = given.text(0).text();
    const auto range = window(runtime, text, given);
    if (!range) return 0;
    const std::string_view part = std::string_view(text).substr(range->first, range->second - range->first);
    if (wanted.empty()) return count_characters(part) + 1;
    spend_search(runtime, part, wanted, false);
    std::size_t times = 0;
    for (std::size_t at = 0; (at = find_bytes(part, wanted, at)) != std::string_view::npos; at += wanted.size())
        ++times;
    return times;
}

Value replace_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("replace", arguments, {"old", "new", "count"}, 2);
    return replace(runtime, text_of(self), given.text(0).text(), given.text(1), given.integer(2, -1));
}

template <bool at_end>
Value remove_affix(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given(at_end ? "removesuffix" : "removeprefix", arguments, {"affix"}, 1);
    const std::string& text = text_of(self).text();
    const std::string& affix = given.text(0).text();
    if (!(at_end ? text.ends_with(affix) : text.starts_with(affix))) return self;
    runtime.spend_text(text.size());
    if (at_end) return slice(text_of(self), 0, text.size() - affix.size());
    return slice(text_of(self), affix.size(), text.size());
}

Value join_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("join", arguments, {"iterable"}, 1);
    require_defined(*given[0]);
    return join(runtime, text_of(self), iterate(runtime, *given[0]), true);
}

Value format_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
    return format_braces(runtime, text_of(self), arguments);
}

enum class Place { left, right, middle };

template <Place place>
Value pad(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("ljust", arguments, {"width", "fillchar"}, 1);
    const MarkedText& text = text_of(self);
    spend_reading(runtime, self);
    if (given.given(1)) spend_reading(runtime, *given[1]);
    const auto size = static_cast<long long>(count_characters(text.text()));
    const long long missing = given.integer(0, 0) - size;
    const MarkedText fill = given.given(1) ? given.text(1) : MarkedText(" ", Author::person);
    if (count_characters(fill.text()) != 1) refuse("the fill character must be one character");
    if (missing <= 0) return self;
    // Where an odd space goes in str.center depends on both widths.
    const long long before = place == Place::left    ? 0
                             : place == Place::right ? missing
                                                     : missing / 2 + (missing & given.integer(0, 0) & 1);
    MarkedText result = repeat(runtime, fill, before);
    result.append(text);
    result.append(repeat(runtime, fill, missing - before));
    return result;
}

Value zfill(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("zfill", arguments, {"width"}, 1);
    const MarkedText& text = text_of(self);
    spend_reading(runtime, self);
    const Integer missing = Integer(given.integer(0, 0)) - count_characters(text.text());
    const std::size_t sign = text.text().starts_with('-') || text.text().starts_with('+') ? 1 : 0;
    MarkedText result = slice(text, 0, sign);
    result.append(repeat(runtime, MarkedText("0", Author::person), missing));
    append_slice(result, text, sign, text.text().size());
    return result;
}

Value format_map(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("format_map", arguments, {"mapping"}, 1);
    require_defined(*given[0]);
    if (!given[0]->dict()) refuse("format_map(): expected a mapping, not {}", type_name(*given[0]));
    Arguments fields;
    for (const auto& [key, value] : given[0]->dict()->entries) {
        if (key.text()) fields.named.emplace_back(key.text()->text(), value);
    }
    return format_braces(runtime, text_of(self), fields);
}

constexpr NamedMethod methods[] = {
    {"center", pad<Place::middle>},
    {"count", count},
    {"endswith", has_affix<true>},
    {"find", find_index<false>},
    {"format", format_method},
    {"format_map", format_map},
    {"index", require_index<false>},
    {"join", join_method},
    {"ljust", pad<Place::left>},
    {"lstrip", strip_ends<Ends::left>},
    {"partition", partition<false>},
    {"removeprefix", remove_affix<false>},
    {"removesuffix", remove_affix<true>},
    {"replace", replace_method},
    {"rfind", find_index<true>},
    {"rindex", require_index<true>},
    {"rjust", pad<Place::right>},
    {"rpartition", partition<true>},
    {"rsplit", rsplit},
    {"rstrip", strip_ends<Ends::right>},
    {"split", split},
    {"splitlines", splitlines},
    {"startswith", has_affix<false>},
    {"strip", strip_ends<Ends::both>},
    {"zfill", zfill},
};

}  // namespace

std::span<const NamedMethod> string_methods() {
    return methods;
}

}  // namespace ergon::text::jinja
