// ergon meter: this machine's sensors live, or what a command cost.

#include "cli/commands/meter/meter.h"

#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/options/machine_options.h"
#include "cli/options/output_files.h"

namespace ergon::cli {
namespace {

struct MeterCommandOptions {
    std::vector<std::string> command;
    bool list = false;
    double interval = 0, seconds = 0;
    MeterOutput output;
};

/// Options that would do nothing are refused.
void check(const MeterCommandOptions& options) {
    const bool command = !options.command.empty();
    if (options.list && command) {
        base::fail(base::ErrorCode::bad_argument, "--list cannot be combined with a command.");
    }
    if (!command && options.output.csv.asked()) {
        base::fail(base::ErrorCode::bad_argument, "--csv needs a command: ergon meter --csv -- COMMAND.");
    }
    const std::string& file = options.output.json.file;
    if (!command && !options.list && !file.empty() && !is_stdout(file)) {
        base::fail(base::ErrorCode::bad_argument,
                   "The live view has no end and prints its JSON line by line: ergon meter --json > {}.", file);
    }
    std::vector<std::string> outputs = options.output.json.outputs();
    for (const std::string& output : options.output.csv.outputs()) outputs.push_back(output);
    check_outputs(outputs);
    if (options.seconds > 0 && (command || options.list)) {
        base::fail(base::ErrorCode::bad_argument, "--seconds applies to the live view only; remove it.");
    }
}

int run(const MeterCommandOptions& options) {
    check(options);
    energy::MeterOptions machine = machine_options();
    const double interval = options.interval > 0 ? options.interval : options.command.empty() ? 1.0 : 0.1;
    machine.interval = base::Nanoseconds(static_cast<std::int64_t>(interval * 1e9));
    energy::MachineReader reader(machine);
    if (options.list) {
        list_sensors(reader, options.output.json);
        return 0;
    }
    if (!options.command.empty()) return meter_command(reader, options.command, options.output);
    watch(reader, options.output, options.seconds);
    return 0;
}

}  // namespace

void add_meter(CLI::App& program) {
    auto options = std::make_shared<MeterCommandOptions>();
    CLI::App& command =
        *program.add_subcommand("meter", "Show live power, or measure the energy used while a command runs");
    command.add_option("COMMAND", options->command, "Command to measure and its arguments, after --");
    command.add_flag("--list", options->list, "List sensors found, and why others are missing");
    command
        .add_option("--interval", options->interval,
                    "Seconds between readings [1 live, 0.1 for a command; longer if reading is slow]")
        ->check(CLI::Range(0.01, 3600.0))
        ->type_name("SECONDS");
    command.add_option("--seconds", options->seconds, "Stop the live view after this time")
        ->check(CLI::Range(0.0, 1e9))
        ->type_name("SECONDS");
    options->output.json.add_json(command, "the figures");
    options->output.csv.add_csv(command, "a row with CodeCarbon's columns");
    command.get_option("--csv-out")->description("Append a row with CodeCarbon's columns to a file; - is stdout");
    options->output.cost.add(command);
    command.footer(
        "The command's output is left alone: its cost is printed on stderr (also with --json and --csv), or written "
        "with "
        "--json-out or --csv-out. Its exit status is passed on (128 + signal number if killed, 127 if not found, 126 "
        "if "
        "not executable).\n"
        "Sensors are selected with the global options --sysfs, --procfs, --sensor and --calibration; see 'ergon "
        "--help'.\n\n"
        "Examples:\n"
        "  ergon meter --list\n"
        "  ergon meter -- make -j4\n"
        "  ergon meter --json-out cost.json -- python3 train.py --epochs 3\n"
        "  ergon meter --sensor plug:http://192.168.1.20\n"
        "  ergon meter calibrate");
    add_meter_calibrate(command);
    add_meter_validate(command);
    command.callback([options, &command] {
        if (!command.get_subcommands().empty()) return;  // calibrate, validate
        const int code = run(*options);
        if (code != 0) throw CLI::RuntimeError(code);
    });
}

}  // namespace ergon::cli
