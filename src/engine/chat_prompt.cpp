#include "engine/chat_prompt.h"

#include <fmt/format.h>

#include "base/strings/characters.h"
#include "text/marked_text.h"
#include "text/reasoning.h"

namespace ergon::engine {
namespace {

using base::Json;
using text::Author;
using text::MarkedText;

/// The layout of deepseek-llm and V2 chats, which base models follow as well as any.
MarkedText plain_layout(const text::Tokenizer& tokenizer, std::span<const Message> messages) {
    MarkedText prompt;
    if (tokenizer.adds_bos() && tokenizer.bos())
        prompt.append(tokenizer.bytes(*tokenizer.bos()), Author::chat_template);
    for (const Message& message : messages) {
        if (message.role == "user") prompt.append("User: ", Author::chat_template);
        if (message.role == "assistant") prompt.append("Assistant: ", Author::chat_template);
        prompt.append(base::in_utf8(message.content), Author::person);
        prompt.append("\n\n", Author::chat_template);
    }
    prompt.append("Assistant:", Author::chat_template);
    return prompt;
}

MarkedText render(const ChatFormat& chat, std::span<const Message> messages, bool thinking) {
    const text::Tokenizer& tokenizer = chat.tokenizer();
    if (!chat.chat_template) return plain_layout(tokenizer, messages);
    const auto spelling = [&](std::optional<TokenId> id) {
        return id ? std::string(tokenizer.bytes(*id)) : std::string();
    };
    Json variables{{"messages", Json::array()},
                   {"add_generation_prompt", true},
                   {"bos_token", spelling(tokenizer.bos())},
                   {"eos_token", spelling(tokenizer.eos())},
                   {"enable_thinking", thinking},  // Qwen3 and its kin
                   {"thinking", thinking}};        // DeepSeek V3.1 and later
    for (const Message& message : messages) {
        variables["messages"].push_back({{"role", message.role}, {"content", base::in_utf8(message.content)}});
    }
    return chat.chat_template->render(variables);
}

/// What a model writes from within a thought to begin its answer.
std::string end_of_thought(const base::ThoughtMarkers& family) {
    if (family.answer.empty()) return fmt::format("\n{}\n\n", family.close);
    return fmt::format("{}{}{}", family.close, family.turn, family.answer);
}

/// What it writes to answer without a thought.
std::string no_thought(const base::ThoughtMarkers& family) {
    if (!family.turn.empty()) return std::string(family.answer);
    return fmt::format("{}\n{}", family.open, end_of_thought(family));
}

}  // namespace

std::vector<TokenId> chat_prompt(const ChatFormat& chat, std::span<const Message> messages, bool thinking) {
    const text::Tokenizer& tokenizer = chat.tokenizer();
    MarkedText prompt = render(chat, messages, thinking);
    if (thinking || !chat.thinks()) return tokenizer.encode(prompt);

    // A template that knows of thinking has now said that there is none; one that does not gets a closed thought after
    // its end.
    const std::vector<TokenId> ids = tokenizer.encode(prompt);
    const text::ReasoningSplitter splitter(tokenizer, ids);
    if (splitter.prompt_ends_thought()) return ids;  // a model that never thinks, and whose template says so
    const bool inside = splitter.phase() == base::Phase::thinking;
    if (!inside && prompt != render(chat, messages, true)) return ids;
    prompt.append(inside ? end_of_thought(*splitter.family()) : no_thought(*splitter.family()), Author::chat_template);
    return tokenizer.encode(prompt);
}

std::vector<TokenId> raw_prompt(const ChatFormat& chat, std::string_view text) {
    const text::Tokenizer& tokenizer = chat.tokenizer();
    std::vector<TokenId> ids = tokenizer.encode(text);
    if (tokenizer.adds_bos() && tokenizer.bos()) ids.insert(ids.begin(), *tokenizer.bos());
    return ids;
}

std::vector<std::string> fallback_stops(const ChatFormat& chat) {
    return chat.chat_template ? std::vector<std::string>{} : std::vector<std::string>{"\n\nUser:"};
}

}  // namespace ergon::engine
