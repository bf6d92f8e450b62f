#include "lab/context.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <vector>

#include "base/format_number.h"
#include "base/wrapped.h"

namespace ergon::lab {
namespace {

constexpr std::size_t most_published = 4;

std::string everyday_line(const Comparison& comparison, const energy::References& references) {
    const ContenderSummary* dearest = nullptr;
    for (const ContenderSummary& one : comparison.contenders) {
        if (!one.joules_per_answer) continue;
        if (dearest == nullptr || one.joules_per_answer->value > dearest->joules_per_answer->value) dearest = &one;
    }
    if (dearest == nullptr) return {};
    const base::Joules amount = dearest->joules_per_answer->value;
    const std::vector<energy::Reference> near = comparable(amount, references);
    if (near.empty()) return {};
    return base::wrapped(fmt::format("An answer of {} takes {}. Source: {}.", dearest->label,
                               energy::comparison(amount, near.front()), energy::cited(near.front().source)));
}

/// Published figures by how near their joules per token are to the contenders'.
std::vector<energy::PublishedFigure> nearest(const Comparison& comparison, const energy::References& references) {
    std::vector<energy::PublishedFigure> figures;
    std::ranges::copy_if(references.published, std::back_inserter(figures),
                         [](const energy::PublishedFigure& one) { return one.per_token.has_value(); });
    const auto distance = [&](const energy::PublishedFigure& one) {
        double least = INFINITY;
        for (const ContenderSummary& contender : comparison.contenders) {
            if (!contender.joules_per_token || !(contender.joules_per_token->value > base::Joules(0))) continue;
            least = std::min(least, std::abs(std::log(*one.per_token / contender.joules_per_token->value)));
        }
        return least;
    };
    std::ranges::stable_sort(figures, {}, distance);
    if (figures.size() > most_published) figures.resize(most_published);
    return figures;
}

std::string published_line(const energy::PublishedFigure& one) {
    std::string where = one.hardware.empty() ? "hardware not said" : one.hardware;
    if (one.batch) where += fmt::format(", batch {}", *one.batch);
    return base::wrapped(fmt::format("- {} ({}; {}): {} J per token. Source: {}.", one.model, one.task, where,
                                     base::significant(one.per_token->value()), energy::cited(one.source)));
}

}  // namespace

std::string context_text(const Comparison& comparison, const energy::References& references) {
    std::string text = everyday_line(comparison, references);
    if (text.empty()) return text;
    const std::vector<energy::PublishedFigure> figures = nearest(comparison, references);
    if (figures.empty()) return text;
    text += "Published of other models, on other hardware, which measure other parts of a machine:\n";
    for (const energy::PublishedFigure& one : figures) text += published_line(one);
    return text;
}

}  // namespace ergon::lab
