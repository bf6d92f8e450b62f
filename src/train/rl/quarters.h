#pragma once
// What reinforcement learning changed: the first quarter of its rounds against the last, with an interval.

#include <optional>
#include <span>

#include "train/run/run_log.h"

namespace ergon::train {

struct QuarterChange {
    double first = 0, last = 0;  // mean share of right answers in the quarters
    double low = 0, high = 0;    // 95% of last - first

    bool shown() const { return low > 0 || high < 0; }
};

/// Every round draws other problems, so one round against another shows the problems as much as the learning. The
/// interval is Welch's (1947) over the rounds' means, with the degrees of freedom of Satterthwaite (1946); a quarter's
/// variance is taken to be no less than that of as many independent answers (with one right and one wrong added, so
/// that rounds that are all right or all wrong are not certain for ever). Nothing with fewer than three rounds in a
/// quarter, or if a line is no round.
std::optional<QuarterChange> change_of_right(std::span<const StepLine> lines);

/// "In 40 steps of reinforcement learning the share of right answers went from 31% to 44% ...": what a page may say.
std::string right_sentence(std::span<const StepLine> lines);

}  // namespace ergon::train
