#include "energy/sensors/user_sensor.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/http.h"
#include "base/secrets.h"
#include "energy/cost/command_output.h"
#include "energy/counters/counter_sensor.h"
#include "energy/counters/energy_unit.h"
#include "energy/counters/polled.h"
#include "energy/counters/power_integral.h"
#include "energy/counters/small_file.h"
#include "energy/sensors/plug.h"
#include "energy/sensors/prometheus.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;

// Counters with a fraction are counted in microjoules: fine enough for any plug, and 2^64 of them are 18 TJ.
constexpr double microjoules = 1e6;
constexpr double max_microjoules = 1.8e19;

struct WithUnit {
    std::string text;
    std::optional<EnergyUnit> unit;
};

/// "sensors -u#mW" is a command and a unit; a # that no unit follows belongs to the text.
WithUnit split_unit(const std::string& text) {
    const std::size_t hash = text.rfind('#');
    if (hash == std::string::npos) return {text, std::nullopt};
    const auto unit = unit_named(std::string_view(text).substr(hash + 1));
    if (!unit) return {text, std::nullopt};
    return {text.substr(0, hash), unit};
}

/// What the file says now. Throws base::Error.
Poll read_quantity(const std::filesystem::path& path, const std::optional<EnergyUnit>& unit) {
    const SmallFile file = read_small_file(path);
    if (file.error != 0) {
        base::fail(file.error == ENOENT ? ErrorCode::not_found : ErrorCode::system,
                   "The sensor's file {} cannot be read: {}.", path.string(), std::strerror(file.error));
    }
    return parse_quantity(file.text, unit, path.string());
}

std::unique_ptr<Sensor> open_file(const std::string& text, SensorInfo info, base::Nanoseconds now) {
    const WithUnit parts = split_unit(text);
    const std::filesystem::path path = parts.text;
    const bool power = read_quantity(path, parts.unit).power.has_value();
    // Assumed: who writes such a file does so about once a second.
    info.step = base::Nanoseconds(1'000'000'000);
    const auto amount = [path, unit = parts.unit, power]() -> SensorResult<double> {
        try {
            const Poll poll = read_quantity(path, unit);
            if (power && poll.power) return {poll.power->value(), {}};
            if (!power && poll.total) return {poll.total->value(), {}};
            return {{}, path.string() + " changed between power and energy"};
        } catch (const base::Error& error) {
            return {{}, error.what()};
        }
    };
    if (power) {
        return std::make_unique<PowerIntegral>(
            std::move(info),
            [amount]() -> SensorResult<base::Watts> {
                const SensorResult<double> watts = amount();
                if (!watts.value) return {{}, watts.problem};
                return {base::Watts(*watts.value), {}};
            },
            now);
    }
    CounterRules rules;
    rules.where = path.string();
    const auto count = [amount, path]() -> SensorResult<std::uint64_t> {
        const SensorResult<double> joules = amount();
        if (!joules.value) return {{}, joules.problem};
        if (*joules.value * microjoules > max_microjoules)
            return {{}, path.string() + " holds a number that is too large"};
        return {static_cast<std::uint64_t>(std::llround(*joules.value * microjoules)), {}};
    };
    return std::make_unique<CounterSensor>(std::move(info), std::move(rules), count, now);
}

PolledSensor::ReadFn command_source(const std::string& text) {
    const WithUnit parts = split_unit(text);
    return [parts] {
        return parse_quantity(command_output(parts.text), parts.unit, "The command \"" + parts.text + "\"");
    };
}

}  // namespace

std::unique_ptr<Sensor> open_user_sensor(const std::string& spec, base::Nanoseconds now) {
    const std::size_t colon = spec.find(':');
    const std::string kind = spec.substr(0, colon);
    const std::string rest = colon == std::string::npos ? std::string() : spec.substr(colon + 1);
    SensorInfo info{rest, kind, Scope::machine, {}, {}, {}};
    if (!rest.empty() && kind == "file") return open_file(rest, std::move(info), now);
    if (!rest.empty() && kind == "command")
        return std::make_unique<PolledSensor>(std::move(info), command_source(rest));
    info.name = base::without_credentials(rest);
    if (!rest.empty() && kind == "plug") return std::make_unique<PolledSensor>(std::move(info), plug_source(rest));
    if (!rest.empty() && kind == "prometheus") {
        return std::make_unique<PolledSensor>(std::move(info), prometheus_source(rest));
    }
    base::fail(ErrorCode::bad_argument,
               "\"{}\" is not a sensor; expected plug:http://host, prometheus:http://host:port/metrics#name, "
               "command:COMMAND or file:PATH.",
               base::without_credentials(spec));
}

}  // namespace ergon::energy
