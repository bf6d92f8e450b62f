#include "engine/perplexity.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "engine/fake_model.h"

namespace ergon::engine {
namespace {

using testing::FakeModel;

std::vector<model::TokenId> some_text(std::int64_t length) {
    base::RandomSequence random(9);
    std::vector<model::TokenId> ids;
    for (std::int64_t i = 0; i < length; ++i) ids.push_back(static_cast<model::TokenId>(random.below(50)));
    return ids;
}

/// The definition, in the plainest code: each window in one piece, all logits.
Perplexity plainly(const std::vector<model::TokenId>& text, std::int64_t window) {
    FakeModel model;
    double loss = 0;
    Perplexity result;
    for (std::int64_t begin = 0; begin + window <= static_cast<std::int64_t>(text.size()); begin += window) {
        const auto cache = model.make_cache(window, model::CacheType::f32);
        const std::span ids =
            std::span(text).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(window));
        const model::StepItem item{cache.get(), ids, model::Role::prompt, window};
        std::vector<float> logits;
        energy::WorkAccount account;
        model.forward(std::span(&item, 1), logits, account);
        for (std::int64_t position = window / 2; position < window; ++position) {
            const float* row = logits.data() + (position - 1) * 50;
            double sum = 0;
            for (int i = 0; i < 50; ++i) sum += std::exp(static_cast<double>(row[i]));
            loss += std::log(sum) - static_cast<double>(row[ids[static_cast<std::size_t>(position)]]);
            ++result.tokens;
        }
        ++result.windows;
    }
    result.value = std::exp(loss / static_cast<double>(result.tokens));
    return result;
}

TEST(Perplexity, IsThatOfTheSecondHalvesOfWholeWindows) {
    base::ThreadPool pool(2);
    const auto text = some_text(700);
    for (const std::int64_t window : {2, 3, 5, 64, 201, 300, 512}) {
        FakeModel model;
        const Perplexity found = perplexity(model, pool, text, window, model::CacheType::f16);
        const Perplexity expected = plainly(text, window);
        EXPECT_EQ(found.tokens, expected.tokens) << window;
        EXPECT_EQ(found.windows, 700 / window);
        // Both sum at most 350 terms of about 5 in double: differences stay near 1e-13.
        EXPECT_NEAR(std::log(found.value), std::log(expected.value), 1e-9) << window;
    }
}

TEST(Perplexity, TellsHowFarItIs) {
    base::ThreadPool pool(1);
    FakeModel model;
    std::vector<std::int64_t> seen;
    perplexity(model, pool, some_text(100), 30, model::CacheType::f16, [&](const Perplexity& so_far, std::int64_t all) {
        EXPECT_EQ(all, 3);
        EXPECT_TRUE(std::isfinite(so_far.value));
        seen.push_back(so_far.windows);
    });
    EXPECT_THAT(seen, ::testing::ElementsAre(1, 2, 3));
}

TEST(Perplexity, WindowsThatCannotBeAreRefused) {
    base::ThreadPool pool(1);
    FakeModel model;
    const auto text = some_text(100);
    const auto refused = [&](std::int64_t window, const std::string& sentence) {
        SCOPED_TRACE(window);
        test::expect_error(base::ErrorCode::bad_argument, sentence,
                           [&] { perplexity(model, pool, text, window, model::CacheType::f16); });
    };
    for (const std::int64_t window : {-1, 0, 1, 5000}) {
        refused(window, "A window of " + std::to_string(window) + " tokens was requested; expected 2 to " +
                            std::to_string(model.context_length()) + " for this model.");
    }
    refused(101, "The text has 100 tokens, fewer than one window of 101; use a longer text or a smaller --window.");
}

}  // namespace
}  // namespace ergon::engine
