#include "lab/statistics/confidence_interval.h"

#include <fmt/format.h>

namespace ergon::lab {

std::string no_interval_text(NoInterval why, std::int64_t prompts) {
    const std::string few = fmt::format("too few prompts ({}) for an interval", prompts);
    switch (why) {
        case NoInterval::has_one:
            return {};
        case NoInterval::few_prompts:
            return few;
        case NoInterval::alike:
            return few + ": all say the same";
        case NoInterval::few_decide:
            return few + ": they scatter too far";
        case NoInterval::undefined:
            return "no interval: not defined without each of the prompts";
    }
    return {};
}

}  // namespace ergon::lab
