#include "energy/figure.h"

#include <cmath>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/expect_error.h"

namespace ergon::energy {
namespace {

using base::Joules;

Figure figure(double value, double low, double high, Method method) {
    return {Joules(value), Joules(low), Joules(high), method};
}

TEST(Figure, JsonIsAsTheDesignSays) {
    const nlohmann::ordered_json json = figure(3.1, 2.6, 3.7, Method::estimated);
    EXPECT_EQ(json.dump(), R"({"value":3.1,"unit":"J","low":2.6,"high":3.7,"method":"estimated"})");
    EXPECT_EQ(json.get<Figure>(), figure(3.1, 2.6, 3.7, Method::estimated));
    for (const Method method : {Method::measured, Method::apportioned, Method::estimated}) {
        EXPECT_EQ(nlohmann::json(figure(1, 1, 1, method)).get<Figure>().method, method);
    }
}

TEST(Figure, WrongJsonIsRefusedWithASentence) {
    const char* wrong[] = {R"(3)",
                           R"({})",
                           R"({"value":"3","unit":"J","low":1,"high":2,"method":"measured"})",
                           R"({"value":3,"unit":"kWh","low":1,"high":2,"method":"measured"})",
                           R"({"value":3,"unit":"J","low":1,"high":2,"method":"guessed"})",
                           R"({"value":3,"unit":3,"low":1,"high":2,"method":"measured"})",
                           R"({"value":3,"unit":"J","low":1,"high":2,"method":[]})",
                           R"({"value":3,"unit":"J","low":null,"high":2,"method":"measured"})",
                           R"({"value":3,"unit":"J","low":1,"high":2})"};
    for (const char* text : wrong) {
        SCOPED_TRACE(text);
        test::expect_error(base::ErrorCode::bad_file, "n energy figure",
                           [&] { nlohmann::json::parse(text).get<Figure>(); });
    }
}

TEST(Figure, SumsAddTheEndsAndTakeTheWorstMethod) {
    const Figure sum = figure(1, 0.5, 2, Method::measured) + figure(10, 9, 12, Method::apportioned);
    EXPECT_EQ(sum, figure(11, 9.5, 14, Method::apportioned));
    EXPECT_EQ((Figure{} + figure(1, 1, 1, Method::estimated)).method, Method::estimated);
    EXPECT_EQ(sum / 2, figure(5.5, 4.75, 7, Method::apportioned));
}

TEST(Figure, RatiosHaveTheWidestInterval) {
    const auto wide = ratio(figure(10, 8, 12, Method::measured), figure(5, 4, 6, Method::measured));
    ASSERT_TRUE(wide);
    EXPECT_DOUBLE_EQ(wide->value, 2);
    EXPECT_DOUBLE_EQ(wide->low, 8.0 / 6);
    EXPECT_DOUBLE_EQ(wide->high, 3);
    EXPECT_FALSE(ratio(figure(1, 1, 1, Method::measured), figure(0, 0, 0, Method::measured)));
    const auto open = ratio(figure(1, 1, 1, Method::measured), figure(1, 0, 2, Method::measured));
    ASSERT_TRUE(open);
    EXPECT_TRUE(std::isinf(open->high));
    EXPECT_EQ(nlohmann::ordered_json(*open).dump(), R"({"value":1.0,"low":0.5,"high":null})");
}

}  // namespace
}  // namespace ergon::energy
