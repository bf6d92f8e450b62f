#include "tensor/tensor.h"

#include <gtest/gtest.h>
#include <vector>

#include "base/expect_error.h"

namespace {

using namespace ergon::tensor;

TEST(Shape, CountsValuesAndRows) {
    const Shape experts{64, 1408, 2048};
    EXPECT_EQ(experts.rank(), 3);
    EXPECT_EQ(experts.last(), 2048);
    EXPECT_EQ(experts.values(), 64LL * 1408 * 2048);
    EXPECT_EQ(experts.rows(), 64LL * 1408);
    EXPECT_EQ(experts.text(), "[64, 1408, 2048]");
    EXPECT_EQ(Shape{}.values(), 1);
    EXPECT_EQ(Shape{}.rows(), 1);
    EXPECT_EQ((Shape{5, 0}).rows(), 0);
    EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
    EXPECT_NE((Shape{2}), (Shape{2, 0}));
}

TEST(Shape, FiveDimensionsAreRefused) {
    ergon::test::expect_error(ergon::base::ErrorCode::unsupported, "has 5 dimensions; at most 4 are supported", [] {
        Shape({1, 2, 3, 4, 5});
    });
}

TEST(TensorView, RowsAreWholeBlocks) {
    std::vector<std::byte> bytes(3 * 2 * 18);
    const TensorView view{.name = "w", .type = DType::q4_0, .shape = {3, 64}, .bytes = bytes};
    EXPECT_EQ(view.row_bytes(), 36);
    EXPECT_EQ(view.row(2).data(), bytes.data() + 72);
    EXPECT_EQ(view.row(2).size(), 36u);
}

}  // namespace
