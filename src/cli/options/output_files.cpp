#include "cli/options/output_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/output.h"
#include "cli/options/machine_options.h"

namespace ergon::cli {
namespace {

bool same_file(const std::string& a, const std::string& b) {
    std::error_code none;
    const auto place = [&](const std::string& name) {
        const auto path = std::filesystem::weakly_canonical(name, none);
        return none ? std::filesystem::path(name) : path;
    };
    return !b.empty() && (place(a) == place(b) || std::filesystem::equivalent(a, b, none));
}

bool part_of(const std::string& file, const std::string& folder) {
    if (!base::is_folder(folder) || !base::path_exists(file)) return false;
    return same_file(std::filesystem::path(file).parent_path() / "", std::filesystem::path(folder) / "");
}

/// A terminal or /dev/null may be written to twice.
bool replaceable(const std::string& name) {
    std::error_code none;
    return !std::filesystem::is_character_file(name, none) && !std::filesystem::is_fifo(name, none);
}

}  // namespace

bool is_stdout(const std::string& name) {
    return name == "-" || name == "/dev/stdout" || name == "/dev/fd/1" || name == "/proc/self/fd/1";
}

bool any_is_stdout(const std::vector<std::string>& outputs) {
    return std::ranges::any_of(outputs, is_stdout);
}

void write_output(const std::string& name, std::string_view content) {
    if (is_stdout(name)) return base::write_data(base::Stream::out, content);
    base::write_atomically(name, content);
}

void check_outputs(const std::vector<std::string>& outputs, std::vector<std::string> others) {
    if (std::ranges::count_if(outputs, is_stdout) > 1) {
        base::fail(base::ErrorCode::bad_argument,
                   "Only one output can go to stdout; write the others to files (--json-out FILE, --csv-out FILE).");
    }
    const energy::MeterOptions& machine = machine_options();
    if (machine.calibration && machine.calibration_named) others.push_back(machine.calibration->string());
    for (const std::string& sensor : machine.sensors) {
        if (constexpr std::string_view file = "file:"; sensor.starts_with(file))
            others.push_back(sensor.substr(file.size()));
    }
    for (auto output = outputs.begin(); output != outputs.end(); ++output) {
        if (output->empty() || is_stdout(*output)) continue;
        base::check_writable(*output);
        if (!replaceable(*output)) continue;
        // What SQLite keeps beside a results file comes and goes with it.
        const auto same = [&](const std::string& other) {
            return same_file(*output, other) ||
                   std::ranges::any_of(std::array{"-wal", "-shm", "-journal"}, [&](const char* beside) {
                       return !other.empty() && same_file(*output, other + beside);
                   });
        };
        const auto holds = [&](const std::string& folder) { return part_of(*output, folder); };
        if (std::ranges::any_of(others, holds)) {
            base::fail(base::ErrorCode::bad_argument,
                       "{} is part of what is read, and would be overwritten: give another name.", *output);
        }
        if (std::any_of(output + 1, outputs.end(), same) || std::ranges::any_of(others, same)) {
            base::fail(base::ErrorCode::bad_argument,
                       "{} is named twice, and would be overwritten: give each output a file of its own.", *output);
        }
    }
}

}  // namespace ergon::cli
