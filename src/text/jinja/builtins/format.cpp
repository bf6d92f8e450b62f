// "%s" % value and "{}".format(value).

#include <cctype>
#include <charconv>
#include <cmath>

#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

/// What stands between the mark and the letter of a conversion, in either notation.
struct Spec {
    MarkedText fill{" ", Author::person};
    char align = '\0';  // '<', '>', '^', '=', or none given
    char sign = '-';    // '-', '+' or ' '
    bool sign_given = false;
    bool alternate = false;
    bool zero = false;
    char grouping = '\0';
    long long width = 0;
    std::optional<int> precision;
    char type = '\0';
};

// Enough for any prompt; keeps "%.*f" from making gigabytes.
constexpr int max_precision = 1000;

long long read_number(std::string_view text, std::size_t& at) {
    long long number = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
        number = number * 10 + (text[at++] - '0');
        require_text_size(static_cast<std::size_t>(number));
    }
    return number;
}

void read_precision(std::string_view text, std::size_t& at, Spec& spec) {
    if (at >= text.size() || text[at] != '.') return;
    ++at;
    const long long digits = read_number(text, at);
    spec.precision = static_cast<int>(std::min<long long>(digits, static_cast<long long>(max_text)));
}

/// The digits before the point in threes, or in fours where they are no decimal ones.
void group_digits(std::string& number, char separator, std::size_t size) {
    std::size_t whole = 0;
    while (whole < number.size() && std::isxdigit(static_cast<unsigned char>(number[whole])) != 0) ++whole;
    if (size == 3) whole = std::min(whole, number.find_first_not_of("0123456789"));
    for (std::size_t at = whole; at > size; at -= size) number.insert(at - size, 1, separator);
}

struct Number {
    bool negative;
    std::string prefix;
    std::string digits;
};

Number format_integer(const Integer& value, const Spec& spec) {
    switch (spec.type) {
        case 'x':
        case 'X':
            return {value < 0, spec.alternate ? (spec.type == 'x' ? "0x" : "0X") : "",
                    value.digits(16, spec.type == 'X')};
        case 'o': return {value < 0, spec.alternate ? "0o" : "", value.digits(8)};
        case 'b': return {value < 0, spec.alternate ? "0b" : "", value.digits(2)};
        default: return {value < 0, "", value.digits(10)};
    }
}

Number format_real(double value, const Spec& spec) {
    const double scaled = spec.type == '%' ? value * 100 : value;
    const double magnitude = std::fabs(scaled);
    const bool negative = std::signbit(scaled) && !std::isnan(scaled);
    if (!std::isfinite(magnitude)) return {negative, "", std::isnan(magnitude) ? "nan" : "inf"};
    if (spec.type == '\0' && !spec.precision) return {negative, "", real_text(magnitude)};
    const int precision = spec.precision.value_or(6);
    if (precision > max_precision) refuse("a precision of more than {} digits", max_precision);
    switch (spec.type) {
        case 'e': return {negative, "", fmt::format("{:.{}e}", magnitude, precision)};
        case 'E': return {negative, "", fmt::format("{:.{}E}", magnitude, precision)};
        case 'g': return {negative, "", fmt::format("{:.{}g}", magnitude, std::max(precision, 1))};
        case 'G': return {negative, "", fmt::format("{:.{}G}", magnitude, std::max(precision, 1))};
        case '\0': {
            // As 'g', but a float shows that it is one.
            std::string digits = fmt::format("{:.{}g}", magnitude, std::max(precision, 1));
            if (digits.find_first_of(".e") == std::string::npos) digits += ".0";
            return {negative, "", std::move(digits)};
        }
        case '%': return {negative, "", fmt::format("{:.{}f}%", magnitude, precision)};
        default: return {negative, "", fmt::format("{:.{}f}", magnitude, precision)};
    }
}

/// Fills up to the width.
MarkedText fit(Runtime& runtime, const MarkedText& body, const Spec& spec, char default_align) {
    runtime.spend_text(body.text().size());
    const long long missing = spec.width - static_cast<long long>(count_characters(body.text()));
    if (missing <= 0) return body;
    const char align = spec.align == '\0' ? default_align : spec.align;
    const long long before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
    MarkedText result = repeat(runtime, spec.fill, before);
    result.append(body);
    result.append(repeat(runtime, spec.fill, missing - before));
    return result;
}

