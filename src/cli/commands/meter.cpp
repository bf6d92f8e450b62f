// ergon meter: this machine's sensors live, or what a command cost.

#include "cli/commands/meter.h"

#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/options/machine_options.h"

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
        base::fail(base::ErrorCode::bad_argument, "--list runs no command: ask for one or the other.");
    }
    if (!command && (options.output.csv || !options.output.out.empty())) {
        base::fail(base::ErrorCode::bad_argument,
                   "--csv and --out are about a command: ergon meter --csv --out FILE -- COMMAND");
    }
    if (options.seconds > 0 && (command || options.list)) {
        base::fail(base::ErrorCode::bad_argument, "--seconds is for watching: a command lasts as long as it lasts.");
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
        *program.add_subcommand("meter", "This machine's power live, or what the machine took while a command ran");
    command.add_option("COMMAND", options->command, "A command and its arguments, best behind --");
    command.add_flag("--list", options->list, "Say which sensors were found, which were not, and why");
    command
        .add_option("--interval", options->interval,
                    "Seconds between readings [1 live, 0.1 for a command; more if reading costs much]")
        ->check(CLI::Range(0.01, 3600.0))
        ->type_name("SECONDS");
    command.add_option("--seconds", options->seconds, "Watch for so long, not until Ctrl-C")
        ->check(CLI::Range(0.0, 1e9))
        ->type_name("SECONDS");
    auto* const json = command.add_flag("--json", options->output.json, "Write JSON");
    command.add_flag("--csv", options->output.csv, "Write a row with CodeCarbon's columns")->excludes(json);
    command
        .add_option("--out", options->output.out,
                    "Write to this file (a row is added to a file of such rows), not to stderr")
        ->type_name("FILE");
    options->output.cost.add(command);
    command.footer(
        "A command's own output is left alone: what it cost goes to stderr, or to --out FILE; its exit code is passed "
        "on\n(128 + the signal that ended it; 127 if it was not found, 126 if it cannot be started).\n"
        "Where energy is read can be chosen for any command: --sysfs, --procfs, --sensor, --calibration; see 'ergon "
        "--help'.\n\n"
        "Examples:\n"
        "  ergon meter --list\n"
        "  ergon meter -- make -j4\n"
        "  ergon meter --json --out cost.json -- python3 train.py --epochs 3\n"
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
