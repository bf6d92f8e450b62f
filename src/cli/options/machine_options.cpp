#include "cli/options/machine_options.h"

namespace ergon::cli {
namespace {

/// One program has one machine; the options stand before or behind any command.
energy::MeterOptions& options() {
    static energy::MeterOptions chosen = [] {
        energy::MeterOptions standard;
        standard.calibration = energy::standard_calibration_path();
        return standard;
    }();
    return chosen;
}

}  // namespace

void add_machine_options(CLI::App& program) {
    const char* const group = "Energy sensors (any command)";
    energy::MeterOptions& chosen = options();
    program.add_option("--sysfs", chosen.sysfs, "Read this tree instead of /sys, such as the host's in a container")
        ->envname("ERGON_SYSFS")
        ->check(CLI::ExistingDirectory)
        ->type_name("DIR")
        ->group(group);
    program.add_option("--procfs", chosen.procfs, "Read this tree instead of /proc")
        ->envname("ERGON_PROCFS")
        ->check(CLI::ExistingDirectory)
        ->type_name("DIR")
        ->group(group);
    program
        .add_option("--sensor", chosen.sensors,
                    "Whole-machine sensor: plug:http://HOST (Shelly, Tasmota), prometheus:http://HOST/metrics#NAME, "
                    "command:COMMAND or file:PATH (giving \"12.5 W\" or \"3400 J\"); repeatable, readings are summed")
        ->type_name("SENSOR")
        ->allow_extra_args(false)
        ->group(group);
    program
        .add_option_function<std::string>(
            "--calibration",
            [&chosen](const std::string& file) {
                chosen.calibration = file;
                chosen.calibration_named = true;
            },
            "Calibration file written by 'ergon meter calibrate' [default location]")
        ->type_name("FILE")
        ->group(group);
}

const energy::MeterOptions& machine_options() {
    return options();
}

}  // namespace ergon::cli
