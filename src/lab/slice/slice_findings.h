#pragma once
// What the live slice shows: joules per token of its three layers, ratios with intervals, and one sentence.

#include <array>
#include <string>
#include <vector>

#include "lab/slice/layer_slice.h"
#include "lab/statistics/confidence_interval.h"
#include "report/page.h"

namespace ergon::lab {

/// The sparse layer over a dense one: joules per token, at each batch and how that changes.
struct SliceRatio {
    std::array<ConfidenceInterval, slice_batches.size()> at{};
    ConfidenceInterval change;  // the ratio at the largest batch over that at the smallest
};

struct SliceFindings {
    std::array<std::array<energy::Figure, slice_batches.size()>, slice_shapes> joules_per_token{};
    std::array<std::array<double, slice_batches.size()>, slice_shapes>
        tokens_per_second{};  // of all sequences together
    SliceRatio over_total, over_active;
};

/// Ratios are geometric means over the rounds. Their intervals are Student's over the rounds, in which everything that
/// drifts is shared. Where joules are estimated (processor time times watts) each layer at each batch has watts of its
/// own, with the machine's kind_of_work_sd (docs/energy.md).
SliceFindings slice_findings(const LayerSlice& slice);

/// What may be said of it, in two or three sentences: each holds within its interval.
std::string slice_sentence(const SliceFindings& findings);

/// A table of at most 100 columns.
std::string slice_table(const LayerSlice& slice);
/// With the sentence.
std::string slice_text(const LayerSlice& slice);
std::vector<report::Block> slice_blocks(const LayerSlice& slice);
/// Findings and every round.
nlohmann::ordered_json slice_json(const LayerSlice& slice);

}  // namespace ergon::lab
