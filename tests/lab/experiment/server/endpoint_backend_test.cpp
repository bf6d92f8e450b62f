#include "lab/experiment/server/endpoint_backend.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/child_server.h"
#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/http_server.h"
#include "base/temporary_directory.h"
#include "lab/experiment/fingerprint.h"

namespace ergon::lab {
namespace {

using energy::Phase;
using std::chrono::milliseconds;
using test::HttpServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* chat = "/v1/chat/completions";

std::string piece(const std::string& field, const std::string& text) {
    return "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"" + field + "\":\"" + text + "\"}}]}\n\n";
}
const std::string the_end =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9,"
    "\"completion_tokens_details\":{\"reasoning_tokens\":6}}}\n\ndata: [DONE]\n\n";

/// A server on this machine that reads, thinks and answers for 60, 120 and 60 ms, while a counter of the machine shows
/// 30 W.
class Served : public ::testing::Test {
  protected:
    Served() {
        server_.play(chat, {{HttpServer::head(), milliseconds(0)},
                            {piece("reasoning_content", "Hm"), milliseconds(60)},
                            {piece("content", "Four."), milliseconds(120)},
                            {the_end, milliseconds(60)}});
        folder_.write("watts", "30 W");
        options_.address = server_.address() + "/v1#m";
        options_.max_tokens = 50;
        options_.meter.sensors = {"file:" + (folder_ / "watts").string()};
        options_.meter.sysfs = folder_.path();
        options_.meter.nvml_library = "";
        options_.limits.retries = 2;
        options_.limits.first_wait = base::Nanoseconds(50'000'000);
        prompt_.id = "p";
        prompt_.text = "2+2?";
    }
    /// What was asked, beside questions about the model.
    std::vector<std::string> questions() {
        std::vector<std::string> all = server_.requests();
        std::erase_if(all, [](const std::string& one) { return one.find(chat) == one.npos; });
        return all;
    }
    HttpServer server_;
    test::TemporaryDirectory folder_;
    EndpointOptions options_;
    tasks::Prompt prompt_;
};

TEST_F(Served, AConversationIsSentAsItIs) {
    options_.system = "Be brief.";
    options_.max_tokens.reset();
    const auto backend = answer_by_server(options_);
    std::string received;
    const client::ReplyListener listener{{}, [&](Phase, std::string_view text) { received += text; }};
    const Answer answer =
        backend->reply({{"user", "2+2?"}, {"assistant", "Four."}, {"user", "And 3+1?"}}, 0, listener, nullptr);
    EXPECT_EQ(received, "HmFour.");
    EXPECT_EQ(answer.text, "Four.");
    EXPECT_EQ(answer.finish_reason, "stop");
    EXPECT_GT(answer[Phase::thinking].total.value.value(), 0);
    const std::string asked = questions().back();
    EXPECT_THAT(asked, HasSubstr(R"("messages":[{"role":"user","content":"2+2?"},)"
                                 R"({"role":"assistant","content":"Four."},{"role":"user","content":"And 3+1?"}])"));
    EXPECT_THAT(asked, Not(HasSubstr("max_tokens"))) << "without a cap the server has its own";
}

TEST_F(Served, ACancelledReplyIsMeteredAndSaysSo) {
    server_.play(chat,
                 {{HttpServer::head() + piece("content", "Fo")}, {piece("content", "ur."), std::chrono::seconds(30)}});
    std::atomic<bool> cancelled = false;
    const client::ReplyListener listener{{}, [&](Phase, std::string_view) { cancelled = true; }};
    const Answer answer = answer_by_server(options_)->reply({{"user", "2+2?"}}, 0, listener, &cancelled);
    EXPECT_EQ(answer.text, "Fo");
    EXPECT_EQ(answer.finish_reason, cancelled_reason);
    EXPECT_TRUE(answer.metered);
    EXPECT_GT(answer.joules().value.value(), 0);
}

/// Nobody can see whose the port is, so the whole machine is charged.
TEST_F(Served, CountersAreReadWhereAPhaseEnds) {
    options_.meter.procfs = folder_ / "proc";
    const auto backend = answer_by_server(options_);
    EXPECT_EQ(backend->contender().label, "m");
    EXPECT_EQ(backend->contender().details["kind"], "server");
    EXPECT_EQ(backend->contender().details["on_this_machine"], true);
    EXPECT_EQ(backend->contender().details["charged"], "the whole machine");
    EXPECT_THAT(backend->contender().details["charged_because"].get<std::string>(), HasSubstr("no visible program"));
    const Answer answer = backend->answer(prompt_, 0);
    EXPECT_EQ(answer.text, "Four.");
    EXPECT_EQ(answer.thinking, "Hm");
    EXPECT_EQ(answer.finish_reason, "stop");
    EXPECT_EQ(answer[Phase::prompt].tokens, base::Tokens(5));
    EXPECT_EQ(answer[Phase::thinking].tokens, base::Tokens(6));
    EXPECT_EQ(answer[Phase::answer].tokens, base::Tokens(3));
    EXPECT_TRUE(answer.metered);
    const auto watts = [&](Phase phase) { return answer[phase].total.value / answer[phase].seconds; };
    for (const Phase phase : {Phase::prompt, Phase::thinking, Phase::answer}) {
        EXPECT_NEAR(watts(phase).value(), 30, 0.5) << static_cast<int>(phase);
    }
    EXPECT_GE(answer[Phase::prompt].seconds, base::Seconds(0.059));
    EXPECT_GE(answer[Phase::thinking].seconds, base::Seconds(0.119));
    EXPECT_GE(answer[Phase::answer].seconds, base::Seconds(0.059));
}

// A server may repeat the key that it was asked with, wherever it speaks.
TEST_F(Served, KeysAreKeptOutOfWhatIsKept) {
    const std::string key = "a-key-of-mine-7";
    server_.answer("/v1/models",
                   R"({"data": [{"id": "m-)" + key + R"(", "owned_by": "vllm", "root": ")" + key + R"("}]})");
    server_.answer("/props", R"({"build_info": "b1 )" + key + R"("})");
    server_.play(chat, {{HttpServer::head() + piece("content", "It is " + key) + the_end, milliseconds(0)}});
    options_.address = server_.address() + "/v1";
    options_.key = key;
    const auto backend = answer_by_server(options_);
    const Answer answer = backend->answer(prompt_, 0);
    EXPECT_THAT(questions().at(0), HasSubstr("\"model\":\"m-" + key + "\"")) << "the server knows it so";
    EXPECT_EQ(answer.text, "It is ...");
    const Contender& contender = backend->contender();
    EXPECT_EQ(contender.label, "m-...");
    EXPECT_EQ(contender.details["found"]["software"], "llama.cpp b1 ...");
    EXPECT_THAT(contender.label + contender.model + contender.details.dump() + answer.raw.dump(), Not(HasSubstr(key)));
}

TEST_F(Served, AsksAsItWasTold) {
    options_.system = "Be brief.";
    options_.temperature = 0.5;
    options_.seed = 7;
    options_.thinking = false;
    options_.key = "sk-secret";
    const auto backend = answer_by_server(options_);
    const Answer answer = backend->answer(prompt_, 2);
    backend->warm_up();
    const std::vector<std::string> requests = questions();
    ASSERT_EQ(requests.size(), 2u);
    EXPECT_THAT(requests[0], HasSubstr("Be brief."));
    EXPECT_THAT(requests[0], HasSubstr("\"max_tokens\":50"));
    EXPECT_THAT(requests[0], HasSubstr("\"temperature\":0.5"));
    EXPECT_THAT(requests[0], HasSubstr("\"seed\":9")) << "each repeat has its own";
    EXPECT_THAT(requests[0], HasSubstr("Bearer sk-secret"));
    EXPECT_THAT(requests[1], HasSubstr("\"max_tokens\":8"));
    EXPECT_THAT(backend->contender().details.dump() + answer.raw.dump(), Not(HasSubstr("sk-secret")));
}

TEST_F(Served, SamplesAsTheOtherContendersDo) {
    options_.usual = {0, 0.95};
    options_.top_p = 0.5;
    const auto backend = answer_by_server(options_);
    backend->answer(prompt_, 0);
    EXPECT_THAT(questions().at(0), AllOf(HasSubstr("\"temperature\":0.0"), HasSubstr("\"top_p\":0.5")));
    const auto& sampling = backend->contender().details["sampling"];
    EXPECT_EQ(sampling["temperature"]["from"], "the other contenders");
    EXPECT_EQ(sampling["top_p"]["from"], "option");
}

TEST_F(Served, ABrokenAnswerIsAnErrorAndNoAnswer) {
    server_.play(chat, {{HttpServer::head(), milliseconds(0)}, {piece("content", "Fo"), milliseconds(0)}});
    const auto backend = answer_by_server(options_);
    test::expect_error(base::ErrorCode::bad_file,
                       "ended early, without [DONE] and without a finish_reason. (3 attempts failed.)",
                       [&] { backend->answer(prompt_, 0); });
    server_.play(chat, {{HttpServer::head() + piece("content", "Four.") + the_end, milliseconds(0)}});
    EXPECT_EQ(backend->answer(prompt_, 0).text, "Four.") << "the next one is fine";
}

TEST_F(Served, AnAttemptThatFailedAndTheWaitAfterItAreNobodys) {
    options_.meter.procfs = folder_ / "proc";
    server_.play_once(chat, {{HttpServer::head(), milliseconds(0)}, {piece("content", "Fo"), milliseconds(300)}});
    const auto backend = answer_by_server(options_);
    const Answer answer = backend->answer(prompt_, 0);
    EXPECT_EQ(answer.text, "Four.");
    EXPECT_EQ(answer.raw["retries"], 1);
    EXPECT_EQ(questions().size(), 2u);
    base::Seconds seconds{};
    for (const PhaseResult& phase : answer.phases) seconds += phase.seconds;
    EXPECT_GE(seconds, base::Seconds(0.239));
    EXPECT_LT(seconds, base::Seconds(0.3)) << "not the 0.3 s before";
    EXPECT_NEAR(answer.joules().value.value(), 30 * seconds.value(), 0.02 * 30 * seconds.value());
}

TEST_F(Served, ARefusedFieldIsAskedOnceAndNotedWithEveryAnswer) {
    server_.answer_once(chat, R"({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]})",
                        422);
    const auto backend = answer_by_server(options_);
    backend->warm_up();
    const Answer answer = backend->answer(prompt_, 0);
    EXPECT_EQ(answer.raw["left_out"], (nlohmann::ordered_json{"seed"}));
    const std::vector<std::string> asked = questions();
    ASSERT_EQ(asked.size(), 3u);
    EXPECT_THAT(asked[0], HasSubstr("\"seed\""));
    EXPECT_THAT(asked[2], Not(HasSubstr("\"seed\"")));
}

TEST_F(Served, OfAnAnswerInOnePieceOnlyTheSumIsKnown) {
    options_.meter.procfs = folder_ / "proc";
    server_.play(chat, {{HttpServer::head(), milliseconds(0)},
                        {piece("reasoning_content", "Hm") + piece("content", "Four.") + the_end, milliseconds(200)}});
    const Answer answer = answer_by_server(options_)->answer(prompt_, 0);
    EXPECT_EQ(answer.raw["in_one_piece"], true);
    EXPECT_EQ(answer[Phase::prompt].total, energy::Figure{});
    EXPECT_EQ(answer[Phase::thinking].total, energy::Figure{});
    EXPECT_EQ(answer[Phase::thinking].tokens, base::Tokens(6)) << "tokens are counted by the server";
    EXPECT_NEAR(answer.joules().value.value(), 30 * answer[Phase::answer].seconds.value(), 0.2);
    EXPECT_GE(answer[Phase::answer].seconds, base::Seconds(0.199));
}

TEST_F(Served, BehindATunnelItIsElsewhere) {
    options_.elsewhere = true;
    EXPECT_FALSE(answer_by_server(options_)->answer(prompt_, 0).metered);
    options_.assumed = AssumedEnergy{base::Joules(0.5), "as given"};
    const auto backend = answer_by_server(options_);
    const Answer answer = backend->answer(prompt_, 0);
    EXPECT_EQ(backend->contender().details["on_this_machine"], false);
    EXPECT_FALSE(backend->contender().details.contains("charged"));
    EXPECT_TRUE(answer.metered);
    EXPECT_DOUBLE_EQ(answer.joules().value.value(), 9 * 0.5);
}

TEST_F(Served, WhatItSaysOfItsModelIsNoted) {
    options_.elsewhere = true;  // no file to look into
    const auto found = [&] { return answer_by_server(options_)->contender().details["found"]; };
    EXPECT_EQ(found(), nlohmann::ordered_json::object());
    server_.answer("/v1/models", R"({"data": [{"id": "other", "meta": {"n_params": 5}},
        {"id": "m", "meta": {"n_params": 7000000000, "size": 3937500000, "n_vocab": 32000}}]})");
    server_.answer("/props", R"({"build_info": "b4000-abc", "model_path": "/nowhere/m.gguf", "total_slots": 1})");
    EXPECT_EQ(found()["parameters"]["total"], 7000000000);
    EXPECT_EQ(found()["bits_per_weight"], 4.5);
    EXPECT_EQ(found()["software"], "llama.cpp b4000-abc");
    server_.answer("/v1/models", R"({"data": [{"id": "m"}]})");
    server_.answer("/api/version", R"({"version": "0.5.1"})");
    server_.answer("/api/show", R"({"details": {"quantization_level": "Q4_K_M"}, "model_info":
        {"general.architecture": "qwen2moe", "general.parameter_count": 14000000000, "qwen2moe.expert_count": 60}})");
    EXPECT_EQ(found()["architecture"], "qwen2moe");
    EXPECT_EQ(found()["experts"], 60);
    EXPECT_EQ(found()["software"], "Ollama 0.5.1");
    EXPECT_FALSE(found()["parameters"].contains("active")) << "of experts this is not said";
    server_.answer("/api/show", R"({"model_info": {"general.architecture": "llama", "general.parameter_count": 8}})");
    EXPECT_EQ(found()["parameters"]["active"], 8);
    EXPECT_EQ(found()["experts"], 0);
    for (const char* odd : {"[]", "{\"data\": 3, \"model_info\": 4, \"build_info\": []}", "<html>",
                            "{\"data\": [3, {\"id\": \"m\", \"meta\": {\"n_params\": -1, \"size\": \"x\"}}]}"}) {
        for (const char* path : {"/v1/models", "/props", "/api/version", "/api/show"}) server_.answer(path, odd);
        EXPECT_EQ(found(), nlohmann::ordered_json::object()) << odd;
    }
}

