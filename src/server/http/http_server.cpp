#include "server/http/http_server.h"

#include <array>
#include <boost/beast.hpp>
#include <chrono>
#include <fmt/format.h>
#include <list>
#include <sys/socket.h>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace ergon::server {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

std::chrono::nanoseconds duration_of(base::Seconds seconds) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds.value()));
}

/// What this floor itself has to say, in the shape of OpenAI's errors.
std::string error_body(std::string_view message, std::string_view type) {
    return fmt::format(R"({{"error":{{"message":"{}","type":"{}","param":null,"code":null}}}})", message, type);
}

/// What every answer says: browsers are to show nothing of it elsewhere, nor guess what it is.
void set_common(auto& response, const Headers& headers) {
    response.set(http::field::server, "ergon");
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : headers) response.set(name, value);
}

class BeastExchange final : public Exchange {
  public:
    BeastExchange(beast::tcp_stream& stream, http::request<http::string_body> request, base::Seconds slow)
        : stream_(stream), request_(std::move(request)), slow_(slow) {
        const auto target = request_.target();
        path_ = std::string(target.substr(0, target.find('?')));
        method_ = std::string(request_.method_string());
    }

    std::string_view method() const override { return method_; }
    std::string_view path() const override { return path_; }
    const std::string& body() const override { return request_.body(); }
    std::string_view header(std::string_view name) const override {
        const auto value = request_[boost::string_view(name.data(), name.size())];
        return {value.data(), value.size()};
    }
    bool left() const override { return left_; }
    void when_left(std::function<void()> leaves) override {
        leaves_ = std::move(leaves);
        if (left_ && leaves_) leaves_();
    }

    asio::awaitable<void> reply(const Reply& reply) override {
        http::response<http::string_body> response(static_cast<http::status>(reply.status), request_.version());
        response.set(http::field::content_type, reply.content_type);
        set_common(response, headers_);
        for (const auto& [name, value] : reply.headers) response.set(name, value);
        response.keep_alive(request_.keep_alive());
        response.body() = reply.body;
        response.prepare_payload();
        begun_ = true;
        stream_.expires_after(duration_of(slow_));
        if (request_.method() == http::verb::head) {  // its length, not itself
            response.body().clear();
            http::response_serializer<http::string_body> serializer(response);
            co_await http::async_write_header(stream_, serializer, asio::use_awaitable);
        } else {
            co_await http::async_write(stream_, response, asio::use_awaitable);
        }
        whole_ = true;
    }

    asio::awaitable<void> begin(const std::string& content_type, const Headers& headers) override {
        http::response<http::empty_body> response(http::status::ok, request_.version());
        response.set(http::field::content_type, content_type);
        set_common(response, headers_);
        for (const auto& [name, value] : headers) response.set(name, value);
        response.keep_alive(request_.keep_alive());
        chunked_ = request_.version() >= 11;
        response.chunked(chunked_);
        if (!chunked_) response.keep_alive(false);
        begun_ = true;
        stream_.expires_after(duration_of(slow_));
        http::response_serializer<http::empty_body> serializer(response);
        co_await http::async_write_header(stream_, serializer, asio::use_awaitable);
    }

    asio::awaitable<void> send(std::string_view piece) override {
        if (piece.empty()) co_return;  // an empty chunk would be the last
        const asio::const_buffer bytes(piece.data(), piece.size());
        stream_.expires_after(duration_of(slow_));
        if (chunked_) {
            co_await asio::async_write(stream_, http::make_chunk(bytes), asio::use_awaitable);
        } else {
            co_await asio::async_write(stream_, bytes, asio::use_awaitable);
        }
    }

    asio::awaitable<void> finish() override {
        stream_.expires_after(duration_of(slow_));
        if (chunked_) co_await asio::async_write(stream_, http::make_chunk_last(), asio::use_awaitable);
        whole_ = true;
    }

    bool begun() const { return begun_; }
    /// Whether the next request may come over the same connection.
    bool goes_on() const { return whole_ && !left_ && request_.keep_alive() && (chunked_ || request_.version() >= 11); }
    void leave() {
        left_ = true;
        if (leaves_) leaves_();
    }

