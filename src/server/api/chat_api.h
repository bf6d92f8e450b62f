#pragma once
// /v1/chat/completions and /v1/completions: from the question to the answer, whole or as a stream.

#include "engine/serving/serving_engine.h"
#include "server/http/exchange.h"

namespace ergon::server {

/// What the answering of questions needs.
struct ApiContext {
    engine::ServingEngine& engine;
    energy::Meter& meter;
    asio::thread_pool::executor_type heavy;  // where long texts are read and tokenized
    base::Seconds ping{15};                  // a comment in a stream that says nothing for so long
};

/// Throw ApiError and base::Error before anything was sent.
asio::awaitable<void> chat_completions(const ApiContext& context, Exchange& exchange, const std::string& id);
asio::awaitable<void> completions(const ApiContext& context, Exchange& exchange, const std::string& id);

}  // namespace ergon::server
