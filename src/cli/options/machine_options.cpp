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
    const char* const group = "Where energy is read (any command)";
    energy::MeterOptions& chosen = options();
    program.add_option("--sysfs", chosen.sysfs, "Read this tree instead of /sys, as a container with the host's mounted needs")
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
                    "A sensor of the whole machine: plug:http://HOST (Shelly, Tasmota), "
                    "prometheus:http://HOST/metrics#NAME, command:COMMAND or file:PATH (which give \"12.5 W\" or "
                    "\"3400 J\"); several add up")
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
            "What 'ergon meter calibrate' wrote, if elsewhere than it does by itself")
        ->type_name("FILE")
        ->group(group);
}

const energy::MeterOptions& machine_options() {
    return options();
}

}  // namespace ergon::cli
