#pragma once
// What others have published, beside a comparison's own figures.

#include <string>
#include <vector>

#include "energy/cost/references.h"
#include "energy/estimate/likeness.h"
#include "lab/comparison.h"

namespace ergon::lab {

/// The published figures nearest in kind to the comparison: thought or chat, one answer at a time, at the wall.
std::vector<energy::AlikeFigure> published_alike(const Comparison& comparison, const energy::References& references);

/// What to know of published figures that are of the models compared here; each once.
std::vector<energy::Remark> remarks(const Comparison& comparison, const energy::References& references);

/// An everyday thing that takes about as much as an answer of the dearest contender, and the published figures nearest
/// in kind, each with its source and what it is unlike in. Empty if there is nothing to compare.
std::string published_figures_text(const Comparison& comparison, const energy::References& references);

}  // namespace ergon::lab
