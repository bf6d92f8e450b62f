#include "client/chat_completion.h"

#include <array>
#include <atomic>
#include <ctime>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "base/clock.h"
#include "base/expect_error.h"
#include "base/http_server.h"
#include "base/random.h"
#include "client/streams.h"

namespace ergon::client {
namespace {

using base::ErrorCode;
using base::Tokens;
using ergon::test::expect_error;
using ergon::test::HttpPart;
using ergon::test::HttpServer;
using nlohmann::json;
using std::chrono::milliseconds;
using streams::content;
using streams::delta;
using streams::done;
using streams::end;
using streams::usage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* chat = "/v1/chat/completions";
const std::string key = "sk-very-secret";

EndpointAddress at(const HttpServer& server) {
    return {server.address() + "/v1", "m"};
}

ChatRequest question(const std::string& text = "2+2?") {
    ChatRequest request;
    request.messages = {{"user", text}};
    return request;
}

RequestLimits quick() {
    RequestLimits limits;
    limits.silence = base::Nanoseconds(2'000'000'000);
    limits.total = base::Nanoseconds(10'000'000'000);
    limits.retries = 4;
    limits.first_wait = base::Nanoseconds(5'000'000);
    limits.longest_wait = base::Nanoseconds(1'500'000'000);
    return limits;
}

const std::string good_stream =
    delta({{"reasoning_content", "Hm"}}) + content("Four.") + end() +
    usage({{"prompt_tokens", 5}, {"completion_tokens", 3}, {"completion_tokens_details", {{"reasoning_tokens", 2}}}}) +
    done;

json body_of(const std::string& request) {
    return json::parse(request.substr(request.find("\r\n\r\n") + 4));
}

RequestLimits once() {
    RequestLimits limits = quick();
    limits.retries = 0;
    return limits;
}

/// The sentence of the refusal of one attempt, in which no key may stand.
std::string refusal(const HttpServer& server, const RequestLimits& limits = once()) {
    try {
        chat_completion(at(server), key, question(), {}, limits);
    } catch (const base::Error& error) {
        EXPECT_THAT(error.what(), Not(HasSubstr(key)));
        return error.what();
    }
    return "answered";
}

TEST(ChatCompletion, SendsWhatIsWanted) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + good_stream}});
    ChatRequest request = question("Grüße \"x\"");
    chat_completion(at(server), key, request, {}, quick());
    const std::string bare = server.requests().at(0);
    EXPECT_THAT(bare, HasSubstr("\r\nAuthorization: Bearer " + key + "\r\n"));
    EXPECT_THAT(bare, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_EQ(body_of(bare), (json{{"model", "m"},
                                   {"messages", {{{"role", "user"}, {"content", "Grüße \"x\""}}}},
                                   {"stream", true},
                                   {"stream_options", {{"include_usage", true}}}}));

    request.messages.insert(request.messages.begin(), {"system", "Be short."});
    request.max_tokens = 64;
    request.temperature = 0.5;
    request.top_p = 0.9;
    request.seed = 7;
    request.stop = {"\n\n", "END"};
    request.no_think = true;
    chat_completion(at(server), "", request, {}, quick());
    EXPECT_THAT(server.requests().at(1), Not(HasSubstr("Authorization")));
    const json body = body_of(server.requests().at(1));
    EXPECT_EQ(body["messages"].size(), 2u);
    EXPECT_EQ(body["max_tokens"], json(64));
    EXPECT_EQ(body["temperature"], json(0.5));
    EXPECT_EQ(body["top_p"], json(0.9));
    EXPECT_EQ(body["seed"], json(7));
    EXPECT_EQ(body["stop"], (json{"\n\n", "END"}));
    EXPECT_EQ(body["chat_template_kwargs"], (json{{"enable_thinking", false}, {"thinking", false}}));
    EXPECT_EQ(body["thinking"], (json{{"type", "disabled"}}));
    EXPECT_EQ(body["reasoning_effort"], json("none"));

    // JSON is UTF-8: what is no character in it is asked as U+FFFD.
    chat_completion(at(server), "", question("a\xFF"), {}, quick());
    EXPECT_EQ(body_of(server.requests().at(2))["messages"].back()["content"], json("a\xEF\xBF\xBD"));
}

TEST(ChatCompletion, PhasesAreToldWhenTheyChange) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + ": keep-alive\n\n"},
                       {delta({{"reasoning", "Hm"}}), milliseconds(150)},
                       {delta({{"reasoning", " so"}}), milliseconds(20)},
                       {content("Four."), milliseconds(150)},
                       {end() + done, milliseconds(150)}});
    std::vector<Phase> phases;
    std::vector<double> times;
    const base::Nanoseconds begin = base::now();
    const ChatReply reply = chat_completion(at(server), key, question(),
                                            {[&](Phase phase) {
                                                 phases.push_back(phase);
                                                 times.push_back(base::to_seconds(base::now() - begin).value());
                                             },
                                             {}},
                                            quick());
    EXPECT_THAT(phases, ElementsAre(Phase::prompt, Phase::thinking, Phase::answer));
    EXPECT_GT(times[1] - times[0], 0.12);
    EXPECT_GT(times[2] - times[1], 0.12);
    const auto since = [&](base::Nanoseconds time) { return base::to_seconds(time - begin).value(); };
    EXPECT_NEAR(since(reply.sent), times[0], 0.05);
    EXPECT_NEAR(since(reply.first_thinking.value()), times[1], 0.05);
    EXPECT_NEAR(since(reply.first_answer.value()), times[2], 0.05);
    EXPECT_GT(since(reply.ended) - times[2], 0.12);
    EXPECT_EQ(reply.tokens.thinking, Tokens(2));
}

