// Filters on text and numbers.

#include <charconv>
#include <cmath>

#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/case.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

template <MarkedText (*convert)(const MarkedText&)>
Value case_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("upper", arguments, {});
    const MarkedText text = to_text(runtime, value);
    spend_conversion(runtime, text);
    return convert(text);
}

/// Jinja's own rule for words: they begin after white space and these marks, and each is converted by itself.
MarkedText jinja_title(const MarkedText& text) {
    const auto separates = [](char32_t code) {
        return is_space(code) || code == U'-' || code == U'(' || code == U'{' || code == U'[' || code == U'<';
    };
    const std::string& bytes = text.text();
    MarkedText result;
    for (std::size_t begin = 0; begin < bytes.size();) {
        const Character first = character_at(bytes, begin);
        std::size_t end = first.end;
        while (end < bytes.size() && separates(character_at(bytes, end).code) == separates(first.code)) {
            end = character_at(bytes, end).end;
        }
        result.append(to_upper(slice(text, begin, first.end)));
        result.append(to_lower(slice(text, first.end, end)));
        begin = end;
    }
    return result;
}

Value trim(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("trim", arguments, {"chars"});
    return strip(runtime, to_text(runtime, value), Ends::both, given.bytes(0));
}

Value replace_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("replace", arguments, {"old", "new", "count"}, 2);
    const MarkedText old = to_text(runtime, *given[0]);
    return replace(runtime, to_text(runtime, value), old.text(), to_text(runtime, *given[1]), given.integer(2, -1));
}

Value indent(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("indent", arguments, {"width", "first", "blank"});
    require_defined(value);
    if (!value.text()) refuse("indent: expected a string, not {}", type_name(value));
    const MarkedText spaces(" ", Author::person);
    const MarkedText indention =
        given[0] && given[0]->text() ? *given[0]->text() : repeat(runtime, spaces, given.integer(0, 4));
    const bool blank = given.truth(2, false);
    const MarkedText newline("\n", Author::person);

    MarkedText result = given.truth(1, false) ? indention : MarkedText();
    MarkedText source = *value.text();
    source.append(newline);  // so that the last line counts even if it is empty
    const std::vector<Value> lines = split_lines(runtime, source, false);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const MarkedText& line = *lines[i].text();
        if (i > 0) result.append(newline);
        if (i > 0 && (blank || !line.empty())) result.append(indention);
        result.append(line);
        runtime.spend_text((line.text().size() + indention.text().size()));
        require_text_size(result.text().size());
    }
    return result;
}

Value truncate(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("truncate", arguments, {"length", "killwords", "end", "leeway"});
    const MarkedText text = to_text(runtime, value);
    const MarkedText end = given.given(2) ? given.text(2) : MarkedText("...", Author::person);
    const long long width = given.integer(0, 255);
    const auto end_width = static_cast<long long>(count_characters(end.text()));
    if (width < end_width) refuse("truncate: expected a length of at least {}, got {}", end_width, width);
    const auto size = static_cast<long long>(count_characters(text.text()));
    const long long leeway = given.integer(3, 5);
    if (leeway < 0) refuse("truncate: expected a leeway of at least 0, got {}", leeway);
    if (size <= leeway || size - leeway <= width) return text;
    std::size_t cut = byte_offset(text.text(), static_cast<std::size_t>(width - end_width));
    if (!given.truth(1, false)) {
        const std::size_t space = std::string_view(text.text()).substr(0, cut).rfind(' ');
        if (space != std::string_view::npos) cut = space;
    }
    MarkedText result = slice(text, 0, cut);
    result.append(end);
    return result;
}

Value center(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("center", arguments, {"width"});
    Arguments width;
    width.positional.push_back(given[0] ? *given[0] : Value(80));
    return call_method(runtime, to_text(runtime, value), "center", width);
}

Value wordcount(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("wordcount", arguments, {});
    const MarkedText text = to_text(runtime, value);
    runtime.spend(text.text().size() / 4);
    std::size_t words = 0;
    bool inside = false;
    for (std::size_t at = 0; at < text.text().size();) {
        const Character character = character_at(text.text(), at);
        const bool word = is_alphanumeric(character.code) || character.code == U'_';
        words += word && !inside ? 1 : 0;
        inside = word;
        at = character.end;
    }
    return words;
}

