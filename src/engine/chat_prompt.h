#pragma once
// Conversations as the model reads them.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/chat_format.h"

namespace ergon::engine {

struct Message {
    std::string role;     // "system", "user", "assistant"
    std::string content;  // an assistant's answer without its thought: templates drop earlier thoughts
};

/// The prompt that asks for the next answer, as token ids. Only what the template wrote can become a control token.
/// With `thinking` false the template is told so (enable_thinking, thinking); if it does not care and the model thinks,
/// the prompt ends in a closed thought. Without a template, roles are written plainly: "User: ...\n\nAssistant:".
/// Throws Error(bad_argument) if the template refuses the conversation.
std::vector<TokenId> chat_prompt(const ChatFormat& chat, std::span<const Message> messages, bool thinking = true);

/// Plain text to be continued, with BOS if the model asks for it.
std::vector<TokenId> raw_prompt(const ChatFormat& chat, std::string_view text);

/// Strings that end an answer where there is no template: the turn of the next speaker. Empty for models that have one.
std::vector<std::string> fallback_stops(const ChatFormat& chat);

}  // namespace ergon::engine
