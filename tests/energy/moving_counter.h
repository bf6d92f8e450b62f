#pragma once
// A counter in a fake /sys that moves as long as this lives.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "base/clock.h"

namespace ergon::energy {

/// Shows `watts` in microjoules, once in `step`.
class MovingCounter {
  public:
    MovingCounter(const std::string& file, double watts, std::chrono::milliseconds step = std::chrono::milliseconds(1),
                  std::uint64_t start = 1'000'000)
        : handle_(::open(file.c_str(), O_WRONLY)), watts_(watts), start_(start), begin_(base::now()) {
        show();
        thread_ = std::thread([this, step] {
            for (auto next = std::chrono::steady_clock::now() + step; !stopping_; next += step) {
                while (!stopping_ && std::chrono::steady_clock::now() < next) {
                    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(
                        next - std::chrono::steady_clock::now(), std::chrono::milliseconds(5)));
                }
                show();
            }
        });
    }
    ~MovingCounter() {
        stopping_ = true;
        thread_.join();
        ::close(handle_);
    }
    MovingCounter(const MovingCounter&) = delete;
    MovingCounter& operator=(const MovingCounter&) = delete;

  private:
    void show() const {
        const double joules = watts_ * base::to_seconds(base::now() - begin_).value();
        // Always as long: a reader never sees half a number.
        const std::string text = fmt::format("{:020}\n", start_ + static_cast<std::uint64_t>(joules * 1e6));
        [[maybe_unused]] const ssize_t written = ::pwrite(handle_, text.data(), text.size(), 0);
    }

    int handle_;
    double watts_;
    std::uint64_t start_;
    base::Nanoseconds begin_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace ergon::energy
