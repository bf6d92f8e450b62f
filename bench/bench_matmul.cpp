// Products of one weight matrix larger than any cache with a few rows of activations, beside the plainest loop that
// only reads as many bytes: GB/s of weights, by type, digits of the activations, rows and threads. bench_matmul
// [--benchmark_filter=q4_k]

#include <benchmark/benchmark.h>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <numeric>
#include <vector>

#include "base/processors.h"
#include "base/random.h"
#include "base/threads.h"
#include "kernels/elementwise.h"
#include "kernels/matmul.h"
#include "kernels/packed_matrix.h"
#include "kernels/random_data.h"

namespace {

using namespace ergon;
using kernels::Digits;
using tensor::DType;

constexpr std::int64_t cols = 2048;
constexpr std::int64_t weight_bytes = std::int64_t{160} << 20;

/// What memory gives: every 64-byte line of the bytes is read once, in order, by the same pool and in pieces as a
/// product takes them.
void stream(benchmark::State& state, int threads) {
    base::ThreadPool pool(threads);
    const std::vector<std::uint64_t> words(static_cast<std::size_t>(weight_bytes / 8), 1);
    constexpr std::int64_t piece = 72 << 10;
    std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads) * 8);
    const auto read = [&] {
        std::fill(sums.begin(), sums.end(), 0);
        pool.run(weight_bytes / piece, 1, [&](std::int64_t begin, std::int64_t end, int worker) {
            const std::uint64_t* at = words.data() + begin * piece / 8;
            std::uint64_t parts[16] = {};
            for (; at < words.data() + end * piece / 8; at += 16) {
                for (int i = 0; i < 16; ++i) parts[i] += at[i];
            }
            sums[static_cast<std::size_t>(worker) * 8] += std::accumulate(parts, parts + 16, std::uint64_t{0});
        });
        return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
    };
    const std::int64_t read_bytes = weight_bytes / piece * piece;
    if (read() != static_cast<std::uint64_t>(read_bytes / 8)) return state.SkipWithError("the sum is wrong");
    for (auto _ : state) benchmark::DoNotOptimize(read());
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * read_bytes);
}

/// The answer is checked before it is timed: the first rows, against a plain product in double with the same weights. 8
/// bits of activations are within half a step of 1/127 of the largest of their block, so that errors beyond 2% of the
/// sum of magnitudes are mistakes.
bool right(const tensor::TensorView& weights, const std::vector<float>& x, const std::vector<float>& y) {
    std::vector<float> w(static_cast<std::size_t>(cols));
    for (std::int64_t r = 0; r < 32; ++r) {
        kernels::dequantize_row(weights.type, weights.row(r).data(), cols, w.data());
        double sum = 0, magnitude = 0;
        for (std::size_t k = 0; k < w.size(); ++k) {
            sum += static_cast<double>(w[k]) * static_cast<double>(x[k]);
            magnitude += std::abs(static_cast<double>(w[k]) * static_cast<double>(x[k]));
        }
        if (!(std::abs(sum - static_cast<double>(y[static_cast<std::size_t>(r)])) <= 0.02 * magnitude)) return false;
    }
    return true;
}

void product(benchmark::State& state, DType type, Digits digits, std::int64_t tokens, int threads) {
    base::ThreadPool pool(threads);
    base::RandomSequence random(7, 0);
    // A thousand rows of random weights, repeated: as many bytes as wanted without as many random numbers.
    const test::RandomMatrix some(type, 1024, cols, random);
    const std::int64_t copies = std::max<std::int64_t>(weight_bytes / std::ssize(some.bytes), 1);
    const std::vector<tensor::TensorView> stack(static_cast<std::size_t>(copies), some.view);
    const auto weights = kernels::PackedMatrix::pack(stack, pool);
    const std::vector<float> x = test::normals(static_cast<std::size_t>(tokens * cols), random);
    std::vector<float> y(static_cast<std::size_t>(copies * tokens * weights.rows()));
    const kernels::Rows rows{x.data(), cols, tokens, nullptr};
    kernels::QuantisedRows quantised;
    quantised.quantise(rows, cols, pool, digits);
    std::vector<kernels::Product> products;
    for (std::int64_t i = 0; i < copies; ++i) {
        products.push_back({.weights = &weights,
                            .matrix = i,
                            .rows = rows,
                            .quantised = &quantised,
                            .y = y.data() + i * tokens * weights.rows(),
                            .y_stride = weights.rows()});
    }
    kernels::matmul(products, pool);
    if (!right(some.view, x, y)) return state.SkipWithError("the product is wrong");
    for (auto _ : state) kernels::matmul(products, pool);
    const std::int64_t done = static_cast<std::int64_t>(state.iterations()) * copies;
    state.SetBytesProcessed(done * weights.matrix_bytes());
    state.counters["op/s"] =
        benchmark::Counter(static_cast<double>(done * 2 * tokens * weights.rows() * cols), benchmark::Counter::kIsRate);
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const int all = base::available_processors();
    std::vector<int> thread_counts{1};
    if (all > 1) thread_counts.push_back(all);
    for (const int threads : thread_counts) {
        benchmark::RegisterBenchmark(fmt::format("stream/threads:{}", threads).c_str(),
                                     [=](benchmark::State& state) { stream(state, threads); })
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
        for (const DType type :
             {DType::q4_0, DType::q4_1, DType::q5_0, DType::q8_0, DType::q4_k, DType::q5_k, DType::q6_k, DType::iq4_xs,
              DType::mxfp4, DType::q2_k, DType::q3_k, DType::f16, DType::bf16, DType::f32}) {
            for (const Digits digits : {Digits::one, Digits::two}) {
                if (digits == Digits::two && !tensor::is_quantised(type)) continue;
                for (const std::int64_t tokens : {1, 4, 64}) {
                    const std::string name = fmt::format("{}/digits:{}/rows:{}/threads:{}", tensor::info(type).name,
                                                         static_cast<int>(digits), tokens, threads);
                    benchmark::RegisterBenchmark(
                        name.c_str(), [=](benchmark::State& state) { product(state, type, digits, tokens, threads); })
                        ->UseRealTime()
                        ->Unit(benchmark::kMillisecond);
                }
            }
        }
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
