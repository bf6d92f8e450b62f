#pragma once
// Addresses of OpenAI-compatible servers (llama.cpp, Ollama, vLLM, SGLang, the APIs of DeepSeek and others).

#include <string>

#include "client/server_request.h"

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

/// The address with a model: the one named, else the only one that the server has (GET /models). Throws
/// Error(bad_argument) with the names if there are several, and as `chat_completion` does.
EndpointAddress with_model(const EndpointAddress& address, const std::string& key, const RequestLimits& limits = {});

}  // namespace ergon::client
