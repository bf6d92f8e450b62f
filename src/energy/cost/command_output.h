#pragma once
// What a command of the user's prints.

#include <string>

#include "base/units.h"

namespace ergon::energy {

/// What `/bin/sh -c command` prints; what it says on stderr is dropped, since it may be asked every second. Throws
/// Error(system) if it cannot be started, fails, takes longer than `limit` (then it is killed, with its children) or
/// prints more than 64 KiB.
std::string command_output(const std::string& command, base::Nanoseconds limit = base::Nanoseconds(2'000'000'000));

}  // namespace ergon::energy
