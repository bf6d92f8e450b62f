#pragma once
// What the comparison keeps of answers: sums per contender and prompt, whatever the number of repeats and sessions.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "energy/ledger/ledger.h"
#include "lab/statistics/machine_errors.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// Reading the prompt; the other phases generate.
inline constexpr std::size_t prompt_phase = static_cast<std::size_t>(energy::Phase::prompt);

/// What one phase took over some answers, or on average of them: tokens, and joules apart by how they are known.
struct PhaseSum {
    enum Part : std::size_t {
        tokens,
        measured,           // a counter covered it alone
        measured_variance,  // squares of the half widths of those figures: the counter's step is another one each time
        apportioned,
        idle,    // estimated
        active,  // estimated
        assumed,
        parts
    };
    std::array<double, parts> amounts{};

    PhaseSum() = default;
    /// `parts` columns of a row.
    explicit PhaseSum(std::span<const double> columns);
    void put(std::span<double> columns) const;

    double operator[](Part part) const { return amounts[part]; }
    double& operator[](Part part) { return amounts[part]; }
    PhaseSum& operator+=(const PhaseSum& other);
    /// The mean over so many.
    PhaseSum operator/(double count) const;
    /// With the draw's errors. `phase`: whose end of the counter's steps is drawn.
    double joules(const MachineDraw& draw = {}, std::size_t phase = 0) const;
};

struct PromptSum {
    std::int64_t answers = 0;  // over repeats and sessions
    std::int64_t capped = 0;
    std::int64_t graded = 0;
    std::int64_t right = 0;
    std::optional<bool> first_right;  // of the first repeat
    double words = 0;                 // of the answer
    double characters = 0;
    std::array<PhaseSum, energy::kept_phase_count> phases{};

    void add(const Answer& answer, bool assumed);
    /// All phases of an answer, on average.
    PhaseSum mean() const;
    /// Of the graded answers; there is one at least.
    double share_right() const { return static_cast<double>(right) / static_cast<double>(graded); }
    /// Of an answer, on average.
    double joules() const { return mean().joules(); }
};

/// The sums of one prompt, and those of each session where there are several.
struct PromptSessions {
    PromptSum all;
    std::vector<PromptSum> sessions;  // by number; one without answers has none of this prompt

    void add(const Answer& answer, bool assumed);
};

/// Words (between white space) and characters (code points) of a text.
std::int64_t count_words(const std::string& text);
std::int64_t count_characters(const std::string& text);

}  // namespace ergon::lab
