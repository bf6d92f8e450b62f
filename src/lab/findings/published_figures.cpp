#include "lab/findings/published_figures.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "base/strings/format_number.h"
#include "base/strings/wrapped.h"

namespace ergon::lab {
namespace {

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

std::string published_line(const energy::AlikeFigure& alike) {
    const energy::PublishedFigure& one = alike.figure;
    std::string where = one.hardware.empty() ? "hardware not said" : one.hardware;
    where += one.batch ? fmt::format(", batch {}", *one.batch) : "";
    where += fmt::format(", {}", energy::words(one.covers));
    return base::wrapped(fmt::format("- {} ({}; {}): {} J per token.{} Source: {}.", one.model, one.task, where,
                                     base::significant(one.per_token->value()),
                                     alike.differs.empty() ? "" : fmt::format(" It differs in: {}.", alike.differs),
                                     energy::cited(one.source)));
}

}  // namespace

std::vector<energy::AlikeFigure> published_alike(const Comparison& comparison, const energy::References& references) {
    energy::Likeness wanted;  // one answer at a time, at the wall
    for (const ContenderSummary& one : comparison.contenders) {
        if (one.reasons) wanted.kind = energy::AnswerKind::reasoning;
        const bool known = one.joules_per_token && one.joules_per_token->value > base::Joules(0);
        if (known) wanted.per_token = std::max(wanted.per_token.value_or(base::Joules(0)), one.joules_per_token->value);
    }
    return wanted.per_token ? nearest_in_kind(wanted, references) : std::vector<energy::AlikeFigure>{};
}

std::vector<energy::Remark> remarks(const Comparison& comparison, const energy::References& references) {
    std::vector<energy::Remark> found;
    for (const ContenderSummary& one : comparison.contenders) {
        for (const std::string& name : {one.label, one.details.served_model}) {
            for (energy::Remark& remark : remarks_about(name, references)) {
                if (std::ranges::find(found, remark.id, &energy::Remark::id) == found.end()) {
                    found.push_back(std::move(remark));
                }
            }
        }
    }
    return found;
}

std::string published_figures_text(const Comparison& comparison, const energy::References& references) {
    std::string text = everyday_line(comparison, references);
    if (text.empty()) return text;
    const std::vector<energy::AlikeFigure> figures = published_alike(comparison, references);
    if (figures.empty()) return text;
    text += "Published figures nearest in kind of task, coverage and batch size:\n";
    for (const energy::AlikeFigure& one : figures) text += published_line(one);
    for (const energy::Remark& one : remarks(comparison, references)) {
        text += base::wrapped(fmt::format("{} Source: {}.", one.text, energy::cited(one.source)));
    }
    return text;
}

}  // namespace ergon::lab
