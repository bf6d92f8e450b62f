#pragma once
// How answers go on, from the thread that computes to the coroutine that sends.

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/phase.h"
#include "base/units.h"
#include "engine/serving/serving_engine.h"
#include "server/http/asio.h"

namespace ergon::server {

struct AnswerEvent {
    enum class Kind : std::uint8_t { prompt, text, end, error, left };
    Kind kind = Kind::text;
    std::size_t choice = 0;
    base::Phase phase = base::Phase::answer;  // of text
    std::string text;                         // new text, or what went wrong
    std::int64_t read = 0, reused = 0;        // of the prompt's tokens
    engine::Answer answer;                    // at the end
    base::ErrorCode code = base::ErrorCode::system;
};

/// A queue that a coroutine waits for. Texts that follow one another are handed out together.
class AnswerEvents : public std::enable_shared_from_this<AnswerEvents> {
  public:
    explicit AnswerEvents(asio::any_io_executor executor) : executor_(executor), bell_(executor) {}

    /// From any thread.
    void push(AnswerEvent event);
    /// The next event; nothing if none comes in time. On the executor's thread, by one coroutine at a time.
    asio::awaitable<std::optional<AnswerEvent>> next(base::Seconds patience);
    /// What the engine is to tell of one answer.
    std::shared_ptr<engine::AnswerListener> listener(std::size_t choice);

  private:
    std::optional<AnswerEvent> pop();

    asio::any_io_executor executor_;
    asio::steady_timer bell_;
    std::mutex mutex_;
    std::deque<AnswerEvent> waiting_;
};

}  // namespace ergon::server
