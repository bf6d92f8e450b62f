#include "text/tokenizer/vocabulary.h"

#include <algorithm>
#include <array>
#include <utility>

#include "text/unicode.h"

namespace ergon::text {
namespace {

// Tokens that end an answer, by their text, in the model families' vocabularies (also where a file gives another eos).
constexpr std::string_view end_markers[] = {
    "<｜end▁of▁sentence｜>", "<|EOT|>",       "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end_of_text|>",
    "<|endoftext|>",         "<end_of_turn>", "<|return|>", "<|call|>",   "[EOT]",
};

// Markers without the form of one, by family. What is neither here nor of that form is text, such as the ### of
// headings: families that begin a turn with it spell it in ordinary tokens, which anybody may write.
constexpr std::string_view unbracketed_markers[] = {
    "<function=", "<parameter=",  // tool calls: Llama 3.1, Hermes, Qwen3-Coder, Seed-OSS
    "<tool=",                     // Step
    "<|channel>thought",          // Gemma 4
};

// `<…>` and `[…]`, and Kimi's `◁…▷`, with something between.
bool has_marker_form(std::string_view spelling) {
    if (std::ranges::find(unbracketed_markers, spelling) != std::end(unbracketed_markers)) return true;
    constexpr std::pair<std::string_view, std::string_view> brackets[] = {{"<", ">"}, {"[", "]"}, {"◁", "▷"}};
    return std::ranges::any_of(brackets, [spelling](const auto& pair) {
        return spelling.size() > pair.first.size() + pair.second.size() && spelling.starts_with(pair.first) &&
               spelling.ends_with(pair.second);
    });
}

// Code points of the alphabet: bytes that are printable in Latin-1 stand for themselves, the other 68, ascending, are
// written as U+0100 onwards.
constexpr bool stands_for_itself(int byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}
constexpr int alphabet_end = 0x100 + 68;
constexpr std::array<char32_t, 256> codes_by_byte = [] {
    std::array<char32_t, 256> codes{};
    char32_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
        codes[byte] = stands_for_itself(byte) ? static_cast<char32_t>(byte) : next++;
    }
    return codes;
}();
constexpr std::array<int, alphabet_end> bytes_by_code = [] {
    std::array<int, alphabet_end> bytes{};
    bytes.fill(-1);
    for (int byte = 0; byte < 256; ++byte) bytes[codes_by_byte[byte]] = byte;
    return bytes;
}();

}  // namespace

void Vocabulary::add(std::string spelling, TokenKind kind) {
    if (!spelling.empty()) ids_.try_emplace(spelling, static_cast<TokenId>(tokens_.size()));
    Token token{.spelling = spelling, .bytes = {}, .kind = kind};
    token.bytes = std::move(spelling);
    tokens_.push_back(std::move(token));
}

void Vocabulary::settle_kinds() {
    for (const std::string_view marker : end_markers) {
        if (const auto id = find(marker); id && kind(*id) == TokenKind::normal) set_kind(*id, TokenKind::control);
    }
    for (Token& token : tokens_) {
        token.marker = token.kind == TokenKind::user_defined && has_marker_form(token.spelling);
    }
}

std::optional<TokenId> Vocabulary::find(std::string_view spelling) const {
    const auto found = ids_.find(spelling);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

bool Vocabulary::is_control(TokenId id) const {
    const Token& token = at(id);
    return token.marker || token.kind == TokenKind::control || token.kind == TokenKind::unknown;
}

bool Vocabulary::is_end_marker(TokenId id) const {
    return is_control(id) && std::ranges::find(end_markers, spelling(id)) != std::end(end_markers);
}

std::optional<std::string> from_byte_alphabet(std::string_view spelling) {
    std::string bytes;
    for (std::size_t i = 0; i < spelling.size();) {
        const Utf8Scan scan = scan_utf8(spelling.substr(i));
        if (scan.kind != Utf8Scan::Kind::character) return std::nullopt;
        const char32_t code = decode_character(spelling.data() + i).code;
        if (code >= alphabet_end || bytes_by_code[code] < 0) return std::nullopt;
        bytes += static_cast<char>(bytes_by_code[code]);
        i += scan.length;
    }
    return bytes;
}

std::string to_byte_alphabet(std::string_view bytes) {
    std::string spelling;
    for (const char c : bytes) append_utf8(spelling, codes_by_byte[static_cast<unsigned char>(c)]);
    return spelling;
}

std::optional<unsigned char> byte_of_spelling(std::string_view spelling) {
    if (spelling.size() != 6 || !spelling.starts_with("<0x") || spelling.back() != '>') return std::nullopt;
    int value = 0;
    for (const char c : spelling.substr(3, 2)) {
        const std::string_view digits = "0123456789ABCDEF";
        const char upper = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
        const std::size_t digit = digits.find(upper);
        if (digit == std::string_view::npos) return std::nullopt;
        value = value * 16 + static_cast<int>(digit);
    }
    return static_cast<unsigned char>(value);
}

}  // namespace ergon::text
