// The whole server on a port of this machine, asked by ergon's own client and by hand.

#include "server/api/api.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/http.h"
#include "client/chat_completion.h"
#include "client/endpoint.h"
#include "server/http/http_server.h"
#include "server/wire.h"

namespace ergon::server {
namespace {

using nlohmann::json;
using test::Wire;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Api : public ::testing::Test {
  protected:
    explicit Api(std::int64_t parallel = 3, std::size_t waiting = 64)
        : engine_(model_, {{.count = parallel, .context = {.tokens = 1024}}, waiting}, meter_),
          context_{engine_, meter_, aside_.get_executor(), base::Seconds(0.2)},
          http_(options(), make_api(context_)),
          thread_([this] { http_.run(); }) {}
    ~Api() override {
        http_.stop();
        http_.stop();
        thread_.join();
        engine_.stop();
        aside_.join();
    }
    static HttpServerOptions options() {
        HttpServerOptions options;
        options.port = 0;
        return options;
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(http_.port()); }
    /// Status and body.
    std::pair<long, json> ask(const std::string& path, const std::optional<std::string>& body = std::nullopt,
                              const std::string& header = "") const {
        base::HttpRequest request;
        request.url = url() + path;
        request.body = body;
        if (!header.empty()) request.headers.push_back(header);
        request.limits.total = base::Nanoseconds(60'000'000'000);
        const base::HttpResponse response = base::http_request(request);
        return {response.status, json::parse(response.body, nullptr, false)};
    }
    static std::string question(const std::string& text, const std::string& more = "") {
        return R"({"messages": [{"role": "user", "content": ")" + text + "\"}]" + (more.empty() ? "" : ", " + more) +
               "}";
    }
    /// The events of a stream.
    std::vector<std::string> events(const std::string& body, const std::string& path = "/v1/chat/completions") const {
        Wire wire(http_.port());
        wire.send(test::post(path, body));
        std::string text = wire.receive("data: [DONE]");
        std::vector<std::string> all;
        for (std::size_t at = 0; (at = text.find("data: ", at)) != text.npos;) {
            const std::size_t end = text.find("\n\n", at);
            all.push_back(text.substr(at + 6, end - at - 6));
            at = end == text.npos ? text.size() : end;
        }
        return all;
    }

    base::ThreadPool pool_{1};
    energy::Meter meter_;
    engine::LoadedModel model_ = engine::load_model(ERGON_FIXTURES "/scripted-thinker", {}, pool_);
    engine::ServingEngine engine_;
    asio::thread_pool aside_{1};
    ApiContext context_;
    HttpServer http_;
    std::thread thread_;
};

TEST_F(Api, AnswersWithItsThoughtApartAndABillThatAddsUp) {
    const auto [status, answer] = ask("/v1/chat/completions", question("What is 2+2?"));
    ASSERT_EQ(status, 200) << answer;
    EXPECT_EQ(answer["object"], "chat.completion");
    const json& choice = answer["choices"][0];
    EXPECT_EQ(choice["message"]["content"], "4");
    EXPECT_THAT(choice["message"]["reasoning_content"].get<std::string>(), HasSubstr("Two and two make four."));
    EXPECT_EQ(choice["finish_reason"], "stop");
    const json& usage = answer["usage"];
    EXPECT_EQ(usage["total_tokens"], usage["prompt_tokens"].get<int>() + usage["completion_tokens"].get<int>());
    EXPECT_GT(usage["completion_tokens_details"]["reasoning_tokens"], 3);
    const json& energy = usage["energy"];
    double sum = 0;
    for (const auto& [phase, figure] : energy["phases"].items()) sum += figure["value"].get<double>();
    EXPECT_NEAR(sum, energy["joules"]["value"].get<double>(), 1e-9);
    EXPECT_LE(energy["joules"]["low"], energy["joules"]["value"]);
    EXPECT_GE(energy["joules"]["high"], energy["joules"]["value"]);
    EXPECT_NEAR(energy["idle"]["value"].get<double>() + energy["above_idle"]["value"].get<double>(),
                energy["joules"]["value"].get<double>(), 1e-9);
    EXPECT_EQ(energy["method"], energy["joules"]["method"]);
}

TEST_F(Api, AStreamIsTheSameAnswerInPieces) {
    const json whole = ask("/v1/chat/completions", question("What is the capital of France?")).second;
    const auto all = events(
        question("What is the capital of France?", R"("stream": true, "stream_options": {"include_usage": true})"));
    ASSERT_GT(all.size(), 10u);
    EXPECT_EQ(all.back(), "[DONE]");
    std::string text, thought;
    for (std::size_t i = 0; i + 2 < all.size(); ++i) {
        const json chunk = json::parse(all[i]);
        EXPECT_EQ(chunk["object"], "chat.completion.chunk");
        EXPECT_FALSE(chunk.contains("usage"));
        const json& delta = chunk["choices"][0]["delta"];
        text += delta.value("content", "");
        thought += delta.value("reasoning_content", "");
    }
    EXPECT_EQ(text, whole["choices"][0]["message"]["content"].get<std::string>());
    EXPECT_EQ(thought, whole["choices"][0]["message"]["reasoning_content"].get<std::string>());
    EXPECT_EQ(json::parse(all[all.size() - 3])["choices"][0]["finish_reason"], "stop");
    const json usage = json::parse(all[all.size() - 2]);
    EXPECT_EQ(usage["choices"], json::array());
    EXPECT_EQ(usage["usage"]["completion_tokens"], whole["usage"]["completion_tokens"]);
    EXPECT_GT(usage["usage"]["prompt_tokens_details"]["cached_tokens"], 0) << "read before";
    EXPECT_TRUE(usage["usage"].contains("energy"));
    for (const std::string& one : events(question("Hi", R"("stream": true)")))
        EXPECT_THAT(one, Not(HasSubstr("usage")));
}

TEST_F(Api, ErgonsOwnClientUnderstandsIt) {
    client::ChatRequest request;
    request.messages = {{"user", "What is 2+2?"}};
    request.max_tokens = 100;
    const client::EndpointAddress address = client::with_model(client::parse_endpoint(url()), "");
    EXPECT_EQ(address.model, "scripted-thinker");
    const client::ChatReply reply = client::chat_completion(address, "", request);
    EXPECT_EQ(reply.text, "4");
    EXPECT_EQ(reply.tokens.counted_by, client::CountedBy::usage);
    EXPECT_TRUE(reply.left_out.empty());
}

TEST_F(Api, LimitsStopsAndChoices) {
    const auto [status, cut] = ask("/v1/chat/completions", question("never stop", R"("max_tokens": 5)"));
    EXPECT_EQ(cut["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(cut["usage"]["completion_tokens"], 5);
    const json stopped =
        ask("/v1/chat/completions", question("What is the capital of France?", R"("stop": "of France")")).second;
    EXPECT_EQ(stopped["choices"][0]["message"]["content"], "The capital ");
    const json two = ask("/v1/chat/completions", question("What is 2+2?", R"("n": 2)")).second;
    EXPECT_EQ(two["choices"].size(), 2u);
    EXPECT_EQ(two["choices"][1]["index"], 1);
    const json completion = ask("/v1/completions", R"({"prompt": "What is 2+2?", "max_tokens": 3})").second;
    EXPECT_EQ(completion["object"], "text_completion");
    EXPECT_EQ(completion["usage"]["completion_tokens"], 3);
}

TEST_F(Api, SeveralPromptsHaveTheirAnswersInTheirPlaces) {
    const auto text = [&](const std::string& prompt, const std::string& more = "") {
        return ask("/v1/completions", R"({"prompt": )" + prompt + R"(, "max_tokens": 6)" + more + "}").second;
    };
    const json a = text(R"("2+2")"), b = text(R"("capital of France")");
    const json both = text(R"(["2+2", "capital of France"])", R"(, "n": 2)");
    ASSERT_EQ(both["choices"].size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(both["choices"][i]["index"], i);
        EXPECT_EQ(both["choices"][i]["text"], (i < 2 ? a : b)["choices"][0]["text"]);
    }
    EXPECT_EQ(both["usage"]["prompt_tokens"],
              a["usage"]["prompt_tokens"].get<int>() + b["usage"]["prompt_tokens"].get<int>());
    EXPECT_EQ(both["usage"]["completion_tokens"], 24);
}

TEST_F(Api, LogProbabilitiesOfWhatWasSaid) {
    const json chat = ask("/v1/chat/completions", question("2+2", R"("logprobs": true, "top_logprobs": 3)")).second;
    const json& content = chat["choices"][0]["logprobs"]["content"];
    ASSERT_EQ(content.size(), chat["usage"]["completion_tokens"].get<std::size_t>());
    for (const json& one : content) {
        EXPECT_LE(one["logprob"].get<double>(), 0);
        ASSERT_EQ(one["top_logprobs"].size(), 3u);
        EXPECT_GE(one["top_logprobs"][0]["logprob"], one["top_logprobs"][1]["logprob"]);
        EXPECT_EQ(one["top_logprobs"][0]["token"], one["token"]) << "it was greedy";
    }
    const json text = ask("/v1/completions", R"({"prompt": "2+2", "max_tokens": 4, "logprobs": 2})").second;
    const json& listed = text["choices"][0]["logprobs"];
    for (const char* const list : {"tokens", "token_logprobs", "top_logprobs", "text_offset"}) {
        EXPECT_EQ(listed[list].size(), 4u) << list;
    }
    EXPECT_EQ(ask("/v1/chat/completions", question("2+2")).second["choices"][0]["logprobs"], nullptr);
}

TEST_F(Api, ABiasBansAToken) {
    const auto said = [&](const std::string& more) {
        const json answer = ask("/v1/chat/completions", question("What is 2+2?", R"("max_tokens": 30)" + more)).second;
        return answer["choices"][0]["message"]["content"].get<std::string>();
    };
    EXPECT_EQ(said(""), "4");
    const json ids = ask("/tokenize", R"({"content": "4"})").second["tokens"];
    ASSERT_EQ(ids.size(), 1u);
    EXPECT_THAT(said(R"(, "logit_bias": {")" + std::to_string(ids[0].get<int>()) + R"(": -100})"), Not(HasSubstr("4")));
}

TEST_F(Api, EveryOtherPath) {
    EXPECT_EQ(ask("/v1/models").second["data"][0]["id"], "scripted-thinker");
    EXPECT_EQ(ask("/v1/models/scripted-thinker").second["id"], "scripted-thinker");
    EXPECT_EQ(ask("/v1/models/other").first, 404);
    EXPECT_EQ(ask("/health").second["status"], "ok");
    const json tokens = ask("/tokenize", R"({"content": "Hello, world 🤖"})").second;
    EXPECT_EQ(tokens["count"], tokens["tokens"].size());
    EXPECT_EQ(ask("/detokenize", json{{"tokens", tokens["tokens"]}}.dump()).second["content"], "Hello, world 🤖");
    EXPECT_EQ(ask("/detokenize", R"({"tokens": [-1]})").first, 400);
    EXPECT_EQ(ask("/nothing").second["error"]["type"], "not_found_error");
    EXPECT_EQ(ask("/v1/chat/completions").first, 405);
    EXPECT_EQ(ask("/v1/chat/completions", question("x", R"("model": "gpt-5")")).second["error"]["code"],
              "model_not_found");
    std::string much = "word";
    for (int i = 0; i < 3000; ++i) much += " word";
    EXPECT_EQ(ask("/v1/chat/completions", question(much)).second["error"]["code"], "context_length_exceeded");
}

TEST_F(Api, PagesFromElsewhereAreRefused) {
    EXPECT_EQ(ask("/v1/models", std::nullopt, "Host: evil.example").first, 403);
    EXPECT_EQ(ask("/v1/models", std::nullopt, "Host: 127.0.0.1.evil.example").first, 403);
    EXPECT_EQ(ask("/v1/models", std::nullopt, "Origin: http://evil.example").first, 403);
    EXPECT_EQ(ask("/v1/models", std::nullopt, "Origin: null").first, 403);
    EXPECT_EQ(ask("/v1/models", std::nullopt, "Host: localhost:8080").first, 200);
    EXPECT_EQ(ask("/v1/models", std::nullopt, "Origin: http://localhost:5173").first, 200);
}

// Sums hold at any moment, whoever asks and leaves.
TEST_F(Api, TheCounterIsTheSumOfItsParts) {
    std::atomic<bool> over{false};
    std::vector<std::future<void>> busy;
    for (int i = 0; i < 3; ++i) {
        busy.push_back(std::async(std::launch::async, [&, i] {
            for (int k = 0; k < 8 || !over; ++k) {
                Wire wire(http_.port());
                wire.send(test::post("/v1/chat/completions",
                                     question(k % 2 == 0 ? "never stop" : "2+2", R"("stream": true)")));
                if ((k + i) % 3 == 0) {
                    wire.receive("data: ");  // and leaves
                } else {
                    wire.receive("data: [DONE]");
                }
            }
        }));
    }
    std::int64_t before = 0;
    for (int i = 0; i < 40; ++i) {
        const json parts = ask("/v1/energy").second["nanojoules"];
        std::int64_t sum = 0;
        for (const auto& [name, part] : parts.items()) {
            if (name != "counter") sum += part.get<std::int64_t>();
        }
        EXPECT_EQ(parts["counter"], sum) << parts;
        EXPECT_GE(parts["counter"].get<std::int64_t>(), before);
        before = parts["counter"];
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    over = true;
    for (auto& one : busy) one.get();
    EXPECT_GT(before, 0);
}

class ShortQueue : public Api {
  protected:
    ShortQueue() : Api(1, 1) {}
};

class OneAtATime : public Api {
  protected:
    OneAtATime() : Api(1, 50) {}
    void wait_until_idle() const {
        for (int i = 0; i < 500 && engine_.state().running + engine_.state().waiting > 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        EXPECT_EQ(engine_.state().running + engine_.state().waiting, 0u);
    }
};

TEST_F(ShortQueue, WhoFindsTheQueueFullIsToldWhenToComeBack) {
    std::string prompts = "\"never stop\"";
    for (int i = 1; i < 64; ++i) prompts += ", \"never stop\"";
    const std::string many =
        R"({"prompt": [)" + prompts + R"(], "n": 16, "max_tokens": 100})";  // 1,024 answers at once
    Wire wire(http_.port());
    wire.send(test::post("/v1/completions", many));
    EXPECT_THAT(wire.receive("queue_full"), AllOf(StartsWith("HTTP/1.1 429 "), HasSubstr("Retry-After: 1\r\n")));
    for (int i = 0; i < 500 && engine_.state().running + engine_.state().waiting > 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(ask("/v1/chat/completions", question("2+2")).first, 200) << "those that were taken had ended";
}

TEST_F(OneAtATime, ClientsThatVanishLeaveNothingStuck) {
    const json before = ask("/v1/chat/completions", question("What is 2+2?")).second;
    for (int i = 0; i < 50; ++i) {
        Wire wire(http_.port());
        wire.send(test::post("/v1/chat/completions", question("never stop", i % 2 == 0 ? R"("stream": true)" : "")));
        if (i % 4 != 0) continue;
        EXPECT_THAT(wire.receive("data: "), HasSubstr("data: "));
        wire.close();
        wait_until_idle();
    }
    wait_until_idle();
    const json after = ask("/v1/chat/completions", question("What is 2+2?")).second;
    EXPECT_EQ(after["choices"], before["choices"]);
}

}  // namespace
}  // namespace ergon::server
