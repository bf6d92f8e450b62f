#pragma once
// The answer of an OpenAI-compatible server, put together from its bytes as they come.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/secrets.h"
#include "client/chat.h"
#include "client/event_stream.h"
#include "client/surrogates.h"
#include "client/think_tags.h"

namespace ergon::client {

/// Told of each change of phase at the moment it is seen, so that a counter can be read there. A second `answer` in a
/// row says that all since the first one was thought: its closing tag had no opening one.
using OnPhase = std::function<void(Phase)>;

/// Given the text of a thought or an answer as it comes, in pieces that are not empty; of an answer in one piece when
/// it is whole. The server's key does not stand in it.
using OnText = std::function<void(Phase, std::string_view)>;

/// Who hears of a reply while it comes.
struct ReplyListener {
    OnPhase on_phase;
    OnText on_text;
};

/// Understands a stream of events and an answer in one piece. Thoughts stand in `reasoning_content` (DeepSeek,
/// llama.cpp, older vLLM), in `reasoning` (vLLM since 0.11, Ollama, OpenRouter), in a part of `content` where that is a
/// list (Mistral), or between tags in `content`. The older completions have `text` in place of a message.
class ReplyReader {
  public:
    /// `where` names the server in sentences, `secret` never stands in one. `asked_to_think`: false if the request
    /// switched thought off, so that a closing tag alone is text.
    ReplyReader(std::string where, std::string secret, bool asked_to_think, ReplyListener listener);
    ReplyReader(const ReplyReader&) = delete;
    ReplyReader& operator=(const ReplyReader&) = delete;

    /// Reads on; false after the end of the stream. Throws Error(bad_file) for what is no such answer, Error(system)
    /// for an error that the server reports within it, Error(out_of_budget) if it is too long.
    bool push(std::string_view bytes);
    /// What was said in all, without keys. Throws as `push`, Error(bad_file) if the stream breaks off: no [DONE], no
    /// reason why it is finished and no closing usage either (some servers leave out two of the three);
    /// Error(unsupported) if there is no message, or nothing but a call of a tool.
    ChatReply finish();
    /// What has come of a stream that is read no further; nothing where that is no text.
    std::optional<ChatReply> finish_here();
    /// Whether the listener was given text.
    bool handed_on() const { return handed_on_; }

  private:
    enum class Form { unknown, events, one_piece };

    bool take_bytes(std::string_view bytes);
    bool find_form();
    bool take_event(std::string_view data);
    void take_answer(const nlohmann::json& answer, const char* message_key);
    void take_message(const nlohmann::json& message, bool is_part);
    void take_part(const nlohmann::json& part);
    void take_text(const nlohmann::json& part, const char* key, bool thought);
    void take_usage(const nlohmann::json& answer);
    void take_timings(const nlohmann::json& answer);
    void add_thinking(std::string_view piece);
    void add_content(std::string_view piece);
    void add_joined_content(const std::string& text);
    void check_length(std::size_t more);
    void note(Phase phase);
    void take_sure_text(Phase phase, std::string_view text);
    void hand_on_held();
    void hand_on(Phase phase, const std::string& text);
    void close_tokens();
    bool was_collected() const;
    std::string text_of(const nlohmann::json& message, const char* key) const;
    std::string name_in(const nlohmann::json& object, const char* key) const;
    void check_answered() const;
    [[noreturn]] void refuse_content() const;

    std::string where_;
    std::string secret_;
    ReplyListener listener_;
    base::SecretFilter filter_;
    Phase held_phase_ = Phase::prompt;  // of the text in the filter
    bool handed_on_ = false;
    Form form_ = Form::unknown;
    EventStream events_;
    std::string beginning_;  // bytes that do not tell the form yet
    bool marked_ = false;    // a byte order mark stood before them
    std::string whole_;      // an answer in one piece, as far as it has come
    bool done_ = false;
    bool any_choice_ = false;
    bool any_message_ = false;
    bool any_tool_call_ = false;
    bool closed_ = false;  // by its numbers of tokens, which come after the last text

    ChatReply reply_;
    ThinkTags tags_;
    SurrogateJoiner thinking_joiner_, content_joiner_;
    std::string thinking_;  // from a field of its own
    std::string answer_;    // content beside such a field
    Phase phase_ = Phase::prompt;
    std::size_t text_bytes_ = 0;
    std::optional<std::int64_t> generated_;
    std::optional<std::int64_t> reasoning_;
    std::int64_t thinking_chunks_ = 0;
    std::int64_t answer_chunks_ = 0;
    std::int64_t undecided_chunks_ = 0;

    base::Nanoseconds began_;
    base::Nanoseconds read_{};         // when the bytes at hand came
    base::Nanoseconds read_before_{};  // when those before them were read
    base::Nanoseconds first_, last_;   // of the bytes with text
    std::int64_t bursts_ = 0;          // of text, with time between them
    bool new_burst_ = true;
};

}  // namespace ergon::client
