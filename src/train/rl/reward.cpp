#include "train/rl/reward.h"

#include "tasks/graders/grader.h"

namespace ergon::train {
namespace {

bool well_formed(const engine::Answer& answer, bool thinking) {
    const bool thought = answer[base::Phase::thinking].tokens > 0;
    return answer.stop == engine::StopReason::end_token && !answer.text.empty() && thought == thinking;
}

}  // namespace

Reward reward_of(const Sample& sample, const tasks::Prompt& problem, const RewardOptions& options, bool thinking,
                 const CountedWork& work) {
    Reward r;
    r.right = tasks::grade(problem, sample.answer.text).value_or(false);
    r.well_formed = well_formed(sample.answer, thinking);
    r.joules = options.joules_per_byte * work.bytes(sample.prompt, sample.generated()) +
               options.joules_per_operation * work.operations(sample.prompt, sample.generated());
    const double cost = options.token_cost * static_cast<double>(sample.generated()) + options.joule_cost * r.joules;
    r.value = (r.right ? options.accuracy - cost : 0) + (r.well_formed ? options.format : 0);
    return r;
}

}  // namespace ergon::train
