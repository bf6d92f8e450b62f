#include "cli/options/model_purpose.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/strings/characters.h"
#include "base/strings/text.h"
#include "formats/gguf.h"

namespace ergon::cli {
namespace {

/// The first sentence that stands in no title.
std::string_view first_sentence(std::string_view card) {
    while (!card.empty()) {
        const std::size_t end = std::min(card.find('\n'), card.size());
        const std::string_view line = base::trimmed(card.substr(0, end));
        if (!line.empty() && !line.starts_with('#'))
            return line.substr(0, std::min(line.find(". "), line.size() - 1) + 1);
        card.remove_prefix(std::min(end + 1, card.size()));
    }
    return {};
}

}  // namespace

std::string model_purpose(const std::filesystem::path& model) {
    constexpr std::size_t longest = 300;  // more is no sentence (assumed)
    if (!base::is_plain_file(model)) return {};
    try {
        const auto file = formats::Gguf::open(model, formats::Truncated::metadata_only);
        const std::string description = file.text("general.description", "");
        if (!description.empty()) return base::one_line(description, longest);
        constexpr std::size_t longest_card = std::size_t{1} << 20;
        const auto card = base::read_optional_text(std::filesystem::path(model).replace_extension(".md"), longest_card);
        return card ? base::one_line(first_sentence(*card), longest) : std::string();
    } catch (const base::Error&) {  // who opens the model for its own sake says what is wrong with it
        return {};
    }
}

}  // namespace ergon::cli
