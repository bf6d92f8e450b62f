#include "energy/meter.h"

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace ergon::energy {

using base::Nanoseconds;

namespace {

// About 100 MB: a counter that moves rarely is not waited for beyond this.
constexpr std::size_t max_waiting_records = 1'000'000;

}  // namespace

struct Meter::State {
    State(const MeterOptions& options, bool accounted)
        : reader(options, accounted), ledger(accounted ? reader.work_cost() : WorkCost{}) {}

    // What follows is called under `mutex`.

    /// The first reading begins here.
    void start() {
        if (sampler.joinable()) return;
        reader.start(base::now());
        try {
            sampler = std::thread([this] { sample(); });
        } catch (const std::system_error& problem) {
            base::fail(base::ErrorCode::system, "The thread that reads the energy counters could not be started: {}.",
                       problem.what());
        }
    }

    void read() {
        const std::vector<Interval> known = reader.read(base::now(), !ledger.any_running());
        if (!known.empty()) waited_in_vain = false;
        add(known);
    }

    void add(const std::vector<Interval>& intervals) {
        for (const Interval& interval : intervals) {
            ledger.add_interval(interval);
            known_until = interval.end;
        }
    }

    /// Until the counters have told of all the time before `end`, or do not in the time that is borne. Then the rest is
    /// guessed.
    void wait_until_known(std::unique_lock<std::mutex>& lock, Nanoseconds end) {
        constexpr Nanoseconds first_pause{1'000'000}, longest_pause{50'000'000};
        const Nanoseconds deadline = base::now() + (waited_in_vain ? Nanoseconds(0) : reader.worth_waiting());
        for (Nanoseconds pause = first_pause; known_until < end && base::now() < deadline;
             pause = std::min(pause * std::int64_t{2}, longest_pause)) {
            wake.wait_for(lock, std::chrono::nanoseconds(pause.value()), [this] { return stopping; });
            read();
        }
        if (known_until >= end) return;
        waited_in_vain = true;
        add(reader.give_up());
    }

    /// Adds the calling thread's time to what metering takes.
    class Timed {
      public:
        explicit Timed(State& state) : state_(state), began_(base::thread_time()) {}
        ~Timed() { state_.keeping += base::thread_time() - began_; }
        Timed(const Timed&) = delete;
        Timed& operator=(const Timed&) = delete;

      private:
        State& state_;
        Nanoseconds began_;
    };

    // The sampler's thread.
    void sample() {
        std::unique_lock lock(mutex);
        while (!wake.wait_for(lock, std::chrono::nanoseconds(reader.interval().value()), [this] { return stopping; })) {
            read();
            if (!ledger.any_running()) ledger.settle(reader.last_reading());  // else steps under way may belong to it
            sampling = base::thread_time();
        }
    }

    MachineReader reader;

    mutable std::mutex mutex;  // guards all below, and the reader
    std::condition_variable wake;
    bool stopping = false;
    Ledger ledger;
    Nanoseconds known_until{};    // the end of the last interval in the ledger
    bool waited_in_vain = false;  // no counter has moved since; nobody waits again before one does
    Nanoseconds sampling{};       // processor time of the sampler's thread
    Nanoseconds keeping{};        // of others, in this class
    RequestId next_request = 1;
    std::thread sampler;
};

Meter::Meter(const MeterOptions& options, bool accounted) : state_(std::make_unique<State>(options, accounted)) {}

Meter::~Meter() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake.notify_all();
    if (state_->sampler.joinable()) state_->sampler.join();
}

const std::string& Meter::describe() const {
    return state_->reader.describe();
}

Method Meter::method() const {
    return state_->reader.method();
}

nlohmann::ordered_json Meter::machine() const {
    return state_->reader.machine();
}

RequestId Meter::begin_request() {
    const std::lock_guard lock(state_->mutex);
    const State::Timed timed(*state_);
    state_->start();
    state_->read();
    const RequestId request = state_->next_request++;
    state_->ledger.begin_request(request, state_->reader.last_reading());
    return request;
}

void Meter::step(std::span<const Participant> participants, Nanoseconds begin, const WorkAccount& account) {
    Step step{begin,
              base::now(),
              {participants.begin(), participants.end()},
              {account.records().begin(), account.records().end()},
              {account.users().begin(), account.users().end()}};
    const std::lock_guard lock(state_->mutex);
    const State::Timed timed(*state_);
    const Nanoseconds end = step.end;
    state_->ledger.add_step(std::move(step));
    if (state_->ledger.waiting_records() > max_waiting_records) state_->add(state_->reader.give_up());
    state_->ledger.settle(end);
}

void Meter::mark() {
    const std::lock_guard lock(state_->mutex);
    const State::Timed timed(*state_);
    if (state_->sampler.joinable()) state_->read();
}

RequestFigures Meter::end_request(RequestId request) {
    std::unique_lock lock(state_->mutex);
    const State::Timed timed(*state_);
    if (state_->sampler.joinable()) state_->read();
    const Nanoseconds end = state_->reader.last_reading();
    state_->ledger.end_request(request, end);
    state_->wait_until_known(lock, end);
    state_->ledger.settle(end);
    std::optional<RequestAccount> account = state_->ledger.take(request);
    return figures_of(std::move(account.value()), state_->reader.uncertainty());
}

RequestFigures Meter::so_far(RequestId request) {
    const std::lock_guard lock(state_->mutex);
    const State::Timed timed(*state_);
    if (state_->sampler.joinable()) state_->read();
    state_->ledger.settle(state_->reader.last_reading());
    return figures_of(state_->ledger.so_far(request), state_->reader.uncertainty());
}

Figure Meter::others() const {
    const std::lock_guard lock(state_->mutex);
    const CommonAccounts& common = state_->ledger.common();
    Amounts amounts;
    amounts.active = common.others;
    amounts.active_estimated = common.others_estimated;
    amounts.shared = common.others - common.others_estimated;
    return total_of(amounts, state_->reader.uncertainty());
}

Overhead Meter::overhead() const {
    const std::lock_guard lock(state_->mutex);
    return {base::to_seconds(state_->sampling + state_->keeping), state_->reader.overhead().elapsed};
}

MeterTotals Meter::totals() const {
    const std::lock_guard lock(state_->mutex);
    const Ledger& ledger = state_->ledger;
    const CommonAccounts& common = ledger.common();
    return {ledger.settled(), ledger.charged(), common.idle, common.program, common.others};
}

CommonFigures Meter::common() const {
    const std::lock_guard lock(state_->mutex);
    const CommonAccounts& common = state_->ledger.common();
    return {base::to_joules(common.idle), base::to_joules(common.program), base::to_joules(common.others),
            base::to_joules(common.devices)};
}

}  // namespace ergon::energy
