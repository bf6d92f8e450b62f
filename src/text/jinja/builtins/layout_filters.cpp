// Filters that lay text out for people and for other formats: lines of a width, sizes of files, addresses, attributes.

#include <array>
#include <cmath>

#include "base/strings/regex.h"
#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

// --- wordwrap: Python's textwrap.wrap --------------------------------------------------------------------------------

/// What TextWrapper never cuts within: white space, words, parts of words up to a hyphen, dashes.
const base::Regex& chunk_pattern(bool on_hyphens) {
    static const auto compile = [](std::string_view expression) {
        base::RegexMistake mistake;
        return *base::Regex::compile(expression, {}, mistake);
    };
    static const base::Regex hyphens = compile(
        R"([\t\n\x0b\x0c\r ]+|(?<=[\w!"'&.,?])-{2,}(?=\w)|[^\t\n\x0b\x0c\r ]+?(?:-(?:(?<=[^\d\W]{2}-)|(?<=[^\d\W]-[^\d\W]-)))"
        R"((?=[^\d\W]-?[^\d\W])|(?=[\t\n\x0b\x0c\r ]|\z)|(?<=[\w!"'&.,?])(?=-{2,}\w)))");
    static const base::Regex plain = compile(R"([\t\n\x0b\x0c\r ]+|[^\t\n\x0b\x0c\r ]+)");
    return on_hyphens ? hyphens : plain;
}

struct Chunk {
    std::size_t begin, end;  // bytes of the text
};

std::vector<Chunk> chunks_of(Runtime& runtime, const std::string& text, bool on_hyphens) {
    base::RegexSearch search(chunk_pattern(on_hyphens), {.steps = 10'000'000});
    std::vector<Chunk> chunks;
    runtime.spend(text.size() / 4);
    for (std::size_t at = 0; at < text.size(); at = chunks.back().end) {
        const auto result = search.find(text, at);
        if (result != base::RegexSearch::Result::found) refuse("wordwrap: the text cannot be cut into words");
        runtime.spend_short_texts(1);
        chunks.push_back({search.match().begin, search.match().end});
    }
    return chunks;
}

/// One paragraph as lines.
class Wrapping {
  public:
    Wrapping(Runtime& runtime, const MarkedText& text, std::size_t width, bool break_words, bool on_hyphens)
        : runtime_(runtime), text_(text), width_(width), break_words_(break_words), on_hyphens_(on_hyphens) {}

    std::vector<MarkedText> lines() {
        std::vector<Chunk> chunks = chunks_of(runtime_, text_.text(), on_hyphens_);
        std::vector<MarkedText> lines;
        for (std::size_t at = 0; at < chunks.size();) {
            if (!lines.empty() && is_blank(chunks[at])) ++at;
            std::size_t used = 0;
            std::vector<Chunk> line;
            for (; at < chunks.size() && fits(chunks[at], width_ - used); ++at) {
                used += count_characters(bytes(chunks[at]));
                line.push_back(chunks[at]);
            }
            if (at < chunks.size() && !fits(chunks[at], width_)) cut_long_word(chunks, at, used, line);
            if (!line.empty() && is_blank(line.back())) line.pop_back();
            if (line.empty()) continue;
            runtime_.spend_text(line.back().end - line.front().begin);
            lines.push_back(slice(text_, line.front().begin, line.back().end));
        }
        return lines;
    }

  private:
    std::string_view bytes(const Chunk& chunk) const {
        return std::string_view(text_.text()).substr(chunk.begin, chunk.end - chunk.begin);
    }
    /// Whether a chunk has no more than `room` characters; looks at no more of them.
    bool fits(const Chunk& chunk, std::size_t room) const {
        return byte_offset(bytes(chunk), room) == chunk.end - chunk.begin;
    }
    bool is_blank(const Chunk& chunk) const {
        for (std::size_t at = chunk.begin; at < chunk.end; at = character_at(text_.text(), at).end) {
            if (!is_space(character_at(text_.text(), at).code)) return false;
        }
        return true;
    }
    /// A word that fits no line is cut, behind its last hyphen if that is possible; or it has a line of its own.
    void cut_long_word(std::vector<Chunk>& chunks, std::size_t& at, std::size_t used, std::vector<Chunk>& line) const {
        Chunk& chunk = chunks[at];
        if (!break_words_) {
            if (line.empty()) line.push_back(chunks[at++]);
            return;
        }
        const std::string_view word = bytes(chunk);
        std::size_t end = byte_offset(word, width_ - used);
        if (on_hyphens_) {
            const std::size_t hyphen = word.substr(0, end).rfind('-');
            const bool after_letters = hyphen != std::string_view::npos &&
                                       word.substr(0, hyphen).find_first_not_of('-') != std::string_view::npos;
            if (after_letters) end = hyphen + 1;
        }
        line.push_back({chunk.begin, chunk.begin + end});
        chunk.begin += end;
        if (chunk.begin == chunk.end) ++at;
    }

    Runtime& runtime_;
    const MarkedText& text_;
    std::size_t width_;
    bool break_words_, on_hyphens_;
};

Value wordwrap(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("wordwrap", arguments, {"width", "break_long_words", "wrapstring", "break_on_hyphens"});
    require_defined(value);
    if (!value.text()) refuse("wordwrap: expected a string, not {}", type_name(value));
    const long long width = given.integer(0, 79);
    const MarkedText newline = given.given(2) ? given.text(2) : MarkedText("\n", Author::person);
    MarkedText result;
    bool first = true;
    for (const Value& paragraph : split_lines(runtime, *value.text(), false)) {
        if (!std::exchange(first, false)) result.append(newline);
        if (width <= 0) refuse("wordwrap: invalid width {} (must be > 0)", width);
        Wrapping wrapping(runtime, *paragraph.text(), static_cast<std::size_t>(width), given.truth(1, true),
                          given.truth(3, true));
        const std::vector<MarkedText> lines = wrapping.lines();
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (i > 0) result.append(newline);
            result.append(lines[i]);
            require_text_size(result.text().size());
        }
    }
    return result;
}

