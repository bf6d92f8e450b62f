#pragma once
// Answers as servers stream them.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/reply_reader.h"

namespace ergon::client::streams {

inline std::string event(const nlohmann::json& data) {
    return "data: " + data.dump() + "\n\n";
}

/// A piece of a message, in the fields given: delta({{"content", "Hi"}}).
inline std::string delta(const nlohmann::json& fields) {
    return event({{"object", "chat.completion.chunk"},
                  {"model", "m"},
                  {"choices", {{{"index", 0}, {"delta", fields}, {"finish_reason", nullptr}}}}});
}

inline std::string content(const std::string& text) {
    return delta({{"content", text}});
}

inline std::string end(const std::string& reason = "stop") {
    return event({{"choices", {{{"index", 0}, {"delta", nlohmann::json::object()}, {"finish_reason", reason}}}}});
}

inline std::string usage(const nlohmann::json& numbers) {
    return event({{"choices", nlohmann::json::array()}, {"usage", numbers}});
}

inline const std::string done = "data: [DONE]\n\n";

/// Reads an answer in the pieces given.
inline ChatReply read(const std::vector<std::string>& pieces, const OnPhase& on_phase = {}, bool may_think = true) {
    ReplyReader reader("The server", "the-key", may_think, {on_phase, {}});
    for (const std::string& piece : pieces) {
        if (!reader.push(piece)) break;
    }
    return reader.finish();
}

}  // namespace ergon::client::streams
