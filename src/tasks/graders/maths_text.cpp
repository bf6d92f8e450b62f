#include "tasks/graders/maths_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/strings/text.h"
#include "tasks/graders/maths/token.h"

namespace ergon::tasks {
namespace {

using base::is_digit;
using base::is_letter;

// Fractions inside fractions; deeper ones are left as they are (assumed: nobody answers in such).
constexpr int deepest_fraction = 8;

struct Replacement {
    std::string_view from, to;
};
// Longer before shorter where one begins with the other.
constexpr auto replacements = std::to_array<Replacement>({
    {"−", "-"},        {"–", "-"},
    {"×", "*"},        {"·", "*"},
    {"⋅", "*"},        {"∙", "*"},
    {"÷", "/"},        {"⁄", "/"},
    {"∕", "/"},        {"½", " 1/2"},
    {"¼", " 1/4"},     {"¾", " 3/4"},
    {"⅓", " 1/3"},     {"⅔", " 2/3"},
    {"{,}", ","},      {"**", ""},
    {"{", ""},         {"}", ""},
    {"\\times", "*"},  {"\\cdot", "*"},
    {"\\div", "/"},    {"\\left", ""},
    {"\\right", ""},   {"\\textbf", ""},
    {"\\textit", ""},  {"\\text", ""},
    {"\\mathrm", ""},  {"\\mathbf", ""},
    {"\\mbox", ""},    {"\\boxed", ""},
    {"\\quad", " "},   {"\\(", " "},
    {"\\)", " "},      {"\\[", " "},
    {"\\]", " "},      {"\\!", ""},
    {"\\ ", " "},      {"\\;", " "},
    {"\\:", " "},      {"\\%", "%"},
    {"\\$", "$"},      {"^\\circ", ""},
    {"^{\\circ}", ""}, {"°", ""},
    {"\\degree", ""},  {"\\displaystyle", ""},
});
/// Blanks that some write between groups of three digits.
constexpr std::array<std::string_view, 4> thin_blanks{"\u00A0", "\u2009", "\u202F", "\\,"};
constexpr std::array<std::string_view, 11> superscripts{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "⁻"};
constexpr std::array<std::string_view, 4> fraction_names{"\\dfrac", "\\tfrac", "\\cfrac", "\\frac"};

/// Rewrites from left to right.
class PlainText {
  public:
    PlainText(std::string_view text, int depth) : rest_(text), depth_(depth) {}

    std::string write() {
        while (!rest_.empty()) {
            if (!fraction() && !superscript() && !thin_blank() && !replacement()) {
                plain_ += rest_.front();
                rest_.remove_prefix(1);
            }
        }
        return std::move(plain_);
    }

  private:
    bool take(std::string_view prefix) {
        if (!rest_.starts_with(prefix)) return false;
        rest_.remove_prefix(prefix.size());
        return true;
    }

    bool replacement() {
        for (const Replacement& one : replacements) {
            if (!take(one.from)) continue;
            plain_ += one.to;
            return true;
        }
        return false;
    }

    bool thin_blank() {
        for (const std::string_view blank : thin_blanks) {
            if (!take(blank)) continue;
            const bool between =
                !plain_.empty() && is_digit(plain_.back()) && !rest_.empty() && is_digit(rest_.front());
            plain_ += between ? '_' : ' ';
            return true;
        }
        return false;
    }

    bool superscript() {
        std::string power;
        for (bool more = true; more;) {
            more = false;
            for (std::size_t digit = 0; digit < superscripts.size(); ++digit) {
                if (!take(superscripts[digit])) continue;
                power += digit < 10 ? static_cast<char>('0' + digit) : '-';
                more = true;
            }
        }
        if (!power.empty()) plain_ += '^' + power;
        return !power.empty();
    }

    /// \frac{a}{b}, \frac12, \frac{a}2. Braces that are not closed are no argument.
    std::optional<std::string_view> argument(std::string_view& text) const {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) return std::nullopt;
        if (text.front() != '{') return std::exchange(text, text.substr(1)).substr(0, 1);
        const std::size_t close = maths::closing_brace(text, 0);
        if (close == std::string_view::npos) return std::nullopt;
        return std::exchange(text, text.substr(close + 1)).substr(1, close - 1);
    }

    std::string part(std::string_view text, bool sign_allowed) const {
        std::string plain(base::trimmed(PlainText(text, depth_ + 1).write()));
        const std::string_view unsigned_part = std::string_view(plain).substr(sign_allowed && plain.starts_with('-'));
        const bool simple =
            std::ranges::all_of(unsigned_part, [](char c) { return is_digit(c) || is_letter(c) || c == '.'; });
        return simple ? plain : '(' + plain + ')';
    }

    bool fraction() {
        const auto* name = std::ranges::find_if(fraction_names, [this](auto one) { return rest_.starts_with(one); });
        if (name == fraction_names.end() || depth_ >= deepest_fraction) return false;
        std::string_view behind = rest_.substr(name->size());
        const auto top = argument(behind);
        const auto bottom = top ? argument(behind) : std::nullopt;
        if (!bottom) return false;
        if (!plain_.empty() && is_digit(plain_.back())) plain_ += ' ';  // 1\frac{3}{4}
        plain_ += part(*top, true) + '/' + part(*bottom, false);
        rest_ = behind;
        return true;
    }

    std::string_view rest_;
    std::string plain_;
    int depth_;
};

}  // namespace

std::string plain_maths(std::string_view text) {
    return PlainText(text, 0).write();
}

}  // namespace ergon::tasks
