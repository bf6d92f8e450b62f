// ergon run with a server that speaks OpenAI's protocol.

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/http_server.h"
#include "cli/program.h"
#include "cli/terminal.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using test::HttpPart;
using test::HttpServer;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* path = "/v1/chat/completions";

std::string delta(const std::string& field, const std::string& text) {
    return "data: " + json{{"choices", {{{"index", 0}, {"delta", {{field, text}}}}}}}.dump() + "\n\n";
}
std::string end(const std::string& reason = "stop") {
    return "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"" + reason +
           "\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":5,"
           "\"completion_tokens_details\":{\"reasoning_tokens\":2}}}\n\ndata: [DONE]\n\n";
}

class RunWithServer : public ::testing::Test {
  protected:
    RunWithServer() { play({delta("content", "Pa"), delta("content", "ris."), end()}); }

    /// Piece by piece, as a server generates.
    void play(const std::vector<std::string>& parts) {
        std::vector<HttpPart> all{{HttpServer::head()}};
        for (const std::string& part : parts) all.push_back({part, std::chrono::milliseconds(20)});
        server_.play(path, all);
    }
    std::string model(const std::string& options = "") const { return server_.address() + "/v1#m" + options; }
    Outcome run(std::vector<std::string> arguments, const std::string& input = {}, const Environment& env = {}) const {
        arguments.insert(arguments.begin(), {"run", model()});
        return run_ergon(arguments, input, env);
    }
    /// The bodies of the questions.
    std::vector<json> questions() {
        std::vector<json> bodies;
        for (const std::string& one : server_.requests()) {
            if (one.find(path) != std::string::npos)
                bodies.push_back(json::parse(one.substr(one.find("\r\n\r\n") + 4)));
        }
        return bodies;
    }

    HttpServer server_;
};

