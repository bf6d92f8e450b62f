#pragma once
// The parts of ergon meter; meter.cpp has its options.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/options/cost_options.h"
#include "cli/options/data_output.h"
#include "energy/ledger/window.h"

namespace ergon::cli {

/// How a window's figures are told. A command's stdout is its own, so that what is printed beside it goes to stderr.
struct MeterOutput {
    DataOutput json;
    DataOutput csv;  // a file of such rows is added to
    CostOptions cost;
};

/// What was found, what was not and why.
void list_sensors(const energy::MachineReader& reader, const DataOutput& json);

/// Watts as they come, until Ctrl-C or for so many seconds (0: no end).
void watch(energy::MachineReader& reader, const MeterOutput& output, double seconds);

/// Runs a command and tells what the machine took meanwhile. Returns its exit code, 128 + the signal if one ended it;
/// 127 if it was not found, 126 if it could not be started.
int meter_command(energy::MachineReader& reader, const std::vector<std::string>& command, const MeterOutput& output);

/// "1.23 s, 4.5 J, between 2.2 and 9.1, estimated; ..." and a line for each sensor.
std::string window_text(const energy::WindowFigures& figures, const energy::Overhead& overhead,
                        const MeterOutput& output);
/// CodeCarbon's columns, and a row of them.
std::string codecarbon_header();
std::string codecarbon_row(const energy::WindowFigures& figures, const energy::MachineReader& reader,
                           const MeterOutput& output, const std::string& project);

/// ergon meter calibrate
void add_meter_calibrate(CLI::App& meter);
/// ergon meter validate
void add_meter_validate(CLI::App& meter);

}  // namespace ergon::cli
