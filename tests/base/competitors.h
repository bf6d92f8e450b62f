#pragma once
// Threads that only burn time, so that others have to share the processors.

#include <atomic>
#include <thread>
#include <vector>

namespace ergon::test {

/// `count` busy threads, as long as it lives.
class Competitors {
  public:
    explicit Competitors(int count) {
        for (int i = 0; i < count; ++i) {
            threads_.emplace_back([this] {
                while (!stop_.load(std::memory_order_relaxed)) {
                }
            });
        }
    }
    ~Competitors() {
        stop_ = true;
        for (std::thread& thread : threads_) thread.join();
    }
    Competitors(const Competitors&) = delete;
    Competitors& operator=(const Competitors&) = delete;

  private:
    std::atomic<bool> stop_{false};
    std::vector<std::thread> threads_;
};

}  // namespace ergon::test
