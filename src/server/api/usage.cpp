#include "server/api/usage.h"

#include <fmt/format.h>

namespace ergon::server {
namespace {

using base::Json;
using base::Phase;
using energy::Figure;

struct Bill {
    Figure total, above_idle;
    std::array<Figure, energy::kept_phase_count> phases;
    base::Nanojoules idle{};
    bool known = false;
    bool whole = true;  // a counter told of all of the time, or there is none
};

Bill bill_of(std::span<const engine::Answer> answers) {
    Bill bill;
    for (const engine::Answer& answer : answers) {
        if (!answer.energy) continue;
        const energy::RequestFigures& figures = *answer.energy;
        const auto add = [&](Figure& to, const Figure& more) {
            if (bill.known) {
                to += more;
            } else {
                to = more;
            }
        };
        add(bill.total, figures.total);
        add(bill.above_idle, figures.above_idle);
        for (std::size_t i = 0; i < bill.phases.size(); ++i) add(bill.phases[i], figures.phases[i].total);
        for (const energy::Charge& charge : figures.account.phases) bill.idle += charge.idle;
        const bool counted = figures.total.method != energy::Method::estimated;
        bill.whole = bill.whole && (!counted || figures.account.estimated_intervals == 0);
        bill.known = true;
    }
    return bill;
}

Json energy_json(const Bill& bill) {
    Json phases;
    for (std::size_t i = 0; i < bill.phases.size(); ++i) phases[std::string(energy::phase_names[i])] = bill.phases[i];
    return {{"joules", bill.total},
            {"phases", std::move(phases)},
            {"above_idle", bill.above_idle},
            {"idle", {{"value", base::to_joules(bill.idle).value()}, {"unit", "J"}}},
            {"method", std::string(energy::name(bill.total.method))},
            {"valid", bill.whole}};
}

}  // namespace

Json usage_json(std::span<const engine::Answer> answers, std::size_t choices) {
    std::int64_t prompt = 0, cached = 0, thinking = 0, generated = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const engine::Answer& answer = answers[i];
        if (i % choices == 0) {
            prompt += answer.reused + answer[Phase::prompt].tokens;
            cached += answer.reused;
        }
        thinking += answer[Phase::thinking].tokens;
        generated += answer[Phase::thinking].tokens + answer[Phase::answer].tokens;
    }
    Json json{{"prompt_tokens", prompt},
              {"completion_tokens", generated},
              {"total_tokens", prompt + generated},
              {"prompt_tokens_details", {{"cached_tokens", cached}}},
              {"completion_tokens_details", {{"reasoning_tokens", thinking}}}};
    if (const Bill bill = bill_of(answers); bill.known) json["energy"] = energy_json(bill);
    return json;
}

Headers energy_headers(std::span<const engine::Answer> answers) {
    const Bill bill = bill_of(answers);
    if (!bill.known) return {};
    return {{"X-Ergon-Joules", fmt::format("{}", bill.total.value.value())},
            {"X-Ergon-Joules-Low", fmt::format("{}", bill.total.low.value())},
            {"X-Ergon-Joules-High", fmt::format("{}", bill.total.high.value())},
            {"X-Ergon-Joules-Method", std::string(energy::name(bill.total.method))}};
}

}  // namespace ergon::server