MarkedText fit_number(Runtime& runtime, Number number, const Spec& spec) {
    if (spec.grouping != '\0') {
        const bool powers_of_two = std::string_view("bBoxX").find(spec.type) != std::string_view::npos;
        if (powers_of_two && spec.grouping == ',') refuse("Cannot specify ',' with '{}'", spec.type);
        group_digits(number.digits, spec.grouping, powers_of_two ? 4 : 3);
    }
    const std::string sign = number.negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
    const std::string head = sign + number.prefix;
    const long long missing = spec.width - static_cast<long long>(head.size() + number.digits.size());
    if ((spec.zero && spec.align == '\0') || spec.align == '=') {
        const MarkedText fill = spec.zero ? MarkedText("0", Author::person) : spec.fill;
        MarkedText result(head, Author::person);
        result.append(repeat(runtime, fill, missing));
        result.append(number.digits, Author::person);
        return result;
    }
    return fit(runtime, MarkedText(head + number.digits, Author::person), spec, '>');
}

MarkedText fit_text(Runtime& runtime, const MarkedText& text, const Spec& spec, char default_align) {
    if (!spec.precision) return fit(runtime, text, spec, default_align);
    const std::size_t end = byte_offset(text.text(), static_cast<std::size_t>(*spec.precision));
    return fit(runtime, slice(text, 0, end), spec, default_align);
}

// --- "%" -------------------------------------------------------------------------------------------------------------

/// Hands out the values to the right of a "%".
class PercentValues {
  public:
    PercentValues(Runtime& runtime, const Value& value) : runtime_(runtime), value_(value) {
        const Sequence* sequence = value.sequence();
        if (sequence && sequence->kind == SequenceKind::tuple) tuple_ = sequence;
    }
    const Value& next() {
        const std::size_t count = tuple_ ? tuple_->items.size() : 1;
        if (next_ >= count) refuse("not enough arguments for format string");
        return tuple_ ? tuple_->items[next_++] : (++next_, value_);
    }
    const Value& named(std::string_view key) {
        if (!value_.dict()) refuse("a format with names requires a mapping");
        named_ = true;
        const Value* found = find(runtime_, *value_.dict(), Value::plain(key));
        if (!found) refuse("the format names '{}', which is not in the mapping", key);
        return *found;
    }
    void require_used() const {
        const bool rest = tuple_ ? next_ < tuple_->items.size() : next_ == 0 && !value_.dict() && !named_ && !is_list();
        if (rest) refuse("not all arguments converted during string formatting");
    }

  private:
    bool is_list() const { return value_.sequence() != nullptr; }

    Runtime& runtime_;
    const Value& value_;
    const Sequence* tuple_ = nullptr;
    std::size_t next_ = 0;
    bool named_ = false;
};

Integer to_integer(const Value& value) {
    require_defined(value);
    if (const auto integer = value.as_integer()) return *integer;
    const double* real = value.real();
    if (!real) refuse("%d format: a real number is required, not {}", type_name(value));
    if (!std::isfinite(*real)) refuse("%d format: cannot convert {} to an integer", real_text(*real));
    return Integer::truncate(*real);
}

MarkedText convert_percent(Runtime& runtime, const Value& value, Spec spec) {
    switch (spec.type) {
        case 's': return fit_text(runtime, to_text(runtime, value), spec, '>');
        case 'r':
        case 'a': {
            MarkedText shown;
            append_repr(runtime, shown, value);
            return fit_text(runtime, shown, spec, '>');
        }
        case 'c':
            if (value.text() && count_characters(value.text()->text()) == 1) {
                return fit(runtime, *value.text(), spec, '>');
            }
            if (value.as_integer()) {
                return fit(runtime, character_text(*value.as_integer(), Author::person), spec, '>');
            }
            refuse("%c requires a character");
        case 'd':
        case 'i':
        case 'u': spec.type = 'd'; return fit_number(runtime, format_integer(to_integer(value), spec), spec);
        case 'x':
        case 'X':
        case 'o':
            if (!value.as_integer()) refuse("%{} format: an integer is required, not {}", spec.type, type_name(value));
            return fit_number(runtime, format_integer(*value.as_integer(), spec), spec);
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
            require_defined(value);
            if (!value.as_real()) refuse("must be real number, not {}", type_name(value));
            return fit_number(runtime, format_real(float_of(value), spec), spec);
        default: refuse("unsupported format character '{}'", spec.type);
    }
}

