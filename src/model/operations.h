#pragma once
// What the layers are made of: operations on all tokens of a step, each with its record for the account.

#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/threads.h"
#include "kernels/matmul.h"
#include "model/attention/rotary.h"
#include "model/config/config.h"
#include "model/recorder.h"
#include "model/step.h"
#include "model/workspace.h"

namespace ergon::model {

/// What every layer needs of the step at hand.
struct Context {
    const Config& config;
    const Step& step;
    const Rotary& rotary;
    const Recorder& recorder;
    Workspace& work;
    base::ThreadPool& pool;
};

/// How finely activations are quantised before block-quantised weights (docs/findings.md). Measured on SmolLM2-135M,
/// whose activations have large outliers: with one digit everywhere the perplexity is 0.4% from that of float
/// arithmetic; with two digits before attention's projections, the output head and the feed-forward's last product
/// (whose input is a product of two heavy tails) it is 0.005%. Gate and up gain nothing from a second digit. The routed
/// experts have one: assumed from their small share in each token's sum, no real mixture of experts being at hand to
/// measure.
inline constexpr kernels::Digits fine = kernels::Digits::two;
inline constexpr kernels::Digits coarse = kernels::Digits::one;

/// y[row] = weights x[row]; rows of y lie weights->rows() apart.
struct Projection {
    const kernels::PackedMatrix* weights;
    float* y;
};

/// Several projections of the same rows as one parallel loop; where weights are block-quantised the rows are quantised
/// once for all. `users` as in WorkAccount::add.
void project(const Context& c, Component component, const kernels::Rows& x, kernels::Digits digits,
             std::initializer_list<Projection> outputs, std::span<const energy::User> users = {});

/// y[t] = rms_norm(x[t]) * weights for every token, rows as wide as `weights`. y may be x.
void norm(const Context& c, const float* x, const std::vector<float>& weights, double eps, float* y);
/// x[t] += y[t], rows of hidden_size.
void add_residual(const Context& c, const float* y, float* x);

/// Rows that lie one after the other.
inline kernels::Rows rows_of(const float* x, std::int64_t width, std::int64_t count) {
    return {x, width, count, nullptr};
}

}  // namespace ergon::model