TEST(ChatCompletion, WhatTheListenerThrowsIsThrownOn) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + good_stream}});
    const auto listener = [](Phase phase) {
        if (phase == Phase::answer) throw std::runtime_error("counter lost");
    };
    EXPECT_THROW(chat_completion(at(server), key, question(), {listener, {}}, quick()), std::runtime_error);
}

TEST(ChatCompletion, ReadsChunkedAnswersAndThoseInOnePiece) {
    HttpServer server;
    std::string chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char letter : good_stream) chunked += std::string("1\r\n") + letter + "\r\n";
    server.play(chat, {{chunked + "0\r\n\r\n"}});
    EXPECT_EQ(chat_completion(at(server), key, question(), {}, quick()).text, "Four.");
    server.answer(chat, R"({"choices": [{"message": {"content": "Four."}, "finish_reason": "stop"}]})");
    const ChatReply whole = chat_completion(at(server), key, question(), {}, quick());
    EXPECT_EQ(whole.text, "Four.");
    EXPECT_FALSE(whole.streamed);
}

TEST(ChatCompletion, DoesNotWaitBehindDone) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + good_stream}, {"", std::chrono::seconds(30)}});
    const base::Nanoseconds begin = base::now();
    EXPECT_EQ(chat_completion(at(server), key, question(), {}, quick()).text, "Four.");
    EXPECT_LT(base::to_seconds(base::now() - begin).value(), 1.5);
}

TEST(ChatCompletion, RefusalsAreSentences) {
    HttpServer server;
    const std::string where = server.address() + chat;
    server.answer(chat, R"({"error": {"message": "Wrong key: )" + key + R"(", "type": "x"}})", 401);
    EXPECT_EQ(refusal(server), where + ": authentication failed (HTTP 401, with: Wrong key: ...); check the API key.");
    server.answer(chat, R"({"error": {"message": "model \"m\" not found"}})", 404);
    EXPECT_EQ(refusal(server), where + " responds with HTTP 404, with: model \"m\" not found.");
    server.answer(chat, "", 500);
    EXPECT_EQ(refusal(server), where + " responds with HTTP 500, without a message.");
    server.answer(chat, "<h1>\x1b[31mBad\r\n gateway</h1>" + std::string(5000, 'x'), 502);
    EXPECT_THAT(refusal(server), HasSubstr("HTTP 502, with: <h1>\uFFFD[31mBad"));
    EXPECT_LT(refusal(server).size(), 500u);
    server.answer(chat, R"({"detail": [{"loc": ["body", "messages"], "msg": "missing"}]})", 422);
    EXPECT_THAT(refusal(server), HasSubstr("HTTP 422, with: [{\"loc\":[\"body\",\"messages\"],\"msg\":\"missing\"}]"));
    for (const int status : {301, 302, 303, 307, 308}) {
        server.answer(chat, "", status, "Location: " + server.address() + "/elsewhere\r\n");
        EXPECT_THAT(refusal(server), HasSubstr("redirects (HTTP 30"));
    }
    for (const std::string& asked : server.requests()) EXPECT_THAT(asked, Not(HasSubstr("/elsewhere")));
    server.answer(chat, "", 500);
    expect_error(ErrorCode::system, "HTTP 500", [&] { chat_completion(at(server), key, question(), {}, once()); });
}

