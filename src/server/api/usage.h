#pragma once
// The bill of an answer: tokens and joules, as `usage` and as headers.

#include <span>

#include "base/json/json.h"
#include "engine/generation/generation.h"
#include "server/http/exchange.h"

namespace ergon::server {

/// prompt_tokens, completion_tokens, total_tokens, their details and `energy`, of all answers to one request. So many
/// of them at a time have the same prompt, which is counted once; what it took is in the joules as often as it was
/// read.
base::Json usage_json(std::span<const engine::Answer> answers, std::size_t choices = 1);

/// The joules of all, for those who read headers.
Headers energy_headers(std::span<const engine::Answer> answers);

}  // namespace ergon::server
