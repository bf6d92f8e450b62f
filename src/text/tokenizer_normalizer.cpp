#include "text/tokenizer_normalizer.h"

#include <optional>

#include "text/unicode.h"

namespace ergon::text {
namespace {

// Each step gives the changed text, or nothing if it does not change.
struct Apply {
    std::string_view text;
    bool first;

    std::optional<std::string> operator()(const Normalizer::Nfc&) const {
        if (is_plainly_nfc(text)) return std::nullopt;
        return to_nfc(text);
    }
    std::optional<std::string> operator()(const Normalizer::Prepend& step) const {
        if (text.empty() || (step.first_only && !first)) return std::nullopt;
        if (step.unless_there && text.starts_with(step.what)) return std::nullopt;
        return step.what + std::string(text);
    }
    std::optional<std::string> operator()(const Normalizer::Replace& step) const {
        std::string changed;
        std::size_t taken = 0;
        for (std::size_t i = text.find(step.from); i != std::string_view::npos; i = text.find(step.from, taken)) {
            changed.append(text, taken, i - taken).append(step.to);
            taken = i + step.from.size();
        }
        if (taken == 0) return std::nullopt;
        return changed.append(text, taken);
    }
    std::optional<std::string> operator()(const Normalizer::ReplaceMatches& step) const {
        std::string changed;
        std::size_t taken = 0;
        Regex::Searcher searcher(*step.from);
        searcher.start(text);
        bool any = false;
        while (const auto match = searcher.next()) {
            changed.append(text, taken, match->begin - taken).append(step.to);
            taken = match->end;
            any = true;
        }
        if (!any) return std::nullopt;
        return changed.append(text, taken);
    }
};

}  // namespace

void Normalizer::add(Step step) {
    steps_.push_back(std::move(step));
}

std::string_view Normalizer::apply(std::string_view text, bool first, std::string& buffer) const {
    for (const Step& step : steps_) {
        if (auto changed = std::visit(Apply{text, first}, step)) {
            buffer = std::move(*changed);
            text = buffer;
        }
    }
    return text;
}

}  // namespace ergon::text