// What may pass is tried again: errors of the server, connections that are cut, streams that break off.
TEST(ChatCompletion, FailuresThatMayPassAreTriedAgain) {
    HttpServer server;
    const std::string good = HttpServer::head() + good_stream;
    const auto try_after = [&](const std::vector<HttpPart>& failure) {
        server.play(chat, {{good}});
        server.play_once(chat, failure);
        int prompts = 0;
        const ChatReply reply = chat_completion(at(server), key, question(),
                                                {[&](Phase phase) { prompts += phase == Phase::prompt; }, {}}, quick());
        EXPECT_EQ(reply.text, "Four.");
        EXPECT_EQ(reply.thinking, "Hm") << "nothing of the attempt before";
        EXPECT_EQ(reply.retries, 1);
        EXPECT_EQ(prompts, 2) << "whoever counts begins anew";
    };
    for (const int status : {408, 425, 429, 500, 502, 503, 504, 529}) {
        try_after({{HttpServer::whole("", status, "")}});
    }
    try_after({{""}});
    try_after({{HttpServer::head() + delta({{"reasoning_content", "Hm"}}) + content("Fo")}});
    try_after({{"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + content("half")}});
    try_after({{HttpServer::head() + content("half") + "data: {\"choi"}});
    try_after({{HttpServer::head() + content("half") + "data: {\"error\": {\"message\": \"overloaded\"}}\n\n"}});
    try_after({{HttpServer::head() + "data: {\"error\": {\"message\": \"overloaded\", \"code\": 503}}\n\n"}});
}

// Whoever reads along would read the beginning twice.
TEST(ChatCompletion, NothingIsTriedAgainOnceTextWasHandedOn) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + good_stream}});
    std::string text;
    const ReplyListener listener{{}, [&](Phase, std::string_view piece) { text += piece; }};
    server.play_once(chat, {{HttpServer::head() + delta({{"role", "assistant"}, {"content", ""}})}});
    EXPECT_EQ(chat_completion(at(server), key, question(), listener, quick()).retries, 1) << "it had not begun";
    EXPECT_EQ(text, "HmFour.");
    for (const std::string& rest : {std::string(), "data: {\"error\": {\"message\": \"overloaded\"}}\n\n" + done}) {
        text.clear();
        server.play_once(chat, {{HttpServer::head() + content("Fo") + rest}});
        const int before = server.asked();
        expect_error(
            rest.empty() ? ErrorCode::bad_file : ErrorCode::system,
            rest.empty() ? "ended early, without [DONE] and without a finish_reason." : "reports an error: overloaded.",
            [&] { chat_completion(at(server), key, question(), listener, quick()); });
        EXPECT_EQ(server.asked() - before, 1);
        EXPECT_EQ(text, "Fo");
    }
}

TEST(ChatCompletion, CancelledInTheMiddleItIsWhatHasCome) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + delta({{"reasoning_content", "Hm"}}) + content("Fo")},
                       {content("ur."), std::chrono::seconds(30)}});
    std::atomic<bool> cancelled = false;
    const ReplyListener listener{{}, [&](Phase phase, std::string_view) { cancelled = phase == Phase::answer; }};
    const base::Nanoseconds begin = base::now();
    const ChatReply reply = chat_completion(at(server), key, question(), listener, quick(), &cancelled);
    EXPECT_LT(base::to_seconds(base::now() - begin).value(), 1.5);
    EXPECT_TRUE(reply.cancelled);
    EXPECT_EQ(reply.text + "|" + reply.thinking, "Fo|Hm");
    EXPECT_GE(reply.sent, begin);
}

