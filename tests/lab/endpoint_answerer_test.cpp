#include "lab/endpoint_answerer.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/http_server.h"
#include "base/temporary_directory.h"

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
        prompt_.id = "p";
        prompt_.text = "2+2?";
    }
    HttpServer server_;
    test::TemporaryDirectory folder_;
    EndpointOptions options_;
    tasks::Prompt prompt_;
};

TEST_F(Served, CountersAreReadWhereAPhaseEnds) {
    const auto answerer = answer_by_server(options_);
    EXPECT_EQ(answerer->contender().label, "m");
    EXPECT_EQ(answerer->contender().details["kind"], "server");
    EXPECT_EQ(answerer->contender().details["on_this_machine"], true);
    const Answer answer = answerer->answer(prompt_, 0);
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

TEST_F(Served, AsksAsItWasTold) {
    options_.system = "Be brief.";
    options_.temperature = 0.5;
    options_.seed = 7;
    options_.thinking = false;
    options_.key = "sk-secret";
    const auto answerer = answer_by_server(options_);
    const Answer answer = answerer->answer(prompt_, 2);
    answerer->warm_up();
    const std::vector<std::string> requests = server_.requests();
    ASSERT_EQ(requests.size(), 2u);
    EXPECT_THAT(requests[0], HasSubstr("Be brief."));
    EXPECT_THAT(requests[0], HasSubstr("\"max_tokens\":50"));
    EXPECT_THAT(requests[0], HasSubstr("\"temperature\":0.5"));
    EXPECT_THAT(requests[0], HasSubstr("\"seed\":9")) << "each repeat has its own";
    EXPECT_THAT(requests[0], HasSubstr("Bearer sk-secret"));
    EXPECT_THAT(requests[1], HasSubstr("\"max_tokens\":8"));
    EXPECT_THAT(answerer->contender().details.dump() + answer.raw.dump(), Not(HasSubstr("sk-secret")));
}

TEST_F(Served, SamplesAsTheOtherContendersDo) {
    options_.usual = {0, 0.95};
    options_.top_p = 0.5;
    const auto answerer = answer_by_server(options_);
    answerer->answer(prompt_, 0);
    EXPECT_THAT(server_.requests().at(0), AllOf(HasSubstr("\"temperature\":0.0"), HasSubstr("\"top_p\":0.5")));
    const auto& sampling = answerer->contender().details["sampling"];
    EXPECT_EQ(sampling["temperature"]["from"], "the other contenders");
    EXPECT_EQ(sampling["top_p"]["from"], "option");
}

TEST_F(Served, ABrokenAnswerIsAnErrorAndNoAnswer) {
    server_.play(chat, {{HttpServer::head(), milliseconds(0)}, {piece("content", "Fo"), milliseconds(0)}});
    const auto answerer = answer_by_server(options_);
    EXPECT_THROW(answerer->answer(prompt_, 0), base::Error);
    server_.play(chat, {{HttpServer::head() + piece("content", "Four.") + the_end, milliseconds(0)}});
    EXPECT_EQ(answerer->answer(prompt_, 0).text, "Four.") << "the next one is fine";
}

TEST(AssumedEnergy, IsANumberOrOnePublishedModel) {
    const energy::References references = energy::read_references();
    EXPECT_EQ(parse_assumed("0.5", references).per_token, base::Joules(0.5));
    const AssumedEnergy published = parse_assumed("DeepSeek-R1-0528 (8 x B200, batch 128)", references);
    EXPECT_EQ(published.per_token, base::Joules(2.38));
    EXPECT_THAT(published.source, HasSubstr("ML.ENERGY"));
    for (const char* wrong : {"0", "-1", "nan", "inf"}) {
        EXPECT_THROW(parse_assumed(wrong, references), base::Error) << wrong;
    }
    test::expect_error(base::ErrorCode::bad_argument, "fits 2 of these", [&] { parse_assumed("R1-0528", references); });
    test::expect_error(base::ErrorCode::bad_argument, "fits 0 of these", [&] { parse_assumed("no such", references); });
}

}  // namespace
}  // namespace ergon::lab
