#include "engine/generation/sampler.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/random.h"

namespace ergon::engine {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

TokenId choose(const SamplerSettings& settings, std::vector<float> logits, std::vector<TokenId> history = {}) {
    return Sampler(settings).choose(logits, history);
}

/// How often each token is chosen at positions 0 .. draws-1.
std::vector<std::int64_t> counts(const SamplerSettings& settings, const std::vector<float>& logits,
                                 std::int64_t draws) {
    Sampler sampler(settings);
    std::vector<std::int64_t> seen(logits.size());
    std::vector<TokenId> history;
    for (std::int64_t i = 0; i < draws; ++i) {
        std::vector<float> copy = logits;
        ++seen[static_cast<std::size_t>(sampler.choose(copy, history))];
        history.push_back(0);
    }
    return seen;
}

std::set<TokenId> ever_chosen(const SamplerSettings& settings, const std::vector<float>& logits) {
    std::set<TokenId> ids;
    const auto seen = counts(settings, logits, 4000);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen[i] > 0) ids.insert(static_cast<TokenId>(i));
    }
    return ids;
}

TEST(Sampler, GreedyTakesTheLikeliestAndTheLowestIdOnTies) {
    EXPECT_EQ(choose({}, {1, 3, 2, 3}), 1);
    EXPECT_EQ(choose({}, {-5, -5, -5}), 0);
    EXPECT_EQ(choose({}, {-inf, -2, std::nanf("")}), 1);
}

TEST(Sampler, NoFiniteLogitIsAnError) {
    test::expect_error(base::ErrorCode::bad_file, "no finite logit", [&] { choose({}, {-inf, -inf}); });
    test::expect_error(base::ErrorCode::bad_file, "no finite logit", [&] { choose({}, {0, inf}); });
    const float nan = std::nanf("");
    test::expect_error(base::ErrorCode::bad_file, "no finite logit", [&] { choose({}, {nan, nan}); });
    test::expect_error(base::ErrorCode::bad_file, "no finite logit", [&] { choose({.temperature = 1}, {nan, nan}); });
}

TEST(Sampler, SettingsOutOfRangeAreNamed) {
    const auto message = [](const SamplerSettings& settings) {
        try {
            Sampler sampler(settings);
        } catch (const base::Error& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    EXPECT_THAT(message({.temperature = -0.5}), ::testing::HasSubstr("temperature is -0.5"));
    EXPECT_THAT(message({.temperature = std::nan("")}), ::testing::HasSubstr("temperature"));
    EXPECT_THAT(message({.top_k = -1}), ::testing::HasSubstr("top-k"));
    EXPECT_THAT(message({.top_p = 1.5}), ::testing::HasSubstr("top-p"));
    EXPECT_THAT(message({.min_p = -1}), ::testing::HasSubstr("min-p"));
    EXPECT_THAT(message({.repeat_penalty = 0}), ::testing::HasSubstr("repeat-penalty"));
}

// Pearson's chi-square over the softmax of the logits. The bound is the 1 - 1e-6 quantile for 7 degrees of freedom; the
// draws are fixed by the seed, so the test either always passes or never.
TEST(Sampler, DrawsFollowTheSoftmax) {
    const std::vector<float> logits{0.0f, 1.0f, -1.0f, 2.0f, 0.5f, -0.5f, 1.5f, 0.25f};
    constexpr std::int64_t draws = 40000;
    for (const double temperature : {0.6, 1.0, 1.7}) {
        std::vector<double> expected;
        for (const float x : logits) expected.push_back(std::exp(static_cast<double>(x) / temperature));
        const double sum = std::accumulate(expected.begin(), expected.end(), 0.0);
        const auto seen = counts({.temperature = temperature, .seed = 11}, logits, draws);
        double chi_square = 0;
        for (std::size_t i = 0; i < logits.size(); ++i) {
            const double mean = expected[i] / sum * draws;
            chi_square += (static_cast<double>(seen[i]) - mean) * (static_cast<double>(seen[i]) - mean) / mean;
        }
        EXPECT_LT(chi_square, 40.5) << "temperature " << temperature;
        EXPECT_GT(chi_square, 0.1) << "too good to be random";
    }
}

TEST(Sampler, TopKKeepsTheLikeliest) {
    EXPECT_EQ(ever_chosen({.temperature = 3, .top_k = 2}, {1, 2, 3, 4}), (std::set<TokenId>{2, 3}));
    EXPECT_EQ(ever_chosen({.temperature = 3, .top_k = 2}, {1, 1, 1, 1}), (std::set<TokenId>{0, 1}));
    EXPECT_EQ(ever_chosen({.temperature = 3, .top_k = 99}, {1, 2}), (std::set<TokenId>{0, 1}));
}

TEST(Sampler, TopPKeepsTheSmallestSetThatReachesTheShare) {
    // Probabilities 0.5, 0.25, 0.125, 0.125.
    const std::vector<float> logits{std::log(0.5f), std::log(0.25f), std::log(0.125f), std::log(0.125f)};
    EXPECT_EQ(ever_chosen({.temperature = 1, .top_p = 0}, logits), (std::set<TokenId>{0}));
    EXPECT_EQ(ever_chosen({.temperature = 1, .top_p = 0.4}, logits), (std::set<TokenId>{0}));
    EXPECT_EQ(ever_chosen({.temperature = 1, .top_p = 0.6}, logits), (std::set<TokenId>{0, 1}));
    EXPECT_EQ(ever_chosen({.temperature = 1, .top_p = 0.8}, logits), (std::set<TokenId>{0, 1, 2}));
    EXPECT_EQ(ever_chosen({.temperature = 1, .top_p = 0.99}, logits), (std::set<TokenId>{0, 1, 2, 3}));
    // Of what top-k kept: 0.5 and 0.25 are then 2/3 and 1/3.
    EXPECT_EQ(ever_chosen({.temperature = 1, .top_k = 2, .top_p = 0.6}, logits), (std::set<TokenId>{0}));
}

// The set by its definition: sorted, summed, cut.
TEST(Sampler, TopPOfManyTokensIsThatOfTheDefinition) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::vector<float> logits;
        for (std::uint64_t i = 0; i < 300; ++i)
            logits.push_back(static_cast<float>(base::random_uniform(seed, 1, i) * 12));
        const double top_p = 0.5 + 0.4 * base::random_uniform(seed, 2, 0);
        std::vector<std::pair<double, TokenId>> sorted;
        double sum = 0;
        for (std::size_t i = 0; i < logits.size(); ++i) {
            sorted.emplace_back(-std::exp(static_cast<double>(logits[i])), static_cast<TokenId>(i));
            sum -= sorted.back().first;
        }
        std::ranges::sort(sorted);
        std::set<TokenId> nucleus;
        for (double reached = 0; const auto& [weight, id] : sorted) {
            if (reached >= top_p * sum) break;
            nucleus.insert(id);
            reached -= weight;
        }
        for (const TokenId id : ever_chosen({.temperature = 1, .top_p = top_p, .seed = seed}, logits)) {
            EXPECT_TRUE(nucleus.contains(id)) << "seed " << seed << ", token " << id;
        }
        EXPECT_GT(ever_chosen({.temperature = 1, .top_p = top_p, .seed = seed}, logits).size(), nucleus.size() / 2);
    }
}

