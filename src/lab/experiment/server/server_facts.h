#pragma once
// What can be found out about the model behind a server: from what the server says of itself, and from the file that
// its process has open.

#include <filesystem>
#include <string>
#include <vector>

#include "client/endpoint.h"
#include "lab/store/contender_details.h"

namespace ergon::lab {

struct ServerFacts {
    ModelDetails details;
    std::string hash;       // of the model's files, where they can be read
    bool answered = false;  // somebody is there
};

/// Asks /v1/models (llama.cpp's and vLLM's meta), /props (llama.cpp) and /api/show (Ollama). `processes`: the server's,
/// if they are known: a file of GGUF that they have mapped or open, or that /props names, is read. What cannot be found
/// out is left out. Throws nothing.
ServerFacts server_facts(const client::EndpointAddress& address, const std::string& key,
                         const std::filesystem::path& procfs, const std::vector<int>& processes);

}  // namespace ergon::lab
