#include "tasks/graders/letter_patterns.h"

#include <fmt/format.h>

#include "base/strings/text.h"
#include "tasks/graders/answer_text.h"

namespace ergon::tasks {
namespace {

constexpr std::string_view opening =
    R"([\s*_"'`(\[{$「『【]*(?:\\(?:text|textbf|mathrm|mathbf|boxed)[\s*_"'`(\[{$]*)*)";
/// Behind a letter: what says that it is not the one.
constexpr std::string_view not_refused =
    R"((?!["'`*_)\]]*\s*,?\s*(?:(?:is|was|are|seems)(?:n['’]t|\s+(?:not|wrong|incorrect|false|out|impossible))\b)"
    R"(|[.:]?\s*(?:no|wrong|incorrect|false)\b|(?:fails?|cannot|can['’]t)\b|[」』】]*(?:项|項)?(?:是|都)?(?:不|错|錯|误|誤)|[」』】]*(?:では|じゃ)な|[」』】]*\s?[가이은는]?\s?(?:아니|아닙|틀))))";
/// Behind a letter: what says that it is one of several.
constexpr std::string_view alone = R"((?!["'`*_)\]]*\s*(?:(?:,\s*)?\b(?:or|nor|and)\b|/)\s*\(?(?-i:[A-Z])\b))";

char last_letter(std::size_t count) {
    return static_cast<char>('A' + count - 1);
}
std::string without_article(std::size_t count) {
    std::string letters;
    for (std::size_t i = 1; i < count; ++i) {
        if (i != 'I' - 'A') letters += static_cast<char>('A' + i);
    }
    return letters;
}
/// "A" before a word in lower case is an article and "I" a pronoun, unless the word goes on about the choice.
std::string any(std::size_t count) {
    std::string either = fmt::format("[{}]", without_article(count));
    either +=
        R"(|A(?!\s+(?!(?:because|since|as|is|was|would|due|based|from|which|rather|instead|and|or|remains)\b)[a-z]))";
    if (count > 8) either += R"(|I(?!\s+[a-z]))";
    return either;
}
/// One letter: a capital, or a small one that ends its line.
std::string letter(std::size_t count) {
    return fmt::format(R"((?:(?-i:({}))(?![\w'’])|([A-{}])(?=[\s*_"'`)\]}}$.,;:!]*(?:\n|\z))))", any(count),
                       last_letter(count));
}
std::string standing_letter(std::size_t count) {
    std::string either = fmt::format("[{}]", without_article(count));
    either += R"(|A(?=\s*(?:[.,;:!?)*]|\z|\s(?:because|since)\b)))";
    if (count > 8) either += R"(|I(?=\s*(?:[.;:!?)*]|\z)))";
    return either;
}
/// Beside characters that are no blanks between words: Chinese, Japanese, Korean.
std::string joined_letter(std::size_t count) {
    return fmt::format(R"([\s*"'(\[「『【]*(?-i:([A-{}]))(?![A-Za-z0-9]))", last_letter(count));
}

std::string stated_expression(std::size_t count) {
    return fmt::format(
        // "The answer is most likely (B)", "Answer: B"
        R"(\b(?:answer|solution|choice|option)\b[*_)\]]*(?:\s*(?:\b(?:is|was|would be|should be|must be|indeed|clearly|)"
        R"(probably|likely|most likely|definitely|therefore|thus|simply|letter|option|choice)\b|[:=])){{1,6}}{0}{1}{4})"
        // "I choose option B"
        R"(|\b(?:choose|chose|pick|select|go with|going with)\b(?:\s+(?:option|choice|answer|letter))?{0}{1}{4})"
        // a heading "Answer", and B under it
        R"(|\banswers?\b[*_]*\s*\n{0}{1})"
        // "B is the correct one"
        R"(|(?<![\w'’])(?-i:({2}))(?![\w'’])[).:*_"]*\s*(?:is|would be)\s+)"
        R"((?:the\s+|clearly\s+)?(?:most\s+|only\s+|best\s+)?(?:correct|right|true|best|better)\b)"
        // "答案是B", "正解はB", "정답은 B"
        R"(|(?:答案|答え|解答|正解|选项|選項|選択肢|正しいの|適切なの|正确的|正確的|答)(?:应该|應該|应|應|就)?\s*(?:是|为|為|は|[:=])+(?:选项|選項|選択肢)?{3}{5})"
        R"(|(?:정답|해답|답)(?:은|는|이)?\s*[:=]?{3}{5})"
        // "B是正确的", "Bが正しい", "B가 정답"
        R"(|(?-i:(?<![A-Za-z])([A-{6}]))[)」』】]?\s?(?:项|項|选项)?(?:是|为|為)?(?:正确|正確|对的|對的))"
        R"(|(?-i:(?<![A-Za-z])([A-{6}]))[)」』】]?(?:が|は)(?:正しい|正解|適切|答え)(?!.?(?:では|じゃ|とは|く)))"
        R"(|(?-i:(?<![A-Za-z])([A-{6}]))[)」』】]?\s?(?:번)?(?:가|이)\s*(?:정답|맞|옳|답)(?!.?\s?(?:아니|아닙|지 않)))",
        opening, letter(count), any(count), joined_letter(count), alone, not_refused, last_letter(count));
}

std::string concluded_expression(std::size_t count) {
    return fmt::format(
        // "Hence (B)", "So it must be option B"
        R"(\b(?:hence|therefore|thus|so|consequently|ergo)\b[\s,:]*(?:by elimination,?\s+)?)"
        R"((?:(?:it|that|this)(?:['’]s|\s+is|\s+must be|\s+has to be|\s+leaves)\s+|we\s+(?:choose|pick|select|are left with)\s+)?)"
        R"((?:only\s+)?(?:(?:the\s+)?(?:\w+\s+)?(?:option|choice|answer|letter)(?:\s+is|:)?\s+)?{0}{1}{3}{4})"
        // "It must be B", "leaving only B", "only B remains"
        R"(|\b(?:must be|has to be|can only be|leaves|leaving|left with|only)\s+(?:(?:us|me|only|with)\s+){{0,3}}(?:option\s+|choice\s+)?{0}{1}{3}{4})"
        // "B rather than C", "not B but C"
        R"(|(?<![\w'’])(?<!\bnot |\bnor |not \()(?-i:({2}))(?![\w'’])\)?,?\s+(?:rather than|instead of|and not|not)\s+(?:option\s+)?\(?(?-i:[A-Z])\b)"
        R"(|\bnot\s+\(?(?-i:[A-Z])\)?,?\s+but\s+(?:rather\s+)?{0}{1}{4})"
        // "应选B", "Bを選ぶ"
        R"(|(?<![不非别別])(?<!不应)(?<!不能)(?<!不该)(?:选择|選擇|选|選)(?!项|項)(?:答案|[:\s])*{5}{4})"
        R"(|(?-i:(?<![A-Za-z])([A-{6}]))[)」』】]?(?:を選|です|である|となる|\s?번?(?:입니다|이다|이에요)))"
        // "よって、B", "BではなくC"
        R"(|(?:よって|したがって|ゆえに|だから|따라서|그러므로|ではなく|じゃなく|아니라|而是)[、,\s]*{5}{4})",
        opening, letter(count), any(count), alone, not_refused, joined_letter(count), last_letter(count));
}

/// Letters side by side, and behind or before them that they are not it. A list is taken whole or not at all, so that
/// a long one is not tried in all its parts.
std::string refused_expression(std::size_t count) {
    const std::string list = fmt::format(
        R"((?<![A-Za-z0-9'’])\(?(?-i:[A-{0}])(?![A-Za-z0-9'’])\)?(?:(?:\s*(?:,|、|&|和|与|及)\s*|\s*,?\s+(?:and|or|nor)\s+)(?:not\s+)?\(?(?-i:[A-{0}])(?![A-Za-z0-9'’])\)?){{0,25}}+)",
        last_letter(count));
    return fmt::format(
        R"(({0})[.:?]?\s*(?:is|are|was|were|can be|must be|would be|can all be)?\s*(?:all|both|clearly|also|each)?\s*)"
        R"((?:(?:no|not|wrong|incorrect|false|out|fails?|impossible|invalid|ruled out|eliminated|excluded)\b|都?是?(?:不|错|錯)))"
        R"(|\b(?:eliminate|rule out|exclude|reject|discard|neither|not|cannot be|can['’]t be)\s+({0}))"
        R"(|(?:排除|除去|不是|不选)了?({0}))",
        list);
}

std::optional<char> letter_of(const std::optional<Pattern::Match>& match) {
    if (!match || match->group.size() != 1) return std::nullopt;
    const char lower = base::lowered(match->group.front());
    return static_cast<char>(lower - 'a' + 'A');
}

/// Whether the sentence goes on to a question mark: "A is the right answer?" says nothing, "the answer is A, right?"
/// does.
bool is_asked(std::string_view text, std::size_t end) {
    const std::size_t stop = text.find_first_of(".!?\n", end);
    if (stop == text.npos || text[stop] != '?') return false;
    const std::string_view rest = text.substr(end, stop - end);
    return !rest.ends_with(", right") && !rest.ends_with(", correct") && !rest.ends_with("isn't it");
}

}  // namespace

LetterPatterns::LetterPatterns(std::size_t count)
    : count_(count),
      stated_(stated_expression(count)),
      concluded_(concluded_expression(count)),
      boxed_(fmt::format(R"(\A{}([A-{}])(?:\W|\z))", opening, last_letter(count))),
      line_(fmt::format(R"(^[\s*_"'`(\[]*(?-i:([A-{}]))(?:[*_"'`)\]]*\s*$|{}[*_]*[.):\]]))", last_letter(count),
                        not_refused)),
      lone_(fmt::format(R"(\A[\s*_"'`(\[$]*([A-{}])[\s*_"'`)\].,;:!$]*\z)", last_letter(count))),
      marked_(fmt::format(R"((?<!\bnot |n't |n’t )(?|\*\*\(?(?-i:([A-{0}]))[).:]*(?:\*\*|\s)|\((?-i:([A-{0}]))\)){1})",
                          last_letter(count), not_refused)),
      standing_(fmt::format(
          R"((?<![\w'’-])(?<!\bnot |n't |n’t |\bnot \(|n't \(|n’t \()(?<!\bnot be |nnot be |n't be |n’t be |rule out |eliminate |exclude |\bA or |\bA and )(?-i:{})(?![\w'’-]){})",
          standing_letter(count), not_refused)),
      bracketed_(fmt::format(R"((?<![A-Za-z0-9])(?-i:([A-{}]))\))", last_letter(count))),
      refused_(refused_expression(count)) {}

std::optional<char> LetterPatterns::boxed(std::string_view content) const {
    return letter_of(boxed_.find(content));
}
std::optional<char> LetterPatterns::stated(std::string_view text) const {
    return last_of(stated_, text);
}
std::optional<char> LetterPatterns::lone(std::string_view text) const {
    return letter_of(lone_.find(text));
}
std::optional<char> LetterPatterns::line(std::string_view text) const {
    const auto letter = only(line_, text);
    if (!letter) return std::nullopt;
    const std::string_view whole = base::trimmed(text);
    for (const std::string_view edge : {first_line(whole), whole.substr(whole.rfind('\n') + 1)}) {
        // "(A) is small, (C) is large" is no line of one letter.
        if (line_.find(edge) && mentioned(edge) <= 1) return letter;
    }
    return std::nullopt;
}
std::size_t LetterPatterns::mentioned(std::string_view line) const {
    std::set<char> letters;
    for (const Pattern::Match& match : bracketed_.all(line)) {
        if (const auto letter = letter_of(match)) letters.insert(*letter);
    }
    return letters.size();
}
std::optional<char> LetterPatterns::concluded(std::string_view text) const {
    return last_of(concluded_, text);
}
std::optional<char> LetterPatterns::marked(std::string_view text) const {
    return only(marked_, text);
}
std::optional<char> LetterPatterns::standing(std::string_view text) const {
    return only(standing_, text);
}
std::optional<char> LetterPatterns::left(std::string_view text) const {
    std::set<char> refused;
    for (const Pattern::Match& match : refused_.all(text)) {
        for (std::size_t i = 0; i < match.group.size(); ++i) {
            const char c = match.group[i];
            const bool word = i + 1 < match.group.size() && base::is_letter(match.group[i + 1]);
            if (c >= 'A' && c <= last_letter(count_) && !word) refused.insert(c);
        }
    }
    if (refused.size() + 1 != count_) return std::nullopt;
    for (char c = 'A';; ++c) {
        if (!refused.contains(c)) return c;
    }
}

std::optional<char> LetterPatterns::last_of(const Pattern& pattern, std::string_view text) const {
    std::optional<char> last;
    for (const Pattern::Match& match : pattern.all(text)) {
        if (!is_asked(text, match.end)) last = letter_of(match);
    }
    return last;
}

std::optional<char> LetterPatterns::only(const Pattern& pattern, std::string_view text) const {
    std::set<char> letters;
    for (const Pattern::Match& match : pattern.all(text)) {
        if (const auto letter = letter_of(match); letter && !is_asked(text, match.end)) letters.insert(*letter);
    }
    return letters.size() == 1 ? std::optional(*letters.begin()) : std::nullopt;
}

}  // namespace ergon::tasks
