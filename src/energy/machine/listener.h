#pragma once
// Which process of this machine serves a port, found by its listening socket.

#include <filesystem>
#include <string>
#include <vector>

namespace ergon::energy {

struct Listener {
    std::vector<int> processes;  // that answer there; empty if they cannot be found
    std::string program;         // their name
    std::string problem;         // why they cannot be found, as the end of a sentence
};

/// Whoever listens at `port` of `host` (an address, or a name of this machine). Several processes of one program count
/// together. Where the socket's process is hidden because it is another user's, that user's processes are taken if they
/// are one program with what it started. Programs that only pass on what they hear (tunnels, proxies, the ports of
/// containers) are no servers: what answers stands behind them.
Listener find_listener(const std::filesystem::path& procfs, const std::string& host, int port);

}  // namespace ergon::energy
