#pragma once
// What a comparison shows, in sentences.

#include <array>
#include <string>

#include "lab/comparison.h"

namespace ergon::lab {

/// What is done in each phase of an answer.
inline constexpr std::array<const char*, energy::kept_phase_count> phase_doing{"prompt processing", "thinking",
                                                                               "answering"};

/// Above this share of prompts with an answer cut off, a ratio is that of the caps.
inline constexpr double tolerated_capped_share = 0.05;

/// The ratio, whether it is shown to differ from 1, and if so, what it is made of.
std::string ratio_sentence(const Comparison& comparison, const PairSummary& pair);

/// "Sparse experts over dense: an answer takes 1.10 times the joules ...": joules, right answers, joules for a right
/// one, each with what is shown of it.
std::string effect_sentence(const Effect& effect);

/// The same in a line, with the interval of joules alone.
std::string effect_headline(const Effect& effect);

/// The main finding in a sentence with its interval: the first effect of a design that is shown, else its first one; of
/// pairs the one that differs most among those that differ, else the first. Empty without answers.
std::string headline(const Comparison& comparison);

/// What the pair shows: the ratio, what it is made of, caps, tokenizers, accuracy.
std::string finding(const Comparison& comparison, const PairSummary& pair);

/// What differs between the pair beside what is compared, and what it can and cannot show.
std::string confounders_text(const Comparison& comparison, const PairSummary& pair);

/// What the joules rest on where no counter was: the first thing that a reader must know. Empty where one was.
std::string basis_sentence(const Comparison& comparison);

/// Where the joules come from, in words: `energy_source` of what this machine took, and what was assumed of servers.
std::string energy_text(const Comparison& comparison, const std::string& energy_source);

/// What the intervals know of other sessions.
std::string sessions_sentence(const Comparison& comparison);

/// Whether these models reason, and so whether the comparison says anything about models that do. Empty without
/// answers.
std::string reasoning_sentence(const Comparison& comparison);

/// The part of ln(energy ratio) that a factor is, as "94%"; empty where the pair does not differ, or where one cause
/// makes it dearer and another cheaper.
std::string share_text(const ConfidenceInterval& factor, const PairSummary& pair);

}  // namespace ergon::lab
