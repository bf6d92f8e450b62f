// Hand-written splitters for the patterns of the main model families. Each isolates exactly the matches of its regular
// expression (tests compare the two on random text) in one pass over the characters' classes.

#include <algorithm>
#include <array>

#include "base/strings/text.h"
#include "text/pre_tokenizer/pre_tokenizer.h"
#include "text/unicode.h"

namespace ergon::text {
namespace {

using namespace char_class;

constexpr CharClass every = 0xFFFF;
constexpr CharClass visible_other = mark | punctuation | symbol | other;  // [^\s\p{L}\p{N}]

/// Reads one piece by the classes of its characters.
class CharacterReader {
  public:
    explicit CharacterReader(std::string_view text) : text_(text) {}

    struct Character {
        CharClass classes;  // 0 at the end of the text
        std::size_t end;
    };
    Character at(std::size_t i) const {
        if (i >= text_.size()) return {0, i};
        const auto byte = static_cast<unsigned char>(text_[i]);
        if (byte < 0x80) return {classes_[byte], i + 1};
        const auto [code, length] = decode_character(text_.data() + i);
        return {classes_[code], i + length};
    }
    /// The end of at most `most` characters of these classes from i on.
    std::size_t run(std::size_t i, CharClass classes, std::size_t most = std::string_view::npos) const {
        for (; most > 0; --most) {
            const Character c = at(i);
            if ((c.classes & classes) == 0) break;
            i = c.end;
        }
        return i;
    }
    bool is(std::size_t i, char c) const { return i < text_.size() && text_[i] == c; }
    std::size_t size() const { return text_.size(); }
    std::string_view text() const { return text_; }

    // `\s*[\r\n]+|\s+(?!\S)|\s+` from white space at i: up to the last line break of the run; else all but the last
    // character, which goes with the next word; else that character.
    std::size_t white_space(std::size_t i) const {
        std::size_t end = i, last = i, after_newline = i;
        for (Character c = at(end); (c.classes & space) != 0; c = at(end)) {
            last = end;
            end = c.end;
            if ((c.classes & newline) != 0) after_newline = end;
        }
        if (after_newline > i) return after_newline;
        return end == text_.size() || last == i ? end : last;
    }

    // The apostrophe's companions, `(?i:'s|'t|'re|'ve|'m|'ll|'d)` or the same in lower case only; i if there are none.
    std::size_t contraction(std::size_t i, bool any_case) const {
        if (!is(i, '\'')) return i;
        const auto letter_at = [&](std::size_t k) -> char {
            if (k >= text_.size()) return 0;
            const char c = text_[k];
            return any_case ? base::lowered(c) : c;
        };
        const char first = letter_at(i + 1), second = letter_at(i + 2);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') return i + 2;
        if ((first == 'r' || first == 'v') && second == 'e') return i + 3;
        if (first == 'l' && second == 'l') return i + 3;
        // U+017F, the long s, is an s where case is ignored.
        if (any_case && text_.substr(i + 1).starts_with("\u017F")) return i + 3;
        return i;
    }

  private:
    std::string_view text_;
    const CharClass* classes_ = char_classes();
};

/// A splitter whose `Rule` gives, for a position, the end of the match that begins there, or the position itself if
/// none does. Text between matches stays together.
template <typename Rule>
class RuleSplitter final : public Splitter {
  public:
    explicit RuleSplitter(Rule rule) : rule_(rule) {}

    void split(const Pieces& pieces, PieceSink& smaller) const override {
        for (const std::string_view piece : pieces) {
            const CharacterReader reader(piece);
            std::size_t gap = 0;  // where the text begins that no match has taken
            const auto take = [&](std::size_t begin, std::size_t end) {
                if (end > begin) smaller.push_back(piece.substr(begin, end - begin));
            };
            for (std::size_t i = 0; i < piece.size();) {
                const std::size_t end = rule_(reader, i);
                if (end == i) {
                    i = reader.at(i).end;
                    continue;
                }
                take(gap, i);
                take(i, end);
                gap = i = end;
            }
            take(gap, piece.size());
        }
    }