  private:
    beast::tcp_stream& stream_;
    http::request<http::string_body> request_;
    base::Seconds slow_;
    std::string path_, method_;
    std::function<void()> leaves_;
    bool left_ = false, begun_ = false, whole_ = false, chunked_ = false;
};

}  // namespace

struct HttpServer::State {
    State(const HttpServerOptions& given, Handler with)
        : options(given), handler(std::move(with)), acceptor(io), room(io), ended(io), signals(io) {}

    HttpServerOptions options;
    Handler handler;
    asio::io_context io{1};
    tcp::acceptor acceptor;
    asio::steady_timer room;   // cancelled when a connection ends
    asio::steady_timer ended;  // cancelled when the last one ends, or stop() is called
    asio::signal_set signals;
    struct Connection {
        beast::tcp_stream stream;
        bool busy = false;  // with a request
    };
    std::list<Connection> connections;
    bool stopping = false;

    asio::awaitable<void> accept() {
        while (!stopping) {
            if (connections.size() >= options.max_connections) {
                error_code none;
                room.expires_at(std::chrono::steady_clock::time_point::max());
                co_await room.async_wait(asio::redirect_error(asio::use_awaitable, none));
                continue;
            }
            error_code problem;
            tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, problem));
            if (problem == asio::error::operation_aborted) break;
            if (problem) {  // descriptors may have run out: others end
                asio::steady_timer pause(io, std::chrono::milliseconds(50));
                co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, problem));
                continue;
            }
            error_code none;
            socket.set_option(tcp::no_delay(true), none);
            const auto place = connections.insert(connections.end(), Connection{beast::tcp_stream(std::move(socket))});
            asio::co_spawn(io, serve(place), asio::detached);
        }
    }

    asio::awaitable<void> serve(std::list<Connection>::iterator place) {
        beast::tcp_stream& stream = place->stream;
        beast::flat_buffer buffer;
        try {
            while (!stopping && co_await serve_one(*place, buffer)) {
            }
        } catch (const system_error&) {  // the client left, or was too slow
        } catch (const std::exception& problem) {
            base::log().warn("A connection ended: {}", problem.what());
        }
        error_code none;
        stream.socket().shutdown(tcp::socket::shutdown_send, none);
        connections.erase(place);
        room.cancel();
        if (stopping && connections.empty()) ended.cancel();
    }

    /// One request and its answer; whether another may follow.
    asio::awaitable<bool> serve_one(Connection& connection, beast::flat_buffer& buffer) {
        beast::tcp_stream& stream = connection.stream;
        connection.busy = false;
        http::request_parser<http::string_body> parser;
        parser.header_limit(options.max_header);
        parser.body_limit(options.max_body);
        error_code problem;
        stream.expires_after(duration_of(options.idle));
        co_await http::async_read_header(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, problem));
        if (problem == http::error::end_of_stream || problem == beast::error::timeout) co_return false;
        connection.busy = true;
        if (!problem) {
            if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
                http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
                co_await http::async_write(stream, go_on, asio::use_awaitable);
            }
            stream.expires_after(duration_of(options.slow));
            co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, problem));
        }
        if (problem) {
            co_await refuse(stream, problem);
            co_return false;
        }
        const auto exchange = std::make_shared<BeastExchange>(stream, parser.release(), options.slow);
        stream.expires_never();  // while it is computed
        asio::co_spawn(io, watch(stream, exchange), asio::detached);
        std::exception_ptr thrown;
        try {
            co_await handler(*exchange);
        } catch (...) {
            thrown = std::current_exception();
        }
        exchange->when_left({});
        stream.socket().cancel(problem);  // ends the watch
        if (thrown) {
            if (exchange->begun()) std::rethrow_exception(thrown);
            Reply failed;
            failed.status = 500;
            failed.body = error_body("The server failed.", "server_error");
            co_await exchange->reply(failed);
        }
        co_return exchange->goes_on();
    }

    /// Notices when the client goes while its answer is computed.
    static asio::awaitable<void> watch(beast::tcp_stream& stream, std::shared_ptr<BeastExchange> exchange) {
        error_code problem;
        const int descriptor = stream.socket().native_handle();
        co_await stream.socket().async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, problem));
        if (problem == asio::error::operation_aborted) co_return;
        std::array<char, 1> byte{};
        const ssize_t got = ::recv(descriptor, byte.data(), byte.size(), MSG_PEEK | MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) exchange->leave();
    }

    static asio::awaitable<void> refuse(beast::tcp_stream& stream, error_code problem) {
        const bool not_http = problem.category() == http::make_error_code(http::error::bad_method).category();
        if (!not_http) co_return;  // it left, or was too slow
        const int status = problem == http::error::body_limit ? 413 : problem == http::error::header_limit ? 431 : 400;
        http::response<http::string_body> response(static_cast<http::status>(status), 11);
        response.set(http::field::content_type, "application/json");
        set_common(response, {});
        response.keep_alive(false);
        const char* const what = status == 413   ? "The body of the request is too long."
                                 : status == 431 ? "The header of the request is too long."
                                                 : "The request is not HTTP/1.1.";
        response.body() = error_body(what, "invalid_request_error");
        response.prepare_payload();
        stream.expires_after(std::chrono::seconds(5));
        co_await http::async_write(stream, response, asio::use_awaitable);
        // Closing with bytes unread would reset the connection before the client has read the answer.
        error_code none;
        stream.socket().shutdown(tcp::socket::shutdown_send, none);
        std::array<char, 4096> rest{};
        for (int i = 0; i < 1024 && !none; ++i) {
            co_await stream.async_read_some(asio::buffer(rest), asio::redirect_error(asio::use_awaitable, none));
        }
    }

    asio::awaitable<void> hear_signals() {
        for (error_code problem;;) {
            co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, problem));
            if (problem) co_return;
            begin_stop();
        }
    }

    asio::awaitable<void> until_stopped() {
        error_code none;
        while (!stopping || !connections.empty()) {
            ended.expires_at(std::chrono::steady_clock::time_point::max());
            co_await ended.async_wait(asio::redirect_error(asio::use_awaitable, none));
        }
        signals.cancel();
        io.stop();
    }

    void begin_stop() {
        if (stopping) {
            io.stop();
            return;
        }
        stopping = true;
        error_code none;
        acceptor.close(none);
        for (Connection& one : connections) {
            if (!one.busy) one.stream.cancel();
        }
        room.cancel();
        ended.cancel();
    }
};