TEST(ChatCompletion, WhatWillNotPassIsTriedOnce) {
    HttpServer server;
    const auto attempts = [&](const std::vector<HttpPart>& answer, ErrorCode code, const std::string& sentence) {
        server.play(chat, answer);
        const int before = server.asked();
        expect_error(code, sentence, [&] { chat_completion(at(server), key, question(), {}, quick()); });
        return server.asked() - before;
    };
    for (const auto& [status, code] : {std::pair{400, ErrorCode::bad_argument},
                                       {401, ErrorCode::bad_argument},
                                       {403, ErrorCode::bad_argument},
                                       {404, ErrorCode::not_found},
                                       {413, ErrorCode::bad_argument},
                                       {422, ErrorCode::bad_argument},
                                       {501, ErrorCode::system}}) {
        EXPECT_EQ(attempts({{HttpServer::whole("", status, "")}}, code,
                           "HTTP " + std::to_string(status) + ", without a message"),
                  1)
            << status;
    }
    EXPECT_EQ(attempts({{HttpServer::head() + "data: {\"error\": {\"message\": \"too long\", \"code\": 400}}\n\n"}},
                       ErrorCode::bad_argument, "reports an error: too long."),
              1);
    EXPECT_EQ(
        attempts({{HttpServer::whole("", 500, "")}}, ErrorCode::system, "HTTP 500 after 5 attempts, without a message"),
        5)
        << "and this one five times, not for ever";
}

TEST(ChatCompletion, NobodyThereIsTriedAgainAndHasAnEnd) {
    EndpointAddress nobody;
    {
        HttpServer server;
        nobody = at(server);
    }
    const base::Nanoseconds begin = base::now();
    expect_error(ErrorCode::system, "(5 attempts failed.)",
                 [&] { chat_completion(nobody, key, question(), {}, quick()); });
    // 5 + 10 + 20 + 40 ms, of each half at least.
    EXPECT_GT(base::to_seconds(base::now() - begin).value(), 0.037);
    RequestLimits hurried = quick();
    hurried.retries = 1000;
    hurried.patience = base::Nanoseconds(100'000'000);
    expect_error(ErrorCode::system, "attempts failed", [&] { chat_completion(nobody, key, question(), {}, hurried); });
}

TEST(ChatCompletion, RetryAfterMayBeADate) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + good_stream}});
    const std::time_t then = std::time(nullptr) + 2;
    std::array<char, 64> date{};
    std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&then));
    server.answer_once(chat, "", 503, "Retry-After: " + std::string(date.data()) + "\r\n");
    RequestLimits limits = quick();
    limits.longest_wait = base::Nanoseconds(3'000'000'000);
    const base::Nanoseconds begin = base::now();
    const ChatReply reply = chat_completion(at(server), key, question(), {}, limits);
    EXPECT_EQ(reply.retries, 1);
    EXPECT_GT(base::to_seconds(reply.sent - begin).value(), 0.9) << "dates are of whole seconds";
}

TEST(ChatCompletion, TheSeedSettlesTheWaits) {
    HttpServer server;
    server.answer(chat, "", 500);
    const auto waited = [&](std::uint64_t seed) {
        RequestLimits limits = quick();
        limits.retries = 1;
        limits.first_wait = base::Nanoseconds(400'000'000);
        limits.seed = seed;
        const base::Nanoseconds begin = base::now();
        test::expect_error(base::ErrorCode::system, "HTTP 500",
                           [&] { chat_completion(at(server), key, question(), {}, limits); });
        return base::to_seconds(base::now() - begin).value();
    };
    const auto expected = [](std::uint64_t seed) { return 0.4 * (0.5 + 0.5 * base::random_uniform(seed, 0, 0)); };
    for (const std::uint64_t seed : {1, 2}) EXPECT_NEAR(waited(seed), expected(seed), 0.1) << seed;
}

TEST(ChatCompletion, ABusyServerIsAskedAgain) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + good_stream}});
    server.answer_once(chat, R"({"error": {"code": 503, "message": "Loading model"}})", 503);
    server.answer_once(chat, "", 429, "Retry-After: 1\r\n");
    int prompts = 0;
    const base::Nanoseconds begin = base::now();
    const ChatReply reply = chat_completion(at(server), key, question(),
                                            {[&](Phase phase) { prompts += phase == Phase::prompt; }, {}}, quick());
    EXPECT_EQ(reply.text, "Four.");
    EXPECT_EQ(reply.retries, 2);
    EXPECT_EQ(prompts, 3);
    EXPECT_GT(base::to_seconds(reply.sent - begin).value(), 1.0) << "waiting is no part of the request";
}