TEST_F(RunWithServer, OneAnswerWithTokensSecondsAndJoules) {
    const Outcome outcome = run({"What is the capital of France?"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.out, "Paris.\n");
    EXPECT_THAT(outcome.err, StartsWith("m at " + server_.address() +
                                        "/v1: its joules are its processes' share of this machine.\n"));
    EXPECT_THAT(outcome.err,
                ContainsRegex("12 tokens read \\(.* tokens/s, .* J.*\\), .* answered .*J, between .* and"));
    EXPECT_EQ(questions().at(0)["messages"],
              json::parse(R"([{"role": "user", "content": "What is the capital of France?"}])"));
    EXPECT_FALSE(questions().at(0).contains("max_tokens")) << "no cap that nobody named";
}

TEST_F(RunWithServer, SettingsAreSent) {
    const Outcome outcome =
        run_ergon({"run", model(":key=TEST_KEY,top_p=0.5"), "Hi", "--system", "Be brief.", "--temperature", "0.25",
                   "--seed", "7", "--stop", "END", "--stop", "\n\n", "--max-tokens", "40", "--no-think"},
                  "", {{"TEST_KEY", "of-a-test"}});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json body = questions().at(0);
    EXPECT_EQ(body["model"], "m");
    EXPECT_EQ(body["messages"][0], (json{{"role", "system"}, {"content", "Be brief."}}));
    EXPECT_EQ(body["temperature"], 0.25);
    EXPECT_EQ(body["top_p"], 0.5);
    EXPECT_EQ(body["seed"], 7);
    EXPECT_EQ(body["stop"], (json{"END", "\n\n"}));
    EXPECT_EQ(body["max_tokens"], 40);
    EXPECT_EQ(body["reasoning_effort"], "none");
    EXPECT_THAT(server_.requests().back(), HasSubstr("Authorization: Bearer of-a-test\r\n"));
}

TEST_F(RunWithServer, PipedTextStandsBelowThePrompt) {
    ASSERT_EQ(run({"Summarise"}, "first line\nlast line\n").exit_code, 0);
    EXPECT_EQ(questions().at(0)["messages"][0]["content"], "Summarise\n\nfirst line\nlast line");
}

TEST_F(RunWithServer, ThoughtAndAnswerAreApart) {
    play({delta("reasoning_content", "Hm, "), delta("reasoning_content", "Paris"), delta("content", "Paris."), end()});
    const Outcome field = run({"What is the capital?"});
    EXPECT_EQ(field.out, "Paris.\n");
    EXPECT_THAT(field.err, HasSubstr("<think>\nHm, Paris\n</think>\n"));
    EXPECT_THAT(field.err, AllOf(HasSubstr(" 2 thought"), HasSubstr(" 3 answered")));
    play({delta("content", "<think>\nHm</th"), delta("content", "ink>\n\nParis."), end()});
    const Outcome tags = run({"What is the capital?"});
    EXPECT_EQ(tags.out, "Paris.\n");
    EXPECT_THAT(tags.err, HasSubstr("<think>\nHm\n</think>\n"));
}

TEST_F(RunWithServer, AThoughtThatShowsOnlyItsEndIsTold) {
    play({delta("content", "Hm"), delta("content", "</think>Paris."), end()});
    const Outcome outcome = run({"What is the capital?"});
    EXPECT_EQ(outcome.out, "Hm\nParis.\n");
    EXPECT_THAT(outcome.err, HasSubstr("The text above was the model's thinking: the server sent only the marker that "
                                       "ends it.\n"));
}

TEST_F(RunWithServer, JsonHoldsWhatTheServerSays) {
    play({delta("reasoning", "Hm"), delta("content", "Paris."), end("length")});
    const Outcome outcome = run({"Hi", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const json answer = json::parse(outcome.out);
    EXPECT_EQ(answer["model"], "m");
    EXPECT_EQ(answer["answer"], "Paris.");
    EXPECT_EQ(answer["thinking"], "Hm");
    EXPECT_EQ(answer["stop"], "max_tokens");
    EXPECT_EQ(answer["finish_reason"], "length");
    EXPECT_EQ(answer["tokens"], (json{{"prompt", 12}, {"thinking", 2}, {"answer", 3}, {"reused", 0}}));
    EXPECT_GT(answer["seconds"]["prompt"], 0.0);
    EXPECT_GT(answer["energy"]["total"]["value"], 0.0);
    EXPECT_GT(answer["joules_per_token"]["value"], 0.0);
    EXPECT_EQ(answer["server"]["address"], server_.address() + "/v1");
    EXPECT_EQ(answer["reply"]["tokens_counted_by"], "usage");
}

// Somebody on the way collected the stream: the phases are not known, and no figure is made up for them.
TEST_F(RunWithServer, AnAnswerInOnePieceHasSumsOnly) {
    server_.answer(path,
                   R"({"choices": [{"message": {"content": "Paris.", "reasoning": "Hm"}, "finish_reason": "stop"}],
                             "usage": {"prompt_tokens": 12, "completion_tokens": 5}})");
    const Outcome outcome = run({"Hi"});
    EXPECT_EQ(outcome.out, "Paris.\n");
    EXPECT_THAT(outcome.err, HasSubstr("<think>\nHm\n</think>\n"));
    EXPECT_THAT(outcome.err,
                ContainsRegex("\n12 tokens read, 1 thought, 4 answered in [0-9.]+ s; [0-9.]+ J, between "));
    const json answer = json::parse(run({"Hi", "--json"}).out);
    EXPECT_TRUE(answer["seconds"]["prompt"].is_null());
    EXPECT_GT(answer["seconds"]["total"], 0.0);
    EXPECT_FALSE(answer["energy"].contains("prompt"));
    EXPECT_GT(answer["energy"]["total"]["value"], 0.0);
    EXPECT_TRUE(answer["joules_per_token"].is_null());
    server_.answer(path, R"({"choices": [{"message": {"content": "Paris."}, "finish_reason": "stop"}]})");
    EXPECT_THAT(run({"Hi"}).err, ContainsRegex("\nanswered in [0-9.]+ s; [0-9.]+ J, between "));
}

TEST_F(RunWithServer, JsonInAFileLeavesTheAnswerOnTheScreen) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "f.json").string();
    EXPECT_EQ(run({"Hi", "--json-out", file}).out, "Paris.\n");
    EXPECT_EQ(json::parse(read_file(file))["answer"], "Paris.");
}

