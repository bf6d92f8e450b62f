// Any bytes as what a plug, an exporter or a program says about energy: a number that makes sense, nothing, or
// base::Error.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "energy/counters/energy_unit.h"
#include "energy/sensors/plug.h"
#include "energy/sensors/prometheus.h"

namespace {

using namespace ergon::energy;

template <typename Action>
void try_it(const Action& action) {
    try {
        action();
    } catch (const ergon::base::Error&) {
    }
}

void check(const Poll& poll) {
    if (poll.power && !(std::isfinite(poll.power->value()) && poll.power->value() >= 0)) std::abort();
    if (poll.total && !(poll.total->value() >= 0)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const PlugKind kind : {PlugKind::shelly_gen2, PlugKind::shelly_gen1, PlugKind::tasmota}) {
        if (const auto poll = parse_plug(kind, text)) check(*poll);
    }
    try_it([&] { check(parse_quantity(text, std::nullopt, "The input")); });
    try_it([&] { check(parse_quantity(text, unit_named("uJ"), "The input")); });
    try_it([&] { sum_of_series(text, {"kepler_node_cpu_joules_total", {}}, "The input"); });
    try_it([&] { sum_of_series(text, {"a_joules", {{"zone", "package"}}}, "The input"); });
    try_it([&] { sum_of_series(text, parse_selector(text), "The input"); });
    return 0;
}
