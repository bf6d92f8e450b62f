#pragma once
// A question to a language model behind a server, and the answer with what it says of its tokens and times.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/phase.h"
#include "base/units.h"

namespace ergon::client {

using base::Phase;  // of a server: as far as can be told from outside

struct ChatMessage {
    std::string role;  // "system", "user", "assistant"
    std::string content;
};

/// What is not set is left to the server.
struct ChatRequest {
    std::vector<ChatMessage> messages;
    std::optional<std::int64_t> max_tokens;  // thought and answer together
    std::optional<double> temperature;
    std::optional<double> top_p;
    std::optional<std::int64_t> seed;
    std::vector<std::string> stop;
    bool no_think =
        false;  // asks for an answer without thought, in each way that servers know; see ChatReply::left_out
    /// Fields that the server is known to refuse: they are not sent, `max_tokens` under its newer name.
    std::vector<std::string> leave_out{};
};

/// Where the numbers of tokens come from.
enum class CountedBy : std::uint8_t {
    usage,    // the server's `usage`
    timings,  // llama.cpp's `timings`
    chunks,   // pieces of the stream: mostly one token each, but nobody promises it
    nothing,
};

inline constexpr std::array<std::string_view, 4> counted_by_names{"usage", "timings", "chunks", "nothing"};
constexpr std::string_view name(CountedBy source) {
    return counted_by_names[static_cast<std::size_t>(source)];
}

struct ReplyTokens {
    std::optional<base::Tokens> prompt;  // those read from a cache included
    std::optional<base::Tokens> cached;  // of the prompt
    std::optional<base::Tokens> thinking;
    std::optional<base::Tokens> answer;  // known if `thinking` is
    CountedBy counted_by = CountedBy::nothing;
    /// The server gave one number for thought and answer; it is split by their numbers of characters.
    bool split_estimated = false;
};

/// What llama.cpp says of its own work.
struct ServerTimings {
    base::Tokens prompt_tokens{};  // computed, not taken from the cache
    base::Seconds prompt{};
    base::Tokens generated_tokens{};
    base::Seconds generation{};
};

struct ChatReply {
    std::string text;
    std::string thinking;       // empty where the server keeps it to itself, too
    std::string finish_reason;  // as the server says it: "stop", "length", ...
    std::string model;          // as the server calls it
    ReplyTokens tokens;
    std::optional<ServerTimings> timings;
    bool streamed = false;  // false: it came in one piece, and nothing is known of its phases
    /// A stream, but of so few pieces that they tell nothing of its phases either: somebody on the way collected it.
    bool collected = false;

    // By base::now(). `sent` is when the request that was answered was sent, after all attempts that failed.
    base::Nanoseconds sent{};
    std::optional<base::Nanoseconds> first_thinking;
    std::optional<base::Nanoseconds> first_answer;
    base::Nanoseconds ended{};

    bool cancelled = false;  // broken off by who asked: what had come until then

    int retries = 0;                    // attempts that failed before
    std::vector<std::string> left_out;  // fields that the server refused by name and that were not sent
};

}  // namespace ergon::client