TEST_F(RunWithServer, OneElsewhereHasNoJoules) {
    const Outcome outcome = run_ergon({"run", model(":elsewhere"), "Hi"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.err, HasSubstr("its joules are not known, because it runs on another machine.\n"));
    EXPECT_THAT(outcome.err, Not(HasSubstr(" J")));
    EXPECT_THAT(outcome.err, HasSubstr("12 tokens read ("));
    const Outcome price = run_ergon({"run", model(":elsewhere"), "Hi", "--price", "0.30EUR/kWh"});
    EXPECT_EQ(price.exit_code, 2);
    EXPECT_EQ(price.err, "ergon: " + model() +
                             " is a server on another machine, whose joules are not known, as needed for --price; "
                             "remove it.\n");
    EXPECT_THAT(run({"Hi", "--price", "0.30EUR/kWh"}).err, HasSubstr(" EUR"));
}

TEST_F(RunWithServer, WhatAServerCannotBeToldIsRefused) {
    const Outcome outcome = run({"Hi", "--threads", "2", "--max-think", "9"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err,
              "ergon: " + model() + " is a server, which does not support --threads, --max-think; remove them.\n");
    for (const std::vector<std::string>& one : {std::vector<std::string>{"--context", "100"},
                                                {"--cache", "f16"},
                                                {"--strict"},
                                                {"--allow-unused"},
                                                {"--raw"},
                                                {"--top-k", "1"},
                                                {"--min-p", "0.1"},
                                                {"--repeat-penalty", "1.1"},
                                                {"--forbid", "x"}}) {
        std::vector<std::string> arguments{"Hi"};
        arguments.insert(arguments.end(), one.begin(), one.end());
        const Outcome refused = run(arguments);
        EXPECT_EQ(refused.exit_code, 2) << one[0];
        EXPECT_THAT(refused.err, HasSubstr("is a server, which does not support " + one[0] + "; remove it."));
    }
    EXPECT_EQ(questions().size(), 0u);
    const Outcome local = run_ergon({"run", fixture("scripted-plain"), "Hi", "--timeout", "5"});
    EXPECT_EQ(local.exit_code, 2);
    EXPECT_THAT(local.err, HasSubstr("is a model on this machine, which does not support --timeout; remove it."));
}

TEST_F(RunWithServer, AFailureIsOneSentence) {
    server_.answer(path, R"({"error": {"message": "model \"m\" not found"}})", 404);
    const Outcome refused = run({"Hi", "--json"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(refused.err,
              "ergon: " + server_.address() + path + " responds with HTTP 404, with: model \"m\" not found.\n");
    server_.play(path, {{HttpServer::head()}, {end(), std::chrono::seconds(60)}});
    const auto begin = std::chrono::steady_clock::now();
    const Outcome silent = run({"Hi", "--timeout", "1"});
    EXPECT_EQ(silent.exit_code, 1);
    EXPECT_THAT(silent.err, HasSubstr("(3 attempts failed.)"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
    EXPECT_EQ(run({"Hi", "--timeout", "0"}).exit_code, 2);
}

TEST_F(RunWithServer, AFieldThatIsRefusedIsToldOnce) {
    server_.answer_once(path, R"({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]})",
                        422);
    const Outcome outcome = run({"Hi"});
    EXPECT_EQ(outcome.out, "Paris.\n");
    EXPECT_THAT(outcome.err, HasSubstr("m rejects the request field seed, which is no longer sent.\n"));
}

TEST_F(RunWithServer, AChatSendsWhatWasSaidAndOutlivesFailures) {
    Terminal terminal({"run", model(), "--system", "Be brief."});
    terminal.until("Ctrl-D leaves");
    terminal.until("> ");
    terminal.type("What is the capital of France?\n");
    terminal.until("Paris.\r\n");
    terminal.until("answered");
    // An error in the middle of an answer: what came is seen, the sentence below it, and the turn is none.
    server_.play_once(path, {{HttpServer::head() + delta("content", "The Sei") +
                              "data: {\"error\": {\"message\": \"overloaded\"}}\n\n"}});
    terminal.until("> ");
    terminal.type("And its river?\n");
    terminal.until("The Sei\r\n");
    terminal.until("reports an error: overloaded.");
    server_.play(path, {{HttpServer::head() + delta("content", "The Seine.") + end()}});
    terminal.until("> ");
    terminal.type("Its river?\n");
    terminal.until("The Seine.\r\n");
    terminal.until("answered");
    terminal.until("> ");
    terminal.type("\x04");
    terminal.until("Total of 2 answers");
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_EQ(questions().at(2)["messages"], json::parse(R"([{"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is the capital of France?"}, {"role": "assistant", "content": "Paris."},
        {"role": "user", "content": "Its river?"}])"));
}

TEST_F(RunWithServer, CtrlCEndsTheAnswerAndKeepsTheChat) {
    server_.play_once(path, {{HttpServer::head() + delta("content", "Beginning")}, {"", std::chrono::seconds(20)}});
    Terminal terminal({"run", model()});
    terminal.until("> ");
    terminal.type("Go on\n");
    terminal.until("Beginning");
    terminal.type("\x03");
    terminal.until("; stopped");
    terminal.until("> ");
    terminal.type("\x04");
    EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(RunWithServer, TextOfAServerCommandsNoTerminal) {
    play({delta("content", "a\033[2Jb\u0007"), end()});
    Terminal terminal({"run", model(), "Hi"});
    EXPECT_THAT(terminal.until("answered"), AllOf(HasSubstr("b␇"), Not(HasSubstr("\033[2J"))));
    EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(RunWithServer, TheKeyStandsInNothing) {
    const std::string key = "of-a-test-12";
    play({delta("content", "It is of-a-"), delta("content", "test-12!"), end()});
    const Outcome outcome = run_ergon({"run", model(":key=TEST_KEY"), "Hi"}, "", {{"TEST_KEY", key}});
    EXPECT_EQ(outcome.out, "It is ...!\n");
    EXPECT_THAT(outcome.err, Not(HasSubstr(key)));
    const Outcome none = run_ergon({"run", model(":key=NO_SUCH_KEY"), "Hi"});
    EXPECT_EQ(none.exit_code, 2);
    EXPECT_THAT(none.err, HasSubstr("The environment has no variable NO_SUCH_KEY"));
}

}  // namespace
}  // namespace ergon::cli
