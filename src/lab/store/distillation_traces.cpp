#include "lab/store/distillation_traces.h"

#include <map>
#include <set>
#include <tuple>

#include "base/json/json_text.h"

namespace ergon::lab {

Traces traces(Results& results, RunId run) {
    std::map<std::string, std::string> questions;
    for (AskedPrompt& one : results.prompts(run)) questions.emplace(std::move(one.id), std::move(one.text));
    const std::vector<Contender> contenders = results.contenders(run);
    std::set<std::tuple<std::string, std::string, std::string>> seen;  // prompt, thought, answer
    Traces found;
    results.for_each(run, [&](const Answer& answer) {
        if (!answer.right) return;
        ++found.graded;
        found.joules += answer.joules();
        found.metered = found.metered && answer.metered;
        found.right += *answer.right ? 1 : 0;
        if (!*answer.right || answer.finish_reason != "stop" || !questions.contains(answer.prompt)) return;
        if (!seen.emplace(answer.prompt, answer.thinking, answer.text).second) return;
        nlohmann::ordered_json line{{"prompt", questions.at(answer.prompt)}};
        if (!answer.thinking.empty()) line["thinking"] = answer.thinking;
        line["answer"] = answer.text;
        line["contender"] = contenders.at(static_cast<std::size_t>(answer.contender)).label;
        if (answer.metered) line["joules"] = answer.joules();
        found.lines += base::json_text(line) + "\n";
        ++found.kept;
    });
    return found;
}

}  // namespace ergon::lab
