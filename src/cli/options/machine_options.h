#pragma once
// Options of the whole program that say where energy is read: --sysfs, --procfs, --sensor, --calibration.

#include <CLI/CLI.hpp>

#include "energy/machine/machine_reader.h"

namespace ergon::cli {

/// Adds them to the program, for every command.
void add_machine_options(CLI::App& program);

/// What they say, for the meters of a command.
const energy::MeterOptions& machine_options();

}  // namespace ergon::cli
