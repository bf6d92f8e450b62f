#pragma once
// What a run takes, step by step and since it began in all its pieces: tokens, time, joules, grams.

#include "energy/window.h"
#include "train/grid_schedule.h"
#include "train/run_log.h"

namespace ergon::train {

class RunAccount {
  public:
    /// Goes on from the log's last line; what was taken until now is nobody's. `schedule`, if not null, is the grid's;
    /// it and `machine` must outlive this.
    RunAccount(StepLine before, energy::MachineReader& machine, const GridSchedule* schedule);

    /// What was taken since the last call was this step's, begun with the grid at `intensity`.
    void trained(const StepReport& report, base::GramsPerKilowattHour intensity);
    /// It was taken waiting, with the grid at `intensity`.
    void waited(base::GramsPerKilowattHour intensity);

    /// As the log will have it.
    const StepLine& line() const { return line_; }

  private:
    struct Taken {
        base::Seconds seconds{};
        energy::Figure joules;
    };
    Taken since_last();

    const GridSchedule* schedule_;
    energy::Window window_;
    energy::WindowFigures last_;
    StepLine before_, line_;
    Taken piece_;  // by the training of this piece of the run
};

}  // namespace ergon::train
