#include "engine/generation/forbidden_texts.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/random.h"
#include "base/sanitized.h"
#include "engine/generation/generation.h"
#include "engine/scripted.h"

namespace ergon::engine {
namespace {

using testing::scripted;

/// A model without a thought in its head: it mostly draws short pieces of "no, back".
class Babbler {
  public:
    explicit Babbler(const text::Tokenizer& words) : words_(words), usual_(static_cast<std::size_t>(words.size())) {
        for (TokenId id = 0; id < words.size(); ++id) {
            const std::string_view bytes = words.bytes(id);
            const bool piece =
                !words.is_control(id) && bytes.size() <= 4 && std::string_view("no, back").find(bytes) != bytes.npos;
            usual_[static_cast<std::size_t>(id)] = piece ? 8.0f : words.ends_generation(id) ? -20.0f : 0.0f;
        }
    }

    /// 300 tokens.
    std::string babble(std::vector<std::string> forbidden, std::uint64_t seed) const {
        GenerationOptions options;
        options.sampling = {.temperature = 1, .seed = seed};
        options.max_tokens = 300;
        options.forbidden = std::move(forbidden);
        Generation generation(&words_, words_.encode("x"), options, {});
        base::RandomSequence random(seed);
        energy::WorkAccount account;
        std::vector<float> logits(usual_.size());
        do {
            for (std::size_t i = 0; i < logits.size(); ++i) {
                logits[i] = usual_[i] + static_cast<float>(random.below(100)) / 100;
            }
        } while (generation.advance(logits, account, 0));
        return generation.answer().thinking + generation.answer().text;
    }

  private:
    const text::Tokenizer& words_;
    std::vector<float> usual_;
};

TEST(ForbiddenTexts, AreNeverSaidHoweverTheyAreSpelt) {
    const Babbler model(scripted("scripted-plain").chat.tokenizer());
    constexpr std::uint64_t seeds = test::sanitized ? 4 : 20;
    std::uint64_t said = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const std::string free = model.babble({}, seed), bound = model.babble({"no", "back"}, seed);
        said += free.find("no") != free.npos || free.find("back") != free.npos ? 1 : 0;
        EXPECT_EQ(bound.find("no"), bound.npos) << bound;
        EXPECT_EQ(bound.find("back"), bound.npos) << bound;
        EXPECT_GT(bound.size(), 300u);
    }
    EXPECT_EQ(said, seeds);
}

TEST(ForbiddenTexts, StrikeOnlyWhatWouldCompleteOne) {
    const text::Tokenizer& words = scripted("scripted-plain").chat.tokenizer();
    const TokenId n = words.encode("n").at(0), o = words.encode("o").at(0);
    ForbiddenTexts forbidden({"no"});
    std::vector<float> logits(static_cast<std::size_t>(words.size()), 1.0f);
    forbidden.strike(logits, words);
    EXPECT_EQ(logits[static_cast<std::size_t>(n)], 1.0f);
    EXPECT_EQ(logits[static_cast<std::size_t>(o)], 1.0f);
    forbidden.push(n, words);
    forbidden.strike(logits, words);
    EXPECT_TRUE(std::isinf(logits[static_cast<std::size_t>(o)]));
    EXPECT_EQ(logits[static_cast<std::size_t>(n)], 1.0f);
    for (TokenId id = 0; id < words.size(); ++id) {
        if (!words.is_control(id)) continue;
        EXPECT_EQ(logits[static_cast<std::size_t>(id)], 1.0f) << id;
    }
}

TEST(ForbiddenTexts, NothingChangesWithoutThem) {
    const Babbler model(scripted("scripted-plain").chat.tokenizer());
    EXPECT_EQ(model.babble({}, 7), model.babble({"a text that never comes"}, 7));
}

TEST(ForbiddenTexts, AnEmptyOneIsRefused) {
    test::expect_error(base::ErrorCode::bad_argument, "A forbidden text is empty", [&] { ForbiddenTexts({"no", ""}); });
}

}  // namespace
}  // namespace ergon::engine
