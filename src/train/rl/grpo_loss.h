#pragma once
// Group relative policy optimisation: the advantage of an answer in its group, and the loss of each of its tokens.

#include <optional>
#include <span>
#include <vector>

#include "train/optimizer/objective.h"

namespace ergon::train {

struct PolicyOptions {
    double clip = 0.2;  // epsilon: how far a ratio of probabilities may go
    double kl = 0;      // beta: weight of the divergence from the reference
};

/// What the loss knows of one sampled token. Log-probabilities are natural.
struct PolicyToken {
    double advantage = 0;
    std::optional<double> old;  // when it was sampled; nothing: by the weights as they are, so that the ratio is 1
    std::optional<double> reference;  // of the reference model; nothing: no divergence is counted
};

/// The same for an answer: log-probabilities of each token of its example, or none.
struct PolicyTerms {
    double advantage = 0;
    std::vector<double> old, reference;

    PolicyToken at(std::size_t token) const {
        PolicyToken one{advantage, {}, {}};
        if (!old.empty()) one.old = old[token];
        if (!reference.empty()) one.reference = reference[token];
        return one;
    }
};

/// -(min(r A, clip(r, 1 - epsilon, 1 + epsilon) A) - beta k3) with r = p / p_old, and k3 = x - ln x - 1 for
/// x = p_reference / p (Shao et al., 2024, equations 3 and 4; Schulman, 2020).
TokenLoss policy_loss(double log_probability, const PolicyToken& token, const PolicyOptions& options);

/// x - ln x - 1 for x = p_reference / p: never negative, on average the divergence from the reference.
double k3(double log_probability, double reference);

/// (r - mean) / standard deviation of the group (that of a population); all 0 if no reward stands out.
std::vector<double> group_advantages(std::span<const double> rewards);

}  // namespace ergon::train