Value format_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const MarkedText format = to_text(runtime, value);
    if (arguments.named.empty()) return format_percent(runtime, format, Value::tuple(runtime, arguments.positional));
    if (!arguments.positional.empty()) refuse("format: positional and named arguments at the same time");
    std::vector<std::pair<Value, Value>> entries;
    for (const auto& [name, named] : arguments.named) entries.emplace_back(Value::plain(name), named);
    return format_percent(runtime, format, Value::dict(runtime, std::move(entries)));
}

Value string_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("string", arguments, {});
    if (value.is_string()) return value;
    return to_text(runtime, value);
}

Value safe(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("safe", arguments, {});
    return Value(to_text(runtime, value), true);
}

Value escape(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("escape", arguments, {});
    if (value.string() && value.string()->markup) return value;
    return Value(escape_html(runtime, to_text(runtime, value)), true);
}

Value force_escape(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("forceescape", arguments, {});
    return Value(escape_html(runtime, to_text(runtime, value)), true);
}

/// transformers' tojson: its parameters, in its order.
Value tojson(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
    std::optional<std::string> indent;
    if (given.given(1) && given[1]->text()) {
        indent = given[1]->text()->text();
    } else if (given.given(1)) {
        indent = repeat(runtime, MarkedText(" ", Author::person), given.integer(1, 0)).text();
    }
    std::string comma = indent ? "," : ", ";
    std::string colon = ": ";
    if (given.given(2)) {
        const std::vector<Value> pair = iterate(runtime, *given[2]);
        if (pair.size() != 2 || !pair[0].text() || !pair[1].text()) refuse("tojson: separators must be two strings");
        comma = pair[0].text()->text();
        colon = pair[1].text()->text();
    }
    return to_json(runtime, value, std::move(indent), comma, colon, given.truth(0, false), given.truth(3, false));
}

// --- numbers ---------------------------------------------------------------------------------------------------------

/// The text without white space around it and without single underscores between digits, as int() and float() read it.
std::string number_text(const MarkedText& text) {
    const std::string stripped = strip(text, Ends::both, std::nullopt).text();
    std::string result;
    const auto digit = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    for (std::size_t i = 0; i < stripped.size(); ++i) {
        const bool between = i > 0 && i + 1 < stripped.size() && digit(stripped[i - 1]) && digit(stripped[i + 1]);
        if (stripped[i] != '_' || !between) result += stripped[i];
    }
    return result;
}

std::optional<Integer> parse_integer(const MarkedText& source, long long base) {
    const std::string text = number_text(source);
    std::string_view digits = text;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    const auto prefix = [&](std::string_view small, std::string_view large, long long meant) {
        if ((base != meant && base != 0) || !(digits.starts_with(small) || digits.starts_with(large))) return;
        digits.remove_prefix(2);
        base = meant;
    };
    prefix("0x", "0X", 16);
    prefix("0o", "0O", 8);
    prefix("0b", "0B", 2);
    if (base == 0) base = 10;
    if (base < 2 || base > 36) refuse("int: the base must be 0 or from 2 to 36");
    if (digits.empty()) return std::nullopt;
    if (base == 10 && digits.size() > max_integer_digits) return std::nullopt;
    const auto number = Integer::parse(digits, static_cast<int>(base));
    return number && negative ? -*number : number;
}

std::optional<double> parse_real(const MarkedText& source) {
    const std::string text = number_text(source);
    std::string_view digits = text;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.starts_with('+') || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    if (error == std::errc::result_out_of_range) return digits.find("e-") != std::string_view::npos ? 0.0 : HUGE_VAL;
    if (error != std::errc()) return std::nullopt;
    return number;
}

std::optional<Integer> truncate_real(double real) {
    if (std::isnan(real)) return std::nullopt;
    if (std::isinf(real)) refuse("cannot convert {} to an integer", real_text(real));
    return Integer::truncate(real);
}

Value int_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("int", arguments, {"default", "base"});
    require_defined(value);
    spend_reading(runtime, value);
    std::optional<Integer> number;
    if (const MarkedText* text = value.text()) {
        number = parse_integer(*text, given.integer(1, 10));
        if (!number) {
            const auto real = parse_real(*text);
            if (real && std::isfinite(*real)) number = truncate_real(*real);
        }
    } else if (value.as_integer()) {
        number = value.as_integer();
    } else if (value.real()) {
        number = truncate_real(*value.real());
    }
    if (number) return *number;
    return given[0] ? *given[0] : Value(0);
}

