#include "lab/statistics/sample.h"

#include <algorithm>
#include <utility>

namespace ergon::lab {
namespace {

/// How many sessions hold answers of all contenders to all prompts; 0 if one of several is incomplete.
std::size_t complete_sessions(std::span<const SampledPrompt> prompts) {
    std::size_t sessions = prompts.empty() ? 0 : max_sessions;
    for (const SampledPrompt& prompt : prompts) {
        for (const PromptSessions* one : prompt) {
            const bool complete =
                std::ranges::all_of(one->sessions, [](const PromptSum& sum) { return sum.answers > 0; });
            sessions = complete ? std::min(sessions, one->sessions.size()) : 0;
        }
    }
    return sessions;
}

}  // namespace

std::vector<double> Sample::totals() const {
    std::vector<double> sums(rows.columns());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += rows[row][i];
    }
    return sums;
}

Sample sample_of(std::span<const SampledPrompt> prompts, std::vector<std::size_t> contenders, std::size_t columns,
                 const PutRow& put_row) {
    Sample sample{Rows(columns), {}, std::move(contenders)};
    std::vector<double> row(columns);
    std::vector<const PromptSum*> sums(sample.contenders.size());
    for (const SampledPrompt& prompt : prompts) {
        std::ranges::transform(prompt, sums.begin(), [](const PromptSessions* one) { return &one->all; });
        put_row(sums, row);
        sample.rows.add(row);
    }
    const std::size_t sessions = complete_sessions(prompts);
    for (std::size_t session = 0; session < sessions && sessions > 1; ++session) {
        std::vector<double>& sum = sample.sessions.emplace_back(columns);
        for (const SampledPrompt& prompt : prompts) {
            std::ranges::transform(prompt, sums.begin(),
                                   [&](const PromptSessions* one) { return &one->sessions[session]; });
            put_row(sums, row);
            for (std::size_t i = 0; i < columns; ++i) sum[i] += row[i];
        }
    }
    return sample;
}

}  // namespace ergon::lab
