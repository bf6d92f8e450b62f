#pragma once
// The caches of a model that answers many: each remembers what it holds, so that a prompt that begins alike is not read
// again.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/loaded_model.h"
#include "engine/session.h"

namespace ergon::engine {

/// What a served model may take.
struct PrefixCacheOptions {
    std::int64_t count = 4;  // answers that can run at a time
    ContextOptions context;  // of each
    /// Also what was generated is taken for the beginning of a prompt. Latent attention computes that in another form
    /// than a prompt unless it is strict, so that its bits would depend on what ran before (contract 1 of
    /// docs/architecture.md).
    bool reuse_generated = true;
};

class PrefixCaches {
  public:
    /// Takes the memory of all. Throws as Session does, with all contexts counted.
    PrefixCaches(const LoadedModel& model, const PrefixCacheOptions& options);

    std::int64_t context() const { return context_; }
    base::Bytes bytes() const { return bytes_; }
    std::size_t size() const { return places_.size(); }
    std::size_t free() const;

    /// A cache that holds the longest beginning of a prompt that any free one has, cut back to it; at most all but the
    /// last token. Among equals the one that was unused for longest. Null if all are in use.
    model::Cache* take(std::span<const TokenId> prompt);
    /// The answer is over: what the cache now holds begins with these tokens, the first `prompt` of which were read.
    void give_back(model::Cache* cache, std::span<const TokenId> tokens, std::int64_t prompt);
    /// What it holds is of no use.
    void discard(model::Cache* cache);

  private:
    struct Place {
        std::unique_ptr<model::Cache> cache;
        std::vector<TokenId> tokens;  // that it holds
        std::uint64_t used = 0;       // when it was last given back
        bool taken = false;
    };
    Place& place_of(const model::Cache* cache);

    std::vector<Place> places_;
    std::int64_t context_;
    base::Bytes bytes_;
    bool reuse_generated_;
    std::uint64_t clock_ = 0;
};

}  // namespace ergon::engine
