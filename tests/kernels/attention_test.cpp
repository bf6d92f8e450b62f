// Attention: every build alike with ==, any cut into chunks, and close to the softmax formula in double.

#include "kernels/attention.h"

#include <cmath>
#include <gtest/gtest.h>

#include "kernels/elementwise.h"
#include "kernels/random_data.h"

namespace ergon::kernels {
namespace {

using test::first_difference;

struct Case {
    std::int64_t keys, rows, key_width, tail_width, value_width;
    bool f16;
};

/// Keys, values and queries at random; values are the first part of the keys where they are narrower (MLA) or stand
/// alone.
struct Problem {
    Case c;
    std::vector<float> key, tail, value, queries;
    std::vector<std::uint16_t> key16, tail16, value16;
    std::vector<std::int64_t> limits;

    Problem(const Case& size, base::RandomSequence& random) : c(size) {
        const auto fill = [&](std::int64_t width, std::vector<float>& wide, std::vector<std::uint16_t>& half) {
            wide = test::normals(static_cast<std::size_t>(c.keys * width), random);
            half.resize(wide.size());
            to_f16(wide.data(), static_cast<std::int64_t>(wide.size()), half.data());
            if (c.f16)
                for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = tensor::f16_to_f32(half[i]);
        };
        fill(c.key_width, key, key16);
        fill(c.tail_width, tail, tail16);
        fill(c.value_width, value, value16);
        queries = test::normals(static_cast<std::size_t>(c.rows * (c.key_width + c.tail_width)), random);
        for (std::int64_t r = 0; r < c.rows; ++r) limits.push_back(c.keys - (c.rows - 1 - r) / 2);
        for (std::int64_t& limit : limits) limit = limit < 1 ? 1 : limit;
    }
    KeysAndValues views() const {
        const auto view = [&](const std::vector<float>& wide, const std::vector<std::uint16_t>& half,
                              std::int64_t width) {
            return KeyRows{c.f16 ? static_cast<const void*>(half.data()) : wide.data(), c.f16, width, width};
        };
        return {view(key, key16, c.key_width), view(tail, tail16, c.tail_width), view(value, value16, c.value_width)};
    }
    std::vector<float> attend(std::int64_t first_row, std::int64_t count) const {
        const std::int64_t width = c.key_width + c.tail_width, floats = state_floats(c.value_width);
        std::vector<float> scratch(static_cast<std::size_t>(attention_scratch(width, c.value_width, count)));
        std::vector<float> state(static_cast<std::size_t>(count * floats)), next(state.size()),
            y(static_cast<std::size_t>(count * c.value_width));
        for (std::int64_t chunk = 0; chunk * attention_chunk < c.keys; ++chunk) {
            attend_chunk(views(), &queries[static_cast<std::size_t>(first_row * width)], width,
                         &limits[static_cast<std::size_t>(first_row)], count, chunk, 0.125f,
                         chunk == 0 ? state.data() : next.data(), scratch.data());
            for (std::int64_t r = 0; chunk > 0 && r < count; ++r)
                merge_states(&state[static_cast<std::size_t>(r * floats)], &next[static_cast<std::size_t>(r * floats)],
                             c.value_width);
        }
        for (std::int64_t r = 0; r < count; ++r)
            finish_state(&state[static_cast<std::size_t>(r * floats)], c.value_width,
                         &y[static_cast<std::size_t>(r * c.value_width)]);
        return y;
    }
    /// The formula for one row of queries, in double precision.
    std::vector<double> exact(std::int64_t r) const {
        std::vector<double> score;
        double largest = -1e300, sum = 0;
        for (std::int64_t s = 0; s < limits[static_cast<std::size_t>(r)]; ++s) {
            double dot = 0;
            for (std::int64_t i = 0; i < c.key_width + c.tail_width; ++i) {
                const float k = i < c.key_width ? key[static_cast<std::size_t>(s * c.key_width + i)]
                                                : tail[static_cast<std::size_t>(s * c.tail_width + i - c.key_width)];
                dot += static_cast<double>(queries[static_cast<std::size_t>(r * (c.key_width + c.tail_width) + i)]) *
                       static_cast<double>(k);
            }
            score.push_back(dot * 0.125);
            largest = std::max(largest, score.back());
        }
        std::vector<double> out(static_cast<std::size_t>(c.value_width));
        for (std::size_t s = 0; s < score.size(); ++s) {
            const double p = std::exp(score[s] - largest);
            sum += p;
            for (std::size_t d = 0; d < out.size(); ++d) out[d] += p * static_cast<double>(value[s * out.size() + d]);
        }
        for (double& one : out) one /= sum;
        return out;
    }
};

class Attention : public testing::TestWithParam<Case> {};

TEST_P(Attention, EveryBuildAndEveryCutHaveTheSameBits) {
    base::RandomSequence random(31);
    const Problem problem(GetParam(), random);
    const auto results = test::under_every_build([&] { return problem.attend(0, problem.c.rows); });
    for (std::size_t i = 1; i < results.size(); ++i)
        ASSERT_EQ(first_difference(results[i], results[0]), -1) << name(available_isas()[i]);
    for (std::int64_t r = 0; r < problem.c.rows; ++r) {
        const std::vector<float> alone = problem.attend(r, 1);
        const std::vector<float> part(results[0].begin() + r * problem.c.value_width,
                                      results[0].begin() + (r + 1) * problem.c.value_width);
        ASSERT_EQ(first_difference(alone, part), -1) << "row " << r;
    }
}

/// Scores of magnitude up to ~5 carry an error of key_width * 2^-24 * 5, which p inherits; 2^-14 covers the widest case
/// fourfold.
TEST_P(Attention, IsTheSoftmaxFormula) {
    base::RandomSequence random(32);
    const Problem problem(GetParam(), random);
    const std::vector<float> y = problem.attend(0, problem.c.rows);
    for (std::int64_t r = 0; r < problem.c.rows; ++r) {
        const std::vector<double> exact = problem.exact(r);
        for (std::int64_t d = 0; d < problem.c.value_width; ++d) {
            ASSERT_NEAR(y[static_cast<std::size_t>(r * problem.c.value_width + d)], exact[static_cast<std::size_t>(d)],
                        0x1p-14);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Attention,
                         testing::Values(Case{1, 1, 64, 0, 64, true}, Case{63, 3, 64, 0, 64, true},
                                         Case{64, 4, 64, 0, 64, false}, Case{65, 9, 16, 0, 16, true},
                                         Case{513, 5, 128, 0, 128, true}, Case{1100, 7, 24, 8, 20, false},
                                         Case{700, 8, 128, 64, 128, false}, Case{530, 16, 512, 64, 512, true},
                                         Case{1030, 2, 7, 3, 5, true}));

}  // namespace
}  // namespace ergon::kernels
