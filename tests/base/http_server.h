#pragma once
// The smallest HTTP server there is, on 127.0.0.1: fixed answers by path.

#include <arpa/inet.h>
#include <atomic>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace ergon::test {

class HttpServer {
  public:
    HttpServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(address);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
            throw std::runtime_error("no server on 127.0.0.1");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~HttpServer() {
        stopping_ = true;
        thread_.join();
        ::close(listener_);
    }
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
    void answer(const std::string& path, const std::string& body, int status = 200, const std::string& header = "") {
        const std::lock_guard lock(mutex_);
        answers_[path] = "HTTP/1.1 " + std::to_string(status) + " x\r\n" + header +
                         "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
    }
    /// Connections are taken and nothing is said.
    void fall_silent() { silent_ = true; }
    int asked() const { return asked_; }

  private:
    void serve() {
        while (!stopping_) {
            pollfd wait{listener_, POLLIN, 0};
            if (::poll(&wait, 1, 10) <= 0) continue;
            const int client = ::accept(listener_, nullptr, nullptr);
            if (client < 0) continue;
            ++asked_;
            if (silent_) {
                held_.push_back(client);
                continue;
            }
            const std::string text = response(request(client));
            for (std::size_t sent = 0; sent < text.size();) {
                const ssize_t got = ::send(client, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
                if (got <= 0) break;
                sent += static_cast<std::size_t>(got);
            }
            ::close(client);
        }
        for (const int client : held_) ::close(client);
    }

    static std::string request(int client) {
        std::string text;
        char buffer[1024];
        while (text.find("\r\n\r\n") == std::string::npos) {
            const ssize_t got = ::recv(client, buffer, sizeof(buffer), 0);
            if (got <= 0) break;
            text.append(buffer, static_cast<std::size_t>(got));
        }
        return text;
    }

    std::string response(const std::string& request) {
        const std::size_t begin = request.find(' ') + 1;
        const std::lock_guard lock(mutex_);
        const auto found = answers_.find(request.substr(begin, request.find(' ', begin) - begin));
        if (found != answers_.end()) return found->second;
        return "HTTP/1.1 404 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    }

    int listener_;
    int port_ = 0;
    std::mutex mutex_;
    std::map<std::string, std::string> answers_;
    std::vector<int> held_;
    std::atomic<bool> stopping_{false}, silent_{false};
    std::atomic<int> asked_{0};
    std::thread thread_;
};

}  // namespace ergon::test
