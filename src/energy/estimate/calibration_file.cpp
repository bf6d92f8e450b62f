// Calibrations as files, and the machine that they belong to.

#include <algorithm>
#include <fmt/format.h>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "energy/estimate/calibration.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using ordered_json = base::Json;

constexpr int format_version = 2;
constexpr std::size_t max_calibration_bytes = 1 << 20;

std::string machine_words(const Fingerprint& machine) {
    return fmt::format("{} ({}, family {}, model {}, {} thread{}{})",
                       machine.processor.empty() ? "a processor without a name" : machine.processor, machine.vendor,
                       machine.family, machine.model, machine.threads, machine.threads == 1 ? "" : "s",
                       machine.virtual_machine ? ", a virtual machine" : "");
}

ordered_json calibration_json(const Calibration& calibration) {
    ordered_json coefficients;
    for (std::size_t i = 0; i < resource_count; ++i) {
        const Coefficient& one = calibration.coefficients[i];
        coefficients[std::string(resource_names[i])] = {{"value", one.value}, {"low", one.low}, {"high", one.high}};
    }
    const Fingerprint& machine = calibration.machine;
    return {{"ergon_calibration", format_version},
            {"machine",
             {{"vendor", machine.vendor},
              {"processor", machine.processor},
              {"family", machine.family},
              {"model", machine.model},
              {"threads", machine.threads},
              {"virtual_machine", machine.virtual_machine}}},
            {"source", calibration.source},
            {"boundary", std::string(boundary_words(calibration.boundary))},
            {"coefficients", coefficients},
            {"any_work",
             {{"value", calibration.any_work.value},
              {"low", calibration.any_work.low},
              {"high", calibration.any_work.high}}},
            {"left_out_error", calibration.left_out_error},
            {"worst_error", calibration.worst_error},
            {"worst_workload", calibration.worst_workload},
            {"kind_of_work_sd", calibration.kind_of_work_sd},
            {"samples", calibration.samples}};
}

Boundary boundary_of(const std::string& words) {
    for (const Boundary one :
         {Boundary::machine, Boundary::processor_and_memory, Boundary::processor, Boundary::processor_and_cards}) {
        if (boundary_words(one) == words) return one;
    }
    base::fail(ErrorCode::bad_file, "its joules are those of \"{}\", which this version of ergon does not know", words);
}

/// Throws nlohmann's exceptions or Error for what is missing or of another type.
Calibration calibration_from(const ordered_json& json) {
    Calibration calibration;
    const ordered_json& machine = json.at("machine");
    calibration.machine = {machine.at("vendor"),
                           machine.at("processor"),
                           base::get_integer<int>(machine.at("family")),
                           base::get_integer<int>(machine.at("model")),
                           base::get_integer<int>(machine.at("threads")),
                           machine.at("virtual_machine")};
    calibration.source = json.at("source");
    calibration.boundary = boundary_of(json.at("boundary").get<std::string>());
    for (std::size_t i = 0; i < resource_count; ++i) {
        const ordered_json& one = json.at("coefficients").at(std::string(resource_names[i]));
        calibration.coefficients[i] = {one.at("value"), one.at("low"), one.at("high")};
    }
    const ordered_json& any = json.at("any_work");
    calibration.any_work = {any.at("value"), any.at("low"), any.at("high")};
    calibration.left_out_error = json.at("left_out_error");
    calibration.worst_error = json.at("worst_error");
    calibration.worst_workload = json.at("worst_workload");
    calibration.kind_of_work_sd = json.at("kind_of_work_sd");
    calibration.samples = base::get_integer<std::int64_t>(json.at("samples"));
    return calibration;
}

// Beyond what any machine takes (assumed: a megawatt, a millijoule per byte or operation, a hundred times what was
// foretold).
constexpr double max_watts = 1e6, max_joules_per_unit = 1e-3, max_relative_error = 100;

bool makes_sense(const Calibration& calibration) {
    const auto sensible = [](const Coefficient& one, double most) {
        return one.low >= 0 && one.low <= one.value && one.value <= one.high && one.high <= most;
    };
    for (std::size_t i = 0; i < resource_count; ++i) {
        const auto resource = static_cast<Resource>(i);
        const bool watts = resource == Resource::time || resource == Resource::busy_time;
        if (!sensible(calibration[resource], watts ? max_watts : max_joules_per_unit)) return false;
    }
    const auto error = [](double share) { return share >= 0 && share <= max_relative_error; };
    return sensible(calibration.any_work, max_watts) && error(calibration.left_out_error) &&
           error(calibration.worst_error) && error(calibration.kind_of_work_sd) && calibration.machine.threads >= 1;
}

}  // namespace

Fingerprint fingerprint_of(const Processor& processor) {
    return {processor.vendor, processor.name,    processor.family,
            processor.model,  processor.threads, processor.virtual_machine};
}

Calibration read_calibration(const std::filesystem::path& path) {
    return parse_calibration(base::read_text(path, max_calibration_bytes), path.string());
}

Calibration parse_calibration(const std::string& text, const std::string& name) {
    std::string problem = "it is not a calibration that this version of ergon can read";
    try {
        const ordered_json json = base::parse_json(text, "it");
        if (json.at("ergon_calibration") == format_version) {
            Calibration calibration = calibration_from(json);
            if (makes_sense(calibration)) return calibration;
            problem = "its coefficients are out of range";
        }
    } catch (const nlohmann::json::exception& error) {
        problem = base::json_reason(error);
    } catch (const base::Error& error) {
        problem = error.what();
    }
    base::fail(ErrorCode::bad_file, "{} cannot be used: {}; make a new one with 'ergon meter calibrate'.", name,
               problem);
}

std::string write_calibration(const Calibration& calibration) {
    return base::json_text(calibration_json(calibration), 2) + "\n";
}

void check_machine(const Calibration& calibration, const Processor& processor) {
    const Fingerprint here = fingerprint_of(processor);
    if (calibration.machine == here) return;
    base::fail(ErrorCode::bad_argument,
               "The calibration belongs to {}, but this machine is {}; make a new one with 'ergon meter calibrate'.",
               machine_words(calibration.machine), machine_words(here));
}

std::optional<std::filesystem::path> standard_calibration_path() {
    const auto folder = base::user_data_directory();
    return folder ? std::optional(*folder / "calibration.json") : std::nullopt;
}

}  // namespace ergon::energy
