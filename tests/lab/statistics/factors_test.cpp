#include "lab/statistics/factors.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/random.h"
#include "lab/findings/findings.h"
#include "lab/output/comparison_table.h"

namespace ergon::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Joules of a contender on a prompt, measured; and whether it is right.
PromptSessions sum(double joules, bool right) {
    PromptSum one;
    one.answers = 1;
    one.graded = 1;
    one.right = right ? 1 : 0;
    one.phases[2][PhaseSum::tokens] = 10;
    one.phases[2][PhaseSum::measured] = joules;
    return {one, {one}};
}

/// Forty prompts of different lengths for the four contenders of a 2x2 design.
class TwoByTwo : public ::testing::Test {
  protected:
    void fill(const std::array<double, 4>& joules, const std::array<double, 4>& right, double noise) {
        for (std::uint64_t prompt = 0; prompt < 40; ++prompt) {
            const double length = 0.5 + base::random_uniform(1, 0, prompt);
            for (std::size_t i = 0; i < 4; ++i) {
                const double own = 1 + noise * (base::random_uniform(1, 1 + i, prompt) - 0.5);
                sums_.push_back(sum(length * own * joules[i], base::random_uniform(2, 0, prompt) < right[i]));
            }
        }
        for (std::size_t prompt = 0; prompt < 40; ++prompt) {
            auto& row = prompts_.emplace_back();
            for (std::size_t i = 0; i < 4; ++i) row.push_back(&sums_[4 * prompt + i]);
        }
    }
    std::vector<Effect> run() { return effects(design_, prompts_, 4, errors_, 1); }

    std::vector<Factor> design_{parse_factor("thinking=no,yes,no,yes"), parse_factor("sparse=no,no,yes,yes")};
    std::vector<PromptSessions> sums_;
    std::vector<SampledPrompt> prompts_;
    MachineErrors errors_{4};
};

TEST_F(TwoByTwo, TellsTheFactorsAndTheirInteractionApart) {
    fill({10, 30, 5, 15}, {0.4, 0.6, 0.4, 0.6}, 0);
    const std::vector<Effect> found = run();
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(effect_name(found[0]), "thinking over no thinking");
    EXPECT_NEAR(found[0].joules.value, 3, 1e-12);
    EXPECT_FALSE(known(found[0].joules)) << "all prompts say the same: nothing tells how far another might be";
    EXPECT_GT(found[0].accuracy->value, 0.05);
    EXPECT_EQ(effect_name(found[1]), "sparse over no sparse");
    EXPECT_NEAR(found[1].joules.value, 0.5, 1e-12);
    EXPECT_NEAR(found[1].accuracy->value, 0, 1e-12);
    EXPECT_TRUE(found[2].interaction());
    EXPECT_EQ(effect_name(found[2]), "thinking with sparse");
    EXPECT_NEAR(found[2].joules.value, 1, 1e-12) << "each does what it does alone";
    // Three times the joules and more right answers: the joules of a right one grow by less.
    EXPECT_LT(found[0].joules_per_correct->value, 3);
}

TEST_F(TwoByTwo, AnInteractionIsWhatBothDoBeyondEach) {
    fill({10, 20, 10, 80}, {0.5, 0.5, 0.5, 0.5}, 0.2);
    const std::vector<Effect> found = run();
    EXPECT_NEAR(found[0].joules.value, 4, 0.3) << "the geometric mean of 2 and 8";
    EXPECT_NEAR(found[2].joules.value, 4, 0.5);
    EXPECT_LT(found[2].joules.low, found[2].joules.value);
    EXPECT_GT(found[2].joules.low, 3);
    const std::string text = effects_text(found);
    EXPECT_THAT(text, HasSubstr("thinking with sparse"));
    EXPECT_THAT(text, Not(HasSubstr(" \n")));
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        EXPECT_LE(end - begin, 100u);
        begin = end + 1;
    }
}

