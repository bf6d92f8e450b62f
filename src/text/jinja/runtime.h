#pragma once
// What one rendering of a template may use: its bounds, its clock and the objects that live as long as it does.

#include <cstddef>
#include <ctime>
#include <deque>
#include <fmt/format.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/clock.h"

namespace ergon::text::jinja {

class Object;

/// A template that fails; the interpreter knows the line.
class TemplateError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
    throw TemplateError(fmt::format(format, std::forward<Args>(args)...));
}

// Bounds of one rendering. Assumed: published templates stay a hundred times below them, a conversation of a million
// words ten times; a hostile template ends within seconds and half a gigabyte.
/// Units of work: one per node evaluated, and enough per byte made that a unit stands for at most 32 bytes of memory.
inline constexpr std::size_t max_work = std::size_t{1} << 24;
inline constexpr std::size_t bytes_per_unit = 32;
/// Processor time, looked at between nodes: what an operation is charged may be less than what it takes. Published
/// templates take milliseconds.
inline constexpr base::Nanoseconds max_time{5'000'000'000};
/// Bytes of one string, and of the whole output.
inline constexpr std::size_t max_text = std::size_t{64} << 20;
/// Nested evaluation: expressions in statements in macros. A level takes below 1 KB of stack (below 4 KB with
/// sanitizers).
inline constexpr int max_depth = 1000;
/// Lists in lists, in variables and in what a template builds.
inline constexpr int max_nesting = 200;
/// Variables of one scope, which are looked through one by one; published templates have a hundred at most.
inline constexpr std::size_t max_variables = 1000;
/// Elements of a range, as in Jinja's sandbox.
inline constexpr long long max_range = 100'000;

inline void require_text_size(std::size_t bytes) {
    if (bytes > max_text) refuse("it produces a text of more than {} MiB", max_text >> 20);
}

class Runtime {
  public:
    explicit Runtime(const std::tm& now) : now_(now) {}

    /// Counts work; refuses beyond the bound.
    void spend(std::size_t units) {
        if (units > max_work - work_) refuse("it takes more than {} steps", max_work);
        work_ += units;
        constexpr unsigned calls_between_looks = 16;
        if (++calls_ % calls_between_looks == 0 && base::thread_time() - begin_ > max_time)
            refuse("it takes more than {} s", max_time.value() / 1'000'000'000);
    }
    /// Counts the making of a text of `bytes`, before it is made.
    void spend_text(std::size_t bytes) {
        require_text_size(bytes);
        spend(bytes / bytes_per_unit + 1);
    }
    /// Counts the making of list elements, 48 bytes each.
    void spend_elements(std::size_t count) { spend(count < max_work ? 3 * count : count); }
    /// Counts the making of texts that are elements: 200 bytes and more each, however short.
    void spend_short_texts(std::size_t count) { spend(count < max_work ? 12 * count : count); }

    /// Held while one level of evaluation lasts.
    class Level {
      public:
        explicit Level(Runtime& runtime) : runtime_(runtime) {
            if (runtime_.depth_ >= max_depth) refuse("it nests deeper than {} levels", max_depth);
            ++runtime_.depth_;
        }
        ~Level() { --runtime_.depth_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

      private:
        Runtime& runtime_;
    };

    /// Makes an object that lives until the end of the rendering. Objects can refer to each other in circles; values
    /// hold plain pointers to them.
    template <typename T, typename... Args>
    T* make(Args&&... args) {
        spend(32);
        auto object = std::make_unique<T>(std::forward<Args>(args)...);
        T* const pointer = object.get();
        objects_.push_back(std::move(object));
        return pointer;
    }

    const std::tm& now() const { return now_; }

  private:
    base::Nanoseconds begin_ = base::thread_time();
    unsigned calls_ = 0;
    std::size_t work_ = 0;
    int depth_ = 0;
    std::tm now_;
    std::deque<std::unique_ptr<Object>> objects_;
};

}  // namespace ergon::text::jinja
