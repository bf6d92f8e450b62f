#include "report/markup/characters.h"

#include <algorithm>

#include "base/strings/characters.h"

namespace ergon::report {
namespace {

double width(char32_t c) {
    if (c >= 0x1100) return c >= 0x2000 && c < 0x2E80 ? 0.65 : 1.0;
    if (std::u32string_view(U"ijlI|!.,:;'`").find(c) != std::u32string_view::npos) return 0.33;
    if (std::u32string_view(U" ()[]{}frt/\\-\"").find(c) != std::u32string_view::npos) return 0.42;
    if (std::u32string_view(U"mwMW%@").find(c) != std::u32string_view::npos) return 0.96;
    return c >= 'A' && c <= 'Z' ? 0.71 : 0.62;
}

}  // namespace

Beginning beginning_of(std::string_view utf8, std::size_t most) {
    const std::u32string all = base::characters(utf8);
    Beginning beginning;
    for (const char32_t c : std::u32string_view(all).substr(0, most)) base::append_utf8(beginning.text, c);
    beginning.left_out = all.size() - std::min(most, all.size());
    return beginning;
}

double width_in_ems(std::string_view utf8) {
    double sum = 0;
    for (const char32_t c : base::characters(utf8)) sum += width(c);
    return sum;
}

std::string shortened(std::string_view utf8, double ems) {
    const bool fits = width_in_ems(utf8) <= ems;
    std::string kept;
    double sum = fits ? 0 : 1;  // room for the ellipsis
    for (const char32_t c : base::characters(utf8)) {
        sum += width(c);
        if (!fits && sum > ems) break;
        base::append_utf8(kept, c);
    }
    return fits ? kept : kept + "…";
}

}  // namespace ergon::report
