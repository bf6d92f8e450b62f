#include "cli/chat/conversation.h"

#include <algorithm>
#include <utility>

#include "base/output.h"

namespace ergon::cli {

using engine::Message;

Conversation::Conversation(Answerer& answerer, std::string system, std::optional<std::int64_t> max_answered)
    : answerer_(answerer), system_(std::move(system)), max_answered_(max_answered) {}

std::vector<Message> Conversation::messages(std::size_t first_turn, const std::string& last) const {
    std::vector<Message> messages;
    if (!system_.empty()) messages.push_back({"system", system_});
    for (std::size_t i = first_turn; i < turns_.size(); ++i) {
        messages.push_back({"user", turns_[i].message});
        messages.push_back({"assistant", turns_[i].answer});
    }
    messages.push_back({"user", last});
    return messages;
}

/// How many of the oldest turns have to go. Whatever goes, all that stays has to be read anew; so then half of the
/// context is freed, and not as little as would do for one answer (assumed, as is the quarter).
std::size_t Conversation::turns_without_room(const std::string& message) const {
    const std::int64_t context = answerer_.context();
    if (turns_.empty() || context == 0) return 0;
    const std::int64_t quarter = context / 4;
    const std::int64_t wanted = std::min(max_answered_.value_or(quarter), quarter);
    if (answerer_.prompt_tokens(messages(0, message)) + wanted <= context) return 0;
    std::size_t first = 1;
    while (first < turns_.size() && answerer_.prompt_tokens(messages(first, message)) > context / 2) ++first;
    return first;
}

engine::Answer Conversation::answer(const std::string& message, engine::ChunkCallback on_chunk,
                                    const std::atomic<bool>& interrupted) {
    const std::size_t dropped = turns_without_room(message);
    const std::vector<Message> prompt = messages(dropped, message);
    const bool fits = dropped == 0 || answerer_.prompt_tokens(prompt) <= answerer_.context();
    if (dropped > 0 && fits) {
        base::tell("The context is nearly full: the oldest {} of the conversation {} dropped.",
                   dropped == 1 ? "turn" : std::to_string(dropped) + " turns", dropped == 1 ? "was" : "were");
    }
    engine::Answer answer = answerer_.answer(prompt, std::move(on_chunk), interrupted);
    turns_.erase(turns_.begin(), turns_.begin() + static_cast<std::ptrdiff_t>(dropped));
    turns_.push_back({message, answer.text, answer.thinking});
    return answer;
}

base::Json Conversation::json() const {
    base::Json messages = base::Json::array();
    if (!system_.empty()) messages.push_back({{"role", "system"}, {"content", system_}});
    for (const Turn& turn : turns_) {
        messages.push_back({{"role", "user"}, {"content", turn.message}});
        messages.push_back({{"role", "assistant"}, {"content", turn.answer}});
        if (!turn.thinking.empty()) messages.back()["thinking"] = turn.thinking;
    }
    return {{"model", answerer_.name()}, {"messages", std::move(messages)}};
}

}  // namespace ergon::cli
