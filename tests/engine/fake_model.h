#pragma once
// A model without weights for tests of the engine: its logits are a hash of every token and role before them.

#include <algorithm>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "model/language_model.h"

namespace ergon::engine::testing {

class FakeModel : public model::LanguageModel {
  public:
    explicit FakeModel(std::int64_t vocabulary = 50, std::int64_t context = 1000)
        : vocabulary_(vocabulary), context_(context) {}

    std::int64_t vocabulary() const override { return vocabulary_; }
    std::int64_t context_length() const override { return context_; }
    base::Bytes cache_bytes_per_token(model::CacheType type) const override {
        return base::Bytes(type == model::CacheType::f16 ? 2 : 4);
    }
    const std::vector<std::string>& component_names() const override { return names_; }
    std::unique_ptr<model::Cache> make_cache(std::int64_t capacity, model::CacheType) const override {
        return std::make_unique<FakeCache>(capacity);
    }

    void forward(std::span<const model::StepItem> step, std::vector<float>& logits, energy::WorkAccount& account,
                 model::HiddenStates* = nullptr) override {
        std::int64_t tokens = 0;
        logits.clear();
        for (const model::StepItem& item : step) {
            auto& cache = dynamic_cast<FakeCache&>(*item.cache);
            const auto count = static_cast<std::int64_t>(item.tokens.size());
            if (count > cache.capacity() - cache.length()) base::fail(base::ErrorCode::out_of_budget, "full");
            for (std::int64_t i = 0; i < count; ++i) {
                cache.push(item.tokens[static_cast<std::size_t>(i)], item.role);
                if (i < count - item.logits) continue;
                for (std::int64_t id = 0; id < vocabulary_; ++id) {
                    logits.push_back(
                        static_cast<float>(base::random_uniform(cache.hash(), 7, static_cast<std::uint64_t>(id)) * 8));
                }
            }
            tokens += count;
        }
        step_tokens.push_back(tokens);
        step_items.push_back(step.size());
        energy::Work work;
        work.sequences = static_cast<std::int32_t>(step.size());
        account.add(work);
    }

    std::vector<std::int64_t> step_tokens;  // of each step so far
    std::vector<std::size_t> step_items;

  private:
    struct FakeCache : model::Cache {
        explicit FakeCache(std::int64_t capacity) : Cache(capacity) {}
        void push(model::TokenId id, model::Role role) {
            hashes.resize(static_cast<std::size_t>(length_));
            hashes.push_back(
                base::random_bits(hash(), static_cast<std::uint64_t>(id), static_cast<std::uint64_t>(role)));
            ++length_;
        }
        std::uint64_t hash() const { return hashes.empty() ? 1 : hashes.back(); }
        std::vector<std::uint64_t> hashes;  // of the tokens up to each position
    };

    std::int64_t vocabulary_, context_;
    std::vector<std::string> names_{"fake"};
};

}  // namespace ergon::engine::testing
