#pragma once
// One model, many askers: requests come from any thread, one thread computes, and each asker hears of its own answer.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "energy/meter.h"
#include "engine/generation/generation.h"
#include "engine/scheduler.h"
#include "engine/serving/prefix_caches.h"

namespace ergon::engine {

/// Hears how an answer goes on, on the thread that computes: what it does must be short and must not throw.
class AnswerListener {
  public:
    virtual ~AnswerListener() = default;
    /// So much of the prompt is in the cache, of which `reused` was there before.
    virtual void on_prompt(std::int64_t /*read*/, std::int64_t /*reused*/) {}
    virtual void on_chunk(const TextChunk& chunk) = 0;
    /// The last that is heard, or on_error is.
    virtual void on_end(const Answer& answer) = 0;
    virtual void on_error(const base::Error& error) = 0;
};

struct ServingRequest {
    std::vector<TokenId> prompt;
    GenerationOptions options;
    std::string client;  // whose it is: askers take turns
    std::shared_ptr<AnswerListener> listener;
};

struct ServingOptions {
    PrefixCacheOptions caches;
    std::size_t max_waiting = 64;  // requests that wait for a context
};

struct ServingState {
    std::size_t running = 0;
    std::size_t waiting = 0;
    base::Nanoseconds last_step{};  // when it ended (base::now()); 0: none yet
    // Since the start:
    std::uint64_t answers = 0;
    std::uint64_t cancelled = 0;
    std::int64_t cached_tokens = 0;  // of ended answers' prompts, found in a cache
};

/// A request in the engine's hands. Dropping the ticket does not end it.
class ServingTicket {
  public:
    /// The answer ends at the next step.
    void cancel() { cancelled_.store(true, std::memory_order_relaxed); }

  private:
    friend class ServingEngine;
    std::atomic<bool> cancelled_{false};
};

/// First come, first served, but who has fewer answers running goes before who has more. What a request gets does not
/// depend on the others, nor on what the caches held (contract 1 of docs/architecture.md).
class ServingEngine {
  public:
    /// `model` and `meter` must outlive it. Throws as PrefixCaches does, Error(system) if there is no thread to be had.
    ServingEngine(const LoadedModel& model, const ServingOptions& options, energy::Meter& meter);
    ~ServingEngine() { stop(); }
    ServingEngine(const ServingEngine&) = delete;
    ServingEngine& operator=(const ServingEngine&) = delete;

    const LoadedModel& model() const { return model_; }
    std::int64_t context() const { return caches_.context(); }
    base::Bytes cache_bytes() const { return caches_.bytes(); }
    std::size_t parallel() const { return caches_.size(); }

    /// Ends what runs and what waits: afterwards no listener is told anything, and none is kept. Once is enough.
    void stop();

    /// Nothing if too many wait. Throws Error(bad_argument) for a request that makes no sense, Error(out_of_budget) for
    /// a prompt beyond the context, Error(system) after stop().
    std::shared_ptr<ServingTicket> submit(ServingRequest request);
    ServingState state() const;
    /// Whether a step ended lately, or there is nothing to do.
    bool alive(base::Seconds lately) const;

  private:
    struct Waiting {
        ServingRequest request;
        std::shared_ptr<ServingTicket> ticket;
    };
    struct Running {
        std::shared_ptr<ServingTicket> ticket;
        std::shared_ptr<AnswerListener> listener;
        std::string client;
        std::vector<TokenId> prompt;
        model::Cache* cache = nullptr;
        std::int64_t reused = 0;
        std::int64_t told = -1;  // of the prompt's tokens
        bool ended = false;
    };

    void work();
    void admit(std::unique_lock<std::mutex>& lock);
    std::optional<Waiting> next_waiting();
    void start(Waiting waiting);
    void end(Running& running, const Answer& answer);
    void tell_of_prompts();
    void fail_all(const base::Error& error);

    const LoadedModel& model_;
    energy::Meter& meter_;
    std::size_t max_waiting_;
    // Of the thread that computes.
    PrefixCaches caches_;
    std::unique_ptr<Scheduler> scheduler_;
    std::list<Running> running_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    std::deque<Waiting> waiting_;
    ServingState state_;
    base::Nanoseconds busy_since_{};  // when there began to be something to do
    bool stopping_ = false;
    std::thread worker_;
};

}  // namespace ergon::engine
