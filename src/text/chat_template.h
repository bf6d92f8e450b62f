#pragma once
// Chat templates: the Jinja subset that models use, strict, bounded in steps and depth.

#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "formats/hf_folder.h"
#include "text/marked_text.h"

namespace ergon::text {

class ChatTemplate {
  public:
    /// Parses. Throws Error(bad_file) with line and reason; `origin` names the template in errors.
    explicit ChatTemplate(std::string_view source, std::string_view origin = "chat template");
    ~ChatTemplate();
    ChatTemplate(ChatTemplate&&) noexcept;
    ChatTemplate& operator=(ChatTemplate&&) noexcept;

    /// Renders with the given variables (an object: messages, tools, add_generation_prompt, bos_token, eos_token, ...).
    /// What the template, bos_token and eos_token wrote, and the roles of messages that are words of the API ("user",
    /// "assistant", ...), is marked Author::chat_template, all else Author::person.
    /// Throws Error(bad_argument) with line and reason if the template refuses or fails.
    MarkedText render(const base::Json& variables) const;
    /// The same at a given time: strftime_now prints `now`.
    MarkedText render(const base::Json& variables, const std::tm& now) const;

  private:
    struct Impl;
    std::unique_ptr<const Impl> impl_;
};

}  // namespace ergon::text
