#pragma once
// What somebody wants of answers: sampling, limits, thinking. What is not said is the model's own.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "engine/chat_format.h"
#include "engine/generation/generation.h"

namespace ergon::engine {

struct AnswerSettings {
    std::optional<double> temperature, top_p, min_p, repeat_penalty;
    std::optional<std::int64_t> top_k, max_tokens, max_thinking;
    std::uint64_t seed = 0;
    std::vector<std::string> stop, forbidden;
    bool no_think = false;

    GenerationOptions for_model(const ChatFormat& chat) const;
    /// Each setting of the sampler and where it comes from.
    base::Json sampling_json(const ChatFormat& chat) const;
};

}  // namespace ergon::engine
