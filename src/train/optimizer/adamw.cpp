#include "train/optimizer/adamw.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"

namespace ergon::train {
namespace {

/// Values that make one sum of squares, and that a thread takes at a time. The sums are added in order, so that the
/// norm does not depend on the threads.
constexpr std::int64_t piece = std::int64_t{1} << 14;

/// beta^n by repeated multiplication: the same on every machine, unlike pow.
double power(double beta, std::int64_t n) {
    double result = 1, square = beta;
    for (; n > 0; n /= 2, square *= square) {
        if (n % 2 == 1) result *= square;
    }
    return result;
}

}  // namespace

double Schedule::at(std::int64_t step) const {
    if (step < warm_up) return learning_rate * static_cast<double>(step + 1) / static_cast<double>(warm_up);
    if (step <= decay_from || decay_from >= steps) return learning_rate;
    const double done = std::min(static_cast<double>(step - decay_from) / static_cast<double>(steps - decay_from), 1.0);
    // cos(pi x) from the kernels' own angles, the same on every machine.
    constexpr double half_turn = 3.14159265358979323846;
    const double frequency = half_turn * done;
    float cosine = 1, sine = 0;
    kernels::rotary_angles(1, &frequency, 1, &cosine, &sine);
    return least + (learning_rate - least) * 0.5 * (1 + static_cast<double>(cosine));
}

base::Bytes moment_bytes(const Architecture& architecture) {
    const std::int64_t each = tensor::info(wide_type(architecture.precision)).block_bytes;
    return weight_bytes(architecture).values / std::int64_t{sizeof(float)} * (2 * each);
}

Adamw::Adamw(Weights& weights, const AdamwOptions& options)
    : weights_(weights),
      options_(options),
      first_(static_cast<std::size_t>(moment_bytes(weights.architecture()).value()) / 2),
      second_(first_.size()) {}

std::int64_t Adamw::offset(const Weight& weight) const {
    return (weight.value - weights_.values().data()) * tensor::info(moment_type()).block_bytes;
}

double Adamw::gradient_norm(base::ThreadPool& pool) const {
    const std::span<const float> g = weights_.gradients();
    const std::int64_t size = std::ssize(g), pieces = (size + piece - 1) / piece;
    std::vector<float> sums(pieces);
    pool.run(pieces, 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t i = begin; i < end; ++i) {
            const float* const at = g.data() + i * piece;
            sums[i] = kernels::dot(at, at, std::min(piece, size - i * piece));
        }
    });
    double sum = 0;
    for (const float one : sums) sum += static_cast<double>(one);
    return std::sqrt(sum);
}

double Adamw::step(double learning_rate, double scale, base::ThreadPool& pool) {
    const double norm = gradient_norm(pool) * scale;
    if (!std::isfinite(norm)) return norm;
    ++steps_;
    const double clip = options_.clip > 0 && norm > options_.clip ? options_.clip / norm : 1;
    kernels::AdamwStep step;
    step.beta1 = static_cast<float>(options_.beta1);
    step.beta2 = static_cast<float>(options_.beta2);
    step.epsilon = static_cast<float>(options_.epsilon);
    step.gradient_scale = static_cast<float>(scale * clip);
    step.step_size = static_cast<float>(learning_rate / (1 - power(options_.beta1, steps_)));
    step.root_scale = static_cast<float>(1 / std::sqrt(1 - power(options_.beta2, steps_)));
    const auto kept = static_cast<float>(1 - learning_rate * options_.weight_decay);
    for (const NamedWeight& one : weights_.named()) {
        step.keep = one.decays ? kept : 1.0f;
        const auto update = [&]<typename Moment>(Moment* first, Moment* second) {
            pool.run(one.weight.values(), piece, [&](std::int64_t begin, std::int64_t end, int) {
                kernels::adamw(step, one.weight.value + begin, first + begin, second + begin,
                               one.weight.gradient + begin, end - begin);
            });
        };
        if (moment_type() == tensor::DType::f32) {
            update(reinterpret_cast<float*>(first(one.weight)), reinterpret_cast<float*>(second(one.weight)));
        } else {
            update(reinterpret_cast<std::uint16_t*>(first(one.weight)),
                   reinterpret_cast<std::uint16_t*>(second(one.weight)));
        }
    }
    return norm;
}

}  // namespace ergon::train
