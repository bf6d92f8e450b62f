#include "lab/statistics/confidence_interval.h"

#include <fmt/format.h>

namespace ergon::lab {

std::string no_interval_text(NoInterval why, std::int64_t prompts) {
    const std::string few = fmt::format("too few prompts ({}) for an interval", prompts);
    switch (why) {
        case NoInterval::has_one: return {};
        case NoInterval::few_prompts: return few;
        case NoInterval::alike: return few + ": all give the same value";
        case NoInterval::few_decide: return few + ": they vary too much";
        case NoInterval::undefined: return "no interval: the ratio is not defined without some of the prompts";
    }
    return {};
}

}  // namespace ergon::lab
