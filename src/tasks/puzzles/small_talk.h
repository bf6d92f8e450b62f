#pragma once
// Plain talk of a small model about what it can do: data/conversation.jsonl.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::tasks {

/// Things that people say, and answers of which each fits all of them.
struct Topic {
    std::string name;
    std::vector<std::string> user, assistant;
};

struct Exchange {
    std::string user, assistant;
};

/// A line per topic: {"topic": text, "user": [texts], "assistant": [texts]}. Throws Error(not_found) for a file that
/// does not exist, Error(bad_file) with file and line for a topic that lacks one of them, occurs twice, or says what
/// another topic says, and for a file without topics.
std::vector<Topic> read_conversation(const std::filesystem::path& path);
std::vector<Topic> parse_conversation(std::string_view text, const std::filesystem::path& origin);

/// Something said and an answer to it: a function of seed and place. Each thing that people say is as likely as any
/// other. There must be a topic.
Exchange exchange(const std::vector<Topic>& topics, std::uint64_t seed, std::uint64_t place);

}  // namespace ergon::tasks
