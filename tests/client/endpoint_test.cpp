#include "client/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/expect_error.h"
#include "base/http_server.h"

namespace ergon::client {
namespace {

using base::ErrorCode;
using ergon::test::expect_error;
using ergon::test::HttpServer;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string secret = "sk-very-secret";

TEST(EndpointAddress, IsBaseAndModel) {
    EXPECT_EQ(parse_endpoint("http://localhost:8080/v1#llama"), (EndpointAddress{"http://localhost:8080/v1", "llama"}));
    EXPECT_EQ(parse_endpoint("https://api.deepseek.com#deepseek-chat"),
              (EndpointAddress{"https://api.deepseek.com/v1", "deepseek-chat"}));
    EXPECT_EQ(parse_endpoint("http://h/v1/"), (EndpointAddress{"http://h/v1", ""}));
    EXPECT_EQ(parse_endpoint("http://h/#org/model:7b@q4"), (EndpointAddress{"http://h/v1", "org/model:7b@q4"}));
    EXPECT_EQ(parse_endpoint("http://[::1]:1/openai/v1#a#b"), (EndpointAddress{"http://[::1]:1/openai/v1", "a#b"}));
    for (const auto& [wrong, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"", "must begin with http"},
             {"localhost:8080/v1#x", "must begin with http"},
             {"ftp://h/v1#x", "must begin with http"},
             {"http://", "\"http://\" is not a valid address; expected http://host:port/path."},
             {"http://#x", "\"http://\" is not a valid address; expected http://host:port/path."},
             {"http://a b/#x", "\"http://a b/\" is not a valid address; expected http://host:port/path."},
             {"http://h:x/#m", "\"http://h:x/\" is not a valid address; expected http://host:port/path."},
             {"http://h/v1?a=b#m", "The address http://h/v1?a=b must end before its \"?\": expected "},
             {"http://h/v1#a\nb", "The name of the model after http://h/v1# contains control characters"},
             {"http://h\r\nX: y/#m", " is not a valid address; expected http://host:port/path."}}) {
        SCOPED_TRACE(wrong);
        expect_error(ErrorCode::bad_argument, sentence, [&] { parse_endpoint(wrong); });
    }
    for (const std::string& with_key :
         {"http://me:" + secret + "@host/v1#x", "http://host/v1?key=" + secret + "#x", "http://host/v1/key=" + secret,
          "http://host/v1#" + secret, "http://host/v1#m:key=" + secret, "http://host/" + secret + "/v1#m",
          "host?key=" + secret}) {
        try {
            parse_endpoint(with_key);
            ADD_FAILURE() << with_key;
        } catch (const base::Error& error) {
            EXPECT_THAT(error.what(), Not(HasSubstr(secret)));
        }
    }
    expect_error(ErrorCode::bad_argument, "must not contain a user name, password or key",
                 [] { parse_endpoint("http://me:" + secret + "@host/v1#x"); });
    expect_error(ErrorCode::bad_argument, "looks like a key", [] { parse_endpoint("http://host/v1#" + secret); });
}

TEST(OnThisMachine, ByItsAddress) {
    for (const char* here : {"http://localhost:1/v1", "http://LOCALHOST/", "http://127.0.0.1/", "http://127.8.9.1:80/",
                             "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://2130706433/", "http://0x7f.1/",
                             "http://0.0.0.0:80/", "http://[::]/", "http://a.localhost/", "http://localhost./"}) {
        EXPECT_TRUE(on_this_machine(here)) << here;
    }
    for (const char* elsewhere :
         {"http://example.org/", "http://localhost.example.org/", "http://127.0.0.1.example.org/", "http://192.0.2.1/",
          "http://[2001:db8::1]/", "http://localhost@192.0.2.1/", "http://192.0.2.1/localhost", "http://128.0.0.1/"}) {
        EXPECT_FALSE(on_this_machine(elsewhere)) << elsewhere;
    }
    std::array<char, 256> name{};
    ASSERT_EQ(gethostname(name.data(), name.size() - 1), 0);
    EXPECT_TRUE(on_this_machine("http://" + std::string(name.data()) + ":8080/v1"));
    expect_error(ErrorCode::bad_argument, "must begin with", [] { on_this_machine("localhost"); });
}

TEST(WithModel, AsksTheServer) {
    HttpServer server;
    const auto models = [&](const std::string& body, int status = 200) { server.answer("/v1/models", body, status); };
    const auto resolve = [&] { return with_model({server.address() + "/v1", ""}, secret).model; };
    models(R"({"object": "list", "data": [{"id": "only", "object": "model"}]})");
    EXPECT_EQ(resolve(), "only");
    EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nAuthorization: Bearer " + secret + "\r\n"));
    EXPECT_EQ(with_model({server.address() + "/v1", "m"}, secret).model, "m");
    EXPECT_EQ(server.asked(), 1) << "a model that is named needs no question";
    models(R"({"data": [{"id": "one"}, {"id": "t\u001bwo"}, {"id": 3}, 4]})");
    expect_error(ErrorCode::bad_argument, "several models", [&] { resolve(); });
    expect_error(ErrorCode::bad_argument, "one, t\uFFFDwo.", [&] { resolve(); });
    models(R"({"data": [{"id": "one"}, {"id": "of )" + secret +
           R"("}, {"id": "sk-abcdefgh12"}, {"id": "key=abcdefgh12"}]})");
    expect_error(ErrorCode::bad_argument, "one, of ..., sk-..., key=....", [&] { resolve(); });
    json many{{"data", json::array()}};
    for (int i = 0; i < 50; ++i) many["data"].push_back({{"id", "model-" + std::to_string(i)}});
    models(many.dump());
    expect_error(ErrorCode::bad_argument, "model-19 and 30 more", [&] { resolve(); });
    for (const char* none : {"{}", "[]", "7", R"({"data": []})", R"({"data": "x"})", R"({"data": {"id": "x"}})"}) {
        models(none);
        expect_error(ErrorCode::bad_argument, "lists no model", [&] { resolve(); });
    }
    models("<html>");
    expect_error(ErrorCode::bad_file, "not valid JSON", [&] { resolve(); });
    models("", 404);
    expect_error(ErrorCode::not_found, "HTTP 404", [&] { resolve(); });
    models(R"({"error": {"message": "not )" + secret + R"("}})", 401);
    expect_error(ErrorCode::bad_argument, "authentication failed (HTTP 401, with: not ...); check the API key",
                 [&] { resolve(); });
}

}  // namespace
}  // namespace ergon::client
