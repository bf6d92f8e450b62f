#include "server/api/answer_events.h"

#include <chrono>
#include <utility>

namespace ergon::server {
namespace {

class QueueListener final : public engine::AnswerListener {
  public:
    QueueListener(std::shared_ptr<AnswerEvents> events, std::size_t choice)
        : events_(std::move(events)), choice_(choice) {}

    void on_prompt(std::int64_t read, std::int64_t reused) override {
        AnswerEvent event = of(AnswerEvent::Kind::prompt);
        event.read = read;
        event.reused = reused;
        events_->push(std::move(event));
    }
    void on_chunk(const engine::TextChunk& chunk) override {
        AnswerEvent event = of(AnswerEvent::Kind::text);
        event.phase = chunk.phase;
        event.text = std::string(chunk.text);
        events_->push(std::move(event));
    }
    void on_end(const engine::Answer& answer) override {
        AnswerEvent event = of(AnswerEvent::Kind::end);
        event.answer = answer;
        events_->push(std::move(event));
    }
    void on_error(const base::Error& error) override {
        AnswerEvent event = of(AnswerEvent::Kind::error);
        event.text = error.what();
        event.code = error.code();
        events_->push(std::move(event));
    }

  private:
    AnswerEvent of(AnswerEvent::Kind kind) const {
        AnswerEvent event;
        event.kind = kind;
        event.choice = choice_;
        return event;
    }

    std::shared_ptr<AnswerEvents> events_;
    std::size_t choice_;
};

}  // namespace

void AnswerEvents::push(AnswerEvent event) {
    {
        const std::lock_guard lock(mutex_);
        AnswerEvent* const last = waiting_.empty() ? nullptr : &waiting_.back();
        const bool goes_on = last != nullptr && event.kind == AnswerEvent::Kind::text && last->kind == event.kind &&
                             last->choice == event.choice && last->phase == event.phase;
        if (goes_on) {
            last->text += event.text;
        } else {
            waiting_.push_back(std::move(event));
        }
    }
    // Posted, so that it cannot come between a look into the queue and the wait that follows.
    asio::post(executor_, [self = shared_from_this()] { self->bell_.cancel(); });
}

std::optional<AnswerEvent> AnswerEvents::pop() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    AnswerEvent event = std::move(waiting_.front());
    waiting_.pop_front();
    return event;
}

asio::awaitable<std::optional<AnswerEvent>> AnswerEvents::next(base::Seconds patience) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                            std::chrono::duration<double>(patience.value()));
    for (;;) {
        if (std::optional<AnswerEvent> event = pop()) co_return event;
        if (std::chrono::steady_clock::now() >= end) co_return std::nullopt;
        error_code none;
        bell_.expires_at(end);
        co_await bell_.async_wait(asio::redirect_error(asio::use_awaitable, none));
    }
}

std::shared_ptr<engine::AnswerListener> AnswerEvents::listener(std::size_t choice) {
    return std::make_shared<QueueListener>(shared_from_this(), choice);
}

}  // namespace ergon::server
