#include "energy/machine/listener.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include "energy/counters/small_file.h"
#include "energy/machine/process.h"

namespace ergon::energy {
namespace {

using Address = std::array<unsigned char, 16>;  // IPv4 as ::ffff:a.b.c.d

Address mapped(const in_addr& v4) {
    Address address{};
    address[10] = address[11] = 0xFF;
    std::memcpy(&address[12], &v4, sizeof(v4));
    return address;
}

std::optional<Address> parse_address(const std::string& host) {
    in_addr v4{};
    Address v6{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return mapped(v4);
    if (inet_pton(AF_INET6, host.c_str(), v6.data()) == 1) return v6;
    return std::nullopt;
}

bool is_v4(const Address& address) {
    const Address none = mapped({});
    return std::equal(none.begin(), none.begin() + 12, address.begin());
}
bool is_any(const Address& address) {
    return address == Address{} || address == mapped({});
}
bool is_loopback(const Address& address) {
    Address one{};
    one[15] = 1;
    return address == one || (is_v4(address) && address[12] == 127);
}

struct Socket {
    Address address{};
    int port = 0;
    std::uint64_t user = 0;
    std::uint64_t inode = 0;
};

/// The kernel prints an address as words of 32 bits in its own byte order.
std::optional<Address> address_of(std::string_view hex) {
    constexpr std::size_t digits = 8;
    std::array<std::uint32_t, 4> words{};
    const std::size_t count = hex.size() / digits;
    if (hex.size() % digits != 0 || (count != 1 && count != 4)) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) {
        const char* const begin = hex.data() + i * digits;
        if (std::from_chars(begin, begin + digits, words[i], 16).ptr != begin + digits) return std::nullopt;
    }
    in_addr v4{words[0]};
    Address v6{};
    std::memcpy(v6.data(), words.data(), v6.size());
    return count == 1 ? mapped(v4) : v6;
}

/// A line of /proc/net/tcp; nothing unless its socket listens.
std::optional<Socket> parse_socket(std::string_view line) {
    std::vector<std::string_view> fields;
    while (!(line = trimmed(line)).empty()) {
        const std::size_t length = std::min(line.find_first_of(" \t"), line.size());
        fields.push_back(line.substr(0, length));
        line.remove_prefix(length);
    }
    constexpr std::size_t local = 1, state = 3, user = 7, inode = 9;
    if (fields.size() <= inode || fields[state] != "0A") return std::nullopt;
    const std::size_t colon = fields[local].find(':');
    if (colon == fields[local].npos) return std::nullopt;
    const auto address = address_of(fields[local].substr(0, colon));
    const std::string_view port = fields[local].substr(colon + 1);
    Socket socket;
    if (!address || std::from_chars(port.data(), port.data() + port.size(), socket.port, 16).ec != std::errc()) {
        return std::nullopt;
    }
    socket.address = *address;
    socket.user = parse_unsigned(fields[user]).value_or(0);
    socket.inode = parse_unsigned(fields[inode]).value_or(0);
    return socket;
}

/// How closely a socket is what a connection to `host` reaches; 0: not at all. The kernel takes the closest.
int closeness(const Socket& socket, const std::optional<Address>& host) {
    if (is_any(socket.address)) return host && is_v4(*host) != is_v4(socket.address) ? 1 : 2;
    if (host && !is_any(*host)) return socket.address == *host ? 4 : 0;
    return is_loopback(socket.address) ? 4 : 3;  // a name may mean any address of this machine
}

std::vector<Socket> sockets_at(const std::filesystem::path& procfs, const std::string& host, int port) {
    const std::optional<Address> wanted = parse_address(host);
    std::vector<Socket> closest;
    int best = 1;
    for (const char* file : {"tcp", "tcp6"}) {
        constexpr std::size_t most = std::size_t{16} << 20;  // 150 bytes for each socket
        const std::string text = read_small_file(procfs / "net" / file, most).text;
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = std::min(text.find('\n', begin), text.size());
            const auto socket = parse_socket(std::string_view(text).substr(begin, end - begin));
            begin = end + 1;
            if (!socket || socket->port != port) continue;
            const int close = closeness(*socket, wanted);
            if (close < best) continue;
            if (close > best) closest.clear();
            best = close;
            closest.push_back(*socket);
        }
    }
    return closest;
}

bool holds(const std::filesystem::path& procfs, int pid, const std::set<std::string>& links) {
    std::error_code problem;
    std::filesystem::directory_iterator entries(procfs / std::to_string(pid) / "fd", problem);
    for (; !problem && entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
        std::error_code unreadable;
        if (links.contains(std::filesystem::read_symlink(entries->path(), unreadable).native())) return true;
    }
    return false;
}

bool has_ancestor(const std::filesystem::path& procfs, int pid, const std::vector<int>& among) {
    constexpr int deepest = 64;  // a file that says otherwise is wrong
    for (int steps = 0; steps < deepest; ++steps) {
        const auto process = read_process(procfs, pid);
        if (!process || process->parent == 0) return false;
        pid = process->parent;
        if (std::ranges::find(among, pid) != among.end()) return true;
    }
    return false;
}

std::vector<int> holders(const std::filesystem::path& procfs, const std::vector<Socket>& sockets) {
    std::set<std::string> links;
    for (const Socket& socket : sockets) links.insert(fmt::format("socket:[{}]", socket.inode));
    std::vector<int> found;
    for (const int pid : all_processes(procfs)) {
        if (holds(procfs, pid, links)) found.push_back(pid);
    }
    // Who starts services at their first request keeps their sockets open.
    if (found.size() > 1) std::erase(found, 1);
    std::vector<int> first = found;
    std::erase_if(first, [&](int pid) { return has_ancestor(procfs, pid, found); });
    return first;
}

/// The processes of a user that no other of its processes has started.
std::vector<int> first_of_user(const std::filesystem::path& procfs, std::uint64_t user) {
    std::vector<int> first;
    for (const int pid : all_processes(procfs)) {
        if (user_of(procfs, pid) != user) continue;
        const auto process = read_process(procfs, pid);
        if (process && user_of(procfs, process->parent) != user) first.push_back(pid);
    }
    return first;
}

/// Programs that pass on what they hear, as the kernel cuts their names. Not complete, so whoever charges a process
/// must look whether it works at all.
constexpr std::array<std::string_view, 46> relays{"ssh",
                                                  "sshd",
                                                  "autossh",
                                                  "socat",
                                                  "nc",
                                                  "ncat",
                                                  "netcat",
                                                  "nginx",
                                                  "openresty",
                                                  "haproxy",
                                                  "envoy",
                                                  "caddy",
                                                  "traefik",
                                                  "docker-proxy",
                                                  "rootlessport",
                                                  "rootlesskit",
                                                  "slirp4netns",
                                                  "pasta",
                                                  "passt",
                                                  "gvproxy",
                                                  "vpnkit",
                                                  "kubectl",
                                                  "kube-proxy",
                                                  "pilot-agent",
                                                  "stunnel",
                                                  "stunnel4",
                                                  "cloudflared",
                                                  "ngrok",
                                                  "frpc",
                                                  "frps",
                                                  "chisel",
                                                  "gost",
                                                  "squid",
                                                  "varnishd",
                                                  "httpd",
                                                  "apache2",
                                                  "lighttpd",
                                                  "xinetd",
                                                  "inetd",
                                                  "tinyproxy",
                                                  "systemd-socket-",
                                                  "mitmdump",
                                                  "tailscaled",
                                                  "litellm",
                                                  "sshd-session",
                                                  "wslrelay.exe"};

std::string name_of(const std::filesystem::path& procfs, int pid) {
    const auto process = read_process(procfs, pid);
    return process ? process->name : std::string();
}

Listener refuse(std::string problem) {
    return {{}, {}, std::move(problem)};
}

}  // namespace

Listener find_listener(const std::filesystem::path& procfs, const std::string& host, int port) {
    const std::vector<Socket> sockets = sockets_at(procfs, host, port);
    if (sockets.empty()) {
        return refuse(fmt::format("no visible program listens on port {} (one in a container is hidden)", port));
    }
    std::vector<int> found = holders(procfs, sockets);
    if (found.empty()) {
        const std::uint64_t user = sockets.front().user;
        if (user != 0) found = first_of_user(procfs, user);
        if (found.size() != 1) {
            return refuse(
                fmt::format("the program on port {} belongs to another user ({}); its processor time can be read only "
                            "by that user or root",
                            port, user));
        }
    }
    const std::string program = name_of(procfs, found.front());
    for (const int pid : found) {
        const std::string name = name_of(procfs, pid);
        if (std::ranges::find(relays, name) != relays.end() || pid == 1) {
            return refuse(fmt::format("port {} belongs to {}, which forwards its connections", port,
                                      name.empty() ? "the first process" : name));
        }
        if (name != program) {
            return refuse(fmt::format("several programs listen on port {} ({}, {})", port, program, name));
        }
    }
    return {std::move(found), program, {}};
}

}  // namespace ergon::energy
