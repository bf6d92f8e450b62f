#include "energy/estimate/likeness.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <tuple>

namespace ergon::energy {
namespace {

constexpr std::size_t max_alike = 2;
// Farther than any batch that is said: 2^64 times.
constexpr double unknown_batch = 64;

double batch_distance(const PublishedFigure& figure, std::int64_t wanted) {
    if (!figure.batch) return unknown_batch;
    return std::abs(std::log2(static_cast<double>(*figure.batch) / static_cast<double>(wanted)));
}

double energy_distance(const PublishedFigure& figure, const std::optional<base::Joules>& wanted) {
    if (!wanted || !(*wanted > base::Joules(0))) return 0;
    return std::abs(std::log(*figure.per_token / *wanted));
}

std::string differences(const PublishedFigure& figure, const Likeness& wanted) {
    std::string text;
    if (figure.batch != wanted.batch) {
        text = figure.batch ? fmt::format("batch {}, not {}", *figure.batch, wanted.batch) : "batch unknown";
    }
    if (figure.covers != wanted.covers) text += (text.empty() ? "" : "; ") + std::string(words(figure.covers));
    return text;
}

}  // namespace

std::vector<AlikeFigure> nearest_in_kind(const Likeness& wanted, const References& references) {
    std::vector<PublishedFigure> alike;
    std::ranges::copy_if(references.published, std::back_inserter(alike), [&](const PublishedFigure& one) {
        return one.kind == wanted.kind && one.per_token.has_value();
    });
    std::ranges::stable_sort(alike, {}, [&](const PublishedFigure& one) {
        return std::tuple(one.covers != wanted.covers, batch_distance(one, wanted.batch),
                          energy_distance(one, wanted.per_token));
    });
    if (alike.size() > max_alike) alike.resize(max_alike);
    std::vector<AlikeFigure> found;
    for (PublishedFigure& one : alike) {
        const std::string differs = differences(one, wanted);
        found.push_back({std::move(one), differs});
    }
    return found;
}

}  // namespace ergon::energy
