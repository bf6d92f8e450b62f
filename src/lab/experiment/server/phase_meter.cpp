#include "lab/experiment/server/phase_meter.h"

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "lab/store/answer_keys.h"

namespace ergon::lab {

using base::Nanoseconds;

ServerShare::ServerShare(const energy::MeterOptions& options, const std::vector<int>& processes) {
    energy::MeterOptions machine = options;
    if (!processes.empty()) {
        tree_.emplace(options.procfs, processes);
        cards_.emplace(options.nvml_library);
        tree_->time();
        if (cards_->taken_by(tree_->alive(), base::now())) {
            machine.nvml_library.clear();  // the cards are read here
        } else {
            problem_ = "a card does not say which programs use it";
            tree_.reset();
        }
    }
    reader_ = std::make_unique<energy::MachineReader>(machine);
    if (tree_) {
        reader_->charge([this] { return tree_->time(); });
    } else {
        reader_->charge([this] { return reader_->everybody(); });
    }
}

std::optional<energy::Figure> ServerShare::cards() {
    return tree_ ? cards_->taken_by(tree_->alive(), base::now()) : energy::Figure{};
}

PhaseMeter::PhaseMeter(ServerShare& server) : server_(server), watcher_([this] { watch(); }) {}

PhaseMeter::~PhaseMeter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    watcher_.join();
}

void PhaseMeter::watch() {
    std::unique_lock lock(mutex_);
    const auto wait = [this] { return std::chrono::nanoseconds(server_.reader().interval().value()); };
    while (!wake_.wait_for(lock, wait(), [this] { return stopping_; })) {
        if (ledger_) add(server_.reader().read(base::now(), false));
    }
}

void PhaseMeter::add(const std::vector<energy::Interval>& intervals) {
    for (const energy::Interval& interval : intervals) ledger_->add_interval(interval);
}

void PhaseMeter::begin(energy::Phase phase) {
    phase_ = phase;
    ledger_->begin_request(++stretch_, server_.reader().last_reading());
}

void PhaseMeter::close() {
    if (!ledger_) return;
    energy::MachineReader& reader = server_.reader();
    add(reader.read(base::now(), false));
    add(reader.give_up());  // a stretch ends when the stream says so, not when a counter moves
    ledger_->end_request(stretch_, reader.last_reading());
    ledger_->settle(reader.last_reading());
    stretches_.push_back({phase_,
                          figures_of(ledger_->take(stretch_).value_or(energy::RequestAccount{}), reader.uncertainty()),
                          server_.cards()});
}

void PhaseMeter::enter(energy::Phase phase) {
    const std::lock_guard lock(mutex_);
    if (phase == energy::Phase::prompt) {  // asked anew: what a failed attempt and the wait after it took is nobody's
        stretches_.clear();
        ledger_.emplace();
        server_.reader().start(base::now());
        server_.cards();
    } else {
        close();
    }
    begin(phase);
}

void PhaseMeter::answer_was_thought() {
    const std::lock_guard lock(mutex_);
    close();
    for (Stretch& one : stretches_) {
        if (one.phase == energy::Phase::answer) one.phase = energy::Phase::thinking;
    }
    begin(energy::Phase::answer);
}

void PhaseMeter::finish(Answer& answer) {
    const std::lock_guard lock(mutex_);
    close();
    ledger_.reset();
    std::array<bool, energy::kept_phase_count> seen{};
    for (const Stretch& one : stretches_) {
        answer.raw["readings"].push_back(
            {{"phase", std::string(base::name(one.phase))}, {"ledger", energy::raw_json(one.processor)}});
        PhaseResult& phase = answer[one.phase];
        if (!std::exchange(seen[static_cast<std::size_t>(one.phase)], true)) {
            phase = {phase.tokens, {}, {}, {}};
        }
        phase.total += one.processor.total;
        phase.above_idle += one.processor.above_idle;
        phase.seconds += one.processor.seconds;
        answer.measures.processor += base::to_seconds(one.processor.account.program_busy);
        answer.measures.others += base::to_seconds(one.processor.account.others_busy);
        answer.metered = answer.metered && one.cards.has_value();
        if (!one.cards || one.cards->value == base::Joules(0)) continue;
        phase.total += *one.cards;
        phase.above_idle += *one.cards;
        answer.measures.components[cards_component] += one.cards->value.value();
    }
}

}  // namespace ergon::lab
