#include "text/tokenizer/normalizer.h"

#include <optional>

#include "base/error.h"
#include "text/unicode.h"

namespace ergon::text {
namespace {

// What a normaliser may make of a text. Assumed: published ones make at most three bytes of one (a space is written ▁,
// NFC triples some letters), of at most a handful of steps.
constexpr std::size_t max_growth = 16;
constexpr std::size_t max_more = 64;  // bytes, of what is put in front of a short text
constexpr std::size_t max_steps = 64;

// Each step gives the changed text, or nothing if it does not change.
struct Apply {
    std::string_view text;
    bool first;
    std::size_t limit;  // bytes that may come of it

    std::optional<std::string> operator()(const Normalizer::Nfc&) const {
        if (is_plainly_nfc(text)) return std::nullopt;
        return to_nfc(text);
    }
    std::optional<std::string> operator()(const Normalizer::Prepend& step) const {
        if (text.empty() || (step.first_only && !first)) return std::nullopt;
        if (step.unless_there && text.starts_with(step.what)) return std::nullopt;
        std::string changed;
        append(changed, step.what);
        append(changed, text);
        return changed;
    }
    std::optional<std::string> operator()(const Normalizer::Replace& step) const {
        std::string changed;
        std::size_t taken = 0;
        for (std::size_t i = text.find(step.from); i != std::string_view::npos; i = text.find(step.from, taken)) {
            append(changed, text.substr(taken, i - taken));
            append(changed, step.to);
            taken = i + step.from.size();
        }
        if (taken == 0) return std::nullopt;
        append(changed, text.substr(taken));
        return changed;
    }
    std::optional<std::string> operator()(const Normalizer::ReplaceMatches& step) const {
        std::string changed;
        std::size_t taken = 0;
        Regex::Searcher searcher(*step.from, text.size());
        searcher.start(text);
        bool any = false;
        while (const auto match = searcher.next()) {
            append(changed, text.substr(taken, match->begin - taken));
            append(changed, step.to);
            taken = match->end;
            any = true;
        }
        if (!any) return std::nullopt;
        append(changed, text.substr(taken));
        return changed;
    }

    void append(std::string& changed, std::string_view more) const {
        if (changed.size() + more.size() > limit) {
            base::fail(base::ErrorCode::bad_file,
                       "the tokenizer's normalizer makes more than {} bytes of each byte of a text, more than any "
                       "published one; its file is damaged",
                       max_growth);
        }
        changed += more;
    }
};

}  // namespace

void Normalizer::add(Step step) {
    if (steps_.size() == max_steps) {
        base::fail(
            base::ErrorCode::bad_file,
            "the tokenizer's normalizer has more than {} steps, more than any published one; its file is damaged",
            max_steps);
    }
    steps_.push_back(std::move(step));
}

std::string_view Normalizer::apply(std::string_view text, bool first, std::string& buffer) const {
    const std::size_t limit = max_growth * text.size() + max_more;
    for (const Step& step : steps_) {
        if (auto changed = std::visit(Apply{text, first, limit}, step)) {
            buffer = std::move(*changed);
            text = buffer;
        }
    }
    return text;
}

}  // namespace ergon::text