  private:
    Rule rule_;
};

/// A run of characters of some classes, at most `most` of them: `\p{N}{1,3}` and its like.
struct RunRule {
    CharClass classes;
    std::size_t most;
    std::size_t operator()(const CharacterReader& text, std::size_t i) const { return text.run(i, classes, most); }
};

/// GPT-2: words and numbers with the space before them.
struct Gpt2Rule {
    std::size_t operator()(const CharacterReader& text, std::size_t i) const {
        if (const std::size_t end = text.contraction(i, false); end > i) return end;
        const std::size_t start = text.is(i, ' ') ? i + 1 : i;
        const CharClass first = text.at(start).classes;
        for (const CharClass kind : {letter, number, visible_other}) {
            if ((first & kind) != 0) return text.run(start, kind);
        }
        // `\s+(?!\S)|\s+`: line breaks are white space like any other.
        const std::size_t end = text.run(i, space);
        if (end == text.size()) return end;
        std::size_t last = end - 1;
        while ((static_cast<unsigned char>(text.text()[last]) & 0xC0) == 0x80) --last;
        return last == i ? end : last;
    }
};

/// Llama 3, Qwen and relatives: a word may begin with one sign, numbers are cut after `max_digits`.
struct Llama3Rule {
    bool contractions;
    CharClass letters;  // what words are made of
    std::size_t max_digits;

    std::size_t operator()(const CharacterReader& text, std::size_t i) const {
        if (contractions) {
            if (const std::size_t end = text.contraction(i, true); end > i) return end;
        }
        const CharacterReader::Character c = text.at(i);
        if ((c.classes & letters) != 0) return text.run(c.end, letters);
        if ((c.classes & number) != 0) return text.run(i, number, max_digits);
        const bool can_begin_word = (c.classes & newline) == 0;
        if (can_begin_word && (text.at(c.end).classes & letters) != 0) return text.run(c.end, letters);
        const auto signs = static_cast<CharClass>(visible_other & ~letters);
        const std::size_t start = text.is(i, ' ') ? i + 1 : i;
        if ((text.at(start).classes & signs) != 0) return text.run(text.run(start, signs), newline);
        return text.white_space(i);
    }
};

/// DeepSeek-V3's last rule: signs may begin an ASCII word; other words take marks along.
struct DeepSeekV3Rule {
    std::size_t operator()(const CharacterReader& text, std::size_t i) const {
        constexpr CharClass word_parts = letter | mark;
        constexpr CharClass signs = punctuation | symbol;
        const CharacterReader::Character c = text.at(i);
        const auto is_ascii_letter = [&](std::size_t k) {
            return k < text.size() && static_cast<unsigned char>(text.text()[k]) < 0x80 &&
                   (text.at(k).classes & letter) != 0;
        };
        if (static_cast<unsigned char>(text.text()[i]) < 0x80 && (c.classes & signs) != 0 && is_ascii_letter(c.end)) {
            std::size_t end = c.end;
            while (is_ascii_letter(end)) ++end;
            return end;
        }
        if ((c.classes & word_parts) != 0) return text.run(c.end, word_parts);
        const bool can_begin_word = (c.classes & (newline | signs)) == 0;
        if (can_begin_word && (text.at(c.end).classes & word_parts) != 0) return text.run(c.end, word_parts);
        const std::size_t start = text.is(i, ' ') ? i + 1 : i;
        if ((text.at(start).classes & signs) != 0) return text.run(text.run(start, signs), newline);
        return (c.classes & space) != 0 ? text.white_space(i) : i;
    }
};

/// GPT-4o and relatives: capitals begin a word, lower case goes on with it.
struct CasedWordsRule {
    bool contractions;
    std::size_t max_digits;

    static constexpr CharClass heads = cased_upper | uncased | mark;  // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
    static constexpr CharClass tails = lower | uncased | mark;        // [\p{Ll}\p{Lm}\p{Lo}\p{M}]

    // `H*T+` from i, or i.
    static std::size_t heads_then_tails(const CharacterReader& text, std::size_t i) {
        std::size_t end = i, after_last_tail = i;
        for (CharacterReader::Character c = text.at(end); (c.classes & heads) != 0; c = text.at(end)) {
            end = c.end;
            if ((c.classes & tails) != 0) after_last_tail = end;
        }
        const std::size_t tail = text.run(end, tails);
        return tail > end ? tail : after_last_tail;
    }
    // `H+T*` from i, or i.
    static std::size_t heads_maybe_tails(const CharacterReader& text, std::size_t i) {
        const std::size_t end = text.run(i, heads);
        return end > i ? text.run(end, tails) : i;
    }