/// The server of these tests is a thread of this process, so what this process has mapped is its model.
TEST_F(Served, ItsModelsFileIsReadWhereItsProcessHasItMapped) {
    const std::filesystem::path file = std::filesystem::path(ERGON_FIXTURES) / "gguf-qwen2" / "model.gguf";
    const auto found = [&] { return answer_by_server(options_)->contender().details["found"]; };
    EXPECT_FALSE(found().contains("hash"));
    {
        const base::MappedFile mapped(file);
        EXPECT_EQ(found()["hash"], file_fingerprint(file));
        EXPECT_EQ(found()["architecture"], "qwen2");
        EXPECT_EQ(found()["experts"], 0);
        EXPECT_GT(found()["parameters"]["total"].get<double>(), 1000);
        EXPECT_GT(found()["bits_per_weight"].get<double>(), 1);
    }
    {
        const base::MappedFile mapped(std::filesystem::path(ERGON_FIXTURES) / "vocab" / "smollm2.gguf");
        EXPECT_TRUE(found()["vocabulary"].is_string());
        EXPECT_FALSE(found().contains("parameters")) << "it holds no weights";
    }
    server_.answer("/props", R"({"model_path": ")" + file.string() + "\"}");
    EXPECT_EQ(found()["hash"], file_fingerprint(file)) << "named, not mapped";
}

