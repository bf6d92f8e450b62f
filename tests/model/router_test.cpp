#include "model/router.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

namespace ergon::model {
namespace {

using testing::ElementsAre;

struct Choice {
    std::vector<std::int32_t> experts;
    std::vector<float> weights;
};

Choice choose(const Config& c, std::vector<float> logits, const std::vector<float>& bias = {}) {
    RouterScratch scratch;
    Choice choice{std::vector<std::int32_t>(static_cast<std::size_t>(c.num_experts_per_tok)),
                  std::vector<float>(static_cast<std::size_t>(c.num_experts_per_tok))};
    choose_experts(c, bias, logits.data(), scratch, choice.experts.data(), choice.weights.data());
    return choice;
}

Config third_generation() {
    Config c;
    c.architecture = Architecture::deepseek2;
    c.n_routed_experts = 8;
    c.num_experts_per_tok = 3;
    c.n_group = 4;
    c.topk_group = 2;
    c.scoring_func = ScoringFunc::sigmoid;
    c.topk_method = TopkMethod::noaux_tc;
    c.norm_topk_prob = true;
    c.routed_scaling_factor = 2.5;
    return c;
}

const std::vector<float> logits{.2f, -1, 1.5f, .3f, -.4f, .9f, 2, -2};
const std::vector<float> bias{.3f, 0, -.2f, .1f, 0, 0, -.9f, .05f};

// Six published digits.
constexpr float digits = 5e-7f;

TEST(Router, WorkedExampleOfDeepSeekV3) {
    const Choice choice = choose(third_generation(), logits, bias);
    EXPECT_THAT(choice.experts, ElementsAre(0, 2, 3));  // ascending; chosen in the order 0, 3, 2
    EXPECT_NEAR(choice.weights[0], .707874f, digits);
    EXPECT_NEAR(choice.weights[1], 1.052571f, digits);
    EXPECT_NEAR(choice.weights[2], .739555f, digits);
}

TEST(Router, WithoutGroupsTheBestOfAllAreChosen) {
    Config c = third_generation();
    c.n_group = c.topk_group = 1;
    EXPECT_THAT(choose(c, logits, bias).experts, ElementsAre(0, 3, 5));  // biased scores .849834 .674443 .710950
}

TEST(Router, ExcludedGroupsStayOutWhenBiasedScoresAreNegative) {
    const std::vector<float> low(8, -5);
    const Choice choice = choose(third_generation(), logits, low);
    // Group scores: two largest of s - 5: groups 1 (.82+.57) and 2 (.40+.71) beat 3 (.88+.12) and 0 (.55+.27).
    EXPECT_THAT(choice.experts, ElementsAre(2, 3, 5));
}

Config second_generation() {
    Config c = third_generation();
    c.scoring_func = ScoringFunc::softmax;
    c.topk_method = TopkMethod::group_limited_greedy;
    c.norm_topk_prob = false;
    c.routed_scaling_factor = 16;
    return c;
}

TEST(Router, GroupsOfTheSecondGenerationCountTheirLargest) {
    const Choice choice = choose(second_generation(), logits);
    EXPECT_THAT(choice.experts, ElementsAre(2, 3, 6));  // groups 3 (2.0) and 1 (1.5)
    double sum = 0;
    for (const float z : logits) sum += std::exp(static_cast<double>(z));
    EXPECT_NEAR(choice.weights[2], 16 * std::exp(2.0) / sum, 16 * 4e-7);  // a few roundings of values below 1
}

TEST(Router, TheSecondGenerationNormalisesOrScales) {
    Config c = second_generation();
    c.norm_topk_prob = true;
    const Choice choice = choose(c, logits);
    EXPECT_NEAR(choice.weights[0] + choice.weights[1] + choice.weights[2], 1.0f, 4e-7f);
}

TEST(Router, GreedyTakesTheLowestIndexOfEquals) {
    Config c = second_generation();
    c.topk_method = TopkMethod::greedy;
    c.routed_scaling_factor = 1;
    EXPECT_THAT(choose(c, std::vector<float>(8, 0.5f)).experts, ElementsAre(0, 1, 2));
    EXPECT_THAT(choose(c, {0, 1, 0, 1, 0, 1, 0, 1}).experts, ElementsAre(1, 3, 5));
    EXPECT_FLOAT_EQ(choose(c, std::vector<float>(8, 0.5f)).weights[0], 0.125f);
}

TEST(Router, NotANumberStillGivesDistinctExperts) {
    for (Config c : {second_generation(), third_generation()}) {
        const std::vector<float> broken(8, std::numeric_limits<float>::quiet_NaN());
        const Choice choice = choose(c, broken, std::vector<float>(8));
        EXPECT_LT(choice.experts[0], choice.experts[1]);
        EXPECT_LT(choice.experts[1], choice.experts[2]);
        EXPECT_LT(choice.experts[2], 8);
    }
}

}  // namespace
}  // namespace ergon::model
