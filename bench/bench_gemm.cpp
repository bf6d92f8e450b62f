// Products of matrices as training needs them: operations per second beside the peak of the same build's FMA chains, by
// the three products of a layer (forward, gradient of the input, gradient of the weights). bench_gemm
// [--benchmark_filter=forward]

#include <benchmark/benchmark.h>
#include <cmath>
#include <fmt/format.h>
#include <vector>

#include "kernels/gemm.h"
#include "kernels/random_data.h"

namespace {

using namespace ergon;
using kernels::Gemm;

enum class Kind { forward, input_gradient, weight_gradient };

struct Data {
    std::int64_t tokens, in, out;
    std::vector<float> x, w, dy, y, dx, dw;
    Data(std::int64_t t, std::int64_t i, std::int64_t o) : tokens(t), in(i), out(o) {
        base::RandomSequence random(3);
        const auto size = [](std::int64_t a, std::int64_t b) { return static_cast<std::size_t>(a * b); };
        x = test::normals(size(t, i), random);
        w = test::normals(size(o, i), random);
        dy = test::normals(size(t, o), random);
        y.resize(size(t, o));
        dx.resize(size(t, i));
        dw.resize(size(o, i));
    }
    Gemm product(Kind kind) {
        switch (kind) {
            case Kind::forward: return {{x.data(), in, 1}, {w.data(), in, 1}, tokens, out, in, y.data(), out};
            case Kind::input_gradient: return {{dy.data(), out, 1}, {w.data(), 1, in}, tokens, in, out, dx.data(), in};
            default: return {{dy.data(), 1, out}, {x.data(), 1, in}, out, in, tokens, dw.data(), in};
        }
    }
};

/// The last output against a sum in double: chains of k roundings differ from it by less than k * 2^-24 of the
/// magnitudes.
bool right(const Gemm& g) {
    const auto* a = static_cast<const float*>(g.a.data);
    const auto* b = static_cast<const float*>(g.b.data);
    double sum = 0, magnitude = 0;
    for (std::int64_t k = 0; k < g.k; ++k) {
        const double product = static_cast<double>(a[(g.m - 1) * g.a.row + k * g.a.col]) *
                               static_cast<double>(b[(g.n - 1) * g.b.row + k * g.b.col]);
        sum += product;
        magnitude += std::abs(product);
    }
    return std::abs(sum - static_cast<double>(g.c[(g.m - 1) * g.c_row + g.n - 1])) <=
           static_cast<double>(g.k) * 0x1p-24 * magnitude;
}

void product(benchmark::State& state, Kind kind, std::int64_t tokens, std::int64_t in, std::int64_t out, int threads) {
    base::ThreadPool pool(threads);
    Data data(tokens, in, out);
    kernels::GemmScratch scratch;
    const Gemm g = data.product(kind);
    kernels::gemm(std::span(&g, 1), scratch, pool);
    if (!right(g)) return state.SkipWithError("the product is wrong");
    for (auto _ : state) kernels::gemm(std::span(&g, 1), scratch, pool);
    state.counters["GFLOPS"] =
        benchmark::Counter(2e-9 * static_cast<double>(g.m * g.n * g.k), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

int main(int argc, char** argv) {
    for (const int threads : {1, 2}) {
        for (const auto& [kind, name] :
             {std::pair(Kind::forward, "forward"), std::pair(Kind::input_gradient, "input_gradient"),
              std::pair(Kind::weight_gradient, "weight_gradient")}) {
            for (const auto& [in, out] :
                 {std::pair(256, 256), std::pair(256, 768), std::pair(768, 256), std::pair(256, 4096)}) {
                for (const int tokens : {128, 4096}) {
                    benchmark::RegisterBenchmark(
                        fmt::format("{}/tokens:{}/in:{}/out:{}/threads:{}", name, tokens, in, out, threads).c_str(),
                        product, kind, tokens, in, out, threads)
                        ->Unit(benchmark::kMillisecond)
                        ->UseRealTime()
                        ->MinTime(0.2);
                }
            }
        }
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
