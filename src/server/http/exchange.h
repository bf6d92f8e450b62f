#pragma once
// One request over HTTP and what is sent back, whole or as it comes.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/asio.h"

namespace ergon::server {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Reply {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    Headers headers = {};
};

/// Handed to a handler for as long as the request lasts. Used on the thread of the network alone.
class Exchange {
  public:
    virtual ~Exchange() = default;

    virtual std::string_view method() const = 0;
    virtual std::string_view path() const = 0;  // without the query
    virtual const std::string& body() const = 0;
    virtual std::string_view header(std::string_view name) const = 0;  // empty if it is not there

    /// Stands in the answer, whichever it becomes.
    void add_header(std::string name, std::string value) { headers_.emplace_back(std::move(name), std::move(value)); }

    /// Whether the client is gone, as far as can be seen.
    virtual bool left() const = 0;
    /// Called at once when it goes.
    virtual void when_left(std::function<void()> leaves) = 0;

    // What the client does not take within a minute ends the exchange: these throw boost::system::system_error.

    virtual asio::awaitable<void> reply(const Reply& reply) = 0;
    /// A body whose length is not known yet, of pieces until finish().
    virtual asio::awaitable<void> begin(const std::string& content_type, const Headers& headers) = 0;
    virtual asio::awaitable<void> send(std::string_view piece) = 0;
    virtual asio::awaitable<void> finish() = 0;

  protected:
    Headers headers_;
};

/// Answers a request. What it throws is an answer of status 500 if none has begun.
using Handler = std::function<asio::awaitable<void>(Exchange& exchange)>;

}  // namespace ergon::server
