#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/http.h"
#include "expect_error.h"
#include "http_server.h"

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
    expect_error(ErrorCode::bad_argument, "no valid address", [] { http_get("http://"); });
}

TEST(Http, AnAnswerThatIsTooLongIsNotKept) {
    test::HttpServer server;
    server.answer("/", std::string(1001, 'x'));
    HttpLimits limits;
    limits.bytes = 1001;
    EXPECT_EQ(http_get(server.address() + "/", limits).body.size(), 1001u);
    limits.bytes = 1000;
    expect_error(ErrorCode::out_of_budget, "longer than the 1000 bytes", [&] { http_get(server.address(), limits); });
}

TEST(Http, DoesNotWaitForOneWhoIsSilent) {
    test::HttpServer server;
    server.fall_silent();
    HttpLimits limits;
    limits.total = Nanoseconds(200'000'000);
    const Nanoseconds begin = now();
    expect_error(ErrorCode::system, "does not answer", [&] { http_get(server.address(), limits); });
    EXPECT_LT(to_seconds(now() - begin).value(), 2.0);
}

TEST(Http, SentencesDoNotRepeatPasswords) {
    EXPECT_EQ(without_credentials("http://me:secret@host:1/a@b"), "http://host:1/a@b");
    EXPECT_EQ(without_credentials("http://host/a@b"), "http://host/a@b");
    EXPECT_EQ(without_credentials("no address@all"), "no address@all");
    try {
        HttpLimits limits;
        limits.total = Nanoseconds(200'000'000);
        http_get("http://me:secret@127.0.0.1:1/", limits);
        FAIL() << "port 1 answers";
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace ergon::base
