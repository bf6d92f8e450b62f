// ergon meter: watts as they come.

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>
#include <unistd.h>

#include "base/clock.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "base/strings/format_number.h"
#include "base/strings/wrapped.h"
#include "cli/commands/meter/meter.h"
#include "cli/terminal/run_interrupt.h"

namespace ergon::cli {
namespace {

constexpr std::size_t history_length = 40;

/// The last values as blocks of eight heights, the highest being the largest of them.
std::string sparkline(const std::deque<double>& values) {
    constexpr std::array<const char*, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const double most = values.empty() ? 0 : *std::ranges::max_element(values);
    std::string line;
    for (const double value : values) {
        const double share = most > 0 ? std::max(0.0, value / most) : 0;
        line += blocks[std::min<std::size_t>(static_cast<std::size_t>(share * 8), 7)];
    }
    return line;
}

struct Line {
    std::string name;
    std::string part_of;
    std::optional<energy::PowerRange> watts;
    energy::Method method = energy::Method::measured;
    std::string problem;  // why the sensor tells nothing at present, so that others' figures stand here
};

/// The total, and every sensor beside it.
std::vector<Line> lines_of(const energy::MachineReader& reader, const std::optional<energy::Window::Power>& total) {
    const energy::MachineCounter* const counter = reader.counter();
    const std::string name = reader.counts_machine() ? counter->info().name : "machine";
    std::vector<Line> lines(1);
    lines[0].name = name;
    if (total) {
        lines[0].watts = total->watts;
        lines[0].method = total->method;
    }
    if (counter == nullptr) return lines;
    for (const energy::Tally& tally : counter->tallies()) {
        if (tally.info.name == name) {
            lines[0].problem = tally.problem;
        } else {
            lines.push_back(
                {tally.info.name, tally.info.part_of, tally.power, energy::Method::measured, tally.problem});
        }
    }
    return lines;
}

/// "12.4 W [7.1, 24.8] estimated", in watts without a prefix, since lines above are written already.
std::string watts_text(const Line& line) {
    if (!line.watts) return "no answer";
    const auto& [value, low, high] = *line.watts;
    const base::IntervalText text =
        base::with_interval(value.value(), low.value(), high.value(), {"W", base::Prefixes::none});
    return fmt::format("{}{}{} {}{}", text.value, text.interval.empty() ? "" : " ", text.interval,
                       energy::name(line.method), line.problem.empty() ? "" : " (" + line.problem + ")");
}

/// Redraws its lines in place.
class Screen {
  public:
    void show(const std::vector<Line>& lines) {
        if (drawn_ > 0) base::write_control(base::Stream::out, fmt::format("\x1b[{}A", drawn_));
        for (const Line& line : lines) {
            std::deque<double>& history = history_[line.name];
            if (line.watts) history.push_back(line.watts->value.value());
            if (history.size() > history_length) history.pop_front();
            base::write_control(base::Stream::out, "\x1b[2K");
            const std::string name = (line.part_of.empty() ? "" : "  ") + line.name;
            base::print("{}", base::without_trailing_blanks(
                                  fmt::format("{:<28} {:<40} {}\n", name, watts_text(line), sparkline(history))));
        }
        drawn_ = lines.size();
        base::flush_output();
    }

  private:
    std::size_t drawn_ = 0;
    std::map<std::string, std::deque<double>> history_;
};

void print_line(const std::vector<Line>& lines) {
    std::string text = fmt::format("{:%H:%M:%S}", fmt::localtime(std::time(nullptr)));
    for (const Line& line : lines) text += fmt::format("  {} {}", line.name, watts_text(line));
    base::print("{}\n", text);
    base::flush_output();
}

void print_json(const std::vector<Line>& lines, double seconds) {
    nlohmann::ordered_json sensors = nlohmann::ordered_json::array();
    for (const Line& line : lines) {
        nlohmann::ordered_json watts;
        if (line.watts) {
            watts = {{"value", line.watts->value.value()},
                     {"unit", "W"},
                     {"low", line.watts->low.value()},
                     {"high", line.watts->high.value()},
                     {"method", std::string(energy::name(line.method))}};
        }
        const auto part_of = line.part_of.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(line.part_of);
        sensors.push_back({{"name", line.name}, {"watts", watts}, {"part_of", part_of}});
        if (!line.problem.empty()) sensors.back()["problem"] = line.problem;
    }
    const nlohmann::ordered_json json{{"seconds", seconds}, {"sensors", sensors}};
    base::print_data("{}\n", base::json_text(json));
    base::flush_output();
}

}  // namespace

void watch(energy::MachineReader& reader, const MeterOutput& output, double seconds) {
    InterruptFlag interrupt;
    const bool terminal = ::isatty(STDOUT_FILENO) == 1 && !output.json.on_stdout();
    if (terminal) base::print("{}\nCtrl-C ends.\n\n", reader.describe());
    Screen screen;
    energy::Window window(reader);
    const base::Nanoseconds begin = base::now();
    auto next = std::chrono::steady_clock::now();
    const auto end =
        next + std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
    while (true) {
        next += std::chrono::nanoseconds(reader.interval().value());
        if (seconds > 0) next = std::min(next, end);
        // Short naps, so that Ctrl-C need not wait for a long interval.
        while (!interrupt.value() && std::chrono::steady_clock::now() < next) {
            const auto nap = std::min<std::chrono::nanoseconds>(next - std::chrono::steady_clock::now(),
                                                                std::chrono::milliseconds(100));
            std::this_thread::sleep_for(nap);
        }
        const double elapsed = base::to_seconds(base::now() - begin).value();
        if (interrupt.value()) break;
        const std::vector<Line> lines = lines_of(reader, window.poll());
        if (terminal) {
            screen.show(lines);
        } else if (output.json.on_stdout()) {
            print_json(lines, elapsed);
        } else {
            print_line(lines);
        }
        if (base::output_problem() != 0 || (seconds > 0 && elapsed >= seconds)) break;  // or the reader left
    }
    if (!output.json.on_stdout())
        base::write_text(base::Stream::error, "\n" + window_text(window.figures(), reader.overhead(), output));
}

}  // namespace ergon::cli
