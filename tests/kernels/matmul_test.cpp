// Products: the definition written out plainly, every build, one row and many, every edge - all with ==.

#include "kernels/matmul.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "kernels/elementwise.h"
#include "kernels/packed_layout.h"
#include "kernels/quant_blocks.h"
#include "kernels/random_data.h"

namespace ergon::kernels {
namespace {

using tensor::DType;
using test::first_difference;
using test::RandomMatrix;

const std::vector<DType> float_types{DType::f32, DType::f16, DType::bf16, DType::f8_e4m3};
const std::vector<DType> block_types{DType::q4_0,   DType::q4_1,  DType::q5_0,  DType::q5_1, DType::q8_0,
                                     DType::iq4_nl, DType::mxfp4, DType::q2_k,  DType::q3_k, DType::q4_k,
                                     DType::q5_k,   DType::q6_k,  DType::iq4_xs};

struct Scales {
    std::vector<float> values;
    tensor::TensorView view;
    Scales(std::int64_t rows, std::int64_t cols, base::RandomSequence& random) {
        const std::int64_t r = (rows + 127) / 128, c = (cols + 127) / 128;
        values = test::normals(static_cast<std::size_t>(r * c), random);
        view = {"scales", DType::f32, {r, c}, std::as_bytes(std::span(values))};
    }
};

PackedMatrix pack(const RandomMatrix& w, const Scales& scales, base::ThreadPool& pool) {
    if (w.view.type == DType::f8_e4m3)
        return PackedMatrix::pack_f8(std::span(&w.view, 1), std::span(&scales.view, 1), pool);
    return PackedMatrix::pack(w.view, pool);
}

std::vector<float> multiply(const PackedMatrix& w, const std::vector<float>& x, std::int64_t tokens,
                            base::ThreadPool& pool, Digits digits = Digits::one) {
    std::vector<float> y(static_cast<std::size_t>(tokens * w.rows()), -1e30f);
    const Rows rows{x.data(), w.cols(), tokens, nullptr};
    QuantisedRows quantised;
    if (w.quantised()) quantised.quantise(rows, w.cols(), pool, digits);
    const Product product{&w, 0, rows, &quantised, 0, y.data(), w.rows()};
    matmul(std::span(&product, 1), pool);
    return y;
}

/// matmul.h's definition, in the plainest code: from the file's blocks, without packing.
float defined_block_product(const tensor::TensorView& w, std::int64_t r, const float* x, Digits digits = Digits::one) {
    const BlockLayout layout = block_layout(w.type);
    const std::int64_t sub = layout.scales == SubScales::two ? 16 : 32;
    float y = 0;
    for (std::int64_t k = 0; k < w.shape.last(); k += 32) {
        BlockCodes b;
        const std::int64_t span = k / layout.span_values(), in_span = k % layout.span_values();
        read_block(w.type, w.row(r).data() + span * tensor::info(w.type).block_bytes, b);
        float left[32];
        std::copy_n(x + k, 32, left);
        for (int digit = 0; digit < static_cast<int>(digits); ++digit) {
            float amax = 0;
            for (int i = 0; i < 32; ++i) amax = std::max(amax, std::fabs(left[i]));
            const float dx = amax / 127.0f, inverse = 127.0f / amax;
            std::int32_t total = 0, sums[2] = {0, 0};
            for (int i = 0; i < 32; ++i) {
                const auto q = static_cast<std::int32_t>(std::nearbyint(left[i] * inverse));
                left[i] = left[i] - dx * static_cast<float>(q);
                const std::size_t at = static_cast<std::size_t>(in_span + i);
                const int code = layout.codebook != kernels::Codebook::linear
                                     ? kernels::codebook_values(layout.codebook)[b.code[at]]
                                 : layout.bits == 8 ? static_cast<std::int8_t>(b.code[at])
                                                    : b.code[at] - layout.offset;
                const int scale = layout.scales == SubScales::none ? 1 : b.scale[at / static_cast<std::size_t>(sub)];
                total += scale * code * q;
                sums[i / 16] += q;
            }
            const float d = layout.e8m0 ? std::ldexp(1.0f, b.d - 128) : tensor::f16_to_f32(b.d);
            y = std::fma(static_cast<float>(total), d * dx, y);
            const float m = tensor::f16_to_f32(b.m);
            const float all = dx * static_cast<float>(sums[0] + sums[1]);
            if (layout.minima == Minima::span) y = std::fma(m, all, y);
            if (layout.minima == Minima::tile) y = std::fma(-(m * static_cast<float>(b.minimum[in_span / 32])), all, y);
            if (layout.minima == Minima::halves) {
                for (int h = 0; h < 2; ++h) {
                    const float minimum = m * static_cast<float>(b.minimum[static_cast<std::size_t>(in_span / 16 + h)]);
                    y = std::fma(-minimum, dx * static_cast<float>(sums[h]), y);
                }
            }
        }
    }
    return y;
}

float defined_float_product(const tensor::TensorView& w, const Scales& scales, std::int64_t r, const float* x) {
    std::vector<float> row(static_cast<std::size_t>(w.shape.last()));
    dequantize_row(w.type, w.row(r).data(), w.shape.last(), row.data());
    float y = 0;
    for (std::size_t k = 0; k < row.size(); ++k) {
        float v = row[k];
        if (w.type == DType::f8_e4m3)
            v *= scales.values[static_cast<std::size_t>(r / 128 * scales.view.shape[1]) + k / 128];
        y = std::fma(v, x[k], y);
    }
    return y;
}

class Matmul : public testing::TestWithParam<DType> {};

TEST_P(Matmul, EveryBuildIsTheDefinition) {
    base::RandomSequence random(11);
    base::ThreadPool pool(2);
    const std::int64_t block = tensor::info(GetParam()).block_values;
    for (const std::int64_t rows : {1, 15, 16, 17, 64, 83}) {
        for (const std::int64_t tokens : {1, 2, 3, 5, 32, 33, 70}) {
            const std::int64_t cols = block > 1 ? block * static_cast<std::int64_t>(1 + random.below(4))
                                                : static_cast<std::int64_t>(1 + random.below(300));
            const RandomMatrix w(GetParam(), rows, cols, random);
            const Scales scales(rows, cols, random);
            const std::vector<float> x = test::normals(static_cast<std::size_t>(tokens * cols), random);
            const PackedMatrix packed = pack(w, scales, pool);
            const Digits digits = random() & 1 ? Digits::one : Digits::two;
            std::vector<float> defined;
            for (std::int64_t t = 0; t < tokens; ++t) {
                for (std::int64_t r = 0; r < rows; ++r) {
                    defined.push_back(
                        block > 1 ? defined_block_product(w.view, r, &x[static_cast<std::size_t>(t * cols)], digits)
                                  : defined_float_product(w.view, scales, r, &x[static_cast<std::size_t>(t * cols)]));
                }
            }
            const auto results = test::under_every_build([&] { return multiply(packed, x, tokens, pool, digits); });
            for (std::size_t i = 0; i < results.size(); ++i) {
                ASSERT_EQ(first_difference(results[i], defined), -1)
                    << name(available_isas()[i]) << " " << rows << "x" << cols << ", " << tokens
                    << " rows of activations";
            }
        }
    }
}

/// The definition itself against the exact product in double: the error is that of rounding activations to 8 bits (half
/// a step of amax/127 each, against |w|) and of F32 sums (n + 2 roundings of the sum of magnitudes).
TEST_P(Matmul, IsCloseToTheExactProduct) {
    base::RandomSequence random(12);
    base::ThreadPool pool(1);
    const std::int64_t rows = 33, cols = 512, tokens = 3;
    const RandomMatrix w(GetParam(), rows, cols, random);
    const Scales scales(rows, cols, random);
    const std::vector<float> x = test::normals(static_cast<std::size_t>(tokens * cols), random);
    for (const Digits digits : {Digits::one, Digits::two}) {
        const double steps = digits == Digits::one
                                 ? 127.0
                                 : 127.0 * 254.0;  // the second digit's largest value is half a step of the first
        const std::vector<float> y = multiply(pack(w, scales, pool), x, tokens, pool, digits);
        std::vector<float> row(static_cast<std::size_t>(cols));
        for (std::int64_t t = 0; t < tokens; ++t) {
            for (std::int64_t r = 0; r < rows; ++r) {
                dequantize_row(w.view.type, w.view.row(r).data(), cols, row.data());
                double exact = 0, magnitude = 0, rounding = 0;
                for (std::int64_t k0 = 0; k0 < cols; k0 += 32) {
                    double amax = 0;
                    for (std::int64_t k = k0; k < k0 + 32; ++k)
                        amax =
                            std::max(amax, std::fabs(static_cast<double>(x[static_cast<std::size_t>(t * cols + k)])));
                    for (std::int64_t k = k0; k < k0 + 32; ++k) {
                        double v = static_cast<double>(row[static_cast<std::size_t>(k)]);
                        if (GetParam() == DType::f8_e4m3)
                            v *= static_cast<double>(
                                scales.values[static_cast<std::size_t>(r / 128 * scales.view.shape[1] + k / 128)]);
                        const double product = v * static_cast<double>(x[static_cast<std::size_t>(t * cols + k)]);
                        exact += product;
                        magnitude += std::fabs(product);
                        if (tensor::is_quantised(GetParam())) rounding += std::fabs(v) * amax / steps / 2;
                    }
                }
                const double bound = rounding * 1.001 + magnitude * static_cast<double>(cols + 2) * 0x1p-24;
                EXPECT_NEAR(static_cast<double>(y[static_cast<std::size_t>(t * rows + r)]), exact, bound)
                    << "row " << r;
            }
        }
    }
}

TEST_P(Matmul, OneRowAndManyHaveTheSameBits) {
    base::RandomSequence random(13);
    base::ThreadPool pool(3);
    // Three spans of 256, or two runs of eight blocks and a rest of three.
    const std::int64_t rows = 96, cols = tensor::info(GetParam()).block_values == 256 ? 768 : 608, tokens = 45;
    const RandomMatrix w(GetParam(), rows, cols, random);
    const Scales scales(rows, cols, random);
    const PackedMatrix packed = pack(w, scales, pool);
    const std::vector<float> x = test::normals(static_cast<std::size_t>(tokens * cols), random);
    for (const Digits digits : {Digits::one, Digits::two}) {
        const std::vector<float> together = multiply(packed, x, tokens, pool, digits);
        for (std::int64_t t = 0; t < tokens; ++t) {
            const std::vector<float> one(x.begin() + t * cols, x.begin() + (t + 1) * cols);
            const std::vector<float> alone = multiply(packed, one, 1, pool, digits);
            const std::vector<float> part(together.begin() + t * rows, together.begin() + (t + 1) * rows);
            ASSERT_EQ(first_difference(part, alone), -1) << "row " << t << ", digits " << static_cast<int>(digits);
        }
    }
}

std::vector<DType> all_types() {
    std::vector<DType> all = float_types;
    all.insert(all.end(), block_types.begin(), block_types.end());
    return all;
}
INSTANTIATE_TEST_SUITE_P(AllTypes, Matmul, testing::ValuesIn(all_types()),
                         [](const auto& test) { return std::string(tensor::name(test.param)); });

TEST(MatmulSegments, ExpertsReadTheirOwnRows) {
    base::RandomSequence random(14);
    base::ThreadPool pool(2);
    const std::int64_t rows = 48, cols = 64, experts = 3, tokens = 50;
    const RandomMatrix w(DType::q4_0, rows * experts, cols, random);
    const tensor::TensorView stack{"experts", DType::q4_0, {experts, rows, cols}, w.bytes};
    const PackedMatrix packed = PackedMatrix::pack(stack, pool);
    const std::vector<float> x = test::normals(static_cast<std::size_t>(tokens * cols), random);
    std::vector<std::int32_t> index;
    const std::vector<std::int64_t> segments{40, 0, 37};  // rows may be used more than once
    for (std::int64_t i = 0; i < 77; ++i) index.push_back(static_cast<std::int32_t>(random.below(tokens)));
    const Rows all{x.data(), cols, 77, index.data()};
    QuantisedRows quantised;
    quantised.quantise(all, cols, segments, pool);
    std::vector<float> y(77 * rows);
    std::vector<Product> products;
    std::int64_t first = 0;
    for (std::int64_t e = 0; e < experts; ++e) {
        const std::int64_t count = segments[static_cast<std::size_t>(e)];
        products.push_back(
            {&packed, e, {x.data(), cols, count, index.data() + first}, &quantised, e, y.data() + first * rows, rows});
        first += count;
    }
    matmul(products, pool);
    for (std::int64_t s = 0; s < 77; ++s) {
        const std::int64_t e = s < 40 ? 0 : 2;
        for (std::int64_t r = 0; r < rows; ++r) {
            ASSERT_EQ(y[static_cast<std::size_t>(s * rows + r)],
                      defined_block_product(w.view, e * rows + r, all.row(s)));
        }
    }
}

TEST(QuantisedRowsTest, ZeroTinyAndNotFiniteBlocks) {
    base::RandomSequence random(15);
    base::ThreadPool pool(1);
    const RandomMatrix w(DType::q8_0, 16, 64, random);
    const PackedMatrix packed = PackedMatrix::pack(w.view, pool);
    std::vector<float> x(64, 0.0f);
    for (const float y : multiply(packed, x, 1, pool)) EXPECT_EQ(y, 0.0f);
    x.assign(64, 1e-38f);
    for (const float y : multiply(packed, x, 1, pool)) EXPECT_EQ(y, 0.0f);
    for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        x.assign(64, 1.0f);
        x[40] = bad;
        const auto results = test::under_every_build([&] { return multiply(packed, x, 1, pool); });
        for (const auto& y : results) {
            for (const float v : y) EXPECT_TRUE(std::isnan(v));
        }
    }
}

TEST(Pack, RefusesWhatCannotBeAWeight) {
    base::ThreadPool pool(1);
    const std::vector<std::byte> bytes(64, std::byte{0x7F});
    const auto code_of = [&](const tensor::TensorView& view) {
        try {
            PackedMatrix::pack(view, pool);
        } catch (const base::Error& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    EXPECT_NE(code_of({"t", DType::boolean, {8, 8}, bytes}).find("cannot be a weight"), std::string::npos);
    EXPECT_NE(code_of({"t", DType::f8_e4m3, {8, 8}, bytes}).find("without scales"), std::string::npos);
    EXPECT_NE(code_of({"t", DType::f32, {8, 8}, bytes}).find("has only 64 bytes"), std::string::npos);
    EXPECT_NE(code_of({"t", DType::f32, {2, 2, 2, 2}, bytes}).find("a matrix or a stack"), std::string::npos);
    const float scale = 1;
    const tensor::TensorView codes{"t", DType::f8_e4m3, {8, 8}, bytes},
        scales{"s", DType::f32, {1, 1}, std::as_bytes(std::span(&scale, 1))};
    test::expect_error(base::ErrorCode::bad_file, "holds codes that are not a number",
                       [&] { PackedMatrix::pack_f8(std::span(&codes, 1), std::span(&scales, 1), pool); });
}

}  // namespace
}  // namespace ergon::kernels
