#pragma once
// OpenAI-compatible servers (llama.cpp, Ollama, vLLM, SGLang, the APIs of DeepSeek and others) as something to ask.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/units.h"
#include "client/chat.h"
#include "client/reply_reader.h"

namespace ergon::client {

struct EndpointAddress {
    std::string base;   // "http://localhost:8080/v1"
    std::string model;  // as the server calls it; empty if the address does not say
    bool operator==(const EndpointAddress&) const = default;
};

/// "http(s)://host[:port]/v1#model"; without a path, /v1 is meant. Throws Error(bad_argument) for anything else, a user
/// and password included: keys come from the environment.
EndpointAddress parse_endpoint(const std::string& address);

/// Whether the server of an address runs on this machine, by its address alone: a loopback address, `localhost`, this
/// machine's host name, or an address of one of its network interfaces. (A tunnel may still lead elsewhere.) Throws
/// Error(bad_argument) if it is no address.
bool on_this_machine(const std::string& url);

struct AskLimits {
    base::Nanoseconds connect{10'000'000'000};
    base::Nanoseconds silence{300'000'000'000};  // a long prompt is read in silence
    base::Nanoseconds total{3'600'000'000'000};  // of one attempt
    std::size_t bytes = std::size_t{256} << 20;  // of the stream
    // After a failure that may pass: nobody there, silence, a broken stream, HTTP 408, 425, 429, 5xx.
    int retries = 6;
    base::Nanoseconds first_wait{1'000'000'000};      // doubled each time, where the server does not name one
    base::Nanoseconds longest_wait{300'000'000'000};  // who asks for more is given up
    base::Nanoseconds patience{1'200'000'000'000};    // from the first attempt on; then none begins any more
    std::uint64_t seed = 0;                           // of the waits' jitter
};

/// The address with a model: the one named, else the only one that the server has (GET /models). Throws
/// Error(bad_argument) with the names if there are several, and as `chat_completion` does.
EndpointAddress with_model(const EndpointAddress& address, const std::string& key, const AskLimits& limits = {});

/// Asks and waits for the whole answer. `key` is sent as a bearer token if it is not empty, and stands in no sentence.
/// The listener's `on_phase` is told `prompt` just before each attempt is sent, then as OnPhase says; what it or
/// `on_text` throws ends the request and is thrown on. What may pass is tried again after a while (AskLimits), unless
/// text was handed to `on_text`, which cannot be taken back. A server that refuses an optional field by name (400, 422)
/// is asked again without it, and the reply says so. After `cancelled` the reply is what has come of the text. Throws
/// Error: bad_argument for what the request or the key got refused, not_found for an unknown address or model, bad_file
/// for an answer that makes no sense or breaks off, out_of_budget for one that is too long, system for a server that
/// fails, stays busy or silent, and where it was cancelled before any text came.
ChatReply chat_completion(const EndpointAddress& address, const std::string& key, const ChatRequest& request,
                          const ReplyListener& listener = {}, const AskLimits& limits = {},
                          const std::atomic<bool>* cancelled = nullptr);

}  // namespace ergon::client
