#pragma once
// AdamW (Loshchilov and Hutter, 2019) with a learning rate that warms up, stays, and falls, and clipped gradients.

#include <cstdint>
#include <vector>

#include "base/threads.h"
#include "tensor/dtype.h"
#include "train/weights.h"

namespace ergon::train {

/// The learning rate by step: linear from 0 over `warm_up` steps, constant to `decay_from`, then along a cosine to
/// `least` at `steps` (DeepSeek-V3, section 4.2).
struct Schedule {
    std::int64_t steps = 0;
    std::int64_t warm_up = 0;
    std::int64_t decay_from = 0;
    double learning_rate = 0;
    double least = 0;
    /// Of step `step`, counted from 0.
    double at(std::int64_t step) const;
};

struct AdamwOptions {
    double beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8;
    double weight_decay = 0.1;  // of matrices
    double clip = 1;            // the gradients' norm is at most this; 0: as they are
};

/// Bytes of both moments: F32 under fp32, BF16 otherwise.
base::Bytes moment_bytes(const Architecture& architecture);

class Adamw {
  public:
    Adamw(Weights& weights, const AdamwOptions& options);

    /// One step on the gradients, each multiplied by `scale` first. Returns their norm before clipping; if that is not
    /// a number the weights stay as they are.
    double step(double learning_rate, double scale, base::ThreadPool& pool);

    std::int64_t steps() const { return steps_; }
    void set_steps(std::int64_t steps) { steps_ = steps; }
    /// The moments of one weight: its values() of moment_type().
    std::byte* first(const Weight& weight) { return first_.data() + offset(weight); }
    std::byte* second(const Weight& weight) { return second_.data() + offset(weight); }
    tensor::DType moment_type() const { return wide_type(weights_.architecture().precision); }
    base::Bytes bytes() const { return base::Bytes(std::ssize(first_) + std::ssize(second_)); }

  private:
    double gradient_norm(base::ThreadPool& pool) const;
    /// Moments lie as the values do.
    std::int64_t offset(const Weight& weight) const;

    Weights& weights_;
    AdamwOptions options_;
    std::int64_t steps_ = 0;
    std::vector<std::byte> first_, second_;
};

}  // namespace ergon::train
