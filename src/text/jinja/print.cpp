// str() and repr() of values, as Python writes them.

#include <charconv>
#include <cmath>

#include "text/jinja/builtins/text.h"
#include "text/jinja/value.h"

namespace ergon::text::jinja {
namespace {

constexpr Author outside = Author::person;

void append_string_repr(MarkedText& out, const MarkedText& text) {
    const std::string_view bytes = text.text();
    const bool has_single = bytes.find('\'') != std::string_view::npos;
    const char quote = has_single && bytes.find('"') == std::string_view::npos ? '"' : '\'';
    out.append(std::string_view(&quote, 1), outside);
    for (std::size_t at = 0; at < bytes.size();) {
        const auto [code, begin, end] = character_at(bytes, at);
        at = end;
        if (code == U'\n' || code == U'\r' || code == U'\t') {
            out.append(code == U'\n' ? "\\n" : code == U'\r' ? "\\r" : "\\t", outside);
        } else if (code == U'\\' || code == static_cast<char32_t>(quote)) {
            out.append("\\", outside);
            append_slice(out, text, begin, end);
        } else if (is_printable(code)) {
            append_slice(out, text, begin, end);
        } else {
            const auto number = static_cast<std::uint32_t>(code);
            out.append(number < 0x100     ? fmt::format("\\x{:02x}", number)
                       : number < 0x10000 ? fmt::format("\\u{:04x}", number)
                                          : fmt::format("\\U{:08x}", number),
                       outside);
        }
    }
    out.append(std::string_view(&quote, 1), outside);
}

void append_items(Runtime& runtime, MarkedText& out, const Sequence& sequence) {
    for (std::size_t i = 0; i < sequence.items.size(); ++i) {
        if (i > 0) out.append(", ", outside);
        append_repr(runtime, out, sequence.items[i]);
    }
}

void append_sequence_repr(Runtime& runtime, MarkedText& out, const Value& value) {
    const Sequence& sequence = *value.sequence();
    switch (sequence.kind) {
        case SequenceKind::list:
            out.append("[", outside);
            append_items(runtime, out, sequence);
            out.append("]", outside);
            break;
        case SequenceKind::tuple:
            out.append("(", outside);
            append_items(runtime, out, sequence);
            out.append(sequence.items.size() == 1 ? ",)" : ")", outside);
            break;
        case SequenceKind::range: out.append(sequence.label, outside); break;
        case SequenceKind::generator:
            // Python prints an address here; no template can mean that.
            refuse("it prints a generator; pass it through `list` or `join`");
        default:
            out.append(fmt::format("{}([", type_name(value)), outside);
            append_items(runtime, out, sequence);
            out.append("])", outside);
    }
}

void append_dict_repr(Runtime& runtime, MarkedText& out, const Dict& dict) {
    out.append("{", outside);
    for (std::size_t i = 0; i < dict.entries.size(); ++i) {
        if (i > 0) out.append(", ", outside);
        append_repr(runtime, out, dict.entries[i].first);
        out.append(": ", outside);
        append_repr(runtime, out, dict.entries[i].second);
    }
    out.append("}", outside);
}

/// Everything that str() and repr() print alike.
void append_other(Runtime& runtime, MarkedText& out, const Value& value) {
    if (value.is_none()) {
        out.append("None", outside);
    } else if (const bool* truth = value.boolean()) {
        out.append(*truth ? "True" : "False", outside);
    } else if (const Integer* integer = value.integer()) {
        out.append(integer->text(), outside);
    } else if (const double* real = value.real()) {
        out.append(real_text(*real), outside);
    } else if (value.sequence()) {
        append_sequence_repr(runtime, out, value);
    } else if (const Dict* dict = value.dict()) {
        append_dict_repr(runtime, out, *dict);
    } else if (Object* object = value.object()) {
        object->print(runtime, out);
    } else if (const Function* function = value.function()) {
        out.append(fmt::format("<built-in function {}>", function->name), outside);
    }
}

}  // namespace

MarkedText to_text(Runtime& runtime, const Value& value) {
    MarkedText out;
    if (const MarkedText* text = value.text()) {
        out = *text;
    } else if (!value.is_undefined()) {
        const Runtime::Level level(runtime);
        append_other(runtime, out, value);
    }
    runtime.spend_text(out.text().size());
    return out;
}

void append_repr(Runtime& runtime, MarkedText& out, const Value& value) {
    const Runtime::Level level(runtime);
    require_text_size(out.text().size());
    if (const MarkedText* text = value.text()) {
        runtime.spend_text(text->text().size());
        append_string_repr(out, *text);
    } else if (value.is_undefined()) {
        out.append("Undefined", outside);
    } else {
        runtime.spend(1);
        append_other(runtime, out, value);
    }
}

std::string real_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    const std::string_view shortest(buffer, static_cast<std::size_t>(end - buffer));
    const std::size_t e = shortest.find('e');
    const int exponent = std::stoi(std::string(shortest.substr(e + 1)));
    // Python's rule for repr(): positional between 1e-4 and 1e16.
    if (exponent < -4 || exponent >= 16) return std::string(shortest);

    std::string digits;
    for (const char c : shortest.substr(0, e)) {
        if (c != '-' && c != '.') digits += c;
    }
    const std::string sign = std::signbit(value) ? "-" : "";
    if (exponent < 0) return sign + "0." + std::string(-exponent - 1, '0') + digits;
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
    return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace ergon::text::jinja