TEST(ChatCompletion, PatienceHasAnEnd) {
    HttpServer server;
    server.answer(chat, R"({"error": {"message": "full"}})", 429);
    EXPECT_THAT(refusal(server, quick()), HasSubstr("is busy: HTTP 429 after 5 attempts, with: full."));
    EXPECT_EQ(server.asked(), 5);
    server.answer(chat, "", 503, "Retry-After: 3600\r\n");
    EXPECT_THAT(refusal(server, quick()), HasSubstr("HTTP 503, without a message. The server asks to wait 3600 s."));
    EXPECT_EQ(server.asked(), 6);
}

TEST(ChatCompletion, CanBeCancelledWhileItWaits) {
    HttpServer server;
    server.answer(chat, "", 429, "Retry-After: 30\r\n");
    RequestLimits patient = quick();
    patient.longest_wait = base::Nanoseconds(60'000'000'000);
    std::atomic<bool> cancelled = false;
    std::thread other([&] {
        std::this_thread::sleep_for(milliseconds(100));
        cancelled = true;
    });
    const base::Nanoseconds begin = base::now();
    expect_error(ErrorCode::system, "was cancelled",
                 [&] { chat_completion(at(server), key, question(), {}, patient, &cancelled); });
    EXPECT_LT(base::to_seconds(base::now() - begin).value(), 2.0);
    other.join();
}

TEST(ChatCompletion, AFieldThatIsRefusedByNameIsLeftOut) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + good_stream}});
    server.answer_once(chat, R"({"error": {"message": "Unrecognized request argument: chat_template_kwargs"}})", 400);
    server.answer_once(chat, R"({"detail": [{"loc": ["body", "reasoning_effort"], "msg": "Input should be 'low'"}]})",
                       422);
    server.answer_once(chat, R"({"error": {"message": "Use 'max_completion_tokens' instead of 'max_tokens'."}})", 400);
    ChatRequest request = question();
    request.no_think = true;
    request.max_tokens = 9;
    const ChatReply reply = chat_completion(at(server), key, request, {}, quick());
    EXPECT_THAT(reply.left_out, ElementsAre("chat_template_kwargs", "reasoning_effort", "max_tokens"));
    EXPECT_EQ(reply.retries, 0);
    const json last = body_of(server.requests().back());
    EXPECT_FALSE(last.contains("chat_template_kwargs") || last.contains("reasoning_effort") ||
                 last.contains("max_tokens"));
    EXPECT_TRUE(last.contains("thinking"));
    EXPECT_EQ(last["max_completion_tokens"], json(9));

    // A cap is never left out, nor is the question.
    server.answer(chat, R"({"error": {"message": "max_tokens is not supported", "param": "max_tokens"}})", 400);
    expect_error(ErrorCode::bad_argument, "max_tokens is not supported",
                 [&] { chat_completion(at(server), key, request, {}, quick()); });
    // A server that names all of them for ever is not asked for ever.
    server.answer(chat, "stream_options chat_template_kwargs thinking reasoning_effort max_completion_tokens", 400);
    const int before = server.asked();
    expect_error(ErrorCode::bad_argument, "HTTP 400", [&] { chat_completion(at(server), key, request, {}, quick()); });
    EXPECT_EQ(server.asked() - before, 6);
}

/// What is sent in the end if the first answer is this refusal.
json sent_after(const std::string& refusal, std::vector<std::string>& left_out, int status = 400) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + good_stream}});
    server.answer_once(chat, refusal, status);
    ChatRequest request = question("seed, temperature and thinking are words of a question, too");
    request.seed = 7;
    request.temperature = 0;
    request.top_p = 0.9;
    request.max_tokens = 9;
    left_out = chat_completion(at(server), key, request, {}, quick()).left_out;
    return body_of(server.requests().back());
}