Value float_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("float", arguments, {"default"});
    require_defined(value);
    spend_reading(runtime, value);
    if (value.as_integer()) return float_of(value);
    const auto number = value.text() ? parse_real(*value.text()) : value.as_real();
    if (number) return *number;
    return given[0] ? *given[0] : Value(0.0);
}

Value abs_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("abs", arguments, {});
    require_defined(value);
    spend_reading(runtime, value);
    if (const auto integer = value.as_integer()) return *integer < 0 ? -*integer : *integer;
    if (const double* real = value.real()) return std::fabs(*real);
    refuse("bad operand type for abs(): '{}'", type_name(value));
}

/// round(value, digits) of a float: the decimal nearest to the exact binary value.
double round_real(double value, int digits) {
    if (!std::isfinite(value) || digits > 300) return value;
    if (digits >= 0) return std::strtod(fmt::format("{:.{}f}", value, digits).c_str(), nullptr);
    const double unit = std::pow(10.0, -digits);
    return std::nearbyint(value / unit) * unit;
}

/// round(value, digits) of an integer: halves to even.
Integer round_integer(const Integer& value, int digits) {
    if (digits >= 0) return value;
    const Integer unit = Integer::power(10, -digits);
    const auto [quotient, remainder] = Integer::divide(value, unit);
    const Integer twice = remainder * 2;
    const bool odd = Integer::divide(quotient, 2).remainder == 1;
    const bool up = twice > unit || (twice == unit && odd);
    return (up ? quotient + 1 : quotient) * unit;
}

Value round_filter(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("round", arguments, {"precision", "method"});
    require_defined(value);
    spend_reading(runtime, value);
    const auto number = value.as_real();
    if (!number) refuse("round: expected a number, not {}", type_name(value));
    const long long precision = given.integer(0, 0);
    if (precision < -300 || precision > 300) refuse("round: the precision must be between -300 and 300");
    const auto digits = static_cast<int>(precision);
    const std::string_view method = given.bytes(1).value_or("common");
    if (method == "common") {
        if (value.as_integer()) return round_integer(*value.as_integer(), digits);
        return round_real(*number, digits);
    }
    if (method != "ceil" && method != "floor") refuse("round: the method must be common, ceil or floor");
    float_of(value);  // refuses what is too large
    const double scale = std::pow(10.0, digits);
    return (method == "ceil" ? std::ceil(*number * scale) : std::floor(*number * scale)) / scale;
}

constexpr NamedFilter filters_of_text[] = {
    {"abs", abs_filter},
    {"capitalize", case_filter<capitalize>},
    {"center", center},
    {"e", escape},
    {"escape", escape},
    {"float", float_filter},
    {"forceescape", force_escape},
    {"format", format_filter},
    {"indent", indent},
    {"int", int_filter},
    {"lower", case_filter<to_lower>},
    {"replace", replace_filter},
    {"round", round_filter},
    {"safe", safe},
    {"string", string_filter},
    {"title", case_filter<jinja_title>},
    {"tojson", tojson},
    {"trim", trim},
    {"truncate", truncate},
    {"upper", case_filter<to_upper>},
    {"wordcount", wordcount},
};

}  // namespace

std::span<const NamedFilter> text_filters() {
    return filters_of_text;
}

MarkedText escape_html(Runtime& runtime, const MarkedText& text) {
    MarkedText result;
    const std::string_view bytes = text.text();
    runtime.spend_text(bytes.size());
    std::size_t kept = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string_view name;
        if (bytes[at] == '&') name = "&amp;";
        if (bytes[at] == '<') name = "&lt;";
        if (bytes[at] == '>') name = "&gt;";
        if (bytes[at] == '"') name = "&#34;";
        if (bytes[at] == '\'') name = "&#39;";
        if (name.empty()) continue;
        append_slice(result, text, kept, at);
        result.append(name, author_at(text, at));
        kept = at + 1;
    }
    append_slice(result, text, kept, bytes.size());
    return result;
}

}  // namespace ergon::text::jinja