/// Two processes work on this machine at once; the counter shows 30 W.
TEST(SharedMachine, AServerIsChargedItsShare) {
    test::TemporaryDirectory folder;
    folder.write("watts", "30 W");
    EndpointOptions options;
    options.max_tokens = 50;
    options.meter.sensors = {"file:" + (folder / "watts").string()};
    options.meter.sysfs = folder.path();
    options.meter.nvml_library = "";
    const test::WorkingServer server(0.2);
    const test::ChildProcess other([] { test::work_for(1e6); });
    options.address = server.address() + "/v1#m";
    tasks::Prompt prompt;
    prompt.id = "p";
    const auto backend = answer_by_server(options);
    EXPECT_EQ(backend->contender().details["charged"], "its processes");
    const Answer answer = backend->answer(prompt, 0);
    const double its = std::stod(answer.text), others = answer.measures.others.value();
    EXPECT_NEAR(answer.measures.processor.value(), its, 0.05 * its) << "what its process says itself";
    EXPECT_GT(others, 0.8 * its) << "the other program, whatever else runs";
    double seconds = 0, total = 0, active = 0;
    for (const PhaseResult& phase : answer.phases) {
        seconds += phase.seconds.value();
        total += phase.total.value.value();
        active += phase.above_idle.value.value();
    }
    const double idle = total - active;
    EXPECT_NEAR(active, (30 * seconds - idle) * its / (its + others), 0.1 * active);
    EXPECT_LT(total, 0.8 * 30 * seconds) << "not the whole machine";
    EXPECT_EQ(answer[Phase::thinking].total.method, energy::Method::apportioned);
}

