// compare and eval with servers as contenders, as a user types them.

#include <array>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <sys/prctl.h>

#include "base/http_server.h"
#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using test::HttpServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* chat = "/v1/chat/completions";
// More than ergon waits: the attempt has failed at once.
constexpr const char* much_later = "Retry-After: 3000\r\n";

std::string stream(const std::string& text) {
    return HttpServer::head() + "data: {\"choices\":[{\"delta\":{\"content\":\"" + text +
           "\"}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
           "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";
}

class Servers : public ::testing::Test {
  protected:
    Servers() { server_.play(chat, {{stream("Answer: 4")}}); }

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    std::string contender(const std::string& options = "") const { return server_.address() + "/v1#m" + options; }
    std::vector<std::string> common() const {
        const std::string prompts = folder_.write("mine.jsonl",
                                                  "{\"id\": \"a\", \"prompt\": \"What is 1+3?\", \"answer\": 4}\n"
                                                  "{\"id\": \"b\", \"prompt\": \"What is 2+2?\", \"answer\": 4}\n"
                                                  "{\"id\": \"c\", \"prompt\": \"What is 3+3?\", \"answer\": 6}\n");
        return {prompts,     "--idle-seconds", "0",          "--sessions",  "1",
                "--results", path("r.sqlite"), "--json-out", path("f.json")};
    }
    Outcome eval(const std::string& model, const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments{"eval", model, "--prompts"};
        for (const std::string& one : common()) arguments.push_back(one);
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_ergon(arguments);
    }
    Outcome compare(const std::vector<std::string>& models) const {
        std::vector<std::string> arguments{"compare"};
        arguments.insert(arguments.end(), models.begin(), models.end());
        arguments.emplace_back("--full");
        arguments.emplace_back("--prompts");
        for (const std::string& one : common()) arguments.push_back(one);
        return run_ergon(arguments);
    }
    json found() const {
        std::ostringstream text;
        text << std::ifstream(path("f.json")).rdbuf();
        return json::parse(text.str());
    }

    HttpServer server_;
    TemporaryFolder folder_;
};

TEST_F(Servers, AKeyThatSomebodyTypedIsNotRepeated) {
    const std::string key = "sk-abcdefgh12345";
    for (const std::string& typed : {contender(":key=" + key), contender("," + key), contender(":key=aBcdefgh12345"),
                                     server_.address() + "/v1?key=" + key, server_.address() + "/v1/key=" + key,
                                     "localhost/v1?key=" + key, "key=" + key}) {
        const Outcome outcome = eval(typed);
        EXPECT_EQ(outcome.exit_code, typed.starts_with("http") ? 2 : 1) << outcome.err;
        EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("defgh12345"))) << typed;
    }
}

TEST_F(Servers, AnAnswerWithoutAMessageHasFailed) {
    server_.answer(chat, R"({"choices": [{"index": 0, "message": null, "finish_reason": "stop"}]})");
    const Outcome outcome = eval(contender());
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("All 3 answers failed; the last, of m to"),
                                   HasSubstr("has no message with text"), HasSubstr("The same command asks again.")));
    EXPECT_EQ(outcome.out, "") << "there is nothing to tell of";
}

TEST_F(Servers, ASilentOneIsGivenUpAsSoonAsTheUserWants) {
    server_.fall_silent();
    const auto begin = std::chrono::steady_clock::now();
    const Outcome outcome = eval(contender(), {"--timeout", "1"});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60))
        << "it is 300 s for an attempt otherwise";
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(eval(contender(), {"--timeout", "0"}).exit_code, 2);
}

TEST_F(Servers, AnErrorInTheMiddleEndsNothing) {
    server_.play_once(chat, {{stream("warm")}});
    server_.play_once(chat, {{stream("Answer: 4")}});
    server_.answer_once(chat, "", 500);
    const Outcome outcome = eval(contender());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(found()["contenders"][0]["answers"], 3);
    EXPECT_EQ(found()["contenders"][0]["failed"], 0);
    EXPECT_EQ(found()["contenders"][0]["right"], 2);
}

TEST_F(Servers, AnAnswerThatFailsIsCountedAndTriedAgainByTheSameCommand) {
    server_.play_once(chat, {{stream("warm")}});
    server_.answer_once(chat, "", 503, much_later);
    const Outcome first = eval(contender());
    ASSERT_EQ(first.exit_code, 0) << first.err;
    EXPECT_THAT(first.out, HasSubstr("Failed answers: 1 of 3 by m"));
    EXPECT_THAT(first.err, AllOf(HasSubstr("m failed on"), HasSubstr("HTTP 503")));
    EXPECT_EQ(found()["contenders"][0]["answers"], 2);
    EXPECT_EQ(found()["contenders"][0]["failed"], 1);
    EXPECT_EQ(found()["failed_prompts"], 1);
    const Outcome again = eval(contender(), {"--resume"});
    ASSERT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(found()["contenders"][0]["answers"], 3);
    EXPECT_THAT(again.out, Not(HasSubstr("failed")));
}

