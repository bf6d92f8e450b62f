#pragma once
// Parts of the work that are the engine's own, beside those of the model.

#include <array>
#include <string>

#include "base/clock.h"
#include "energy/ledger/ledger.h"
#include "model/language_model.h"

namespace ergon::engine {

/// Ids behind all that a model may have.
inline constexpr energy::ComponentId sampling_component = 0xFFF0;
inline constexpr energy::ComponentId tokenising_component = 0xFFF1;

/// "router", "sampling", "everything else".
std::string component_name(const model::LanguageModel& model, energy::ComponentId component);

/// Adds to an account what this thread does for one participant of a step, from its making to its end.
class TimedWork {
  public:
    TimedWork(energy::WorkAccount& account, energy::ComponentId component, std::int32_t participant)
        : account_(account), participant_(participant) {
        if (!account.on()) return;
        work_.component = component;
        work_.sequences = 1;
        work_.begin = base::now();
    }
    ~TimedWork() {
        if (!account_.on()) return;
        work_.busy = work_.elapsed = base::now() - work_.begin;
        account_.add(work_, std::array{energy::User{participant_, 1}});
    }
    TimedWork(const TimedWork&) = delete;
    TimedWork& operator=(const TimedWork&) = delete;

  private:
    energy::WorkAccount& account_;
    std::int32_t participant_;
    energy::Work work_;
};

}  // namespace ergon::engine
