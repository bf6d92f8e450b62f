#include "base/distributions.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace ergon::base {
namespace {

TEST(Student, ReachIsSciPys) {
    // scipy.stats.t.ppf(0.975, freedom) and (0.75, freedom).
    constexpr std::array<std::array<double, 3>, 9> quantiles{{{1, 12.706204736174694, 1},
                                                              {2, 4.302652729749462, 0.8164965809277261},
                                                              {3, 3.1824463052837078, 0.7648923284043444},
                                                              {4, 2.7764451051977934, 0.7406970841126829},
                                                              {9, 2.262157162798205, 0.7027221467513264},
                                                              {39, 2.022690920036761, 0.6808325565646085},
                                                              {1000, 1.9623390808264083, 0.6747351646070093},
                                                              {2.5, 3.5746548420036817, 0.7850136829922992},
                                                              {13999, 1.9601334589928567, 0.6745072757767944}}};
    for (const auto& [freedom, most, half] : quantiles) {
        // The logarithms of the gamma function are right to an ulp of up to 6e4.
        EXPECT_NEAR(student_reach(0.95, freedom), most, 1e-10) << freedom;
        EXPECT_NEAR(student_reach(0.5, freedom), half, 1e-10) << freedom;
    }
}

TEST(Normal, QuantileIsSciPys) {
    // scipy.special.ndtri, printed by the same script.
    constexpr std::array<std::array<double, 2>, 8> references{{{1e-300, -37.047096299361201},
                                                               {1e-10, -6.3613409024040557},
                                                               {0.001, -3.0902323061678132},
                                                               {0.025, -1.9599639845400545},
                                                               {0.3, -0.52440051270804089},
                                                               {0.5, 0},
                                                               {0.8, 0.8416212335729143},
                                                               {0.999999, 4.7534243088170873}}};
    for (const auto& [probability, z] : references) {
        // erfc and the argument 1 - p are each right to an ulp; near 1 that ulp weighs 1 / density(z) in z.
        EXPECT_NEAR(normal_quantile(probability), z, 1e-10) << probability;
        EXPECT_NEAR(normal_distribution(z), probability, 1e-14) << probability;
    }
    EXPECT_EQ(normal_quantile(0), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(normal_quantile(1), std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(normal_quantile(2)));
}

TEST(Beta, QuantileIsSciPys) {
    // scipy.stats.beta.ppf(probability, a, b), printed by the same script.
    constexpr std::array<std::array<double, 4>, 5> quantiles{{{0.025, 1, 6, 0.0042107445144894699},
                                                              {0.975, 3, 4, 0.77722190449648787},
                                                              {0.025, 0.5, 6.5, 7.8499848366208049e-05},
                                                              {0.5, 200, 1200, 0.14268705635257481},
                                                              {0.975, 14000, 1, 0.99999819158677916}}};
    for (const auto& [probability, a, b, x] : quantiles) {
        // As for Student's t: logarithms of the gamma function of 1e4 are right to 2e-12 of the probability.
        EXPECT_NEAR(beta_quantile(probability, a, b) / x, 1, 1e-10) << a;
        EXPECT_NEAR(beta_distribution(x, a, b), probability, 1e-10) << a;
    }
    EXPECT_EQ(beta_distribution(0, 2, 3), 0);
    EXPECT_EQ(beta_distribution(1, 2, 3), 1);
    EXPECT_NEAR(beta_distribution(0.3, 1, 1), 0.3, 1e-15) << "uniform";
}

}  // namespace
}  // namespace ergon::base
