#pragma once
// A server in a process of its own, which works for its answers, and a program that just works: what they take is known
// to them, and so to the test.

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utility>

namespace ergon::test {

/// Ends with this object, or with the test.
class ChildProcess {
  public:
    template <typename Work>
    explicit ChildProcess(const Work& work) {
        const pid_t parent = ::getpid();
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("fork failed");
        if (pid_ > 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() == parent) work();
        ::_exit(0);
    }
    ~ChildProcess() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = 0;
};

inline double own_processor_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Keeps a thread busy until this process has taken so much more processor time.
inline void work_for(double seconds) {
    const double end = own_processor_seconds() + seconds;
    volatile double sum = 0;
    while (own_processor_seconds() < end) {
        for (int i = 0; i < 1000; ++i) sum = sum + i;
    }
}

/// Answers each POST after `seconds` of processor time for the prompt, the thought and the answer each; the text of the
/// answer is the processor time that its process has taken for it, in seconds.
class WorkingServer {
  public:
    /// `name`: what the system calls its process.
    explicit WorkingServer(double seconds, const std::string& name = "server")
        : listener_(listen()), child_([&] {
              ::prctl(PR_SET_NAME, name.c_str());
              for (;;) serve(seconds);
          }) {
        ::close(listener_);
    }
    std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
    pid_t pid() const { return child_.pid(); }

  private:
    int listen() {
        const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(address);
        if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener, 8) != 0 ||
            ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
            throw std::runtime_error("no server on 127.0.0.1");
        }
        port_ = ntohs(address.sin_port);
        return listener;
    }

    static void send(int client, const std::string& bytes) {
        if (::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return;
    }
    static std::string piece(const std::string& field, const std::string& text) {
        return "data: {\"choices\":[{\"delta\":{\"" + field + "\":\"" + text + "\"}}]}\n\n";
    }

    void serve(double seconds) const {
        const int client = ::accept(listener_, nullptr, nullptr);
        if (client < 0) return;
        std::string request;
        char buffer[4096];
        // The body is not looked at: one that is not read in the first pieces does no harm.
        while (request.find("\r\n\r\n") == std::string::npos) {
            const ssize_t got = ::recv(client, buffer, sizeof(buffer), 0);
            if (got <= 0) break;
            request.append(buffer, static_cast<std::size_t>(got));
        }
        const double began = own_processor_seconds();
        if (!request.starts_with("POST /v1/chat")) {
            send(client, "HTTP/1.1 404 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        } else {
            send(client, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
            work_for(seconds);
            send(client, piece("reasoning_content", "Hm"));
            work_for(seconds);
            send(client, piece("content", " "));
            work_for(seconds);
            send(client, piece("content", std::to_string(own_processor_seconds() - began)));
            send(client, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
        }
        ::shutdown(client, SHUT_WR);
        while (::recv(client, buffer, sizeof(buffer), 0) > 0) {
        }
        ::close(client);
    }

    int port_ = 0;
    int listener_;
    ChildProcess child_;
};

}  // namespace ergon::test
