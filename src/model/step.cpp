#include "model/step.h"

#include <numeric>

namespace ergon::model {

void Step::assign(std::span<const StepSlice> pieces) {
    expanded.clear();
    absorbed.clear();
    ids.clear();
    positions.clear();
    caches.clear();
    rows_wanted.clear();
    readers.clear();
    std::vector<std::int64_t> first_row(pieces.size());
    for (const bool form : {false, true}) {
        for (std::size_t p = 0; p < pieces.size(); ++p) {
            const StepSlice& piece = pieces[p];
            if (piece.absorbed != form) continue;
            const Sequence sequence{piece.cache, tokens(), std::ssize(piece.tokens), piece.cache->length(), piece.item};
            first_row[p] = sequence.first;
            (form ? absorbed : expanded).push_back(sequence);
            ids.insert(ids.end(), piece.tokens.begin(), piece.tokens.end());
            for (std::int64_t t = 0; t < sequence.tokens; ++t) positions.push_back(sequence.past + t);
            caches.insert(caches.end(), piece.tokens.size(), piece.cache);
        }
    }
    row_of.clear();
    for (std::size_t p = 0; p < pieces.size(); ++p) {
        const std::int64_t count = std::ssize(pieces[p].tokens);
        for (std::int64_t t = 0; t < count; ++t) {
            const auto row = static_cast<std::int32_t>(first_row[p] + t);
            row_of.push_back(row);
            if (t >= count - pieces[p].logits) rows_wanted.push_back(row);
        }
        if (pieces[p].logits > 0) readers.push_back({pieces[p].item, pieces[p].logits});
    }
}

}  // namespace ergon::model
