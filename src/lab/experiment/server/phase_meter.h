#pragma once
// What a server on this machine takes while it answers, phase by phase.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "energy/ledger/ledger.h"
#include "energy/machine/card_use.h"
#include "energy/machine/machine_reader.h"
#include "energy/machine/process.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// Whom a server's answers are charged to. Its processes, where they are known: they get what a model in this process
/// would get, active power by their processor time against that of all others, idle power, and the cards that they
/// use. Else the whole machine: whatever it takes meanwhile, other programs included.
class ServerShare {
  public:
    /// `processes`: the server's; none: not known, and the whole machine is charged.
    ServerShare(const energy::MeterOptions& options, const std::vector<int>& processes);
    energy::MachineReader& reader() { return *reader_; }
    /// What cards took for the server since the last call; nothing if that is not known. Zero where the whole machine
    /// is charged: its cards are among its counters.
    std::optional<energy::Figure> cards();
    /// Why the whole machine is charged, as the end of a sentence; empty if only the server is.
    const std::string& problem() const { return problem_; }

  private:
    std::optional<energy::ProcessTree> tree_;
    std::optional<energy::CardUse> cards_;
    std::unique_ptr<energy::MachineReader> reader_;
    std::string problem_;
};

/// Keeps a ledger of its own, in which every stretch of a phase is a request. Its methods are called by one thread;
/// another one reads in between, so that no counter wraps unseen.
class PhaseMeter {
  public:
    explicit PhaseMeter(ServerShare& server);
    ~PhaseMeter();
    PhaseMeter(const PhaseMeter&) = delete;
    PhaseMeter& operator=(const PhaseMeter&) = delete;

    /// What is taken from now on belongs to this phase. Entering the prompt begins anew.
    void enter(energy::Phase phase);
    /// All that was charged to the answer so far was thought.
    void answer_was_thought();
    /// Adds what each phase took to the answer and the readings behind it to its raw record. An answer of which a card
    /// does not tell what it took is not metered.
    void finish(Answer& answer);

  private:
    struct Stretch {
        energy::Phase phase;
        energy::RequestFigures processor;
        std::optional<energy::Figure> cards;
    };
    void begin(energy::Phase phase);
    void close();
    void add(const std::vector<energy::Interval>& intervals);
    void watch();

    ServerShare& server_;
    std::mutex mutex_;  // guards all below, and the server's reader
    std::condition_variable wake_;
    bool stopping_ = false;
    std::optional<energy::Ledger> ledger_;  // while a phase lasts
    energy::Phase phase_ = energy::Phase::prompt;
    energy::RequestId stretch_ = 0;
    std::vector<Stretch> stretches_;
    std::thread watcher_;
};

}  // namespace ergon::lab
