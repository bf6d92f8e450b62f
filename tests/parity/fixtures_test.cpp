// Every model fixture against what it must give, within the tolerances of tests/fixtures/README.md: logits 1e-3, hidden
// states 2e-3, 32 greedy tokens equal. Both forms of latent attention are run.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kernels/elementwise.h"
#include "model/fixture.h"

namespace ergon {
namespace {

using model::Role;
using model::TokenId;

class Parity : public testing::TestWithParam<std::string> {
  protected:
    base::ThreadPool pool_{2};
    test::Fixture fixture_ = test::read_fixture(GetParam());
    energy::WorkAccount account_;
};

constexpr double logits_tolerance = 1e-3;
constexpr double hidden_tolerance = 2e-3;

TEST_P(Parity, LogitsAndHiddenStates) {
    for (const bool strict : {false, true}) {
        const auto model = model::load(fixture_.model, {.strict = strict}, pool_);
        const auto cache = model->make_cache(std::ssize(fixture_.input_ids), model::CacheType::f32);
        const model::StepItem item{cache.get(), fixture_.input_ids, Role::prompt, std::ssize(fixture_.input_ids)};
        std::vector<float> logits;
        model::HiddenStates hidden;
        model->forward({&item, 1}, logits, account_, &hidden);

        ASSERT_EQ(logits.size(), fixture_.logits.size());
        ASSERT_EQ(hidden.values.size(), fixture_.hidden.size());
        const double logits_off = test::largest_difference(logits, fixture_.logits);
        const double hidden_off = test::largest_difference(hidden.values, fixture_.hidden);
        fmt::print("{}{}: {} logits, largest difference {:.1e}; {} hidden values, largest difference {:.1e}\n",
                   GetParam(), strict ? " (strict)" : "", logits.size(), logits_off, hidden.values.size(), hidden_off);
        EXPECT_LE(logits_off, logits_tolerance);
        EXPECT_LE(hidden_off, hidden_tolerance);
    }
}

TEST_P(Parity, GreedyContinuation) {
    const auto model = model::load(fixture_.model, {}, pool_);
    const auto cache =
        model->make_cache(std::ssize(fixture_.input_ids) + std::ssize(fixture_.greedy), model::CacheType::f32);
    std::vector<float> logits;
    model::StepItem item{cache.get(), fixture_.input_ids, Role::prompt, 1};
    std::vector<TokenId> generated;
    while (generated.size() < fixture_.greedy.size()) {
        model->forward({&item, 1}, logits, account_);
        generated.push_back(static_cast<TokenId>(kernels::argmax(logits.data(), std::ssize(logits))));
        item = {cache.get(), std::span(&generated.back(), 1), Role::generated, 1};
    }
    EXPECT_EQ(generated, fixture_.greedy);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Parity, testing::ValuesIn(test::fixture_names()), [](const auto& test) {
    std::string name = test.param;
    for (char& c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    }
    return name;
});

}  // namespace
}  // namespace ergon
