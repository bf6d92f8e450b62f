// The AVX-512 build against the scalar one, with ==, by emulation: it says that the code is right where no processor
// can run it. On a processor with AVX-512 the other tests run it for real.

#include <gtest/gtest.h>

#include "kernels/builds/table.h"
#include "kernels/packed_matrix.h"
#include "kernels/random_data.h"

namespace ergon::kernels {

const KernelTable& emulated_avx512_table();

namespace {

using tensor::DType;

bool can_emulate() {
    return available_isas().size() > 1;
}  // the emulation stands on AVX2

class EmulatedAvx512 : public testing::TestWithParam<DType> {};

TEST_P(EmulatedAvx512, ProductsEqualTheScalarOnes) {
    if (!can_emulate()) GTEST_SKIP() << "no AVX2 here to emulate AVX-512 with";
    base::RandomSequence random(41);
    base::ThreadPool pool(1);
    const std::int64_t rows = 40, cols = 512, tokens = 5;
    const test::RandomMatrix w(GetParam(), rows, cols, random);
    const std::vector<float> scales = test::normals(4, random), x = test::normals(tokens * cols, random);
    const tensor::TensorView scale_view{"scales", DType::f32, {1, 4}, std::as_bytes(std::span(scales))};
    const PackedMatrix packed = GetParam() == DType::f8_e4m3
                                    ? PackedMatrix::pack_f8(std::span(&w.view, 1), std::span(&scale_view, 1), pool)
                                    : PackedMatrix::pack(w.view, pool);
    const Rows input{x.data(), cols, tokens, nullptr};
    const auto multiply = [&](const KernelTable& build) {
        std::vector<float> all;
        for (const Digits digits : {Digits::one, Digits::two}) {
            std::vector<std::byte> panel(
                static_cast<std::size_t>(2 * tokens * cols / 32 * QuantisedRows::row_block_bytes));
            build.quantise_panel(input, 0, tokens, cols, digits, panel.data());
            std::vector<float> y(static_cast<std::size_t>(tokens * rows));
            build.matmul[static_cast<std::size_t>(GetParam())](packed.matrix(0), rows, 0, packed.groups(),
                                                               {cols, input, panel.data(), digits}, y.data(), rows);
            all.insert(all.end(), y.begin(), y.end());
        }
        return all;
    };
    EXPECT_EQ(test::first_difference(multiply(emulated_avx512_table()), multiply(scalar_table())), -1);
}

INSTANTIATE_TEST_SUITE_P(AllTypes, EmulatedAvx512,
                         testing::Values(DType::f32, DType::f16, DType::bf16, DType::f8_e4m3, DType::q4_0, DType::q4_1,
                                         DType::q5_0, DType::q5_1, DType::q8_0, DType::iq4_nl, DType::mxfp4,
                                         DType::q2_k, DType::q3_k, DType::q4_k, DType::q5_k, DType::q6_k,
                                         DType::iq4_xs),
                         [](const auto& test) { return std::string(tensor::name(test.param)); });

TEST(EmulatedAvx512Rows, EqualTheScalarOnes) {
    if (!can_emulate()) GTEST_SKIP() << "no AVX2 here to emulate AVX-512 with";
    base::RandomSequence random(42);
    for (const std::int64_t n : {1, 7, 16, 33, 100}) {
        const std::vector<float> x = test::normals(static_cast<std::size_t>(n), random, 3),
                                 w = test::normals(static_cast<std::size_t>(n), random);
        const auto run = [&](const KernelTable& build) {
            std::vector<float> all, y(x);
            const auto keep = [&] {
                all.insert(all.end(), y.begin(), y.end());
                y = x;
            };
            build.softmax(y.data(), n), keep();
            build.sigmoid(y.data(), n), keep();
            build.rms_norm(x.data(), w.data(), 1e-6f, n, y.data()), keep();
            build.swiglu(x.data(), w.data(), n, y.data()), keep();
            build.add(y.data(), w.data(), n), keep();
            build.add_scaled(y.data(), w.data(), 0.3f, n), keep();
            std::vector<std::uint16_t> half(y.size());
            build.to_f16(y.data(), n, half.data());
            all.insert(all.end(), half.begin(), half.end());
            build.to_bf16(x.data(), n, half.data());
            build.from_bf16(half.data(), n, y.data()), keep();
            std::vector<std::uint8_t> bytes(y.size());
            build.to_f8(x.data(), 0.02f, n, bytes.data());
            build.from_f8(bytes.data(), 0.3f, n, y.data()), keep();
            build.to_f8_each(x.data(), w.data(), n, bytes.data());
            build.from_f8(bytes.data(), 0.3f, n, y.data()), keep();
            build.largest_magnitudes(w.data(), n, y.data()), keep();
            all.push_back(build.largest_magnitude(x.data(), n));
            return all;
        };
        EXPECT_EQ(test::first_difference(run(emulated_avx512_table()), run(scalar_table())), -1) << n;
    }
}

TEST(EmulatedAvx512Attention, EqualsTheScalarOne) {
    if (!can_emulate()) GTEST_SKIP() << "no AVX2 here to emulate AVX-512 with";
    base::RandomSequence random(43);
    const std::int64_t keys = 150, rows = 6, width = 40;
    const std::vector<float> key = test::normals(keys * width, random), queries = test::normals(rows * width, random);
    std::vector<std::uint16_t> half(key.size());
    scalar_table().to_f16(key.data(), keys * width, half.data());
    std::vector<std::int64_t> limits;
    for (std::int64_t r = 0; r < rows; ++r) limits.push_back(keys - rows + 1 + r);
    for (const bool f16 : {false, true}) {
        const KeyRows all{f16 ? static_cast<const void*>(half.data()) : key.data(), f16, width, width};
        const auto run = [&](const KernelTable& build) {
            std::vector<float> states(static_cast<std::size_t>(rows * state_floats(width))),
                scratch(static_cast<std::size_t>(attention_scratch(width, width, rows)));
            build.attend_chunk({all, {}, all}, queries.data(), width, limits.data(), rows, 0, 0.2f, states.data(),
                               scratch.data());
            build.merge_states(states.data(), states.data() + state_floats(width), width);
            build.finish_state(states.data(), width, scratch.data());
            states.insert(states.end(), scratch.begin(), scratch.begin() + width);
            return states;
        };
        EXPECT_EQ(test::first_difference(run(emulated_avx512_table()), run(scalar_table())), -1);
    }
}

}  // namespace
}  // namespace ergon::kernels
