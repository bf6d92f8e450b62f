#include "model/attention/rotary.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ergon::model {
namespace {

Config deepseek(double mscale) {
    Config c;
    c.architecture = Architecture::deepseek2;
    c.qk_nope_head_dim = 128;
    c.qk_rope_head_dim = 64;
    c.rope_theta = 10000;
    c.rope_scaling = {.type = RopeType::yarn,
                      .factor = 40,
                      .original_max_position_embeddings = 4096,
                      .mscale = mscale,
                      .mscale_all_dim = mscale,
                      .attention_factor = {}};
    return c;
}

// Published values, 9 digits: half a unit of the last is 5e-10 relative at most 5e-9.
constexpr double relative = 5e-9;

TEST(Rotary, YarnFrequenciesOfDeepSeekV3) {
    const Rotary rotary = make_rotary(deepseek(1), {});
    ASSERT_EQ(rotary.frequencies.size(), 32u);
    const std::pair<std::size_t, double> expected[] = {{0, 1.0},
                                                       {10, 0.0562341325},
                                                       {11, 0.0390069266},
                                                       {16, 0.0055},
                                                       {20, 7.90569415e-4},
                                                       {22, 1.77827941e-4},
                                                       {23, 3.33380358e-5},
                                                       {31, 3.33380358e-6}};
    for (const auto& [i, f] : expected) EXPECT_NEAR(rotary.frequencies[i], f, f * relative) << i;
    EXPECT_EQ(rotary.factor, 1.0f);
    EXPECT_EQ(rotary.pairing, kernels::Pairing::neighbours);
}

TEST(Rotary, AttentionScaleOfDeepSeek) {
    EXPECT_FLOAT_EQ(attention_scale(deepseek(1)), 0.1352337789f);
    EXPECT_FLOAT_EQ(attention_scale(deepseek(0.707)), 0.1147213868f);
    Config plain = deepseek(1);
    plain.rope_scaling = {};
    EXPECT_FLOAT_EQ(attention_scale(plain), 0.0721687836f);
}

TEST(Rotary, YarnWithoutLatentAttentionScalesCosinesAndSines) {
    Config c;
    c.architecture = Architecture::qwen2;
    c.head_dim = 128;
    c.rope_scaling = {
        .type = RopeType::yarn, .factor = 4, .original_max_position_embeddings = 32768, .attention_factor = {}};
    EXPECT_FLOAT_EQ(make_rotary(c, {}).factor, static_cast<float>(0.1 * std::log(4.0) + 1));
    EXPECT_FLOAT_EQ(attention_scale(c), static_cast<float>(1 / std::sqrt(128.0)));
    c.rope_scaling.attention_factor = 1.5;
    EXPECT_EQ(make_rotary(c, {}).factor, 1.5f);
}

TEST(Rotary, Llama3Divisors) {
    Config c;
    c.head_dim = 128;
    c.rope_theta = 5e5;
    Config plain = c;
    c.rope_scaling = {
        .type = RopeType::llama3, .factor = 8, .original_max_position_embeddings = 8192, .attention_factor = {}};
    const Rotary scaled = make_rotary(c, {}), unscaled = make_rotary(plain, {});
    const std::pair<std::size_t, double> expected[] = {{0, 1},         {28, 1}, {29, 1.207484}, {30, 1.553415},
                                                       {34, 5.257327}, {35, 8}, {63, 8}};
    for (const auto& [i, divisor] : expected) {
        EXPECT_NEAR(unscaled.frequencies[i] / scaled.frequencies[i], divisor, 5e-7 * divisor)
            << i;  // published with 7 digits
    }
    EXPECT_EQ(scaled.pairing, kernels::Pairing::halves);
}

TEST(Rotary, LinearScalingAndDivisorsOfTheFile) {
    Config c;
    c.head_dim = 4;
    c.rope_theta = 100;
    c.rope_scaling = {.type = RopeType::linear, .factor = 4, .attention_factor = {}};
    EXPECT_NEAR(make_rotary(c, {}).frequencies[1], 0.1 / 4, 1e-15);
    c.rope_scaling = {};
    const std::vector<float> divisors{1, 8};
    EXPECT_NEAR(make_rotary(c, divisors).frequencies[1], 0.1 / 8, 1e-15);
}

}  // namespace
}  // namespace ergon::model
