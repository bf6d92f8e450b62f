#include "base/http.h"

#include <gtest/gtest.h>
#include <thread>

#include "base/clock.h"
#include "base/expect_error.h"
#include "base/http_server.h"

namespace ergon::base {
namespace {

using test::expect_error;

TEST(Http, BringsStatusAndBody) {
    test::HttpServer server;
    server.answer("/a?b=c%20d", "hello");
    server.answer("/broken", "why", 503);
    EXPECT_EQ(http_get(server.address() + "/a?b=c%20d").body, "hello");
    EXPECT_EQ(http_get(server.address() + "/broken").status, 503);
    EXPECT_EQ(http_get(server.address() + "/broken").body, "why");
}

TEST(Http, FollowsNoRedirect) {
    test::HttpServer server;
    server.answer("/", "", 302, "Location: file:///etc/passwd\r\n");
    const HttpResponse response = http_get(server.address() + "/");
    EXPECT_EQ(response.status, 302);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(server.asked(), 1);
}

TEST(Http, RefusesOtherProtocols) {
    for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1", "", "gopher://x"}) {
        expect_error(ErrorCode::bad_argument, "must begin with http:// or https://", [&] { http_get(url); });
    }
    expect_error(ErrorCode::bad_argument, "not a valid address", [] { http_get("http://"); });
}

TEST(Http, AnAnswerThatIsTooLongIsNotKept) {
    test::HttpServer server;
    server.answer("/", std::string(1001, 'x'));
    HttpLimits limits;
    limits.bytes = 1001;
    EXPECT_EQ(http_get(server.address() + "/", limits).body.size(), 1001u);
    limits.bytes = 1000;
    expect_error(ErrorCode::out_of_budget, "longer than the limit of 1000 bytes",
                 [&] { http_get(server.address(), limits); });
    std::string headers;
    for (int i = 0; i < 300; ++i) headers += "X-Long: " + std::string(1000, 'x') + "\r\n";
    server.answer("/", "x", 200, headers);
    expect_error(ErrorCode::out_of_budget,
                 "header of the response from " + server.address() + " is longer than the limit of 256 KiB",
                 [&] { http_get(server.address()); });
    server.answer("/", "x", 200, "X-Long: " + std::string(256 << 10, 'x') + "\r\n");
    expect_error(ErrorCode::out_of_budget, "or one line of it than 100 KiB", [&] { http_get(server.address()); });
}

TEST(Http, DoesNotWaitForOneWhoIsSilent) {
    test::HttpServer server;
    server.fall_silent();
    HttpLimits limits;
    limits.total = Nanoseconds(200'000'000);
    const Nanoseconds begin = now();
    expect_error(ErrorCode::system, "does not respond", [&] { http_get(server.address(), limits); });
    EXPECT_LT(to_seconds(now() - begin).value(), 2.0);
}

TEST(Http, SentencesDoNotRepeatPasswords) {
    try {
        HttpLimits limits;
        limits.total = Nanoseconds(200'000'000);
        http_get("http://me:secret@127.0.0.1:1/", limits);
        FAIL() << "port 1 answers";
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
}

constexpr Nanoseconds tenth_second{100'000'000};

HttpRequest post(const test::HttpServer& server, const std::string& body) {
    HttpRequest request;
    request.url = server.address() + "/post";
    request.body = body;
    request.limits.total = Nanoseconds(20'000'000'000);
    return request;
}

TEST(HttpPost, SendsHeadersAndBody) {
    test::HttpServer server;
    server.answer("/post", "got it");
    const std::string body = std::string(3'000'000, 'b') + '\0' + "end";
    HttpRequest request = post(server, body);
    request.headers = {"Content-Type: application/json", "Authorization: Bearer secret"};
    const Nanoseconds begin = now();
    EXPECT_EQ(http_request(request).body, "got it");
    EXPECT_LT(to_seconds(now() - begin).value(), 1.0) << "it waited to be told to go on";
    const std::string asked = server.requests().at(0);
    EXPECT_TRUE(asked.starts_with("POST /post HTTP/1.1\r\n"));
    EXPECT_NE(asked.find("\r\nAuthorization: Bearer secret\r\n"), std::string::npos);
    EXPECT_NE(asked.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
    EXPECT_TRUE(asked.ends_with("\r\n\r\n" + body));
}

TEST(HttpPost, HandsBytesOnAsTheyCome) {
    test::HttpServer server;
    server.play("/post", {{server.head() + "one"}, {"two", std::chrono::milliseconds(300)}});
    HttpRequest request = post(server, "");
    std::string received;
    Nanoseconds first{};
    request.on_bytes = [&](std::string_view bytes) {
        if (received.empty()) first = now();
        received += bytes;
        return true;
    };
    const HttpResponse response = http_request(request);
    EXPECT_GT(to_seconds(now() - first).value(), 0.2);
    EXPECT_EQ(received, "onetwo");
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.status, 200);
}

TEST(HttpPost, ARefusalIsABody) {
    test::HttpServer server;
    server.answer("/post", "too many", 429, "Retry-After: 7\r\n");
    HttpRequest request = post(server, "x");
    request.on_bytes = [](std::string_view) -> bool { throw std::runtime_error("not for this"); };
    const HttpResponse response = http_request(request);
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(response.body, "too many");
    EXPECT_EQ(response.retry_after, Nanoseconds(7'000'000'000));
    server.answer("/post", "", 429, "Retry-After: -3\r\n");
    EXPECT_EQ(http_request(request).retry_after, Nanoseconds(0));
    server.answer("/post", "", 429, "Retry-After: 99999999999999999999\r\n");
    EXPECT_LE(http_request(request).retry_after, Nanoseconds(86'400'000'000'000));
}

TEST(HttpPost, EndsWhereTheListenerHasEnoughOrThrows) {
    test::HttpServer server;
    server.play("/post", {{server.head() + "one"}, {"two", std::chrono::seconds(30)}});
    HttpRequest request = post(server, "x");
    request.on_bytes = [](std::string_view) { return false; };
    const Nanoseconds begin = now();
    EXPECT_EQ(http_request(request).status, 200);
    request.on_bytes = [](std::string_view) -> bool { throw std::runtime_error("no more"); };
    test::HttpServer other;
    other.play("/post", {{other.head() + "one"}, {"two", std::chrono::seconds(30)}});
    request.url = other.address() + "/post";
    EXPECT_THROW(http_request(request), std::runtime_error);
    EXPECT_LT(to_seconds(now() - begin).value(), 5.0);
}

TEST(HttpPost, SilenceIsTimedFromTheLastByte) {
    test::HttpServer server;
    std::vector<test::HttpPart> slow{{server.head()}};
    for (int i = 0; i < 8; ++i) slow.push_back({"x", std::chrono::milliseconds(60)});
    server.play("/post", slow);
    HttpRequest request = post(server, "x");
    request.limits.silence = Nanoseconds(400'000'000);
    EXPECT_EQ(http_request(request).body, "xxxxxxxx");
    server.play("/post", {{server.head() + "x"}, {"y", std::chrono::seconds(30)}});
    request.limits.silence = tenth_second;
    expect_error(ErrorCode::system, "closed the connection before the response was complete: no data for",
                 [&] { http_request(request); });
}

TEST(HttpPost, CanBeCancelled) {
    test::HttpServer server;
    server.fall_silent();
    std::atomic<bool> cancelled = false;
    HttpRequest request = post(server, "x");
    request.cancelled = &cancelled;
    std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        cancelled = true;
    });
    const Nanoseconds begin = now();
    expect_error(ErrorCode::system, "was cancelled", [&] { http_request(request); });
    EXPECT_LT(to_seconds(now() - begin).value(), 2.0);
    other.join();
}

TEST(HttpPost, EndlessHeadersAndAnswersCutShort) {
    test::HttpServer server;
    std::vector<test::HttpPart> headers{{"HTTP/1.1 200 OK\r\n"}};
    for (int i = 0; i < 50; ++i) headers.push_back({"X-" + std::to_string(i) + ": " + std::string(9000, 'h') + "\r\n"});
    server.play("/post", headers);
    expect_error(ErrorCode::out_of_budget, "is longer than", [&] { http_request(post(server, "x")); });
    server.play("/post", {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour"}});
    expect_error(ErrorCode::system, "closed the connection before the response was complete",
                 [&] { http_request(post(server, "x")); });
    server.play("/post", {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n"}});
    expect_error(ErrorCode::system, "closed the connection before the response was complete",
                 [&] { http_request(post(server, "x")); });
    server.play("/post", {{"no HTTP at all"}});
    expect_error(ErrorCode::system, "the response is not HTTP", [&] { http_request(post(server, "x")); });
}

TEST(HttpPost, AHeaderIsNoPlaceForLineBreaksAndIsNeverShown) {
    test::HttpServer server;
    HttpRequest request = post(server, "x");
    request.headers = {"Authorization: Bearer secret\r\nX-Other: 1"};
    try {
        http_request(request);
        FAIL() << "it was sent";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::bad_argument);
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
    EXPECT_EQ(server.asked(), 0);
}

TEST(Urls, AreReadAsRequestsReadThem) {
    const Url url = parse_url("http://LocalHost:80/V1/x");
    EXPECT_EQ(url.scheme, "http");
    EXPECT_EQ(url.host, "localhost");
    EXPECT_EQ(url.path, "/V1/x");
    EXPECT_FALSE(url.has_credentials);
    EXPECT_FALSE(url.has_query);
    EXPECT_EQ(parse_url("https://[::1]:8080").host, "::1");
    EXPECT_EQ(parse_url("https://[::1]:8080").path, "/");
    EXPECT_EQ(parse_url("http://2130706433/").host, "127.0.0.1");
    EXPECT_EQ(parse_url("http://0x7f.1/").host, "127.0.0.1");
    EXPECT_EQ(parse_url("http://localhost@example.org/").host, "example.org");
    EXPECT_TRUE(parse_url("http://me:pw@h/").has_credentials);
    EXPECT_TRUE(parse_url("http://h/a?b").has_query);
    for (const char* wrong :
         {"http://", "http://:80/", "http://a b/", "http://h:99999/", "http://h\n/", "http://[::1/"}) {
        expect_error(ErrorCode::bad_argument, "not a valid address", [&] { parse_url(wrong); });
    }
    expect_error(ErrorCode::bad_argument, "must begin with", [] { parse_url("file:///etc/passwd"); });
}

}  // namespace
}  // namespace ergon::base