TEST(Factors, ASentenceSaysWhatIsShownAndWhatMayBeLuck) {
    const Effect shown{{{"thinking", "yes", "no"}},
                       {11.4, 8.2, 16.8},
                       ConfidenceInterval{0.24, 0.06, 0.4},
                       ConfidenceInterval{6.6, 4, 12.2},
                       0,
                       0.008,
                       0.012};
    EXPECT_EQ(
        effect_sentence(shown),
        "Thinking over no thinking: an answer takes 11.40 times the joules (95% interval 8.20 to 16.80, p < 0.001 "
        "corrected). Right answers: +24 percentage points (+6 to +40). A right answer takes 6.60 times the joules (95% "
        "interval 4.00 to 12.20, p = 0.012 corrected).");
    const Effect luck{{{"experts", "sparse", "dense"}}, {1.02, 0.9, 1.1}, ConfidenceInterval{-0.06, -0.15, 0.06}, {}};
    EXPECT_EQ(effect_sentence(luck),
              "Sparse experts over dense: an answer takes 1.02 times the joules (95% interval 0.90 to 1.10, p = 1.00 "
              "corrected, so no difference is shown). Right answers: -6 percentage points (-15 to +6, so "
              "no difference is shown).");
    const Effect nothing{{{"a", "x", "y"}}, ConfidenceInterval{std::nan(""), std::nan(""), std::nan("")}, {}, {}};
    EXPECT_EQ(effect_sentence(nothing), "X a over y: the effect on energy is not known.");
}

TEST(Factors, NamesOfEffectsReadAsEnglishForAnyFactor) {
    const auto name = [](const char* factor, const char* level, const char* base) {
        return effect_name({{{factor, level, base}}, {}, {}, {}});
    };
    EXPECT_EQ(name("experts", "sparse", "dense"), "sparse experts over dense");
    EXPECT_EQ(name("thinking", "yes", "no"), "thinking over no thinking");
    EXPECT_EQ(name("thinking", "off", "on"), "no thinking over thinking");
    EXPECT_EQ(name("threads", "4", "1"), "4 threads over 1");
    EXPECT_EQ(effect_name({{{"experts", "sparse", "dense"}, {"thinking", "yes", "no"}}, {}, {}, {}}),
              "sparse experts with thinking");
}

TEST_F(TwoByTwo, DesignsThatAreNoneAreRefused) {
    fill({1, 1, 1, 1}, {1, 1, 1, 1}, 0);
    const auto refused = [&](const std::vector<std::string>& factors, const char* why) {
        design_.clear();
        for (const std::string& one : factors) design_.push_back(parse_factor(one));
        test::expect_error(base::ErrorCode::bad_argument, why, [&] { run(); });
    };
    refused({"thinking=no,yes"}, "has 2 levels, but there are 4");
    refused({"thinking=no,no,no,no"}, "same level everywhere");
    refused({"thinking=no,yes,no,yes"}, "cannot be the 2 combinations");
    refused({"a=0,1,0,1", "b=0,1,0,1"}, "combinations");
    for (const char* text : {"", "thinking", "=a,b", "thinking=", "thinking=a,,b"}) {
        test::expect_error(base::ErrorCode::bad_argument, "NAME=LEVEL", [&] { parse_factor(text); });
    }
    EXPECT_EQ(effects_text({}), "");
}

TEST(Factors, ThreeLevelsAreHeldAgainstTheFirst) {
    std::vector<PromptSessions> sums{sum(2, true), sum(4, true), sum(10, false)};
    const std::vector<SampledPrompt> prompts{{&sums[0], &sums[1], &sums[2]}};
    const std::vector<Factor> design{parse_factor("size=s,m,l")};
    const std::vector<Effect> found = effects(design, prompts, 3, MachineErrors(3), 0);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_NEAR(found[0].joules.value, 2, 1e-12);
    EXPECT_NEAR(found[1].joules.value, 5, 1e-12);
    EXPECT_EQ(found[1].accuracy->value, -1);
    EXPECT_FALSE(known(found[1].joules)) << "one prompt";
}

}  // namespace
}  // namespace ergon::lab
