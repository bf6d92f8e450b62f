#include "text/pre_tokenizer/regex.h"

#include <utility>

#include "base/error.h"
#include "text/pre_tokenizer/matches.h"
#include "text/unicode.h"

namespace ergon::text {
namespace {

using base::ErrorCode;

constexpr std::size_t longest_pattern = 1 << 16;  // assumed: published patterns have below 2,000 bytes
/// For texts of so many bytes. A published pattern takes a few steps per character of a piece, some 50 ns a byte in
/// all; a pattern that goes back and forth without end is given up after forty times that.
base::RegexLimits limits(std::size_t bytes) {
    return {
        .heap_kib = 512 * 1024,  // only without JIT
        .steps = 4096,           // for nearly every piece
        .steps_per_byte = 64,    // for one as long as the text
        .seconds = base::Seconds(0.1 + 2e-6 * static_cast<double>(bytes)),
        .jit_stack = 64 * 1024 * 1024,  // assumed: no known pattern needs the default's end
    };
}

// Unicode White_Space: what Oniguruma's \s matches. PCRE2's has U+180E as well.
constexpr std::string_view white_space_ranges =
    R"(\x{9}-\x{D}\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";
// Oniguruma's \w in a class; PCRE2's leaves out marks and letter-like symbols.
constexpr std::string_view word_ranges = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
// Alone, and for \b, it has Latin-1's raised digits and fractions as well (seen in version 6.9).
constexpr std::string_view lone_word_ranges = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE})";

/// Walks an Oniguruma pattern and writes PCRE2's.
class Translator {
  public:
    Translator(std::string_view pattern, std::string_view origin) : pattern_(pattern), origin_(origin) {}

    std::string translate() {
        while (at_ < pattern_.size()) {
            const char c = pattern_[at_];
            if (c == '\\') {
                escape();
            } else if (c == '[') {
                open_class();
            } else if (c == ']' && class_depth_ > 0) {
                if (--class_depth_ == 0) out_ += ']';
                ++at_;
            } else if (c == '(' && class_depth_ == 0) {
                group();
            } else {
                if (class_depth_ > 0 && pattern_.substr(at_, 2) == "&&") refuse("&&");
                if (class_depth_ == 0 && pattern_.substr(at_, 2) == "}+") refuse("}+");
                copy(1);
            }
        }
        return std::move(out_);
    }

  private:
    [[noreturn]] void refuse(std::string_view what) const {
        base::fail(ErrorCode::unsupported, "{}: '{}' is not supported in the regular expression '{}'", origin_, what,
                   pattern_);
    }

    void escape() {
        if (at_ + 1 == pattern_.size()) refuse("\\");
        const char c = pattern_[at_ + 1];
        const bool in_class = class_depth_ > 0;
        const auto put = [this](auto&&... parts) {
            (out_.append(parts), ...);
            at_ += 2;
        };
        if (c == 's') return in_class ? put(white_space_ranges) : put("[", white_space_ranges, "]");
        if (c == 'S') return in_class ? put(R"(\P{White_Space})") : put("[^", white_space_ranges, "]");
        if (c == 'w') return in_class ? put(word_ranges) : put("[", lone_word_ranges, "]");
        if (c == 'W' && !in_class) return put("[^", lone_word_ranges, "]");
        if (c == 'b' && !in_class) {
            const std::string word = "[" + std::string(lone_word_ranges) + "])";
            return put("(?:(?<=", word, "(?!", word, "|(?<!", word, "(?=", word, ")");
        }
        if (c == 'u') return unicode_escape();
        const bool known = std::string_view("rntfvadDpPxAzZ").find(c) != std::string_view::npos ||
                           (static_cast<unsigned char>(c) < 0x80 &&
                            (char_classes()[static_cast<unsigned char>(c)] &
                             (char_class::punctuation | char_class::symbol | char_class::space)) != 0);
        if (!known) refuse(pattern_.substr(at_, 2));
        copy(2);
        // \p{L}, \x{20AC}
        if (std::string_view("pPx").find(c) != std::string_view::npos && pattern_.substr(at_).starts_with("{")) {
            const std::size_t end = pattern_.find('}', at_);
            if (end == std::string_view::npos) refuse("\\");
            copy(end + 1 - at_);
        }
    }

    void copy(std::size_t bytes) {
        out_ += pattern_.substr(at_, bytes);
        at_ += bytes;
    }

    // \uHHHH
    void unicode_escape() {
        const std::string_view digits = pattern_.substr(at_ + 2, 4);
        if (digits.size() < 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
            refuse("\\u");
        }
        out_.append("\\x{").append(digits).append("}");
        at_ += 6;
    }