void read_percent_flags(std::string_view text, std::size_t& at, Spec& spec) {
    for (; at < text.size(); ++at) {
        if (text[at] == '-') {
            spec.align = '<';
        } else if (text[at] == '+') {
            spec.sign = '+';
        } else if (text[at] == ' ') {
            if (spec.sign == '-') spec.sign = ' ';
        } else if (text[at] == '#') {
            spec.alternate = true;
        } else if (text[at] == '0') {
            spec.zero = true;
        } else {
            return;
        }
    }
}

// --- "{}" ------------------------------------------------------------------------------------------------------------

/// [[fill]align][sign][#][0][width][grouping][.precision][type]
Spec parse_spec(const MarkedText& source) {
    const std::string_view text = source.text();
    const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
    Spec spec;
    std::size_t at = 0;
    if (!text.empty()) {
        const std::size_t second = character_at(text, 0).end;
        if (second < text.size() && is_align(text[second])) {
            spec.fill = slice(source, 0, second);
            spec.align = text[second];
            at = second + 1;
        } else if (is_align(text[0])) {
            spec.align = text[0];
            at = 1;
        }
    }
    const auto take = [&](std::string_view set) {
        return at < text.size() && set.find(text[at]) != std::string_view::npos ? text[at++] : '\0';
    };
    if (const char sign = take("+- ")) {
        spec.sign = sign;
        spec.sign_given = true;
    }
    spec.alternate = take("#") != '\0';
    spec.zero = take("0") != '\0';
    spec.width = read_number(text, at);
    spec.grouping = take(",_");
    read_precision(text, at, spec);
    spec.type = take("bcdeEfFgGnosxX%");
    if (at != text.size()) refuse("invalid format specifier '{}'", text);
    return spec;
}

/// {:c}: the character of a number.
MarkedText format_character(Runtime& runtime, const Integer& code, Spec spec) {
    if (spec.sign_given) refuse("Sign not allowed with integer format specifier 'c'");
    if (spec.alternate) refuse("Alternate form (#) not allowed with integer format specifier 'c'");
    if (spec.grouping != '\0') refuse("Cannot specify '{}' with 'c'", spec.grouping);
    if (spec.zero && spec.align == '\0') spec.fill = MarkedText("0", Author::person);
    return fit(runtime, character_text(code, Author::person), spec, '>');
}

MarkedText convert_braces(Runtime& runtime, const Value& value, const MarkedText& source) {
    if (source.empty()) return to_text(runtime, value);
    Spec spec = parse_spec(source);
    constexpr std::string_view integer_types = "bcdnoxX";
    constexpr std::string_view real_types = "eEfFgG%";
    const bool wants_integer = spec.type != '\0' && integer_types.find(spec.type) != std::string_view::npos;
    const bool wants_real = spec.type != '\0' && real_types.find(spec.type) != std::string_view::npos;
    if (value.as_integer() && !wants_real && spec.type != 's') {
        if (spec.precision) refuse("Precision not allowed in integer format specifier");
        if (spec.type == 'c') return format_character(runtime, *value.as_integer(), spec);
        return fit_number(runtime, format_integer(*value.as_integer(), spec), spec);
    }
    if (value.as_real() && !wants_integer && spec.type != 's') {
        return fit_number(runtime, format_real(float_of(value), spec), spec);
    }
    if (value.text() && (spec.type == 's' || spec.type == '\0') && spec.align != '=') {
        if (spec.zero && spec.align == '\0') spec.fill = MarkedText("0", Author::person);
        return fit_text(runtime, *value.text(), spec, '<');
    }
    refuse("unsupported format '{}' for {}", source.text(), type_name(value));
}

/// Fields of one format string: {}, {0}, {name}, each with .attribute and [item] behind it.
class BraceFields {
  public:
    BraceFields(Runtime& runtime, const Arguments& arguments) : runtime_(runtime), arguments_(arguments) {}

    Value find(std::string_view field) {
        std::size_t at = std::min(field.find_first_of(".["), field.size());
        Value value = first(field.substr(0, at));
        while (at < field.size()) {
            if (field[at] == '.') {
                const std::size_t end = std::min(field.find_first_of(".[", at + 1), field.size());
                value = get_attribute(runtime_, value, field.substr(at + 1, end - at - 1));
                at = end;
            } else {
                const std::size_t end = field.find(']', at);
                if (field[at] != '[' || end == std::string_view::npos) refuse("expected '.' or '[' in '{{{}}}'", field);
                value = item(value, field.substr(at + 1, end - at - 1));
                at = end + 1;
            }
            require_defined(value);
        }
        return value;
    }

