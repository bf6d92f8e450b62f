#include "model/operations.h"

#include "kernels/elementwise.h"

namespace ergon::model {

using energy::Source;

void project(const Context& c, Component component, const kernels::Rows& x, kernels::Digits digits,
             std::initializer_list<Projection> outputs, std::span<const energy::User> users) {
    energy::Work work = c.recorder.begin(component);
    base::Nanoseconds busy{};
    const bool quantised =
        std::any_of(outputs.begin(), outputs.end(), [](const Projection& p) { return p.weights->quantised(); });
    if (quantised) {
        busy += c.work.quantised.quantise(x, outputs.begin()->weights->cols(), c.pool, digits);
    }

    std::vector<kernels::Product>& products = c.work.products;
    products.clear();
    for (const Projection& p : outputs) {
        products.push_back(
            {.weights = p.weights, .rows = x, .quantised = &c.work.quantised, .y = p.y, .y_stride = p.weights->rows()});
        count(work, products.back());
    }
    busy += kernels::matmul(products, c.pool);
    c.recorder.end(work, busy, users);
}

void norm(const Context& c, const float* x, const std::vector<float>& weights, double eps, float* y) {
    energy::Work work = c.recorder.begin(Component::norms_and_residual);
    const std::int64_t width = std::ssize(weights);
    const base::Nanoseconds busy = c.pool.for_each(c.step.tokens(), [&](std::int64_t t) {
        kernels::rms_norm(x + t * width, weights.data(), static_cast<float>(eps), width, y + t * width);
    });
    const std::int64_t values = c.step.tokens() * width;
    work[Source::activations] = 2 * values * std::int64_t{sizeof(float)};
    work[energy::Arithmetic::f32] = 4 * values;  // square and sum, scale, weigh
    c.recorder.end(work, busy);
}

void add_residual(const Context& c, const float* y, float* x) {
    energy::Work work = c.recorder.begin(Component::norms_and_residual);
    const std::int64_t width = c.config.hidden_size;
    const base::Nanoseconds busy =
        c.pool.for_each(c.step.tokens(), [&](std::int64_t t) { kernels::add(x + t * width, y + t * width, width); });
    const std::int64_t values = c.step.tokens() * width;
    work[Source::activations] = 3 * values * std::int64_t{sizeof(float)};
    work[energy::Arithmetic::f32] = values;
    c.recorder.end(work, busy);
}

}  // namespace ergon::model
