#pragma once

#include <string>

#include "base/units.h"

namespace ergon::energy {

/// What `/bin/sh -c command` prints; its own complaints go to stderr as they do in a shell. Throws Error(system) if it
/// cannot be started, fails, takes longer than `limit` (then it is killed, with its children) or prints more than 64
/// KiB.
std::string command_output(const std::string& command, base::Nanoseconds limit = base::Nanoseconds(2'000'000'000));

}  // namespace ergon::energy
