#pragma once
// The tokens of one step of training.

#include <cstdint>
#include <vector>

#include "model/language_model.h"

namespace ergon::train {

using model::TokenId;

/// Neighbouring rows that see each other, and no others: one document.
struct Document {
    std::int64_t first = 0;
    std::int64_t tokens = 0;
};

/// Documents packed one after the other, without padding. Row t is token ids[t] at position t - first of its document.
struct Batch {
    std::vector<TokenId> ids;
    std::vector<Document> documents;

    std::int64_t tokens() const { return std::ssize(ids); }
    /// Appends a document of at least one token.
    void add(const std::vector<TokenId>& document) {
        documents.push_back({tokens(), std::ssize(document)});
        ids.insert(ids.end(), document.begin(), document.end());
    }
};

}  // namespace ergon::train
