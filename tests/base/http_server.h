#pragma once
// The smallest HTTP server there is, on 127.0.0.1: fixed answers by path, whole or in parts that come slowly.

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ergon::test {

/// Bytes of an answer, headers included, and how long the server waits before it sends them.
struct HttpPart {
    std::string bytes;
    std::chrono::milliseconds wait{0};
};

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
        play(path, {{whole(body, status, header)}});
    }
    /// What stands here is sent as it is, then the connection is closed.
    void play(const std::string& path, std::vector<HttpPart> parts) {
        const std::lock_guard lock(mutex_);
        answers_[path] = std::move(parts);
    }
    /// The next request to this path gets this; those after it what was set otherwise.
    void answer_once(const std::string& path, const std::string& body, int status, const std::string& header = "") {
        play_once(path, {{whole(body, status, header)}});
    }
    void play_once(const std::string& path, std::vector<HttpPart> parts) {
        const std::lock_guard lock(mutex_);
        first_[path].push_back(std::move(parts));
    }
    /// The beginning of an answer that ends when the connection does.
    static std::string head(const std::string& type = "text/event-stream") {
        return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nConnection: close\r\n\r\n";
    }
    /// Everything that was asked, headers and body.
    std::vector<std::string> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    /// Connections are taken and nothing is said.
    void fall_silent() { silent_ = true; }
    int asked() const { return asked_; }
    /// An answer that says how long it is.
    static std::string whole(const std::string& body, int status, const std::string& header) {
        return "HTTP/1.1 " + std::to_string(status) + " x\r\n" + header +
               "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
    }

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
            for (const HttpPart& part : response(request(client))) {
                if (!send(client, part)) break;
            }
            ::close(client);
        }
        for (const int client : held_) ::close(client);
    }

    /// Whether the other side still listens.
    bool send(int client, const HttpPart& part) const {
        const auto end = std::chrono::steady_clock::now() + part.wait;
        while (!stopping_ && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        for (std::size_t sent = 0; sent < part.bytes.size();) {
            const ssize_t got = ::send(client, part.bytes.data() + sent, part.bytes.size() - sent, MSG_NOSIGNAL);
            if (got <= 0) return false;
            sent += static_cast<std::size_t>(got);
        }
        return !stopping_;
    }

    std::string request(int client) {
        std::string text;
        char buffer[1024];
        for (std::size_t wanted = std::string::npos; text.size() < wanted;) {
            const ssize_t got = ::recv(client, buffer, sizeof(buffer), 0);
            if (got <= 0) break;
            text.append(buffer, static_cast<std::size_t>(got));
            const std::size_t end = text.find("\r\n\r\n");
            if (end == std::string::npos) continue;
            const std::string length = "Content-Length: ";
            const std::size_t at = text.find(length);
            wanted = end + 4 + (at < end ? std::stoul(text.substr(at + length.size(), 20)) : 0);
        }
        const std::lock_guard lock(mutex_);
        requests_.push_back(text);
        return text;
    }

    std::vector<HttpPart> response(const std::string& request) {
        const std::size_t begin = request.find(' ') + 1;
        const std::string path = request.substr(begin, request.find(' ', begin) - begin);
        const std::lock_guard lock(mutex_);
        if (auto& first = first_[path]; !first.empty()) {
            std::vector<HttpPart> parts = std::move(first.front());
            first.pop_front();
            return parts;
        }
        const auto found = answers_.find(path);
        if (found != answers_.end()) return found->second;
        return {{"HTTP/1.1 404 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"}};
    }

    int listener_;
    int port_ = 0;
    std::mutex mutex_;
    std::map<std::string, std::vector<HttpPart>> answers_;
    std::map<std::string, std::deque<std::vector<HttpPart>>> first_;
    std::vector<std::string> requests_;
    std::vector<int> held_;
    std::atomic<bool> stopping_{false}, silent_{false};
    std::atomic<int> asked_{0};
    std::thread thread_;
};

}  // namespace ergon::test
