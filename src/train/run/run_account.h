#pragma once
// What a run takes, step by step and since it began in all its pieces: tokens, time, joules, grams.

#include "energy/meter.h"
#include "train/run/carbon_aware_schedule.h"
#include "train/run/run_log.h"

namespace ergon::train {

class RunAccount {
  public:
    /// Goes on from the log's last line; what was taken until now is nobody's. `schedule`, if not null, is the grid's;
    /// it and `meter`, which serves nobody else meanwhile, must outlive this.
    RunAccount(StepLine before, energy::Meter& meter, const CarbonAwareSchedule* schedule);
    ~RunAccount();
    RunAccount(const RunAccount&) = delete;
    RunAccount& operator=(const RunAccount&) = delete;

    /// What was taken since the last call was this step's, begun with the grid at `intensity`.
    void trained(const StepReport& report, base::GramsPerKilowattHour intensity);
    /// It was taken waiting, with the grid at `intensity`.
    void waited(base::GramsPerKilowattHour intensity);

    /// As the log will have it.
    const StepLine& line() const { return line_; }

  private:
    struct Taken {
        base::Seconds seconds{};
        energy::Figure joules, others;
    };
    Taken since_last();
    Taken so_far();

    const CarbonAwareSchedule* schedule_;
    energy::Meter& meter_;
    energy::RequestId request_;  // the run, as the ledger knows it: its work, and idle power while it runs
    base::Nanoseconds begin_;
    Taken last_;
    StepLine before_, line_;
    Taken piece_;  // by the training of this piece of the run
};

}  // namespace ergon::train
