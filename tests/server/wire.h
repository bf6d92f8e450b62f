#pragma once
// Bytes to a server on this machine and back, as a client without manners sends them.

#include <arpa/inet.h>
#include <chrono>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace ergon::test {

class Wire {
  public:
    explicit Wire(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("nobody listens");
        }
    }
    ~Wire() { close(); }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    void send(const std::string& bytes) const {
        for (std::size_t sent = 0; sent < bytes.size();) {
            const ssize_t got = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (got <= 0) return;
            sent += static_cast<std::size_t>(got);
        }
    }
    /// What comes until `until` has come, or the other side is done; at most so long.
    std::string receive(const std::string& until = "", std::chrono::seconds patience = std::chrono::seconds(30)) {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (until.empty() || text_.find(until) == text_.npos) {
            pollfd wait{descriptor_, POLLIN, 0};
            if (std::chrono::steady_clock::now() > end) break;
            if (::poll(&wait, 1, 50) <= 0) continue;
            char buffer[4096];
            const ssize_t got = ::recv(descriptor_, buffer, sizeof buffer, 0);
            if (got <= 0) break;
            text_.append(buffer, static_cast<std::size_t>(got));
        }
        return std::exchange(text_, {});
    }
    void close() {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = -1;
    }

  private:
    int descriptor_;
    std::string text_;
};

inline std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
    return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}
inline std::string get(const std::string& path, const std::string& headers = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n";
}

}  // namespace ergon::test
