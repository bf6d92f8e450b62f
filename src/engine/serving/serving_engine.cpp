#include "engine/serving/serving_engine.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "base/clock.h"

namespace ergon::engine {

using base::ErrorCode;

ServingEngine::ServingEngine(const LoadedModel& model, const ServingOptions& options, energy::Meter& meter)
    : model_(model),
      meter_(meter),
      max_waiting_(options.max_waiting),
      caches_(model, options.caches),
      scheduler_(std::make_unique<Scheduler>(*model.model, model.chat.find_tokenizer(), &meter)) {
    try {
        worker_ = std::thread([this] { work(); });
    } catch (const std::system_error& problem) {
        base::fail(ErrorCode::system, "The thread that computes could not be started: {}.", problem.what());
    }
}

void ServingEngine::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (worker_.joinable()) worker_.join();
}

std::shared_ptr<ServingTicket> ServingEngine::submit(ServingRequest request) {
    const auto size = std::ssize(request.prompt);
    if (size == 0) base::fail(ErrorCode::bad_argument, "The prompt is empty.");
    if (size > context()) {
        base::fail(ErrorCode::out_of_budget, "The prompt has {} tokens, but the context holds {}.", size, context());
    }
    for (const TokenId id : request.prompt) {
        if (id < 0 || id >= model_.model->vocabulary()) {
            base::fail(ErrorCode::bad_argument, "The prompt holds token {}, but the vocabulary has {} tokens.", id,
                       model_.model->vocabulary());
        }
    }
    check(request.options.sampling);
    auto ticket = std::make_shared<ServingTicket>();
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) base::fail(ErrorCode::system, "The server is stopping.");
        // What finds a free context waits for a moment only.
        const std::size_t free = parallel() - std::min(parallel(), state_.running);
        if (waiting_.size() >= max_waiting_ + free) return nullptr;
        if (state_.running == 0 && waiting_.empty()) busy_since_ = base::now();
        waiting_.push_back({std::move(request), ticket});
        state_.waiting = waiting_.size();
    }
    wake_.notify_all();
    return ticket;
}

ServingState ServingEngine::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

bool ServingEngine::alive(base::Seconds lately) const {
    const std::lock_guard lock(mutex_);
    if (state_.running == 0 && waiting_.empty()) return true;
    return base::to_seconds(base::now() - std::max(busy_since_, state_.last_step)) < lately;
}

void ServingEngine::work() {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !waiting_.empty() || !running_.empty(); });
            if (stopping_) break;
            admit(lock);
        }
        if (running_.empty()) continue;
        try {
            scheduler_->step();
            tell_of_prompts();
        } catch (const base::Error& error) {
            fail_all(error);
        } catch (const std::bad_alloc&) {
            fail_all(base::Error(ErrorCode::out_of_budget, "There is not enough memory for this step."));
        }
        running_.remove_if([](const Running& one) { return one.ended; });
        const std::lock_guard lock(mutex_);
        state_.last_step = base::now();
        state_.running = running_.size();
    }
    for (Running& one : running_) one.ticket->cancel();
    if (!running_.empty()) scheduler_->step();
    running_.clear();
    std::unique_lock lock(mutex_);
    for (const Waiting& one : waiting_) one.request.listener->on_end(Answer());
    waiting_.clear();
}

/// Starts what waits, as long as there are contexts.
void ServingEngine::admit(std::unique_lock<std::mutex>& lock) {
    while (!waiting_.empty()) {
        std::optional<Waiting> next = next_waiting();
        if (!next) break;
        state_.waiting = waiting_.size();
        lock.unlock();
        start(std::move(*next));
        lock.lock();
        state_.running = running_.size();
    }
}

/// Taken out of the queue: one that was cancelled, or if a context is free one of whoever has the fewest running.
std::optional<ServingEngine::Waiting> ServingEngine::next_waiting() {
    auto found = std::ranges::find_if(waiting_, [](const Waiting& one) { return one.ticket->cancelled_.load(); });
    if (found == waiting_.end()) {
        if (caches_.free() == 0) return std::nullopt;
        std::map<std::string_view, std::size_t> running;
        for (const Running& one : running_) ++running[one.client];
        found = std::ranges::min_element(
            waiting_, {}, [&](const Waiting& one) { return running[std::string_view(one.request.client)]; });
    }
    Waiting next = std::move(*found);
    waiting_.erase(found);
    return next;
}

void ServingEngine::start(Waiting waiting) {
    if (waiting.ticket->cancelled_.load()) {
        waiting.request.listener->on_end(Answer());
        const std::lock_guard lock(mutex_);
        ++state_.cancelled;
        return;
    }
    ServingRequest& request = waiting.request;
    Running& running = running_.emplace_back();
    running.ticket = std::move(waiting.ticket);
    running.listener = request.listener;
    running.client = std::move(request.client);
    running.prompt = std::move(request.prompt);
    running.cache = caches_.take(running.prompt);
    running.reused = running.cache->length();
    Request step_request{running.prompt,
                         std::move(request.options),
                         running.cache,
                         [listener = running.listener](const TextChunk& chunk) { listener->on_chunk(chunk); },
                         &running.ticket->cancelled_,
                         [this, &running](const Answer& answer) { end(running, answer); }};
    try {
        scheduler_->add(std::move(step_request));
    } catch (const base::Error& error) {
        caches_.discard(running.cache);
        running.listener->on_error(error);
        running_.pop_back();
    }
}

void ServingEngine::end(Running& running, const Answer& answer) {
    std::vector<TokenId> tokens = running.prompt;
    tokens.insert(tokens.end(), answer.tokens.begin(), answer.tokens.end());
    caches_.give_back(running.cache, tokens, std::ssize(running.prompt));
    running.ended = true;
    {
        const std::lock_guard lock(mutex_);
        --state_.running;  // before it is told: who asks again at once finds the context free
        ++(answer.stop == StopReason::cancelled ? state_.cancelled : state_.answers);
        state_.cached_tokens += answer.reused;
    }
    running.listener->on_end(answer);
}

void ServingEngine::tell_of_prompts() {
    for (Running& one : running_) {
        const std::int64_t read = std::min(one.cache->length(), std::ssize(one.prompt));
        if (one.ended || read == one.told) continue;
        one.told = read;
        one.listener->on_prompt(read, one.reused);
    }
}

/// What a step throws concerns all of its requests: their caches may hold half of it.
void ServingEngine::fail_all(const base::Error& error) {
    scheduler_ = std::make_unique<Scheduler>(*model_.model, model_.chat.find_tokenizer(), &meter_);
    for (Running& one : running_) {
        if (one.ended) continue;
        caches_.discard(one.cache);
        one.ended = true;
        {
            const std::lock_guard lock(mutex_);
            --state_.running;
        }
        one.listener->on_error(error);
    }
}

}  // namespace ergon::engine
