#pragma once
// Bodies of /v1/chat/completions and /v1/completions, read strictly: what the server would pass over is refused.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/json.h"
#include "engine/chat_prompt.h"
#include "engine/generation/answer_settings.h"

namespace ergon::server {

/// What both kinds of question have in common.
struct CompletionOptions {
    std::string model;  // as the client calls it; empty: whichever there is
    engine::AnswerSettings settings;
    std::int64_t choices = 1;
    std::vector<std::pair<engine::TokenId, float>> bias;  // of logits
    std::optional<std::int64_t> logprobs;                 // of each token, with so many alternatives
    bool stream = false;
    bool include_usage = false;    // a last chunk with usage
    bool return_progress = false;  // chunks that tell how much of the prompt was read
};

struct ChatRequest {
    CompletionOptions options;
    std::vector<engine::Message> messages;
};

struct CompletionRequest {
    CompletionOptions options;
    /// To be continued, each by answers of its own: a text, or token ids where `ids` is not empty.
    struct Prompt {
        std::string text;
        std::vector<std::int64_t> ids;
    };
    std::vector<Prompt> prompts;
};

/// Throw ApiError(400) with the parameter named.
ChatRequest read_chat_request(std::string_view body);
CompletionRequest read_completion_request(std::string_view body);

/// A body that must be one JSON object.
base::Json read_object(std::string_view body);

}  // namespace ergon::server