TEST_F(Servers, TooManyFailuresSayWhatWasKeptAndHowToGoOn) {
    server_.play_once(chat, {{stream("warm")}});
    server_.play_once(chat, {{stream("Answer: 4")}});
    server_.answer(chat, "", 503, much_later);
    const Outcome outcome = eval(contender(), {"--max-failures", "1"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("2 answers failed, more than the 1 of --max-failures"));
    EXPECT_THAT(outcome.err, HasSubstr("1 of 3 answers are kept in"));
    EXPECT_THAT(outcome.err, HasSubstr("the same command goes on"));
    EXPECT_EQ(eval(contender(), {"--max-failures", "-1"}).exit_code, 2);
}

TEST_F(Servers, ARefusedFieldIsLeftOutAndSaid) {
    server_.answer_once(chat, R"({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]})",
                        422);
    const Outcome outcome = eval(contender());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("m rejects the request field seed: 3 of 3 answers were requested"));
    EXPECT_EQ(found()["contenders"][0]["left_out"]["seed"], 3);
}

TEST_F(Servers, AnAssumptionIsForServersElsewhere) {
    const Outcome nobody = eval(contender(), {"--assume", "0.5"});
    EXPECT_EQ(nobody.exit_code, 2);
    EXPECT_THAT(nobody.err, AllOf(HasSubstr("--assume 0.5 applies to no model"), HasSubstr(":elsewhere")));
    const Outcome assumed = eval(contender(":elsewhere"), {"--assume", "0.5"});
    ASSERT_EQ(assumed.exit_code, 0) << assumed.err;
    EXPECT_THAT(assumed.out, HasSubstr("Joules of m are assumed: 0.5 J per generated token, as\ngiven"));
    // What went in is no finding: joules per token are not given back as one.
    EXPECT_TRUE(found()["contenders"][0]["joules_per_token"].is_null());
    EXPECT_DOUBLE_EQ(found()["contenders"][0]["joules_per_answer"]["value"].get<double>(), 1.5);
    EXPECT_EQ(found()["contenders"][0]["details"]["on_this_machine"], false);
    EXPECT_EQ(eval(fixture("scripted-plain") + ":elsewhere").exit_code, 2);
}

// The server is a thread of this test, whose process bears the name of a relay: whoever computes cannot be it.
TEST_F(Servers, WhoPassesOnWhatItHearsGetsNoRatioOfJoules) {
    std::array<char, 16> name{};
    ::prctl(PR_GET_NAME, name.data());
    ::prctl(PR_SET_NAME, "socat");
    const Outcome outcome = compare({fixture("scripted-plain"), contender()});
    ::prctl(PR_SET_NAME, name.data());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("No ratio of joules is given"), HasSubstr("belongs to socat")));
    EXPECT_TRUE(found()["pairs"][0]["energy_ratio"]["value"].is_null());
    EXPECT_TRUE(found()["pairs"][0]["tokens_ratio"]["value"].is_number());
    EXPECT_THAT(outcome.out, Not(HasSubstr("tokenizers differ")));
}

TEST_F(Servers, TwoOfThemAreToldApartAndNothingUnknownDiffers) {
    HttpServer other;
    other.play(chat, {{stream("Answer: 4")}});
    const Outcome outcome = compare({contender(":elsewhere"), other.address() + "/v1#m:elsewhere"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json all = found();
    EXPECT_EQ(all["contenders"][0]["label"].get<std::string>(), server_.address().substr(7) + "/m");
    EXPECT_TRUE(all["pairs"][0]["differs"].empty()) << all["pairs"][0]["differs"];
    EXPECT_THAT(all["pairs"][0]["not_known"].dump(), HasSubstr("tokenizer"));
    EXPECT_THAT(outcome.out, HasSubstr("No known property or setting differs"));
}

TEST_F(Servers, TwoStatesOfATrainingAreToldApart) {
    std::vector<std::string> states;
    for (const char* step : {"step-100", "step-200"}) {
        const std::filesystem::path to = folder_.path() / step / "model";
        std::filesystem::create_directories(to.parent_path());
        std::filesystem::copy(fixture("scripted-plain"), to);
        std::filesystem::create_directories(to.parent_path() / "vocab");
        std::filesystem::copy(fixture("vocab/smollm2.gguf"), to.parent_path() / "vocab" / "smollm2.gguf");
        std::ofstream(to / "state.txt") << step;
        states.push_back(to.string());
    }
    const Outcome outcome = compare(states);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(found()["contenders"][0]["label"], "step-100/model");
    EXPECT_EQ(found()["contenders"][1]["label"], "step-200/model");
    EXPECT_EQ(found()["pairs"][0]["differs"][0]["what"], "weights (digest)");
}

}  // namespace
}  // namespace ergon::cli
