#pragma once
// A log as a run of a model with two layers of four experts (two for each token) writes it.

#include <cmath>

#include "train/run/run_log.h"

namespace ergon::test {

inline energy::Figure figure(double joules) {
    return {base::Joules(joules), base::Joules(joules / 2), base::Joules(joules * 2), energy::Method::estimated};
}

inline energy::CarbonFigure emitted(double grams) {
    return {base::Grams(grams), base::Grams(grams / 2), base::Grams(grams * 2), energy::Method::estimated};
}

inline train::GridLine example_grid() {
    return {base::GramsPerKilowattHour(140),
            emitted(0.5),
            emitted(20),
            emitted(34),
            base::Seconds(7200),
            figure(9000),
            emitted(0.75)};
}

/// Steps from 1 on, of 100 tokens, 0.5 s and 8 J each.
inline std::vector<train::StepLine> example_log(int steps) {
    std::vector<train::StepLine> lines;
    for (int step = 1; step <= steps; ++step) {
        train::StepLine line;
        line.report.step = step;
        line.report.tokens = 100;
        line.report.examples = 7;
        line.report.loss = 5.0 / step;
        line.report.mtp_loss = 6.0 / step;
        line.report.accuracy = 1 - 1.0 / (step + 1);
        line.report.mtp_acceptance = 1 - 1.0 / (step + 2);
        line.report.gradient_norm = 0.25;
        line.report.learning_rate = 0.001 * std::min(step, 4);
        line.report.max_violation = 1.5;
        line.report.loads = {{80, 60, 40, 20}, {50, 50, 50, 50}};
        line.seconds = base::Seconds(0.5);
        line.joules = figure(8);
        line.total = figure(8.0 * step);
        line.others = figure(2);
        line.total_others = figure(2.0 * step);
        line.total_seconds = base::Seconds(0.5 * step);
        line.total_tokens = 100 * step;
        lines.push_back(std::move(line));
    }
    return lines;
}

/// Rounds of reinforcement learning: the share of right answers goes from 20% by 2 points a round.
inline std::vector<train::StepLine> example_rounds(int rounds) {
    std::vector<train::StepLine> lines = example_log(rounds);
    for (train::StepLine& line : lines) {
        line.report.examples = 4096;
        line.report.round.emplace();
        line.report.round->right = 0.2 + 0.02 * static_cast<double>(line.report.step - 1);
    }
    return lines;
}

}  // namespace ergon::test
