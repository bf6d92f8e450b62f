// What the methods of str and the filters have in common.

#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {

MarkedText strip(Runtime& runtime, const MarkedText& text, Ends ends, std::optional<std::string_view> set) {
    runtime.spend_text(text.text().size());
    runtime.spend(text.text().size() / bytes_per_unit * (set ? set->size() : 1));
    return strip(text, ends, set);
}

void spend_conversion(Runtime& runtime, const MarkedText& text) {
    runtime.spend_text(text.text().size());
    runtime.spend(text.text().size() / 4);
}

MarkedText character_text(const Integer& code, Author author) {
    if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        refuse("{} is not a Unicode code point", code.text());
    }
    std::string bytes;
    append_utf8(bytes, static_cast<char32_t>(code));
    return {bytes, author};
}

MarkedText replace(Runtime& runtime, const MarkedText& text, std::string_view old, const MarkedText& with,
                   long long limit) {
    const std::string_view bytes = text.text();
    runtime.spend_text(bytes.size());
    MarkedText result;
    std::size_t kept = 0;  // what stands before it is in the result
    std::size_t at = 0;
    for (long long done = 0; limit < 0 || done < limit; ++done) {
        if (!old.empty()) {
            at = find_bytes(bytes, old, at);
            if (at == std::string_view::npos) break;
        } else if (done > 0) {
            if (at == bytes.size()) break;
            at = character_at(bytes, at).end;
        }
        runtime.spend(1 + with.text().size() / bytes_per_unit);
        append_slice(result, text, kept, at);
        require_text_size(result.text().size() + with.text().size());
        result.append(with);
        at += old.size();
        kept = at;
    }
    append_slice(result, text, kept, bytes.size());
    return result;
}

MarkedText join(Runtime& runtime, const MarkedText& separator, std::span<const Value> items, bool strings_only) {
    MarkedText result;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (strings_only && !items[i].text()) {
            refuse("join(): item {} is {}, not a string", i, type_name(items[i]));
        }
        runtime.spend(1 + separator.text().size() / bytes_per_unit);
        if (i > 0) result.append(separator);
        result.append(to_text(runtime, items[i]));
        require_text_size(result.text().size());
    }
    return result;
}

std::vector<Value> split_lines(Runtime& runtime, const MarkedText& text, bool keep_ends) {
    runtime.spend(text.text().size());
    const std::string_view bytes = text.text();
    std::vector<Value> lines;
    for (std::size_t begin = 0, at = 0; begin < bytes.size();) {
        std::size_t end = bytes.size();
        std::size_t next = bytes.size();
        while (at < bytes.size()) {
            const Character character = character_at(bytes, at);
            at = character.end;
            if (!is_line_break(character.code)) continue;
            if (character.code == U'\r' && at < bytes.size() && bytes[at] == '\n') ++at;
            end = character.begin;
            next = at;
            break;
        }
        runtime.spend_short_texts(1);
        lines.emplace_back(slice(text, begin, keep_ends ? next : end));
        begin = next;
    }
    return lines;
}

}  // namespace ergon::text::jinja
