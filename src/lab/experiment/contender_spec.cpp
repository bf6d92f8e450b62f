#include "lab/experiment/contender_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <vector>

#include "base/error.h"

namespace ergon::lab {
namespace {

/// Caps and counts: what a number of tokens or threads can mean.
constexpr std::int64_t most = 1'000'000'000;

[[noreturn]] void refuse(std::string_view name, std::string_view value, std::string_view expected) {
    base::fail(base::ErrorCode::bad_argument, "The contender's option {}={} must be {}.", name, value, expected);
}

std::int64_t integer(std::string_view name, std::string_view value, std::int64_t least, std::int64_t largest) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < least || number > largest) {
        refuse(name, value, fmt::format("a whole number from {} to {}", least, largest));
    }
    return number;
}

double real(std::string_view name, std::string_view value) {
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || !(number >= 0 && number <= 1e6)) {
        refuse(name, value, "a number, 0 or more");
    }
    return number;
}

std::string word(std::string_view name, std::string_view value) {
    if (value.empty()) refuse(name, value, "a text");
    return std::string(value);
}

model::CacheType cache(std::string_view name, std::string_view value) {
    if (value != "f16" && value != "f32") refuse(name, value, "f16 or f32");
    return value == "f16" ? model::CacheType::f16 : model::CacheType::f32;
}

struct Option {
    std::string_view name;
    bool has_value;
    void (*set)(ContenderSpec& spec, std::string_view name, std::string_view value);
};

using Text = std::string_view;
constexpr std::array<Option, 14> options{{
    {"label", true, [](ContenderSpec& s, Text n, Text v) { s.label = word(n, v); }},
    {"think", false, [](ContenderSpec& s, Text, Text) { s.thinks = true; }},
    {"no_think", false, [](ContenderSpec& s, Text, Text) { s.thinks = false; }},
    {"max_think", true, [](ContenderSpec& s, Text n, Text v) { s.max_thinking = integer(n, v, 0, most); }},
    {"max_tokens", true, [](ContenderSpec& s, Text n, Text v) { s.max_tokens = integer(n, v, 1, most); }},
    {"threads", true, [](ContenderSpec& s, Text n, Text v) { s.threads = static_cast<int>(integer(n, v, 1, 1024)); }},
    {"cache", true, [](ContenderSpec& s, Text n, Text v) { s.cache = cache(n, v); }},
    {"temperature", true, [](ContenderSpec& s, Text n, Text v) { s.temperature = real(n, v); }},
    {"top_p", true, [](ContenderSpec& s, Text n, Text v) { s.top_p = real(n, v); }},
    {"min_p", true, [](ContenderSpec& s, Text n, Text v) { s.min_p = real(n, v); }},
    {"top_k", true, [](ContenderSpec& s, Text n, Text v) { s.top_k = integer(n, v, 0, most); }},
    {"forbid", true, [](ContenderSpec& s, Text n, Text v) { s.forbidden.push_back(word(n, v)); }},
    {"elsewhere", false, [](ContenderSpec& s, Text, Text) { s.elsewhere = true; }},
    {"key", true, [](ContenderSpec& s, Text n, Text v) { s.key_variable = word(n, v); }},
}};

/// "name=value" or "name" of an option; its place, or nothing.
const Option* find(std::string_view piece) {
    const std::size_t equals = piece.find('=');
    const bool has_value = equals != piece.npos;
    const auto found = std::ranges::find(options, piece.substr(0, equals), &Option::name);
    return found != options.end() && found->has_value == has_value ? &*found : nullptr;
}

std::vector<std::string_view> pieces_of(std::string_view text) {
    std::vector<std::string_view> pieces;
    while (true) {
        const std::size_t comma = text.find(',');
        pieces.push_back(text.substr(0, comma));
        if (comma == text.npos) return pieces;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace

bool ContenderSpec::is_server() const {
    return model.starts_with("http://") || model.starts_with("https://");
}

ContenderSpec parse_contender(std::string_view text) {
    ContenderSpec spec;
    spec.model = text;
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos || colon == 0) return spec;
    const std::vector<std::string_view> pieces = pieces_of(text.substr(colon + 1));
    if (!std::ranges::all_of(pieces, [](std::string_view piece) { return find(piece) != nullptr; })) return spec;
    spec.model = text.substr(0, colon);
    for (const std::string_view piece : pieces) {
        const std::size_t equals = piece.find('=');
        const std::string_view value = equals == piece.npos ? std::string_view() : piece.substr(equals + 1);
        find(piece)->set(spec, piece.substr(0, equals), value);
    }
    return spec;
}

std::string contender_options() {
    std::string text;
    for (const Option& option : options) {
        text += fmt::format("{}{}{}", text.empty() ? "" : ", ", option.name, option.has_value ? "=..." : "");
    }
    return text;
}

}  // namespace ergon::lab