TEST(ChatCompletion, AnOptionalFieldIsFoundHoweverTheRefusalNamesIt) {
    const std::vector<std::pair<std::string, std::string>> refusals{
        {R"({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted",
             "input": 0}]})",
         "seed"},
        // What is refused stands in a place of its own; the request that is repeated names every field.
        {R"({"detail": [{"loc": ["body", "top_p"], "msg": "Extra inputs are not permitted",
             "input": {"stream_options": 1, "seed": 7, "top_p": 1}}]})",
         "top_p"},
        {R"({"error": {"message": "Unsupported value: 'temperature' does not support 0 with this model.",
             "param": "temperature", "code": "unsupported_value"}})",
         "temperature"},
        {R"({"error": {"message": "Unrecognized request argument supplied: stream_options"}})", "stream_options"},
        {R"({"message": "unknown field \"seed\""})", "seed"},
        {"Unknown parameter `seed`.", "seed"},
        {R"({"error": {"message": "not allowed", "param": "stream_options.include_usage"}})", "stream_options"},
        {R"({"error": {"message": ")" + std::string(2000, 'x') + R"( seed"}})", "seed"}};
    for (const auto& [refusal, field] : refusals) {
        for (const int status : {400, 422}) {
            std::vector<std::string> left_out;
            const json body = sent_after(refusal, left_out, status);
            EXPECT_THAT(left_out, ElementsAre(field)) << refusal;
            EXPECT_FALSE(body.contains(field)) << refusal;
            EXPECT_EQ(body.size(), 7u) << refusal;  // of eight
        }
    }
    std::vector<std::string> left_out;
    const json body = sent_after(R"({"detail": [{"loc": ["body", "seed"]}, {"loc": ["body", "top_p"]}]})", left_out);
    EXPECT_THAT(left_out, ElementsAre("seed", "top_p")) << "both at once";
    EXPECT_FALSE(body.contains("seed") || body.contains("top_p"));
    sent_after("`temperature` and `top_p` cannot both be specified for this model.", left_out);
    EXPECT_THAT(left_out, ElementsAre("top_p")) << "one of two is enough";
    for (const char* other : {"the seeds are bad", R"({"detail": [{"loc": ["body", "messages"], "input": "seed"}]})",
                              R"({"error": {"message": "unseeded"}})",
                              R"({"error": {"message": "no seed in messages", "param": "messages"}})"}) {
        SCOPED_TRACE(other);
        test::expect_error(base::ErrorCode::bad_argument, "HTTP 400", [&] { sent_after(other, left_out); });
    }
}

TEST(ChatCompletion, AFieldThatIsKnownToBeRefusedIsNotSent) {
    HttpServer server;
    server.play(chat, {{HttpServer::head() + good_stream}});
    ChatRequest request = question();
    request.seed = 7;
    request.max_tokens = 9;
    request.leave_out = {"seed", "max_tokens"};
    EXPECT_THAT(chat_completion(at(server), key, request, {}, quick()).left_out, ElementsAre("seed", "max_tokens"));
    const json body = body_of(server.requests().at(0));
    EXPECT_FALSE(body.contains("seed") || body.contains("max_tokens"));
    EXPECT_EQ(body["max_completion_tokens"], json(9));
}

TEST(ChatCompletion, SilenceBreaksAndFloods) {
    HttpServer server;
    RequestLimits limits = once();
    limits.silence = base::Nanoseconds(150'000'000);
    server.play(chat, {{HttpServer::head() + content("half")}, {done, std::chrono::seconds(30)}});
    EXPECT_THAT(refusal(server, limits),
                HasSubstr("closed the connection before the response was complete: no data for"));

    HttpServer other;
    other.play(chat, {{HttpServer::head() + content("half")}});
    EXPECT_THAT(refusal(other), HasSubstr("ended early, without [DONE]"));
    other.play(chat, {{"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + content("half")}});
    EXPECT_THAT(refusal(other), HasSubstr("closed the connection before the response was complete"));
    other.play(chat, {{""}});
    EXPECT_THAT(refusal(other), HasSubstr("does not respond"));
    other.play(chat, {{HttpServer::head() + "data: {\"choi" + "\n\n"}});
    EXPECT_THAT(refusal(other), HasSubstr("not valid JSON: {\"choi"));
    std::vector<HttpPart> flood{{HttpServer::head()}};
    for (int i = 0; i < 64; ++i) flood.push_back({content(std::string(8192, 'x'))});
    other.play(chat, flood);
    limits = once();
    limits.bytes = 100'000;
    EXPECT_THAT(refusal(other, limits), HasSubstr("longer than the limit of 100000 bytes"));
    EXPECT_THAT(refusal(other), HasSubstr("ended early"));
}

TEST(ChatCompletion, AKeyWithALineBreakIsNotSent) {
    HttpServer server;
    try {
        chat_completion(at(server), key + "\r\nX-Injected: 1", question(), {}, quick());
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("contains a control character"));
        EXPECT_THAT(error.what(), Not(HasSubstr(key)));
    }
    EXPECT_EQ(server.asked(), 0);
}

}  // namespace
}  // namespace ergon::client