  private:
    static std::optional<long long> number(std::string_view text) {
        long long result = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
        if (text.empty() || text[0] == '-' || error != std::errc() || end != text.data() + text.size()) {
            return std::nullopt;
        }
        return result;
    }
    Value first(std::string_view name) {
        const auto given = number(name);
        if (!name.empty() && !given) {
            for (const auto& [key, value] : arguments_.named) {
                if (key == name) return value;
            }
            refuse("format(): there is no argument named '{}'", name);
        }
        const auto index = given ? static_cast<std::size_t>(*given) : next_++;
        if (index >= arguments_.positional.size()) refuse("format(): there is no argument {}", index);
        return arguments_.positional[index];
    }
    Value item(const Value& value, std::string_view key) {
        if (const auto index = number(key)) return get_item(runtime_, value, Integer(*index));
        return get_item(runtime_, value, Value::plain(key));
    }

    Runtime& runtime_;
    const Arguments& arguments_;
    std::size_t next_ = 0;
};

MarkedText convert_field(Runtime& runtime, BraceFields& fields, const MarkedText& format, std::size_t begin,
                         std::size_t end) {
    const std::string_view field = std::string_view(format.text()).substr(begin, end - begin);
    const std::size_t colon = std::min(field.find(':'), field.size());
    std::string_view name = field.substr(0, colon);
    const MarkedText spec = colon < field.size() ? slice(format, begin + colon + 1, end) : MarkedText();
    if (name.size() < 2 || name[name.size() - 2] != '!') return convert_braces(runtime, fields.find(name), spec);

    const char conversion = name.back();
    name.remove_suffix(2);
    const Value value = fields.find(name);
    MarkedText shown;
    if (conversion == 'r') {
        append_repr(runtime, shown, value);
    } else if (conversion == 's') {
        shown = to_text(runtime, value);
    } else {
        refuse("unknown conversion '!{}' in a format", conversion);
    }
    return convert_braces(runtime, shown, spec);
}

}  // namespace

MarkedText format_percent(Runtime& runtime, const MarkedText& format, const Value& value) {
    const std::string_view text = format.text();
    PercentValues values(runtime, value);
    MarkedText result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t mark = std::min(text.find('%', at), text.size());
        append_slice(result, format, at, mark);
        at = mark + 1;
        if (mark == text.size()) break;
        const Value* named = nullptr;
        if (at < text.size() && text[at] == '(') {
            const std::size_t close = text.find(')', at);
            if (close == std::string_view::npos) refuse("incomplete format key");
            named = &values.named(text.substr(at + 1, close - at - 1));
            at = close + 1;
        }
        Spec spec;
        read_percent_flags(text, at, spec);
        spec.width = read_number(text, at);
        read_precision(text, at, spec);
        if (at >= text.size()) refuse("incomplete format");
        spec.type = text[at++];
        if (spec.type == '%') {
            append_slice(result, format, at - 1, at);
            continue;
        }
        const MarkedText piece = convert_percent(runtime, named ? *named : values.next(), spec);
        require_text_size(result.text().size() + piece.text().size());
        result.append(piece);
    }
    values.require_used();
    return result;
}

MarkedText format_braces(Runtime& runtime, const MarkedText& format, const Arguments& arguments) {
    const std::string_view text = format.text();
    runtime.spend_text(text.size());
    BraceFields fields(runtime, arguments);
    MarkedText result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t mark = std::min(text.find_first_of("{}", at), text.size());
        append_slice(result, format, at, mark);
        at = mark + 1;
        if (mark == text.size()) break;
        if (at < text.size() && text[at] == text[mark]) {
            append_slice(result, format, mark, mark + 1);
            ++at;
            continue;
        }
        const std::size_t close = text[mark] == '{' ? text.find_first_of("{}", at) : std::string_view::npos;
        if (close == std::string_view::npos) refuse("format(): a single '{}' stands in the format", text[mark]);
        if (text[close] == '{') refuse("format(): fields in fields are not supported");
        const MarkedText piece = convert_field(runtime, fields, format, at, close);
        require_text_size(result.text().size() + piece.text().size());
        result.append(piece);
        at = close + 1;
    }
    return result;
}

}  // namespace ergon::text::jinja