HttpServer::HttpServer(const HttpServerOptions& options, Handler handler)
    : state_(std::make_unique<State>(options, std::move(handler))) {
    error_code problem;
    const std::string host = options.host == "localhost" ? "127.0.0.1" : options.host;
    const auto address = asio::ip::make_address(host, problem);
    if (problem || !address.is_loopback()) {
        base::fail(base::ErrorCode::bad_argument,
                   "--host {} is not a loopback address: ergon serve has no keys and listens on this machine only; use "
                   "127.0.0.1 or ::1, and a proxy or an SSH tunnel for others.",
                   options.host);
    }
    const tcp::endpoint endpoint(address, options.port);
    tcp::acceptor& acceptor = state_->acceptor;
    acceptor.open(endpoint.protocol(), problem);
    if (!problem) acceptor.set_option(tcp::acceptor::reuse_address(true), problem);
    if (!problem) acceptor.bind(endpoint, problem);
    if (!problem) acceptor.listen(asio::socket_base::max_listen_connections, problem);
    if (problem) {
        base::fail(base::ErrorCode::system, "Cannot listen on {} port {}: {}; choose another with --port (0: any).",
                   host, options.port, problem.message());
    }
    asio::co_spawn(state_->io, state_->accept(), asio::detached);
    asio::co_spawn(state_->io, state_->until_stopped(), asio::detached);
}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
    return state_->acceptor.local_endpoint().port();
}

void HttpServer::run() {
    state_->io.run();
}

void HttpServer::stop_at(std::span<const int> signals) {
    for (const int signal : signals) state_->signals.add(signal);
    asio::co_spawn(state_->io, state_->hear_signals(), asio::detached);
}

void HttpServer::stop() {
    asio::post(state_->io, [state = state_.get()] { state->begin_stop(); });
}

}  // namespace ergon::server
