#pragma once
// The chat format of DeepSeek-V3.1 as a template, and the tokens that it is made of.

#include <string>
#include <string_view>

namespace ergon::train {

namespace markers {
inline constexpr std::string_view begin_of_sentence = "<｜begin▁of▁sentence｜>";
inline constexpr std::string_view end_of_sentence = "<｜end▁of▁sentence｜>";
inline constexpr std::string_view padding = "<｜▁pad▁｜>";
inline constexpr std::string_view user = "<｜User｜>";
inline constexpr std::string_view assistant = "<｜Assistant｜>";
inline constexpr std::string_view think = "<think>";
inline constexpr std::string_view end_of_think = "</think>";
}  // namespace markers

/// A Jinja template; variables: messages (system, user, assistant), add_generation_prompt, thinking (false if not
/// given), bos_token. Several system messages are joined by an empty line. An earlier answer keeps what follows its
/// last
/// `</think>`. The prompt for an answer ends in `<think>` or, without thinking, in `</think>`. No newlines or spaces
/// are added anywhere.
extern const std::string_view deepseek_chat_template;

/// The same for a model that learnt one of the two alone: it always thinks, as R1's template has it, or never.
std::string deepseek_template_of(bool thinks);

}  // namespace ergon::train
