#include "energy/sensors/plug.h"

#include <array>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "base/http.h"
#include "base/json/json.h"
#include "base/secrets.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Joules;
using base::Watts;

/// Where each kind answers, and in which units.
struct Plug {
    PlugKind kind;
    std::string_view path;
    const char* power;   // JSON pointer, in watts
    const char* energy;  // JSON pointer
    Joules unit;         // of `energy`
    double resolution;   // in units of `energy`, as the makers print it
};

// Makers' documentation: shelly-api-docs.shelly.cloud/gen2 (Switch: apower in watts, aenergy.total in watt-hours),
// shelly-api-docs.shelly.cloud/gen1 (/status, meters: power in watts, total in watt-minutes), tasmota.github.io/docs
// (Status 8; ENERGY: Power in watts, Total in kilowatt-hours).
constexpr std::array<Plug, 4> plugs{
    {{PlugKind::shelly_gen2, "/rpc/Switch.GetStatus?id=0", "/apower", "/aenergy/total", Joules(3600), 1e-3},
     {PlugKind::shelly_gen2, "/rpc/PM1.GetStatus?id=0", "/apower", "/aenergy/total", Joules(3600), 1e-3},
     {PlugKind::shelly_gen1, "/status", "/meters/0/power", "/meters/0/total", Joules(60), 1},
     {PlugKind::tasmota, "/cm?cmnd=Status%208", "/StatusSNS/ENERGY/Power", "/StatusSNS/ENERGY/Total", Joules(3.6e6),
      1e-3}}};

std::optional<double> amount_at(const base::TreeJson& json, const char* pointer) {
    const base::TreeJson::json_pointer place(pointer);
    if (!json.contains(place) || !json[place].is_number()) return std::nullopt;
    const double value = json[place].get<double>();
    return std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

std::optional<Poll> parse(const Plug& plug, const std::string& text) {
    base::TreeJson json;
    try {
        json = base::parse_json<base::TreeJson>(text, "its answer");
    } catch (const base::Error&) {
        return std::nullopt;  // another server than a plug
    }
    const auto power = amount_at(json, plug.power), energy = amount_at(json, plug.energy);
    if (!power && !energy) return std::nullopt;
    Poll poll;
    if (power) poll.power = Watts(*power);
    if (energy) poll.total = plug.unit * *energy;
    poll.resolution = plug.unit * plug.resolution;
    return poll;
}

Poll poll_plug(const Plug& plug, const std::string& address) {
    const base::HttpResponse response = base::http_get(address + std::string(plug.path));
    const auto poll = response.status == 200 ? parse(plug, response.body) : std::nullopt;
    if (poll) return *poll;
    base::fail(ErrorCode::bad_file, "The plug {} no longer reports power or energy (status {}).",
               base::without_credentials(address), response.status);
}

}  // namespace

std::optional<Poll> parse_plug(PlugKind kind, const std::string& json) {
    for (const Plug& plug : plugs) {
        if (plug.kind == kind) return parse(plug, json);
    }
    return std::nullopt;
}

PolledSensor::ReadFn plug_source(const std::string& address) {
    std::string host = address;
    while (host.ends_with('/')) host.pop_back();
    for (const Plug& plug : plugs) {
        const base::HttpResponse response = base::http_get(host + std::string(plug.path));
        if (response.status == 401) {
            base::fail(ErrorCode::bad_argument,
                       "The plug {} requires a password; give it as plug:http://user:password@host.",
                       base::without_credentials(host));
        }
        if (response.status == 200 && parse(plug, response.body)) {
            return [&plug, host] { return poll_plug(plug, host); };
        }
    }
    base::fail(
        ErrorCode::unsupported,
        "{} responds, but not as a known metering plug (Shelly or Tasmota); read others with command: or prometheus:.",
        base::without_credentials(host));
}

}  // namespace ergon::energy
