#pragma once
// Which published figures may stand beside a comparison: the nearest in kind, and what still differs.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "energy/cost/references.h"

namespace ergon::energy {

/// What a published figure would have to be like: what was asked, how many at once, of what the joules are.
struct Likeness {
    AnswerKind kind = AnswerKind::chat;
    std::int64_t batch = 1;
    Covers covers = Covers::wall;
    std::optional<base::Joules> per_token;  // of several alike, the one nearest to this
};

struct AlikeFigure {
    PublishedFigure figure;
    std::string differs;  // "batch 8, not 1; accelerators alone"; empty if nothing that is known does
};

/// The two figures in joules per token that are nearest in kind of task, then in what they cover, then in batch (an
/// unknown batch is far from any). One of another kind of task is left out: its joules answer another question.
std::vector<AlikeFigure> nearest_in_kind(const Likeness& wanted, const References& references);

}  // namespace ergon::energy