// --- filesizeformat --------------------------------------------------------------------------------------------------

Value filesizeformat(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("filesizeformat", arguments, {"binary"});
    constexpr std::array<std::string_view, 8> decimal_units{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
    constexpr std::array<double, 8> decimal_limits{1e6, 1e9, 1e12, 1e15, 1e18, 1e21, 1e24, 1e27};
    Arguments none_if_no_number;
    none_if_no_number.positional.emplace_back();
    const Value number = apply_filter(runtime, "float", value, none_if_no_number);
    if (!number.real()) refuse("filesizeformat: expected a number, not {}", type_name(value));
    const double bytes = *number.real();
    const bool binary = given.truth(0, false);
    const double base = binary ? 1024 : 1000;
    if (bytes == 1) return MarkedText("1 Byte", Author::person);
    if (bytes < base) {
        if (std::isinf(bytes)) refuse("filesizeformat: cannot convert float infinity to integer");
        return MarkedText(fmt::format("{:.0f} Bytes", std::trunc(bytes)), Author::person);
    }
    std::size_t unit = 0;
    const auto limit = [&] {
        return binary ? std::ldexp(1024.0, 10 * (static_cast<int>(unit) + 1)) : decimal_limits[unit];
    };
    while (unit + 1 < decimal_units.size() && !(bytes < limit())) ++unit;
    const std::string name =
        binary ? fmt::format("{}iB", unit == 0 ? 'K' : decimal_units[unit][0]) : std::string(decimal_units[unit]);
    return MarkedText(fmt::format("{:.1f} {}", base * bytes / limit(), name), Author::person);
}

// --- urlencode, xmlattr ----------------------------------------------------------------------------------------------

/// urllib.parse.quote; in the part behind a question mark a space is a plus.
void append_quoted(Runtime& runtime, MarkedText& out, const MarkedText& text, bool in_query) {
    runtime.spend_text(3 * text.text().size());
    for (std::size_t at = 0; at < text.text().size(); ++at) {
        const char byte = text.text()[at];
        const bool letter =
            (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        const bool kept =
            letter || std::string_view("_.-~").find(byte) != std::string_view::npos || (byte == '/' && !in_query);
        const std::string shown = kept                      ? std::string(1, byte)
                                  : byte == ' ' && in_query ? "+"
                                                            : fmt::format("%{:02X}", static_cast<unsigned char>(byte));
        out.append(shown, author_at(text, at));
    }
    require_text_size(out.text().size());
}

Value urlencode(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters none("urlencode", arguments, {});
    MarkedText result;
    const bool several = value.is_undefined() || value.dict() || value.sequence();
    if (!several) {
        append_quoted(runtime, result, to_text(runtime, value), false);
        return result;
    }
    std::vector<std::pair<Value, Value>> pairs;
    if (const Dict* dict = value.dict()) {
        pairs = dict->entries;
    } else {
        for (const Value& item : iterate(runtime, value)) {
            std::vector<Value> pair = iterate(runtime, item);
            if (pair.size() != 2) refuse("urlencode: every item must be a pair");
            pairs.emplace_back(std::move(pair[0]), std::move(pair[1]));
        }
    }
    for (const auto& [key, item] : pairs) {
        if (!result.empty()) result.append("&", Author::person);
        append_quoted(runtime, result, to_text(runtime, key), true);
        result.append("=", Author::person);
        append_quoted(runtime, result, to_text(runtime, item), true);
    }
    return result;
}

Value xmlattr(Runtime& runtime, const Value& value, const Arguments& arguments) {
    const Parameters given("xmlattr", arguments, {"autospace"});
    require_defined(value);
    if (!value.dict()) refuse("xmlattr: expected a mapping, not {}", type_name(value));
    const auto escaped = [&runtime](const Value& one) {
        const bool done = one.string() && one.string()->markup;
        return done ? *one.text() : escape_html(runtime, to_text(runtime, one));
    };
    MarkedText result;
    for (const auto& [key, item] : value.dict()->entries) {
        if (item.is_none() || item.is_undefined()) continue;
        if (!key.text()) refuse("xmlattr: names must be strings, not {}", type_name(key));
        if (key.text()->text().find_first_of(" \t\n\v\f\r/>=") != std::string::npos) {
            refuse("xmlattr: invalid character in the name '{}'", key.text()->text());
        }
        if (!result.empty() || given.truth(0, true)) result.append(" ", Author::person);
        result.append(escaped(key));
        result.append("=\"", Author::person);
        result.append(escaped(item));
        result.append("\"", Author::person);
        require_text_size(result.text().size());
    }
    return result;
}

// --- what is left out ------------------------------------------------------------------------------------------------

[[noreturn]] void leave_out(std::string_view name, std::string_view why) {
    refuse("the filter '{}' is not supported: {}", name, why);
}

Value pprint(Runtime&, const Value&, const Arguments&) {
    leave_out("pprint", "it is for debugging; use tojson");
}
Value random(Runtime&, const Value&, const Arguments&) {
    leave_out("random", "a conversation would give a different prompt each time");
}
Value striptags(Runtime&, const Value&, const Arguments&) {
    leave_out("striptags", "it needs HTML's table of named characters");
}
Value urlize(Runtime&, const Value&, const Arguments&) {
    leave_out("urlize", "it creates links for web pages");
}

constexpr NamedFilter filters_of_layout[] = {
    {"filesizeformat", filesizeformat}, {"pprint", pprint}, {"random", random},     {"striptags", striptags},
    {"urlencode", urlencode},           {"urlize", urlize}, {"wordwrap", wordwrap}, {"xmlattr", xmlattr},
};

}  // namespace

std::span<const NamedFilter> layout_filters() {
    return filters_of_layout;
}

}  // namespace ergon::text::jinja
