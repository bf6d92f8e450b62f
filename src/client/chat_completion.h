#pragma once
// A question to an OpenAI-compatible server, tried again where that may help.

#include <atomic>
#include <string>

#include "client/chat.h"
#include "client/endpoint.h"
#include "client/reply_reader.h"

namespace ergon::client {

/// Asks and waits for the whole answer. `key` is sent as a bearer token if it is not empty, and stands in no sentence.
/// The listener's `on_phase` is told `prompt` just before each attempt is sent, then as OnPhase says; what it or
/// `on_text` throws ends the request and is thrown on. What may pass is tried again after a while (RequestLimits),
/// unless text was handed to `on_text`, which cannot be taken back. A server that refuses an optional field by name
/// (400, 422) is asked again without it, and the reply says so. After `cancelled` the reply is what has come of the
/// text. Throws Error: bad_argument for what the request or the key got refused, not_found for an unknown address or
/// model, bad_file for an answer that makes no sense or breaks off, out_of_budget for one that is too long, system for
/// a server that fails, stays busy or silent, and where it was cancelled before any text came.
ChatReply chat_completion(const EndpointAddress& address, const std::string& key, const ChatRequest& request,
                          const ReplyListener& listener = {}, const RequestLimits& limits = {},
                          const std::atomic<bool>* cancelled = nullptr);

}  // namespace ergon::client
