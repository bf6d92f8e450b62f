#pragma once
// A contender as it is named on the command line: MODEL, or MODEL:option,option=value,...

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/language_model.h"

namespace ergon::lab {

/// What is set here goes before what is set for all contenders.
struct ContenderSpec {
    std::string model;           // a path, a name, or the address of a server
    std::string label;           // empty: the model's name
    std::optional<bool> thinks;  // think, no_think
    std::optional<std::int64_t> max_thinking;
    std::optional<std::int64_t> max_tokens;
    std::optional<int> threads;
    std::optional<model::CacheType> cache;
    std::optional<double> temperature, top_p, min_p;
    std::optional<std::int64_t> top_k;
    std::vector<std::string> forbidden;  // in place of what is forbidden to all
    bool elsewhere = false;              // a server that its address places on this machine is not: behind a tunnel
    std::string key_variable;            // the environment's variable that holds a server's key

    /// Whether it is the address of a server.
    bool is_server() const;
};

/// "model.gguf:no_think,max_think=512,threads=2,label=short". What follows the last colon is options only if all of it
/// is such; else it belongs to the model. Throws Error(bad_argument) for an option whose value makes no sense.
ContenderSpec parse_contender(std::string_view text);

/// The names of the options, for help.
std::string contender_options();

}  // namespace ergon::lab
