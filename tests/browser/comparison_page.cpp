// Writes the page of a simulated comparison of three contenders: comparison_page FILE.

#include "lab/output/comparison_page.h"

#include <cmath>
#include <fmt/format.h>
#include <fstream>

#include "base/random.h"

namespace ergon::lab {
namespace {

std::vector<Contender> contenders() {
    const auto details = [](std::int64_t experts, double active) {
        return nlohmann::ordered_json{{"kind", "in-process"},
                                      {"max_tokens", 512},
                                      {"vocabulary", "v"},
                                      {"experts", experts},
                                      {"parameters", {{"total", 7e9}, {"active", active}}}};
    };
    return {{"dense-7b-instruct.q4_k_m", "", "h1", details(0, 7e9)},
            {"sparse-thinker", "", "h2", details(64, 1e9)},
            {"sparse-direct", "", "h3", details(64, 1e9)}};
}

energy::Figure figure(double joules) {
    return {base::Joules(joules), base::Joules(0.6 * joules), base::Joules(1.7 * joules), energy::Method::estimated};
}

Answer answer(std::int64_t contender, std::size_t prompt) {
    const auto draw = [&](std::uint64_t which) {
        return base::random_uniform(9, 10 * prompt + static_cast<std::uint64_t>(contender), which);
    };
    Answer answer;
    answer.contender = contender;
    answer.prompt = fmt::format("prompt-{}", prompt);
    answer.category = prompt % 3 == 0 ? "arithmetic" : prompt % 3 == 1 ? "explain" : "letters to the landlord";
    answer.finish_reason = draw(0) < 0.1 ? "length" : "stop";
    answer.right = draw(1) < 0.4 + 0.2 * static_cast<double>(contender);
    answer.text =
        fmt::format("An answer to question {}.\n<script>alert(1)</script>\n{}", prompt, std::string(300, 'w'));
    answer.thinking = contender == 1 ? "Let me think about it, step by step." : "";
    const std::array<double, 3> tokens{40, contender == 1 ? 400 * std::exp(draw(2)) : 0, 60 * std::exp(2 * draw(3))};
    const double each = contender == 0 ? 0.9 : 0.3;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        PhaseResult& phase = answer.phases[i];
        phase.tokens = base::Tokens(std::llround(tokens[i]));
        phase.seconds = base::Seconds(tokens[i] / 30);
        phase.total = figure(tokens[i] * each);
        phase.above_idle = figure(0.7 * tokens[i] * each);
    }
    answer.measures.components = {
        {"attention", 3}, {"router", 0.2}, {"routed experts", contender == 0 ? 0.0 : 9.0}, {"output head", 1}};
    answer.measures.bytes = {3e9, 2e7, 0};
    return answer;
}

ComparisonReport report() {
    ComparisonReport report;
    ComparisonBuilder builder(contenders());
    for (std::size_t prompt = 0; prompt < 40; ++prompt) {
        ShownPrompt shown{{fmt::format("prompt-{}", prompt), "arithmetic", "What is asked?", "4"}, {}};
        for (std::int64_t contender = 0; contender < 3; ++contender) {
            builder.add(answer(contender, prompt));
            shown.answers.push_back(answer(contender, prompt));
        }
        if (prompt < 6) report.shown.push_back(std::move(shown));
    }
    report.run = {{{"prompts", "simulated"}},
                  7,
                  {{"processor", "a simulated one"}, {"threads", 8}},
                  "0.1.0",
                  {{"order", "ABBA"}}};
    report.comparison = builder.finish(7);
    report.machine_events = {{"idle before",
                              {{"watts", {{"value", 10.0}, {"low", 8.0}, {"high", 12.0}, {"method", "measured"}}}},
                              "2026-11-22"}};
    report.digest = "0123456789abcdef";
    report.started = "2026-11-22T10:00:00Z";
    report.prompts = 41;
    report.results = "simulated.sqlite";
    return report;
}

}  // namespace
}  // namespace ergon::lab

int main(int count, char** arguments) {
    if (count != 2) return 2;
    std::ofstream(arguments[1]) << ergon::lab::comparison_page(ergon::lab::report(), ergon::energy::read_references());
    return 0;
}
