#pragma once
// Which sensors of a machine overlap, and which of them add up to its total.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "energy/sensors/sensor.h"

namespace ergon::energy {

/// What a sensor is in the machine's account.
enum class Role : std::uint8_t {
    total,     // one of those that add up to the machine's total
    part,      // inside the total; what the parts leave is the rest of the machine
    shown,     // overlaps with others: shown, never added nor taken away
    repeated,  // another counts the same: not read
    apart,     // a device that the engine does not use: an account of its own
};

/// The role of each sensor, and then of each thing that cannot be read: one whose role is `total` is missing from the
/// total.
///
/// The total is the widest scope there is: what the user named, else the platform (every psys of a source, as machines
/// of several sockets have one each; every battery), else packages + memory + accelerators. The same quantity from
/// several sources is used once: the source of which nothing is unread, then powercap, perf, hwmon, battery. psys is
/// not used beside an accelerator, since boards differ in whether it contains the card, nor where one of several is
/// unread. Accelerators alone are a total too, of what an estimate of the processor leaves out. Memory alone is none:
/// such an estimate contains it.
std::vector<Role> roles_of(std::span<const SensorInfo> sensors, std::span<const Unread> unread = {});

}  // namespace ergon::energy
