#include "server/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "base/expect_error.h"
#include "server/wire.h"

namespace ergon::server {
namespace {

using test::Wire;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

asio::awaitable<void> wait(int milliseconds) {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(milliseconds));
    co_await timer.async_wait(asio::use_awaitable);
}

class HttpServerTest : public ::testing::Test {
  protected:
    HttpServerTest() {
        HttpServerOptions options;
        options.port = 0;
        options.max_body = 1000;
        options.slow = base::Seconds(0.5);
        options.idle = base::Seconds(0.5);
        server_ = std::make_unique<HttpServer>(options, [this](Exchange& exchange) { return answer(exchange); });
        thread_ = std::thread([this] { server_->run(); });
    }
    ~HttpServerTest() override { end(); }
    void end() {
        if (!thread_.joinable()) return;
        server_->stop();
        server_->stop();
        thread_.join();
    }

    asio::awaitable<void> answer(Exchange& exchange) {
        const std::string path(exchange.path());
        if (path == "/throws") throw std::runtime_error("a mistake");
        if (path == "/stream") {
            const std::string type = "text/plain";
            const Headers none;
            co_await exchange.begin(type, none);
            for (int i = 0; i < 3; ++i) co_await exchange.send("piece");
            co_await exchange.finish();
            co_return;
        }
        if (path == "/slow") {
            exchange.when_left([this] { left_ = true; });
            for (int i = 0; i < 100 && !exchange.left(); ++i) co_await wait(20);
        }
        Reply reply;
        reply.body = std::string(exchange.method()) + " " + path + " " + exchange.body();
        co_await exchange.reply(reply);
    }

    std::unique_ptr<HttpServer> server_;
    std::thread thread_;
    std::atomic<bool> left_{false};
};

TEST_F(HttpServerTest, AnswersSeveralRequestsOverOneConnection) {
    Wire wire(server_->port());
    for (int i = 0; i < 5; ++i) {
        wire.send(test::post("/echo?query", "body"));
        EXPECT_THAT(wire.receive("POST /echo body"), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("nosniff"),
                                                           HasSubstr("Content-Length: 15\r\n")));
    }
    wire.send(test::get("/one") + test::get("/two"));  // both at once
    EXPECT_THAT(wire.receive("GET /two"), HasSubstr("GET /one "));
    wire.send(test::get("/last", "Connection: close\r\n"));
    EXPECT_THAT(wire.receive(), HasSubstr("GET /last"));
}

TEST_F(HttpServerTest, StreamsInChunksOrToTheEndOfTheConnection) {
    Wire wire(server_->port());
    wire.send(test::get("/stream"));
    EXPECT_THAT(wire.receive("0\r\n\r\n"),
                AllOf(HasSubstr("chunked"), HasSubstr("5\r\npiece\r\n5\r\npiece\r\n5\r\npiece\r\n0\r\n\r\n")));
    wire.send("GET /stream HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
    EXPECT_THAT(wire.receive(), HasSubstr("piecepiecepiece"));
}

TEST_F(HttpServerTest, WhatIsNoRequestGetsAnAnswerAndAnEnd) {
    const auto said = [&](const std::string& bytes) {
        Wire wire(server_->port());
        wire.send(bytes);
        return wire.receive();
    };
    EXPECT_THAT(said("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(said("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(said(test::post("/", std::string(1001, 'x'))),
                AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("too long")));
    EXPECT_THAT(said("POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(said("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(said(test::get("/throws")), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(said(std::string("HEAD /x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")),
                ::testing::EndsWith("\r\n\r\n"));
    EXPECT_THAT(said("POST /e HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nbody"),
                AllOf(StartsWith("HTTP/1.1 100 "), HasSubstr("POST /e body")));
    EXPECT_THAT(said(test::get("/still", "Connection: close\r\n")), HasSubstr("GET /still"));
}

TEST_F(HttpServerTest, SlowClientsAreLeft) {
    Wire half(server_->port()), silent(server_->port());
    half.send("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly this");
    const auto begin = std::chrono::steady_clock::now();
    half.receive();
    silent.receive();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(HttpServerTest, AClientThatGoesIsNoticedWhileItsAnswerIsMade) {
    {
        Wire wire(server_->port());
        wire.send(test::get("/slow"));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    for (int i = 0; i < 200 && !left_; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(left_);
}

TEST_F(HttpServerTest, StoppedItLetsWhatRunsEnd) {
    Wire running(server_->port()), idle(server_->port());
    idle.send(test::get("/first"));
    idle.receive("GET /first");
    running.send(test::get("/slow"));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    server_->stop();
    EXPECT_EQ(idle.receive(), "") << "closed";
    EXPECT_THAT(running.receive(), HasSubstr("GET /slow"));
    thread_.join();
    EXPECT_THROW(Wire(server_->port()), std::exception);
}

TEST_F(HttpServerTest, APortThatIsTakenAndAHostThatIsElsewhereAreSentences) {
    HttpServerOptions options;
    options.port = server_->port();
    const Handler none = [](Exchange&) -> asio::awaitable<void> { co_return; };
    test::expect_error(base::ErrorCode::system, "choose another with --port", [&] { HttpServer(options, none); });
    for (const char* const host : {"0.0.0.0", "192.168.1.5", "example.com", ""}) {
        options.host = host;
        test::expect_error(base::ErrorCode::bad_argument, "is not a loopback address",
                           [&] { HttpServer(options, none); });
    }
}

}  // namespace
}  // namespace ergon::server