    std::size_t word(const CharacterReader& text, std::size_t i) const {
        const CharacterReader::Character c = text.at(i);
        const bool can_begin_word = (c.classes & (newline | letter | number)) == 0;
        for (const auto form : {heads_then_tails, heads_maybe_tails}) {
            if (can_begin_word) {
                if (const std::size_t end = form(text, c.end); end > c.end) return end;
            }
            if (const std::size_t end = form(text, i); end > i) return end;
        }
        return i;
    }

    std::size_t operator()(const CharacterReader& text, std::size_t i) const {
        if (const std::size_t end = word(text, i); end > i) return contractions ? text.contraction(end, true) : end;
        const CharacterReader::Character c = text.at(i);
        if ((c.classes & number) != 0) return text.run(i, number, max_digits);
        const std::size_t start = text.is(i, ' ') ? i + 1 : i;
        if ((text.at(start).classes & visible_other) != 0) {
            std::size_t end = text.run(start, visible_other);
            while (text.is(end, '\r') || text.is(end, '\n') || text.is(end, '/')) ++end;
            return end;
        }
        return text.white_space(i);
    }
};

/// `\s+$`, where $ is the end of the text or of a line. As a regular expression it would read a long run of spaces
/// again from each of them.
class TrailingSpace final : public Splitter {
  public:
    void split(const Pieces& pieces, PieceSink& smaller) const override {
        for (const std::string_view piece : pieces) {
            const CharacterReader reader(piece);
            std::size_t taken = 0;
            const auto cut = [&](std::size_t end) {
                if (end > taken) smaller.push_back(piece.substr(taken, end - taken));
                taken = end;
            };
            for (std::size_t i = 0; i < piece.size();) {
                const std::size_t begin = i;
                std::size_t last_line_break = begin;
                for (CharacterReader::Character c = reader.at(i); (c.classes & space) != 0; c = reader.at(i)) {
                    if (reader.is(i, '\n')) last_line_break = i;
                    i = c.end;
                }
                const std::size_t match_end = i == piece.size() ? i : last_line_break;
                if (match_end > begin) {
                    cut(begin);
                    cut(match_end);
                }
                i = reader.run(i, static_cast<CharClass>(every & ~(space | newline)));
            }
            cut(piece.size());
        }
    }
};

/// Cuts runs of decimal digits into groups of three counted from the right. Regular expressions for it look ahead to
/// the end of the number from each of its digits.
class RightGroups final : public Splitter {
  public:
    /// `words`: only numbers that end at the end of a word are cut, and apart from what stands around them
    /// (`\d{1,3}(?=(?:\d{3})*\b)`); else digits stay with their neighbours (`(?=(\d{3})+(?!\d))`).
    explicit RightGroups(bool words) : words_(words) {}

    void split(const Pieces& pieces, PieceSink& smaller) const override {
        for (const std::string_view piece : pieces) {
            const CharacterReader reader(piece);
            std::size_t taken = 0;
            const auto cut = [&](std::size_t end) {
                if (end > taken) smaller.push_back(piece.substr(taken, end - taken));
                taken = end;
            };
            for (std::size_t i = 0; i < piece.size();) {
                const CharacterReader::Character c = reader.at(i);
                if ((c.classes & decimal) == 0) {
                    i = c.end;
                    continue;
                }
                i = number_at(reader, i, cut);
            }
            cut(piece.size());
        }
    }

  private:
    template <typename Cut>
    std::size_t number_at(const CharacterReader& reader, std::size_t i, const Cut& cut) const {
        const std::size_t end = reader.run(i, decimal);
        if (words_ && in_word(reader, end)) return end;
        std::size_t digits = 0;
        for (std::size_t k = i; k < end; k = reader.at(k).end) ++digits;
        for (std::size_t k = i; k < end; k = reader.at(k).end, --digits) {
            if (digits % 3 == 0 || (words_ && k == i)) cut(k);
        }
        if (words_) cut(end);
        return end;
    }

