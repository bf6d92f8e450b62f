#pragma once
// When runs took place, to be found again in the log of a meter at the wall that is complete when all have run.

#include <string>
#include <utility>
#include <vector>

#include "base/units.h"

namespace ergon::cli {

/// A column of "time,watts", as --wall-log names it.
inline constexpr const char* wall_log_help =
    "the log of a wall meter: lines of time,watts, with time in seconds since 1970 or as 2026-11-22T17:13:35 in UTC";

class WallWindows {
  public:
    /// Throws Error(not_found | bad_file) for a log that cannot be read as it stands, before anything is run.
    static void check(const std::string& file);
    void begin();
    void end();

    /// The mean power that a log shows for each window, by the names of the runs. The first second of a window is left
    /// out: meters lag behind. Throws Error(not_found | bad_file), naming a run for which the log has fewer than three
    /// readings.
    std::vector<base::Watts> powers(const std::string& file, const std::vector<std::string>& names) const;

  private:
    std::vector<std::pair<double, double>> windows_;  // seconds since 1970
};

}  // namespace ergon::cli