TEST(Sampler, MinPComparesWithTheLikeliest) {
    const std::vector<float> logits{std::log(0.5f), std::log(0.3f), std::log(0.1f), std::log(0.1f)};
    EXPECT_EQ(ever_chosen({.temperature = 1, .min_p = 0.5}, logits), (std::set<TokenId>{0, 1}));
    EXPECT_EQ(ever_chosen({.temperature = 1, .min_p = 0.1}, logits), (std::set<TokenId>{0, 1, 2, 3}));
    EXPECT_EQ(ever_chosen({.temperature = 1, .min_p = 1}, logits), (std::set<TokenId>{0}));
}

TEST(Sampler, RepeatPenaltyLowersWhatWasSeenOnce) {
    EXPECT_EQ(choose({.repeat_penalty = 2}, {4, 3, 1}, {0, 0, 0}), 1);  // 4 / 2 = 2 < 3, counted once
    EXPECT_EQ(choose({.repeat_penalty = 2}, {4, 1.9f, 1}, {0, 0, 0}), 0);
    EXPECT_EQ(choose({.repeat_penalty = 2}, {-1, -1.5f}, {0}), 1);  // -1 * 2 = -2 < -1.5
}

TEST(Sampler, ADrawIsAFunctionOfSeedChoiceAndPosition) {
    const std::vector<float> logits(1000, 0.0f);
    const auto draw = [&](std::uint64_t seed, std::uint64_t choice, std::size_t position) {
        std::vector<float> copy = logits;
        return Sampler({.temperature = 1, .seed = seed}, choice).choose(copy, std::vector<TokenId>(position));
    };
    EXPECT_EQ(draw(1, 0, 5), draw(1, 0, 5));
    EXPECT_EQ(draw(1, 0, 5),
              static_cast<TokenId>(base::random_uniform(1, 0, 5) * 1000));  // uniform logits, order of ids
    std::set<TokenId> ids;
    for (std::uint64_t i = 0; i < 20; ++i) ids.insert({draw(i, 0, 5), draw(1, i, 5), draw(1, 0, i)});
    EXPECT_GT(ids.size(), 50u);
}

TEST(Sampler, ExtremeTemperaturesStayFinite) {
    EXPECT_EQ(ever_chosen({.temperature = 1e-300}, {1e30f, 2e30f, -1e30f}), (std::set<TokenId>{1}));
    EXPECT_EQ(ever_chosen({.temperature = 100}, {1, 2, -inf}), (std::set<TokenId>{0, 1}));
}

// What truncates must not depend on how the library's nth_element or heap leaves equal elements.
TEST(Sampler, ManyEqualLogitsKeepTheLowestIds) {
    const std::vector<float> logits(500, 1.0f);
    for (const TokenId id : ever_chosen({.temperature = 1, .top_k = 10}, logits)) EXPECT_LT(id, 10);
    for (const TokenId id : ever_chosen({.temperature = 1, .top_p = 0.1}, logits)) EXPECT_LE(id, 50);
}

}  // namespace
}  // namespace ergon::engine
