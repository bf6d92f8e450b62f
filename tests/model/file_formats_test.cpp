// The same model as a Hugging Face folder and as GGUF gives the same bits, in every layout.

#include <gtest/gtest.h>
#include <unistd.h>

#include "model/fixture.h"
#include "model/gguf_copy.h"

namespace ergon {
namespace {

struct Copied {
    std::string fixture;
    test::MlaLayout layout;
};

class Copies : public testing::TestWithParam<Copied> {};

/// Prompt logits, and those of some generated tokens, with a cache in F16.
std::vector<float> run(model::Model& model, const test::Fixture& fixture) {
    energy::WorkAccount account;
    const auto cache = model.make_cache(std::ssize(fixture.input_ids) + 4, model::CacheType::f16);
    std::vector<float> all, logits;
    const model::StepItem prompt{cache.get(), fixture.input_ids, model::Role::prompt, std::ssize(fixture.input_ids)};
    model.forward({&prompt, 1}, all, account);
    for (std::size_t i = 0; i < 4; ++i) {
        const model::StepItem one{cache.get(), std::span(fixture.greedy).subspan(i, 1), model::Role::generated, 1};
        model.forward({&one, 1}, logits, account);
        all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
}

TEST_P(Copies, GiveTheSameBits) {
    base::ThreadPool pool(2);
    const test::Fixture fixture = test::read_fixture(GetParam().fixture);
    const auto file = std::filesystem::temp_directory_path() / ("ergon-copy-" + std::to_string(::getpid()) + ".gguf");
    test::write_gguf_copy(fixture.model, GetParam().layout, file);
    const auto original = model::load(fixture.model, {}, pool), copy = model::load(file, {}, pool);
    const std::vector<float> expected = run(*original, fixture), found = run(*copy, fixture);
    std::filesystem::remove(file);
    ASSERT_GT(expected.size(), 1000u);
    EXPECT_EQ(expected, found);
    EXPECT_EQ(original->config().context_length(), copy->config().context_length());
    EXPECT_EQ(count_parameters(original->config()).total, count_parameters(copy->config()).total);
}

INSTANTIATE_TEST_SUITE_P(
    FileFormats, Copies,
    testing::Values(Copied{"llama-gqa", test::MlaLayout::kv_b}, Copied{"llama3-rope", test::MlaLayout::kv_b},
                    Copied{"qwen2", test::MlaLayout::kv_b}, Copied{"deepseek-v2-lite", test::MlaLayout::kv_b},
                    Copied{"deepseek-v2-lite", test::MlaLayout::split}, Copied{"deepseek-v3", test::MlaLayout::kv_b},
                    Copied{"deepseek-v3", test::MlaLayout::split}));

}  // namespace
}  // namespace ergon