    // What \b takes for a part of a word; Oniguruma has Latin-1's raised digits and fractions among them.
    static bool in_word(const CharacterReader& reader, std::size_t i) {
        if (i >= reader.size()) return false;
        const char32_t code = decode_character(reader.text().data() + i).code;
        return (reader.at(i).classes & word) != 0 || code == 0xB2 || code == 0xB3 || code == 0xB9 ||
               (code >= 0xBC && code <= 0xBE);
    }

    bool words_;
};

template <typename Rule>
std::unique_ptr<const Splitter> make_rule_splitter(Rule rule) {
    return std::make_unique<RuleSplitter<Rule>>(rule);
}

// Some files have the line breaks themselves in the pattern, some their escapes.
std::string with_escaped_line_breaks(std::string_view pattern) {
    std::string escaped;
    for (const char c : pattern) {
        if (c == '\r') {
            escaped += "\\r";
        } else if (c == '\n') {
            escaped += "\\n";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

std::unique_ptr<const Splitter> known_words(std::string_view pattern) {
    constexpr std::size_t unlimited = std::string_view::npos;
    constexpr std::string_view contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|";
    constexpr std::string_view rest = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
    constexpr std::string_view words = R"([^\r\n\p{L}\p{N}]?\p{L}+|)";
    const std::string llama_words = std::string(contractions) + std::string(words);
    for (const auto& [digits, most] : {std::pair(R"(\p{N})", std::size_t{1}),
                                       std::pair(R"(\p{N}{1,3})", std::size_t{3}), std::pair(R"(\p{N}+)", unlimited)}) {
        if (pattern == llama_words + digits + std::string(rest)) {
            return make_rule_splitter(Llama3Rule{.contractions = true, .letters = letter, .max_digits = most});
        }
        if (pattern == std::string(words) + digits + std::string(rest)) {
            return make_rule_splitter(Llama3Rule{.contractions = false, .letters = letter, .max_digits = most});
        }
    }
    if (pattern ==
        std::string(contractions) +
            R"([^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)") {
        return make_rule_splitter(
            Llama3Rule{.contractions = true, .letters = static_cast<CharClass>(letter | mark), .max_digits = 1});
    }
    return nullptr;
}

std::unique_ptr<const Splitter> known_cased_words(std::string_view pattern) {
    const std::string sign = R"([^\r\n\p{L}\p{N}]?)";
    const std::string head = R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])";
    const std::string tail = R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])";
    const std::string rest = R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
    for (const bool contractions : {false, true}) {
        const std::string ending = contractions ? "(?i:'s|'t|'re|'ve|'m|'ll|'d)?" : "";
        for (const std::size_t most : {std::size_t{1}, std::size_t{3}}) {
            const std::string digits = most == 1 ? R"(\p{N})" : R"(\p{N}{1,3})";
            if (pattern == sign + head + "*" + tail + "+" + ending + "|" + sign + head + "+" + tail + "*" + ending +
                               "|" + digits + rest) {
                return make_rule_splitter(CasedWordsRule{.contractions = contractions, .max_digits = most});
            }
        }
    }
    return nullptr;
}

}  // namespace

std::unique_ptr<const Splitter> make_known_splitter(std::string_view original) {
    constexpr std::size_t unlimited = std::string_view::npos;
    const std::string pattern = with_escaped_line_breaks(original);
    if (pattern == R"(\p{N})") return make_rule_splitter(RunRule{.classes = number, .most = 1});
    if (pattern == R"(\p{N}{1,3})") return make_rule_splitter(RunRule{.classes = number, .most = 3});
    if (pattern == R"(\p{N}+)") return make_rule_splitter(RunRule{.classes = number, .most = unlimited});
    if (pattern == gpt2_pattern) return make_rule_splitter(Gpt2Rule{});
    if (pattern == R"(\s+$)") return std::make_unique<TrailingSpace>();
    if (pattern == R"((?=(\d{3})+(?!\d)))") return std::make_unique<RightGroups>(false);
    if (pattern == R"(\d{1,3}(?=(?:\d{3})*\b))") return std::make_unique<RightGroups>(true);
    if (pattern ==
        R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)") {
        return make_rule_splitter(DeepSeekV3Rule{});
    }
    if (auto splitter = known_words(pattern)) return splitter;
    return known_cased_words(pattern);
}

}  // namespace ergon::text
