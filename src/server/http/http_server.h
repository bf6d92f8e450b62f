#pragma once
// Listens, reads requests within bounds and hands them to a handler: HTTP/1.1, connections kept, one thread.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/units.h"
#include "server/http/exchange.h"

namespace ergon::server {

struct HttpServerOptions {
    std::string host = "127.0.0.1";  // a loopback address
    std::uint16_t port = 8080;       // 0: any that is free
    std::size_t max_body = std::size_t{32} << 20;
    std::uint32_t max_header = 16 << 10;
    std::size_t max_connections = 1024;  // more wait to be accepted
    base::Seconds idle{75};              // without a request
    base::Seconds slow{60};              // for a request to come, or a piece of an answer to be taken
};

class HttpServer {
  public:
    /// Listens from now on. Throws Error(bad_argument) for a host that is no address of this machine's own loopback,
    /// Error(system) if the port is taken.
    HttpServer(const HttpServerOptions& options, Handler handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::uint16_t port() const;
    /// Serves until stop() has been called and every exchange has ended, or `stop` once more.
    void run();
    /// From any thread: takes no more connections, and lets what runs come to its end; a second time, ends that too.
    void stop();
    /// Each of these signals is a stop().
    void stop_at(std::span<const int> signals);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ergon::server
