// Products of two matrices: the definition written out plainly, every build, every stride and edge - all with ==.

#include "kernels/gemm.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "kernels/matmul.h"
#include "kernels/random_data.h"

namespace ergon::kernels {
namespace {

using tensor::DType;
using test::first_difference;

/// An operand with its values: [rows, k], or stored transposed.
struct Matrix {
    std::vector<float> floats, scales;
    std::vector<std::uint16_t> halves;
    std::vector<std::uint8_t> bytes;
    Operand operand;

    Matrix(DType type, std::int64_t rows, std::int64_t k, bool transposed, std::int64_t scale_rows,
           base::RandomSequence& random) {
        const std::int64_t spare = 3;  // rows of memory lie apart
        const std::int64_t inner = (transposed ? rows : k) + spare, outer = transposed ? k : rows;
        operand.type = type;
        operand.row = transposed ? 1 : inner;
        operand.col = transposed ? inner : 1;
        const auto size = static_cast<std::size_t>(inner * outer);
        if (type == DType::f32) {
            floats = test::normals(size, random);
            operand.data = floats.data();
        } else if (type == DType::bf16) {
            for (std::size_t i = 0; i < size; ++i) halves.push_back(tensor::f32_to_bf16(test::normal(random)));
            operand.data = halves.data();
        } else {
            for (std::size_t i = 0; i < size; ++i) {
                const auto byte = static_cast<std::uint8_t>(random() >> 56);
                bytes.push_back((byte & 0x7F) == 0x7F ? 0 : byte);  // no NaN
            }
            operand.data = bytes.data();
            const std::int64_t chunks = (k + 127) / 128, groups = (rows + scale_rows - 1) / scale_rows;
            scales = test::normals(static_cast<std::size_t>(groups * chunks), random);
            operand.scales = scales.data();
            operand.scale_rows = scale_rows;
            operand.scale_row = chunks;
            operand.scale_col = 1;
        }
    }
};

float value(const Operand& x, std::int64_t i, std::int64_t k) {
    const std::int64_t at = i * x.row + k * x.col;
    if (x.type == DType::f32) return static_cast<const float*>(x.data)[at];
    if (x.type == DType::bf16) return tensor::bf16_to_f32(static_cast<const std::uint16_t*>(x.data)[at]);
    return tensor::f8_e4m3_to_f32(static_cast<const std::uint8_t*>(x.data)[at]);
}
float scale_of(const Operand& x, std::int64_t i, std::int64_t chunk) {
    return x.scales[i / x.scale_rows * x.scale_row + chunk * x.scale_col];
}

/// gemm.h's definition in the plainest code.
void defined(const Gemm& g, float* c) {
    for (std::int64_t i = 0; i < g.m; ++i) {
        for (std::int64_t j = 0; j < g.n; ++j) {
            float sum = g.accumulate ? c[i * g.c_row + j] : 0.0f;
            if (g.a.scales == nullptr) {
                for (std::int64_t k = 0; k < g.k; ++k) sum = std::fma(value(g.a, i, k), value(g.b, j, k), sum);
            } else {
                for (std::int64_t k0 = 0; k0 < g.k; k0 += 128) {
                    float part = 0;
                    for (std::int64_t k = k0; k < std::min(k0 + 128, g.k); ++k) {
                        part = std::fma(value(g.a, i, k), value(g.b, j, k), part);
                    }
                    sum = std::fma(part, scale_of(g.a, i, k0 / 128) * scale_of(g.b, j, k0 / 128), sum);
                }
            }
            c[i * g.c_row + j] = sum;
        }
    }
}

struct Shape {
    std::int64_t m, n, k;
};
const std::vector<Shape> shapes{{1, 1, 1},   {6, 16, 8},    {5, 17, 3},   {97, 31, 257}, {13, 200, 129},
                                {100, 5, 0}, {192, 64, 40}, {7, 15, 512}, {25, 33, 130}, {0, 4, 4}};

TEST(Gemm, IsItsDefinitionUnderEveryBuild) {
    base::RandomSequence random(5);
    base::ThreadPool pool(3);
    GemmScratch scratch;
    for (const DType type : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        for (const Shape& s : shapes) {
            for (int variant = 0; variant < 8; ++variant) {
                const Matrix a(type, s.m, s.k, variant & 1, 1, random), b(type, s.n, s.k, variant & 2, 128, random);
                const std::vector<float> before = test::normals(static_cast<std::size_t>(s.m * (s.n + 2)), random);
                Gemm g{a.operand, b.operand, s.m, s.n, s.k, nullptr, s.n + 2, (variant & 4) != 0};
                std::vector<float> expected = before;
                defined(g, expected.data());
                const auto results = test::under_every_build([&] {
                    std::vector<float> c = before;
                    g.c = c.data();
                    gemm(std::span(&g, 1), scratch, pool);
                    std::vector<float> alone = before;
                    g.c = alone.data();
                    std::vector<float> memory(static_cast<std::size_t>(gemm_scratch(s.n, s.k)) + 16);
                    gemm(g, memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64 / 4);
                    EXPECT_EQ(first_difference(alone, c), -1);
                    return c;
                });
                for (std::size_t i = 0; i < results.size(); ++i) {
                    ASSERT_EQ(first_difference(results[i], expected), -1)
                        << name(available_isas()[i]) << ' ' << s.m << 'x' << s.n << 'x' << s.k << " variant "
                        << variant;
                }
            }
        }
    }
}

/// What training reads forward is what the engine reads.
TEST(Gemm, HasTheBitsOfTheEnginesProduct) {
    base::RandomSequence random(6);
    base::ThreadPool pool(2);
    const std::int64_t tokens = 37, rows = 83, cols = 301;
    const test::RandomMatrix w(DType::f32, rows, cols, random);
    const std::vector<float> x = test::normals(static_cast<std::size_t>(tokens * cols), random);
    std::vector<float> expected(static_cast<std::size_t>(tokens * rows)), found(expected.size());
    const auto packed = PackedMatrix::pack(w.view, pool);
    const Product product{&packed, 0, {x.data(), cols, tokens, nullptr}, nullptr, 0, expected.data(), rows};
    matmul(std::span(&product, 1), pool);
    GemmScratch scratch;
    const Gemm g{{x.data(), cols, 1}, {w.bytes.data(), cols, 1}, tokens, rows, cols, found.data(), rows};
    gemm(std::span(&g, 1), scratch, pool);
    EXPECT_EQ(first_difference(found, expected), -1);
}

/// A sum over tokens goes on where it stopped: batches may be cut anywhere.
TEST(Gemm, AccumulatesAsIfInOnePiece) {
    base::RandomSequence random(7);
    base::ThreadPool pool(2);
    GemmScratch scratch;
    const std::int64_t rows = 20, cols = 50, tokens = 300;
    const std::vector<float> dy = test::normals(static_cast<std::size_t>(tokens * rows), random);
    const std::vector<float> x = test::normals(static_cast<std::size_t>(tokens * cols), random);
    std::vector<float> whole(static_cast<std::size_t>(rows * cols)), pieces(whole.size());
    const auto add = [&](std::int64_t first, std::int64_t count, std::vector<float>& dw) {
        const Gemm g{{dy.data() + first * rows, 1, rows},
                     {x.data() + first * cols, 1, cols},
                     rows,
                     cols,
                     count,
                     dw.data(),
                     cols,
                     true};
        gemm(std::span(&g, 1), scratch, pool);
    };
    add(0, tokens, whole);
    for (std::int64_t first = 0; first < tokens; first += 77)
        add(first, std::min<std::int64_t>(77, tokens - first), pieces);
    EXPECT_EQ(first_difference(pieces, whole), -1);
}

}  // namespace
}  // namespace ergon::kernels