    // A class inside a class is a union: its brackets are left out.
    void open_class() {
        const std::string_view rest = pattern_.substr(at_);
        if (class_depth_ > 0) {
            if (rest.starts_with("[:") || rest.starts_with("[^")) refuse(rest.substr(0, 2));
            ++class_depth_;
            ++at_;
            return;
        }
        ++class_depth_;
        copy(rest.starts_with("[^") ? 2 : 1);
        if (pattern_.substr(at_).starts_with("]")) refuse("[]");
    }

    void group() {
        const std::string_view rest = pattern_.substr(at_);
        if (rest.starts_with("(*")) refuse("(*");
        if (rest.starts_with("(?")) {
            bool known = false;
            for (const std::string_view opening :
                 {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!", "(?i:", "(?i)", "(?-i:"}) {
                known = known || rest.starts_with(opening);
            }
            if (!known) refuse(rest.substr(0, 3));
            return copy(2);
        }
        copy(1);
    }

    std::string_view pattern_;
    std::string_view origin_;
    std::string out_;
    std::size_t at_ = 0;
    int class_depth_ = 0;
};

}  // namespace

std::string to_pcre2_dialect(std::string_view pattern, std::string_view origin) {
    return Translator(pattern, origin).translate();
}

namespace {

base::Regex compiled(std::string_view pattern, std::string_view origin) {
    if (pattern.size() > longest_pattern || valid_utf8_prefix(pattern) != pattern.size()) {
        base::fail(ErrorCode::bad_file, "{}: a regular expression of {} bytes is longer than {} or not valid UTF-8",
                   origin, pattern.size(), longest_pattern);
    }
    base::RegexMistake mistake;
    std::optional<base::Regex> regex =
        base::Regex::compile(to_pcre2_dialect(pattern, origin), {.jit = true, .count_time = true}, mistake);
    if (!regex) {
        base::fail(ErrorCode::bad_file, "{}: the regular expression '{}' cannot be compiled: {}", origin, pattern,
                   mistake.what);
    }
    return std::move(*regex);
}

}  // namespace

Regex::Regex(std::string_view pattern, std::string_view origin)
    : compiled_(compiled(pattern, origin)), pattern_(pattern), origin_(origin) {}

Regex::Searcher::Searcher(const Regex& regex, std::size_t bytes)
    : regex_(&regex), search_(regex.compiled_, limits(bytes)) {}

void Regex::Searcher::start(std::string_view text) {
    text_ = text;
    from_ = 0;
    last_end_.reset();
}

std::optional<Regex::Match> Regex::Searcher::next() {
    while (from_ <= text_.size()) {
        const std::optional<Match> match = search();
        if (!match) break;
        if (match->begin == match->end && last_end_ == match->end) {
            if (from_ == text_.size()) break;
            from_ += decode_character(text_.data() + from_).length;
            last_end_.reset();
            continue;
        }
        from_ = match->end;
        last_end_ = match->end;
        return match;
    }
    from_ = text_.size() + 1;
    return std::nullopt;
}

std::optional<Regex::Match> Regex::Searcher::search() {
    switch (search_.find(text_, from_)) {
        case base::RegexSearch::Result::found: return search_.match();
        case base::RegexSearch::Result::not_found: return std::nullopt;
        case base::RegexSearch::Result::gave_up: break;
    }
    base::fail(ErrorCode::out_of_budget,
               "{}: the regular expression '{}' exceeds its limits on a text of {} bytes ({}); give a shorter text",
               regex_->origin_, regex_->pattern_, text_.size(), search_.reason());
}

namespace {

class RegexSplitter final : public Splitter {
  public:
    RegexSplitter(std::string_view pattern, SplitBehavior behavior, bool invert, std::string_view origin)
        : regex_(pattern, origin), behavior_(behavior), invert_(invert) {}

    void split(const Pieces& pieces, PieceSink& smaller) const override {
        std::size_t bytes = 0;
        for (const std::string_view piece : pieces) bytes += piece.size();
        Regex::Searcher searcher(regex_, bytes);
        for (const std::string_view piece : pieces) {
            MatchCutter cutter(piece, behavior_, invert_, smaller);
            searcher.start(piece);
            while (const auto match = searcher.next()) cutter.match(match->begin, match->end);
            cutter.finish();
        }
    }

  private:
    Regex regex_;
    SplitBehavior behavior_;
    bool invert_;
};

}  // namespace

std::unique_ptr<const Splitter> make_regex_splitter(std::string_view pattern, SplitBehavior behavior, bool invert,
                                                    std::string_view origin) {
    return std::make_unique<RegexSplitter>(pattern, behavior, invert, origin);
}

}  // namespace ergon::text
