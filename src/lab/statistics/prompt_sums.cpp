#include "lab/statistics/prompt_sums.h"

#include <algorithm>
#include <cmath>

#include "base/strings/text.h"

namespace ergon::lab {
namespace {

/// Where the phase's joules belong, by how they are known.
void add_joules(const PhaseResult& phase, bool assumed, PhaseSum& sum) {
    const energy::Figure& total = phase.total;
    if (assumed) {
        sum[PhaseSum::assumed] += total.value.value();
    } else if (total.method == energy::Method::measured) {
        const double half_width = std::max(total.high - total.value, total.value - total.low).value();
        sum[PhaseSum::measured] += total.value.value();
        sum[PhaseSum::measured_variance] += half_width * half_width;
    } else if (total.method == energy::Method::apportioned) {
        sum[PhaseSum::apportioned] += total.value.value();
    } else {
        sum[PhaseSum::active] += phase.above_idle.value.value();
        sum[PhaseSum::idle] += (total.value - phase.above_idle.value).value();
    }
}

}  // namespace

PhaseSum::PhaseSum(std::span<const double> columns) {
    std::ranges::copy(columns.first(parts), amounts.begin());
}

void PhaseSum::put(std::span<double> columns) const {
    std::ranges::copy(amounts, columns.begin());
}

PhaseSum& PhaseSum::operator+=(const PhaseSum& other) {
    for (std::size_t i = 0; i < parts; ++i) amounts[i] += other.amounts[i];
    return *this;
}

PhaseSum PhaseSum::operator/(double count) const {
    PhaseSum mean = *this;
    for (double& amount : mean.amounts) amount /= count;
    mean[measured_variance] /= count;
    return mean;
}

double PhaseSum::joules(const MachineDraw& draw, std::size_t phase) const {
    const double step = draw.counter[phase] / energy::end_of_95_percent * std::sqrt(amounts[measured_variance]);
    return std::max(0.0, amounts[measured] + step) + draw.splitting * amounts[apportioned] + draw.idle * amounts[idle] +
           draw.active * amounts[active] + draw.assumption * amounts[assumed];
}

void PromptSum::add(const Answer& answer, bool assumed) {
    ++answers;
    capped += answer.finish_reason == "length" ? 1 : 0;
    if (answer.right) {
        ++graded;
        right += *answer.right ? 1 : 0;
        if (answer.repeat == 0 && answer.session == 0) first_right = answer.right;
    }
    words += static_cast<double>(count_words(answer.text));
    characters += static_cast<double>(count_characters(answer.text));
    for (std::size_t i = 0; i < energy::kept_phase_count; ++i) {
        const PhaseResult& phase = answer.phases[i];
        phases[i][PhaseSum::tokens] += static_cast<double>(phase.tokens.value());
        if (answer.metered) add_joules(phase, assumed, phases[i]);
    }
}

PhaseSum PromptSum::mean() const {
    PhaseSum sum;
    for (const PhaseSum& phase : phases) sum += phase / static_cast<double>(answers);
    return sum;
}

void PromptSessions::add(const Answer& answer, bool assumed) {
    all.add(answer, assumed);
    const auto session = static_cast<std::size_t>(answer.session);
    if (sessions.size() <= session) sessions.resize(session + 1);
    sessions[session].add(answer, assumed);
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