TEST(SharedMachine, WhoPassesOnWhatItHearsIsNotCharged) {
    const test::WorkingServer relay(0.001, "socat");
    EndpointOptions options;
    options.max_tokens = 50;
    options.meter.nvml_library = "";
    options.address = relay.address() + "/v1#m";
    const auto backend = answer_by_server(options);
    EXPECT_EQ(backend->contender().details["charged"], "the whole machine");
    EXPECT_THAT(backend->contender().details["charged_because"].get<std::string>(), HasSubstr("belongs to socat"));
}

TEST(AssumedEnergy, IsANumberOrOnePublishedModel) {
    const energy::References references = energy::read_references();
    EXPECT_EQ(parse_assumed("0.5", references).per_token, base::Joules(0.5));
    const AssumedEnergy published = parse_assumed("DeepSeek-R1-0528 (8 x B200, batch 128)", references);
    EXPECT_EQ(published.per_token, base::Joules(2.38));
    EXPECT_THAT(published.source, HasSubstr("ML.ENERGY"));
    for (const char* wrong : {"0", "-1", "nan", "inf"}) {
        test::expect_error(base::ErrorCode::bad_argument,
                           std::string("Joules per token to assume must be positive, not ") + wrong + ".",
                           [&] { parse_assumed(wrong, references); });
    }
    test::expect_error(base::ErrorCode::bad_argument, "fits 2 of these", [&] { parse_assumed("R1-0528", references); });
    test::expect_error(base::ErrorCode::bad_argument, "fits 0 of these", [&] { parse_assumed("no such", references); });
}

}  // namespace
}  // namespace ergon::lab
