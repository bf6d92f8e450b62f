#pragma once
// How far a long command is: one line that renews itself on a terminal and never wraps, plain lines now and
// then in a pipe or on a terminal that cannot move its cursor.

#include <chrono>
#include <string>

namespace ergon::cli {

class Progress {
  public:
    /// Shown on stderr. `what` names the things that are counted: "answers".
    explicit Progress(std::string what);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `done` of `all` are done; `already` of them were so before this run (they say nothing of its rate). `note` is
    /// shown beside.
    void show(long done, long all, const std::string& note = {}, long already = 0);
    /// Leaves the terminal's line empty for others; the destructor does so too.
    void clear();

  private:
    std::string what_;
    bool terminal_;
    bool shown_ = false;
    std::chrono::steady_clock::time_point begin_, last_;
};

}  // namespace ergon::cli
