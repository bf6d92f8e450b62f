#include "lab/prompt_sums.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/text.h"
#include "lab/bootstrap.h"

namespace ergon::lab {
namespace {

/// A coefficient's factor for a standard normal draw.
double drawn_factor(double z, double value, double low, double high) {
    if (!(value > 0)) return 1;
    constexpr double least = 1e-3;  // an interval that reaches zero has no logarithm
    const double end = std::max(least, (z < 0 ? low : high) / value);
    return std::pow(end, std::abs(z) / energy::end_of_95_percent);
}

}  // namespace

void PromptSum::add(const Answer& answer) {
    ++repeats;
    capped += answer.finish_reason == "length" ? 1 : 0;
    if (answer.right) {
        ++graded;
        right += *answer.right ? 1 : 0;
        if (answer.repeat == 0) first_right = answer.right;
    }
    words += static_cast<double>(count_words(answer.text));
    characters += static_cast<double>(count_characters(answer.text));
    for (std::size_t i = 0; i < energy::kept_phase_count; ++i) {
        const PhaseResult& phase = answer.phases[i];
        PhaseSum& sum = phases[i];
        sum.tokens += static_cast<double>(phase.tokens.value());
        if (!answer.metered) continue;
        if (phase.total.method != energy::Method::estimated) {
            sum.counted += phase.total.value.value();
        } else {
            sum.active_estimated += phase.above_idle.value.value();
            sum.idle_estimated += (phase.total.value - phase.above_idle.value).value();
        }
    }
}

double PromptSum::joules() const {
    double sum = 0;
    for (const PhaseSum& phase : phases) sum += phase.joules();
    return sum;
}

void MachineSpread::add(const PhaseResult& phase) {
    if (phase.total.method != energy::Method::estimated) return;
    const energy::Figure& active = phase.above_idle;
    active_.value += active.value.value();
    active_.low += active.low.value();
    active_.high += active.high.value();
    idle_.value += (phase.total.value - active.value).value();
    idle_.low += (phase.total.low - active.low).value();
    idle_.high += (phase.total.high - active.high).value();
}

Coefficients MachineSpread::draw(std::optional<std::uint64_t> replicate, std::uint64_t seed) const {
    if (!replicate) return {};
    // Draws of their own, apart from those of the prompts: the seed's complement.
    const auto z = [&](std::uint64_t which) {
        return normal_quantile(base::random_uniform(~seed, *replicate, which) + 0x1p-54);
    };
    return {drawn_factor(z(0), idle_.value, idle_.low, idle_.high),
            drawn_factor(z(1), active_.value, active_.low, active_.high)};
}

std::int64_t count_words(const std::string& text) {
    std::int64_t words = 0;
    bool inside = false;
    for (const char byte : text) {
        words += !base::is_space(byte) && !inside ? 1 : 0;
        inside = !base::is_space(byte);
    }
    return words;
}

std::int64_t count_characters(const std::string& text) {
    return std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; });
}

}  // namespace ergon::lab
