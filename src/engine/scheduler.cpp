#include "engine/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace ergon::engine {
namespace {

using base::ErrorCode;
using base::Phase;

void check_request(const Request& request, std::int64_t vocabulary) {
    const auto size = static_cast<std::int64_t>(request.prompt.size());
    for (const TokenId id : request.prompt) {
        if (id < 0 || id >= vocabulary) {
            base::fail(ErrorCode::bad_argument, "The prompt holds token {}, but the vocabulary has {} tokens.", id,
                       vocabulary);
        }
    }
    if (size > request.cache->capacity()) {
        base::fail(ErrorCode::out_of_budget,
                   "The prompt has {} tokens, but the context holds {}; shorten it or raise --context.", size,
                   request.cache->capacity());
    }
    if (request.cache->length() >= std::max<std::int64_t>(size, 1)) {
        base::fail(ErrorCode::bad_argument,
                   "The cache holds {} tokens, as many as the prompt or more; nothing is left to process.",
                   request.cache->length());
    }
}

/// A request's time in the meter; it ends there whatever happens.
class Metering {
  public:
    explicit Metering(energy::Meter* meter) : meter_(meter), id_(meter != nullptr ? meter->begin_request() : 0) {}
    ~Metering() {
        try {
            end();
        } catch (const base::Error&) {  // nobody is left to be told
        }
    }
    Metering(const Metering&) = delete;
    Metering& operator=(const Metering&) = delete;

    energy::RequestId id() const { return id_; }
    std::optional<energy::RequestFigures> end() {
        energy::Meter* const meter = std::exchange(meter_, nullptr);
        if (meter == nullptr) return std::nullopt;
        return meter->end_request(id_);
    }

  private:
    energy::Meter* meter_;
    energy::RequestId id_;
};

}  // namespace

struct Scheduler::Active {
    Active(Request&& request, const text::Tokenizer* tokenizer, energy::Meter* meter)
        : generation(tokenizer, std::move(request.prompt), std::move(request.options), std::move(request.on_chunk)),
          cache(request.cache),
          on_end(std::move(request.on_end)),
          cancelled(request.cancelled),
          metering(meter) {
        generation.answer().reused = cache->length();
    }
    bool reading() const { return cache->length() < generation.prompt_size(); }
    Phase phase() const { return reading() ? Phase::prompt : generation.phase(); }

    Generation generation;
    model::Cache* cache;
    std::function<void(const Answer&)> on_end;
    const std::atomic<bool>* cancelled;
    Metering metering;
};

/// One request's part in a step.
struct Scheduler::Slot {
    Active* active;
    std::int64_t tokens;
    Phase phase;
    bool wants_logits;
};

Scheduler::Scheduler(model::LanguageModel& model, const text::Tokenizer* tokenizer, energy::Meter* meter,
                     std::int64_t step_tokens)
    : model_(model),
      tokenizer_(tokenizer),
      meter_(meter),
      step_tokens_(std::max<std::int64_t>(step_tokens, 1)),
      account_(meter != nullptr) {}

Scheduler::~Scheduler() = default;

std::shared_ptr<const Answer> Scheduler::add(Request request) {
    check_request(request, model_.vocabulary());
    active_.push_back(std::make_unique<Active>(std::move(request), tokenizer_, meter_));
    return active_.back()->generation.shared_answer();
}

/// One token for everyone, in turns if not all fit; what is left of the step is shared evenly by those that read.
std::vector<Scheduler::Slot> Scheduler::plan() {
    std::vector<Slot> slots;
    const std::size_t served = std::min(active_.size(), static_cast<std::size_t>(step_tokens_));
    std::int64_t readers = 0;
    for (std::size_t i = 0; i < served; ++i) {
        Active* active = active_[(first_ + i) % active_.size()].get();
        slots.push_back({active, 1, active->phase(), true});
        if (active->reading()) ++readers;
    }
    first_ = (first_ + served) % active_.size();
    std::int64_t left = step_tokens_ - static_cast<std::int64_t>(served);
    for (Slot& slot : slots) {
        if (slot.phase != Phase::prompt) continue;
        const std::int64_t unread = slot.active->generation.prompt_size() - slot.active->cache->length();
        const std::int64_t more = std::min(unread - 1, (left + readers - 1) / readers);
        slot.tokens += more;
        slot.wants_logits = slot.tokens == unread;
        left -= more;
        --readers;
    }
    return slots;
}

bool Scheduler::step() {
    end_cancelled();
    if (active_.empty()) return false;
    std::vector<Slot> slots = plan();
    std::vector<model::StepItem> items;
    std::vector<energy::Participant> participants;
    for (const Slot& slot : slots) {
        const std::span sequence(slot.active->generation.sequence());
        items.push_back({slot.active->cache,
                         sequence.subspan(static_cast<std::size_t>(slot.active->cache->length()),
                                          static_cast<std::size_t>(slot.tokens)),
                         slot.phase == Phase::prompt ? model::Role::prompt : model::Role::generated,
                         slot.wants_logits ? 1 : 0});
        participants.push_back({slot.active->metering.id(), slot.phase, slot.tokens});
    }
    account_.clear();
    const base::Nanoseconds begin = base::now();
    model_.forward(items, logits_, account_);
    advance(slots);
    const base::Seconds elapsed = base::to_seconds(base::now() - begin);
    for (const Slot& slot : slots) {
        PhaseUse& use = slot.active->generation.answer()[slot.phase];
        use.time += elapsed;
        ++use.steps;
    }
    if (meter_ != nullptr) {
        meter_->step(participants, begin, account_);
        // Alone, a request whose phases end with a reading need not have it split by the account.
        const bool turned = active_.size() == 1 && active_[0]->phase() != slots[0].phase;
        if (turned && !active_[0]->generation.ended()) meter_->mark();
    }
    std::erase_if(active_, [this](const std::unique_ptr<Active>& active) {
        if (!active->generation.ended()) return false;
        finish(*active);
        return true;
    });
    if (first_ >= active_.size()) first_ = 0;
    return true;
}

/// Gives each request of the step the logits that it asked for.
void Scheduler::advance(std::vector<Slot>& slots) {
    const auto width = static_cast<std::size_t>(model_.vocabulary());
    std::size_t row = 0;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        Slot& slot = slots[i];
        Generation& generation = slot.active->generation;
        if (slot.phase == Phase::prompt) generation.answer()[Phase::prompt].tokens += slot.tokens;
        if (!slot.wants_logits) continue;
        const bool goes_on = generation.advance(std::span(logits_).subspan(row++ * width, width), account_,
                                                static_cast<std::int32_t>(i));
        if (goes_on && slot.active->cache->length() == slot.active->cache->capacity())
            generation.end(StopReason::context_full);
    }
}

void Scheduler::end_cancelled() {
    std::erase_if(active_, [this](const std::unique_ptr<Active>& active) {
        if (active->cancelled == nullptr || !active->cancelled->load(std::memory_order_relaxed)) return false;
        active->generation.end(StopReason::cancelled);
        finish(*active);
        return true;
    });
    if (first_ >= active_.size()) first_ = 0;
}

void Scheduler::finish(Active& active) {
    active.generation.answer().energy = active.metering.end();
    if (active.on_end) active.on_end(active.generation.answer());
}

}  // namespace ergon::engine
