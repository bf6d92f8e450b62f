#pragma once
// One step as the layers see it: the tokens of all sequences as rows of one matrix.

#include <cstdint>
#include <span>
#include <vector>

#include "energy/ledger/work_account.h"
#include "model/attention/kv_cache.h"
#include "model/language_model.h"

namespace ergon::model {

/// Neighbouring rows of a step that belong to one sequence.
struct Sequence {
    KvCache* cache = nullptr;
    std::int64_t first = 0;  // row of its first token
    std::int64_t tokens = 0;
    std::int64_t past = 0;  // position of its first token
    std::int32_t item = 0;  // which of forward's items it is part of
    std::int64_t end() const { return past + tokens; }
    /// Keys that its tokens attend to, summed: token t sees past + t + 1.
    std::int64_t keys_attended() const { return tokens * past + tokens * (tokens + 1) / 2; }
};

/// Tokens of one item that fit into one step.
struct StepSlice {
    KvCache* cache = nullptr;
    std::span<const TokenId> tokens;
    bool absorbed = false;    // latent attention takes the absorbed form
    std::int64_t logits = 0;  // so many of the last tokens want logits
    std::int32_t item = 0;    // which of forward's items it is part of
};

/// Row t stands for token ids[t] at positions[t] of the sequence whose cache is caches[t]. Rows whose latent attention
/// takes the expanded form come first.
struct Step {
    std::vector<Sequence> expanded, absorbed;
    std::vector<TokenId> ids;
    std::vector<std::int64_t> positions;
    std::vector<KvCache*> caches;           // of the sequence that each row belongs to
    std::vector<std::int32_t> row_of;       // the row of each token, counted as the pieces stand
    std::vector<std::int32_t> rows_wanted;  // rows that want logits, in the order of the pieces
    std::vector<energy::User> readers;      // of the logits: each item that wants any, and how many

    std::int64_t tokens() const { return std::ssize(ids); }
    std::int64_t expanded_tokens() const { return absorbed.empty() ? tokens() : absorbed.front().first; }
    std::int32_t sequences() const { return static_cast<std::int32_t>(expanded.size() + absorbed.size()); }
    template <typename Body>
    void for_each_sequence(const Body& body) const {
        for (const Sequence& s : expanded) body(s);
        for (const Sequence& s : absorbed) body(s);
    }

    /// Replaces what the step held before.
    void assign(std::span<const StepSlice> pieces);
};

}  // namespace ergon::model
