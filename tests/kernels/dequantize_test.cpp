// Block layouts against vectors that a reference implementation in C confirmed (y0..y3, sum, sum of (i+1) y_i).

#include <gtest/gtest.h>
#include <vector>

#include "kernels/elementwise.h"
#include "tensor/dtype.h"

namespace ergon::kernels {
namespace {

using tensor::DType;

struct Vector {
    DType type;
    int d_at, m_at;  // where d := 1.0 and m := 0.5 go; -1: there is none
    float first[4];
    double sum, weighted;
};

class WidenBlock : public testing::TestWithParam<Vector> {};

TEST_P(WidenBlock, GivesTheReferenceValues) {
    const Vector& v = GetParam();
    const auto [name, values, bytes] = tensor::info(v.type);
    std::vector<std::byte> block(static_cast<std::size_t>(bytes));
    for (std::size_t k = 0; k < block.size(); ++k) block[k] = static_cast<std::byte>((73 * k + 41) % 256);
    block[static_cast<std::size_t>(v.d_at)] = std::byte{0x00};
    block[static_cast<std::size_t>(v.d_at) + 1] = std::byte{0x3C};
    if (v.m_at >= 0) {
        block[static_cast<std::size_t>(v.m_at)] = std::byte{0x00};
        block[static_cast<std::size_t>(v.m_at) + 1] = std::byte{0x38};
    }
    std::vector<float> y(static_cast<std::size_t>(values));
    dequantize_row(v.type, block.data(), values, y.data());
    double sum = 0, weighted = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        sum += static_cast<double>(y[i]);
        weighted += static_cast<double>(i + 1) * static_cast<double>(y[i]);
    }
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(y[i], v.first[i]) << name << " value " << i;
    EXPECT_EQ(sum, v.sum) << name;
    EXPECT_EQ(weighted, v.weighted) << name;
}

INSTANTIATE_TEST_SUITE_P(AllTypes, WidenBlock,
                         testing::Values(Vector{DType::q4_0, 0, -1, {3, -4, 5, -2}, -33, -799},
                                         Vector{DType::q4_1, 0, 2, {13.5f, 6.5f, 15.5f, 8.5f}, 241, 3730},
                                         Vector{DType::q5_0, 0, -1, {15, 8, -15, 10}, -45, -1185},
                                         Vector{DType::q5_1, 0, 2, {17.5f, 10.5f, 19.5f, 28.5f}, 517, 8312},
                                         Vector{DType::q8_0, 0, -1, {-69, 4, 77, -106}, -48, -688},
                                         Vector{DType::q2_k, 80, 82, {8, 17, 26, -1}, 2043, 250990},
                                         Vector{DType::q3_k, 108, -1, {-7, 14, -21, 28}, 234, 34746},
                                         Vector{DType::q4_k, 0, 2, {92.5f, 1.5f, 118.5f, 27.5f}, 53352, 7369368},
                                         Vector{DType::q5_k, 0, 2, {300.5f, 1.5f, 326.5f, 27.5f}, 110072, 14904504},
                                         Vector{DType::q6_k, 208, -1, {161, -46, -621, 644}, -14844, -1628128},
                                         Vector{DType::iq4_nl, 0, -1, {38, -49, 69, -22}, -481, -12076},
                                         Vector{DType::iq4_xs, 0, -1, {-3016, 725, -1885, 1537}, -6450, 883051}),
                         [](const auto& test) { return std::string(tensor::name(test.param.type)); });

TEST(WidenBlock, Mxfp4IsAPowerOfTwoTimesE2M1) {
    std::vector<std::byte> block(17);
    block[0] = std::byte{128};  // 2
    for (std::size_t i = 0; i < 16; ++i) block[1 + i] = static_cast<std::byte>(i | ((15 - i) << 4));
    const float e2m1[16] = {0, .5f, 1, 1.5f, 2, 3, 4, 6, -0.f, -.5f, -1, -1.5f, -2, -3, -4, -6};
    float y[32];
    dequantize_row(DType::mxfp4, block.data(), 32, y);
    for (std::size_t i = 0; i < 16; ++i) {
        EXPECT_EQ(y[i], 2 * e2m1[i]);
        EXPECT_EQ(y[16 + i], 2 * e2m1[15 - i]);
    }
}

}  // namespace
}  // namespace ergon::kernels
