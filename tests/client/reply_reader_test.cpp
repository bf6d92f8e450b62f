#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/expect_error.h"
#include "base/random.h"
#include "base/sanitized.h"
#include "base/strings/thought_markers.h"
#include "client/streams.h"

namespace ergon::client {
namespace {

using base::ErrorCode;
using base::Tokens;
using ergon::test::expect_error;
using nlohmann::json;
using streams::content;
using streams::delta;
using streams::done;
using streams::end;
using streams::event;
using streams::read;
using streams::usage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Phase> phases_of(const std::vector<std::string>& pieces) {
    std::vector<Phase> phases;
    read(pieces, [&](Phase phase) { phases.push_back(phase); });
    return phases;
}

/// What a listener is given: "text|thinking", and "!" in the text where it hears that all before was thought.
std::string handed_on(const std::vector<std::string>& pieces, bool may_think = true) {
    std::string text, thinking;
    ReplyListener listener;
    listener.on_phase = [&, last = Phase::prompt](Phase phase) mutable {
        if (phase == Phase::answer && std::exchange(last, phase) == Phase::answer) text += "!";
    };
    listener.on_text = [&](Phase phase, std::string_view piece) {
        EXPECT_FALSE(piece.empty());
        (phase == Phase::thinking ? thinking : text) += piece;
    };
    ReplyReader reader("The server", "the-key", may_think, listener);
    for (const std::string& piece : pieces) {
        if (!reader.push(piece)) break;
    }
    reader.finish();
    return text + "|" + thinking;
}

const std::vector<std::string> deepseek{
    ": keep-alive\n\n",
    delta({{"role", "assistant"}, {"content", nullptr}, {"reasoning_content", ""}}),
    delta({{"content", nullptr}, {"reasoning_content", "Two and"}}),
    delta({{"content", nullptr}, {"reasoning_content", " two."}}),
    delta({{"content", "Fo"}, {"reasoning_content", nullptr}}),
    delta({{"content", "ur."}, {"reasoning_content", nullptr}}),
    event({{"choices", {{{"index", 0}, {"delta", {{"content", ""}}}, {"finish_reason", "stop"}}}},
           {"model", "deepseek-reasoner"},
           {"usage",
            {{"prompt_tokens", 20},
             {"completion_tokens", 9},
             {"total_tokens", 29},
             {"prompt_cache_hit_tokens", 12},
             {"prompt_cache_miss_tokens", 8},
             {"completion_tokens_details", {{"reasoning_tokens", 5}}}}}}),
    done};

TEST(ReplyReader, DeepSeek) {
    const ChatReply reply = read(deepseek);
    EXPECT_EQ(reply.thinking, "Two and two.");
    EXPECT_EQ(reply.text, "Four.");
    EXPECT_EQ(reply.finish_reason, "stop");
    EXPECT_EQ(reply.model, "deepseek-reasoner");
    EXPECT_TRUE(reply.streamed);
    EXPECT_EQ(reply.tokens.counted_by, CountedBy::usage);
    EXPECT_EQ(reply.tokens.prompt, Tokens(20));
    EXPECT_EQ(reply.tokens.cached, Tokens(12));
    EXPECT_EQ(reply.tokens.thinking, Tokens(5));
    EXPECT_EQ(reply.tokens.answer, Tokens(4));
    EXPECT_FALSE(reply.tokens.split_estimated);
    ASSERT_TRUE(reply.first_thinking && reply.first_answer);
    EXPECT_LE(*reply.first_thinking, *reply.first_answer);
    EXPECT_LE(*reply.first_answer, reply.ended);
    EXPECT_THAT(phases_of(deepseek), ElementsAre(Phase::thinking, Phase::answer));
}

const json llama_timings{{"cache_n", 6},     {"prompt_n", 14},       {"prompt_ms", 250.5},
                         {"predicted_n", 8}, {"predicted_ms", 1000}, {"predicted_per_second", 8.0}};

TEST(ReplyReader, LlamaCpp) {
    const json last{{"choices", json::array()},
                    {"usage",
                     {{"prompt_tokens", 20},
                      {"completion_tokens", 8},
                      {"total_tokens", 28},
                      {"prompt_tokens_details", {{"cached_tokens", 6}}}}},
                    {"timings", llama_timings}};
    const ChatReply reply =
        read({delta({{"reasoning_content", "abcdefgh"}}), content("klmn"), end("length"), event(last), done});
    EXPECT_EQ(reply.finish_reason, "length");
    EXPECT_EQ(reply.tokens.prompt, Tokens(20));
    EXPECT_EQ(reply.tokens.cached, Tokens(6));
    // No numbers of thought alone: 8 of 12 characters.
    EXPECT_TRUE(reply.tokens.split_estimated);
    EXPECT_EQ(reply.tokens.thinking, Tokens(5));
    EXPECT_EQ(reply.tokens.answer, Tokens(3));
    ASSERT_TRUE(reply.timings);
    EXPECT_EQ(reply.timings->prompt_tokens, Tokens(14));
    EXPECT_EQ(reply.timings->generated_tokens, Tokens(8));
    EXPECT_DOUBLE_EQ(reply.timings->prompt.value(), 0.2505);
    EXPECT_DOUBLE_EQ(reply.timings->generation.value(), 1.0);

    const ChatReply without =
        read({content("klmn"), event({{"choices", json::array()}, {"timings", llama_timings}}), end(), done});
    EXPECT_EQ(without.tokens.counted_by, CountedBy::timings);
    EXPECT_EQ(without.tokens.prompt, Tokens(20));
    EXPECT_EQ(without.tokens.answer, Tokens(8));
    EXPECT_EQ(without.tokens.thinking, Tokens(0));
}

TEST(ReplyReader, ReasoningUnderItsOtherName) {
    const std::vector<std::string> ollama{delta({{"content", ""}, {"reasoning", "Hm"}}), content("Yes"), end(),
                                          usage({{"prompt_tokens", 3}, {"completion_tokens", 2}}), done};
    EXPECT_EQ(read(ollama).thinking, "Hm");
    EXPECT_EQ(read(ollama).text, "Yes");
    // Both names at once: the same text, once.
    EXPECT_EQ(read({delta({{"reasoning", "Hm"}, {"reasoning_content", "Hm"}}), end(), done}).thinking, "Hm");
}

TEST(ReplyReader, TagsInTheText) {
    const std::vector<std::string> tagged{content("<thi"),
                                          content("nk>\nHm"),
                                          content(" so</th"),
                                          content("ink>\n\nYes "),
                                          content("<think>no</think>"),
                                          end(),
                                          done};
    const ChatReply reply = read(tagged);
    EXPECT_EQ(reply.thinking, "Hm so");
    EXPECT_EQ(reply.text, "Yes <think>no</think>");
    EXPECT_EQ(reply.tokens.counted_by, CountedBy::chunks);
    EXPECT_EQ(reply.tokens.thinking, Tokens(4));  // the tags belong to the thought
    EXPECT_EQ(reply.tokens.answer, Tokens(1));
    EXPECT_THAT(phases_of(tagged), ElementsAre(Phase::thinking, Phase::answer));

    EXPECT_EQ(read({content("<think>never ends"), end("length"), done}).thinking, "never ends");
    EXPECT_EQ(read({content("<think>\n\n</think>\n\nYes"), end(), done}).thinking, "");
    EXPECT_EQ(read({content("<think>\n\n</think>\n\nYes"), end(), done}).text, "Yes");
    EXPECT_EQ(read({content(" <thi"), end(), done}).text, " <thi");
    EXPECT_EQ(read({content("The tag <think> opens."), end(), done}).text, "The tag <think> opens.");
    EXPECT_EQ(read({content("</think>Yes"), end(), done}).text, "Yes");
}

TEST(ReplyReader, AClosingTagWithoutAnOpeningOne) {
    const std::vector<std::string> pieces{content("Hm"),  content(" so"), content("</think>"),
                                          content("Yes"), end(),          done};
    const ChatReply reply = read(pieces);
    EXPECT_EQ(reply.thinking, "Hm so");
    EXPECT_EQ(reply.text, "Yes");
    EXPECT_EQ(reply.tokens.thinking, Tokens(3));
    EXPECT_EQ(reply.tokens.answer, Tokens(1));
    ASSERT_TRUE(reply.first_thinking && reply.first_answer);
    EXPECT_LE(*reply.first_thinking, *reply.first_answer);
    EXPECT_THAT(phases_of(pieces), ElementsAre(Phase::answer, Phase::answer));
    // Where thought was switched off, or has a field of its own, a tag is text.
    EXPECT_EQ(read(pieces, {}, false).text, "Hm so</think>Yes");
    EXPECT_EQ(read({delta({{"reasoning", "Hm"}}), content("a</think>b"), end(), done}).text, "a</think>b");
}

TEST(ReplyReader, AnAnswerInOnePiece) {
    const json answer{
        {"object", "chat.completion"},
        {"model", "m"},
        {"choices",
         {{{"index", 0},
           {"message", {{"role", "assistant"}, {"content", "Four."}, {"reasoning_content", "Two."}}},
           {"finish_reason", "stop"}}}},
        {"usage",
         {{"prompt_tokens", 20}, {"completion_tokens", 9}, {"completion_tokens_details", {{"reasoning_tokens", 4}}}}}};
    std::vector<Phase> phases;
    const ChatReply reply = read({"\n\n", "\n", answer.dump(2)}, [&](Phase phase) { phases.push_back(phase); });
    EXPECT_EQ(reply.text, "Four.");
    EXPECT_EQ(reply.thinking, "Two.");
    EXPECT_FALSE(reply.streamed);
    EXPECT_FALSE(reply.first_answer || reply.first_thinking);
    EXPECT_EQ(reply.tokens.thinking, Tokens(4));
    EXPECT_EQ(reply.tokens.answer, Tokens(5));
    EXPECT_THAT(phases, IsEmpty());

    json no_usage = answer;
    no_usage.erase("usage");
    EXPECT_EQ(read({no_usage.dump()}).tokens.counted_by, CountedBy::nothing);
    EXPECT_FALSE(read({no_usage.dump()}).tokens.answer);
    expect_error(ErrorCode::bad_file, "not valid JSON", [&] { read({answer.dump().substr(0, 90)}); });
    expect_error(ErrorCode::bad_file, "has no \"choices\"", [] { read({"{}"}); });
    expect_error(ErrorCode::system, "reports an error: no room",
                 [] { read({R"({"error": {"message": "no room"}})"}); });
    expect_error(ErrorCode::out_of_budget, "more than 16777216 bytes", [] {
        read({"{", std::string(9u << 20, ' '), std::string(9u << 20, ' ')});
    });
}

TEST(ReplyReader, ThoughtCountedBesideTheRest) {
    const ChatReply reply = read({content("x"), end(),
                                  usage({{"prompt_tokens", 10},
                                         {"completion_tokens", 3},
                                         {"total_tokens", 63},
                                         {"completion_tokens_details", {{"reasoning_tokens", 50}}}}),
                                  done});
    EXPECT_EQ(reply.tokens.thinking, Tokens(50));
    EXPECT_EQ(reply.tokens.answer, Tokens(3));
    EXPECT_EQ(reply.thinking, "");  // the server keeps it to itself
}

TEST(ReplyReader, ZeroThoughtBesideReadableThoughtIsNoCount) {
    const ChatReply reply = read({delta({{"reasoning", "aaaa"}}), content("bbbb"), end(),
                                  usage({{"prompt_tokens", 10},
                                         {"completion_tokens", 8},
                                         {"completion_tokens_details", {{"reasoning_tokens", 0}}}}),
                                  done});
    EXPECT_TRUE(reply.tokens.split_estimated);
    EXPECT_EQ(reply.tokens.thinking, Tokens(4));
}

TEST(ReplyReader, UsageThatGrowsCountsLast) {
    const auto with_usage = [](const std::string& text, int tokens) {
        return event({{"choices", {{{"delta", {{"content", text}}}}}},
                      {"usage", {{"prompt_tokens", 7}, {"completion_tokens", tokens}}}});
    };
    const ChatReply reply = read({with_usage("a", 1), with_usage("b", 2), end(), with_usage("", 3), done});
    EXPECT_EQ(reply.tokens.answer, Tokens(3));
    EXPECT_EQ(reply.text, "ab");
}

TEST(ReplyReader, UsageWithoutSenseIsNoUsage) {
    for (const json& wrong :
         {json{{"prompt_tokens", "7"}, {"completion_tokens", 3}}, json{{"prompt_tokens", 7}, {"completion_tokens", -3}},
          json{{"prompt_tokens", 7}, {"completion_tokens", 2.5}},
          json{{"prompt_tokens", 7}, {"completion_tokens", 1e300}},
          json{{"prompt_tokens", json::array()}, {"completion_tokens", 3}}, json("7"), json::array({1, 2}),
          json(nullptr), json{{"prompt_tokens", 0}, {"completion_tokens", 0}}}) {
        const ChatReply reply = read({content("a"), content("b"), end(), usage(wrong), done});
        EXPECT_EQ(reply.tokens.counted_by, CountedBy::chunks) << wrong;
        EXPECT_EQ(reply.tokens.answer, Tokens(2)) << wrong;
        EXPECT_FALSE(reply.tokens.prompt) << wrong;
    }
}

TEST(ReplyReader, OfSeveralAnswersTheFirstCounts) {
    const std::string other = event({{"choices", {{{"index", 1}, {"delta", {{"content", "other"}}}}}}});
    EXPECT_EQ(read({other, content("first"), other, end()}).text, "first");
}

TEST(ReplyReader, AStreamThatBreaksOff) {
    expect_error(ErrorCode::bad_file, "ended early", [] { read({content("half")}); });
    expect_error(ErrorCode::bad_file, "ended early", [] { read({}); });
    expect_error(ErrorCode::bad_file, "ended early", [] { read({"<html>a proxy</html>"}); });
    expect_error(ErrorCode::bad_file, "without an answer", [] { read({done}); });
    // A reason why it is finished is enough for servers that never say [DONE], and the other way round.
    EXPECT_EQ(read({content("all"), end()}).text, "all");
    EXPECT_EQ(read({content("all"), done}).text, "all");
    EXPECT_EQ(read({content("all"), "data: [DONE]"}).text, "all");
    EXPECT_EQ(read({content("all"), usage({{"prompt_tokens", 3}, {"completion_tokens", 1}})}).text, "all");
    expect_error(ErrorCode::bad_file, "ended early", [] {
        read({event({{"choices", {{{"delta", {{"content", "half"}}}}}},
                     {"usage", {{"prompt_tokens", 3}, {"completion_tokens", 1}}}})});
    });
    EXPECT_EQ(read({content("all"), done, content("nothing after it")}).text, "all");
}

TEST(ReplyReader, ErrorsWithinTheStream) {
    for (const char* error : {R"({"error": {"message": "out of memory", "code": 500}})",
                              R"({"error": "out of memory"})", R"({"object": "error", "message": "out of memory"})"}) {
        expect_error(ErrorCode::system, "The server reports an error: out of memory.", [&] {
            read({content("half"), "data: " + std::string(error) + "\n\n"});
        });
    }
    expect_error(ErrorCode::bad_file, "not valid JSON: {broken", [] { read({"data: {broken\n\n"}); });
    expect_error(ErrorCode::bad_file, "not valid JSON", [] { read({"data: 7\n\n"}); });
}

TEST(ReplyReader, WrongTypesInEveryField) {
    const std::vector<json> values{
        nullptr,        true,          7, -1.5, "text", json::array(), json::array({1}), json::array({json::object()}),
        json::object(), json{{"a", 1}}};
    const json good{
        {"model", "m"},
        {"choices", {{{"index", 0}, {"delta", {{"content", "x"}, {"reasoning", "y"}}}, {"finish_reason", "z"}}}},
        {"usage",
         {{"prompt_tokens", 1},
          {"completion_tokens", 2},
          {"prompt_tokens_details", {{"cached_tokens", 1}}},
          {"completion_tokens_details", {{"reasoning_tokens", 1}}}}},
        {"timings", llama_timings}};
    int read_well = 0;
    const json fields = good.flatten();
    for (const auto& [path, old] : fields.items()) {
        // The field itself, and everything that it stands in.
        for (json::json_pointer pointer(path); !pointer.empty(); pointer = pointer.parent_pointer()) {
            for (const json& value : values) {
                json changed = good;
                changed[pointer] = value;
                try {
                    read({event(changed), done});
                    ++read_well;
                } catch (const base::Error& error) {
                    EXPECT_THAT(error.what(), HasSubstr("server")) << changed;
                }
            }
        }
    }
    EXPECT_GT(read_well, 100);
    expect_error(ErrorCode::bad_file, "\"content\" in the response from The server must be a string", [] {
        read({delta({{"content", 7}})});
    });
    expect_error(ErrorCode::bad_file, "list of objects", [] { read({event({{"choices", "x"}})}); });
}

TEST(ReplyReader, ContentAsAListOfParts) {
    const json thought{{"type", "thinking"},
                       {"thinking", {{{"type", "text"}, {"text", "hm"}}, {{"type", "text"}, {"text", "m"}}}}};
    const json text{{"type", "text"}, {"text", "Answer: "}};
    const std::vector<std::string> mistral{delta({{"content", {thought}}}), delta({{"content", {text}}}), content("42"),
                                           end(), done};
    EXPECT_EQ(read(mistral).thinking, "hmm");
    EXPECT_EQ(read(mistral).text, "Answer: 42");
    EXPECT_THAT(phases_of(mistral), ElementsAre(Phase::thinking, Phase::answer));
    const auto both = [&](const json& parts) {
        const ChatReply reply = read({delta({{"content", parts}}), end(), done});
        return reply.thinking + "|" + reply.text;
    };
    EXPECT_EQ(both({thought, text}), "hmm|Answer: ");
    EXPECT_EQ(both({{{"type", "thinking"}, {"thinking", "plain"}}, text}), "plain|Answer: ");
    EXPECT_EQ(both({{{"type", "reasoning"}, {"text", "r"}}, {{"type", "output_text"}, {"text", "t"}}}), "r|t");
    EXPECT_EQ(both({"a", "b"}), "|ab");
    EXPECT_EQ(both(text), "|Answer: ") << "one part without a list";
    EXPECT_EQ(both({{{"type", "reference"}, {"reference_ids", {1, 2}}},
                    {{"type", "image_url"}, {"image_url", {{"url", "x"}}}},
                    text}),
              "|Answer: ");
    EXPECT_EQ(both(json::array()), "|");
    EXPECT_EQ(both({{{"type", "refusal"}, {"refusal", "I cannot"}}}), "|I cannot");
    EXPECT_EQ(both({{{"type", "text"}, {"text", "<think>a</think>b"}}}), "a|b") << "tags count as ever";
    const json whole{{"choices", {{{"message", {{"content", {thought, text}}}}, {"finish_reason", "stop"}}}}};
    EXPECT_EQ(read({whole.dump()}).text, "Answer: ");
    EXPECT_EQ(read({whole.dump()}).thinking, "hmm");
    EXPECT_EQ(read({delta({{"content", nullptr}, {"refusal", "I cannot"}}), end(), done}).text, "I cannot");
    EXPECT_EQ(
        read({delta({{"reasoning_details", {{{"type", "reasoning.text"}, {"text", "hm"}}}}}), end(), done}).thinking,
        "hm");
    for (const json& wrong : {json::array({7}), json::array({json{{"type", "text"}, {"text", 7}}}), json(7)}) {
        expect_error(ErrorCode::bad_file, "must be a string", [&] { both(wrong); });
    }
}

// A stream as the standard has it, and as it does not: each says the same.
TEST(ReplyReader, HarmlessVariantsOfAStream) {
    const json first{{"choices", {{{"index", 0}, {"delta", {{"content", "Answer: "}}}}}}};
    const json second{{"choices", {{{"index", 0}, {"delta", {{"content", "42"}}}, {"finish_reason", "stop"}}}}};
    const std::string a = first.dump(), b = second.dump();
    for (const std::string& stream : std::vector<std::string>{
             "data: " + a + "\n\ndata: " + b + "\n\ndata: [DONE]\n\n",
             "data: " + a + "\n\ndata: " + b + "\n\ndata: [DONE] \n\n",
             "data: " + a + "\n\ndata: " + b + "\n\ndata: [DONE]\t \r\n\r\n",
             "data: " + a + "\n\ndata: " + b + "\n\ndata: \"[DONE]\"\n\n",
             "data: " + a + " \n\ndata: " + b + "  \n\ndata:  [DONE]\n\n",
             "data:" + a + "\n\ndata:" + b + "\n\ndata:[DONE]\n\n",
             "data: " + a + "\r\n\r\ndata: " + b + "\r\n\r\ndata: [DONE]\r\n\r\n",
             "data: " + a + "\r\rdata: " + b + "\r\rdata: [DONE]\r\r",
             "data: " + a + "\ndata: " + b + "\ndata: [DONE]\n", "data: " + a + "\ndata: " + b + "\ndata: [DONE]",
             "data: " + a + "\n\ndata: " + b,
             ": hello\n\ndata: " + a + "\n\n: PROCESSING\n\ndata: " + b + "\n\n:\n\ndata: [DONE]\n\n",
             "event: message\nid: 1\nretry: 100\ndata: " + a + "\n\nevent: message\ndata: " + b + "\n\n",
             "data: \n\ndata: " + a + "\n\ndata:\n\ndata\n\ndata: " + b + "\n\ndata: [DONE]\n\n",
             "\xEF\xBB\xBF"
             "data: " +
                 a + "\n\ndata: " + b + "\n\ndata: [DONE]\n\n",
             "data: " + first.dump(1, ' ') + "\n\n" + "data: " + b + "\n\n"}) {
        // What is printed over several lines has "data: " before each of them.
        std::string sent;
        for (std::size_t at = 0; at < stream.size(); ++at) {
            sent += stream[at];
            const bool inside =
                stream[at] == '\n' && at + 1 < stream.size() && (stream[at + 1] == ' ' || stream[at + 1] == '}');
            if (inside) sent += "data: ";
        }
        for (const std::size_t cut : {std::size_t{1}, sent.size() / 3, sent.size() - 2}) {
            EXPECT_EQ(read({sent.substr(0, cut), sent.substr(cut)}).text, "Answer: 42") << sent;
        }
    }
    EXPECT_EQ(
        read({"\xEF\xBB\xBF{\"choices\": [{\"message\": {\"content\": \"x\"}, \"finish_reason\": \"stop\"}]}"}).text,
        "x");
    const json whole{{"choices", {{{"message", {{"content", "all"}}}, {"finish_reason", "stop"}}}}};
    EXPECT_EQ(read({event(whole), done}).text, "all") << "a whole answer as one event";
    EXPECT_EQ(read({content("all"), event(whole), done}).text, "all") << "once, where the pieces came before";
}

std::string raw_content(const std::string& json_text) {
    return "data: {\"choices\": [{\"delta\": {\"content\": \"" + json_text + "\"}}]}\n\n";
}

TEST(ReplyReader, HalvesOfACharacterMeetOrAreReplaced) {
    const auto text = [](const std::vector<std::string>& pieces) {
        std::vector<std::string> events;
        for (const std::string& piece : pieces) events.push_back(raw_content(piece));
        events.push_back(end());
        return read(events).text;
    };
    EXPECT_EQ(text({"a \\ud83e\\udd99 b"}), "a 🦙 b");
    EXPECT_EQ(text({"a \\ud83e", "\\udd99 b"}), "a 🦙 b");
    EXPECT_EQ(text({"a \\uD83E", "", "\\uDD99\\ud83e", "\\udd99"}), "a 🦙🦙");
    EXPECT_EQ(text({"a \\ud83e", "b"}), "a \uFFFDb");
    EXPECT_EQ(text({"a \\udd99", "b"}), "a \uFFFDb");
    EXPECT_EQ(text({"a \\ud83e"}), "a \uFFFD") << "at the end";
    EXPECT_EQ(text({"\\ud83e\\ud83e\\udd99\\udd99"}), "\uFFFD🦙\uFFFD");
    EXPECT_EQ(text({"\\ud83ex\\udd99"}), "\uFFFDx\uFFFD");
    EXPECT_EQ(text({"\\\\ud83e", "\\\\\\ud83e", "\\udd99"}), "\\ud83e\\🦙") << "a backslash that is written";
    EXPECT_EQ(text({"\\u00fc\\n\\\"\\ufffd"}), "ü\n\"\uFFFD");
    const ChatReply thought = read({"data: {\"choices\": [{\"delta\": {\"reasoning\": \"\\ud83e\"}}]}\n\n",
                                    "data: {\"choices\": [{\"delta\": {\"reasoning\": \"\\udd99\"}}]}\n\n", end()});
    EXPECT_EQ(thought.thinking, "🦙");
    EXPECT_EQ(read({raw_content("\\ud83e"), "data: {\"x\": \"\\udd99\"}\n\n", raw_content("\\udd99"), end()}).text,
              "🦙");
}

// In one go, in a few, and as it is written.
TEST(ReplyReader, AStreamThatSomebodyCollectedIsSeen) {
    const auto collected = [](int tokens, int bursts, int pause_ms, int before_ms) {
        ReplyReader reader("The server", "", true, {});
        std::this_thread::sleep_for(std::chrono::milliseconds(before_ms));
        for (int burst = 0, sent = 0; burst < bursts; ++burst) {
            if (burst > 0) std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
            std::string bytes;
            for (; sent < tokens * (burst + 1) / bursts; ++sent) bytes += content("word ");
            reader.push(bytes);
        }
        reader.push(end() + done);
        return reader.finish().collected;
    };
    EXPECT_TRUE(collected(200, 1, 0, 100));
    EXPECT_TRUE(collected(8, 1, 0, 60));
    EXPECT_TRUE(collected(200, 4, 20, 60)) << "a proxy with a buffer";
    EXPECT_FALSE(collected(40, 40, 5, 50));
    EXPECT_FALSE(collected(3, 1, 0, 50)) << "there is nothing to split";
    EXPECT_FALSE(collected(20, 5, 10, 20)) << "a few tokens at a time";
    // One event with the whole text, and one without a stream.
    ReplyReader reader("The server", "", true, {});
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    reader.push(content(std::string(400, 'x')) + end() + done);
    EXPECT_TRUE(reader.finish().collected);
}

/// An answer in one piece with this message.
std::string whole_with(const json& message, const std::string& reason = "stop") {
    return json{{"choices", {{{"index", 0}, {"message", message}, {"finish_reason", reason}}}},
                {"usage", {{"prompt_tokens", 5}, {"completion_tokens", 0}}}}
        .dump();
}

TEST(ReplyReader, WithoutAMessageThereIsNoAnswer) {
    const auto refused = [](const std::vector<std::string>& pieces) {
        expect_error(ErrorCode::unsupported, "The response from The server has no message with text.",
                     [&] { read(pieces); });
    };
    refused({whole_with(nullptr)});
    refused({whole_with(json::object())});
    refused({whole_with({{"role", "assistant"}, {"content", nullptr}})});
    refused({R"({"choices": [{"index": 0, "finish_reason": "stop"}]})"});
    const json choice{{"index", 0}, {"delta", nullptr}, {"finish_reason", "stop"}};
    refused({event({{"choices", {choice}}}), done});
    EXPECT_EQ(read({whole_with({{"content", ""}})}).text, "") << "an empty answer is one";
    EXPECT_EQ(read({whole_with({{"content", nullptr}}, "length")}).text, "") << "cut off within a hidden thought";
    EXPECT_EQ(read({whole_with({{"content", json::array()}, {"reasoning", "Hm"}}, "length")}).thinking, "Hm");
    EXPECT_EQ(read({delta({{"role", "assistant"}, {"content", nullptr}}), end(), done}).text, "")
        << "llama.cpp, of a model that ends at once";
}

TEST(ReplyReader, ACallOfAToolIsNoAnswer) {
    const json call =
        json::array({{{"id", "c"}, {"type", "function"}, {"function", {{"name", "f"}, {"arguments", "{}"}}}}});
    const auto refused = [](const std::vector<std::string>& pieces) {
        expect_error(ErrorCode::unsupported, "The server responds with a tool call", [&] { read(pieces); });
    };
    refused({whole_with({{"role", "assistant"}, {"content", nullptr}, {"tool_calls", call}}, "tool_calls")});
    refused({whole_with({{"content", ""}, {"tool_calls", call}})});
    refused({whole_with({{"content", nullptr}, {"function_call", {{"name", "f"}, {"arguments", "{}"}}}})});
    refused({delta({{"role", "assistant"}, {"content", nullptr}, {"tool_calls", call}}), end("tool_calls"), done});
    refused({delta({{"reasoning_content", "Let me look."}}), delta({{"tool_calls", call}}), end(), done});
    EXPECT_EQ(read({whole_with({{"content", "Four."}, {"tool_calls", call}})}).text, "Four.");
    EXPECT_EQ(read({whole_with({{"content", "Four."}, {"tool_calls", json::array()}})}).text, "Four.");
}

TEST(ReplyReader, OlderCompletionsHaveTheirTextInTheChoice) {
    const auto piece = [](const std::string& text, const json& reason) {
        return event({{"object", "text_completion"},
                      {"choices", {{{"index", 0}, {"text", text}, {"logprobs", nullptr}, {"finish_reason", reason}}}}});
    };
    const ChatReply reply =
        read({piece("<think>Two", nullptr), piece(" twos</think>Fo", nullptr), piece("ur.", "stop"), done});
    EXPECT_EQ(reply.text, "Four.");
    EXPECT_EQ(reply.thinking, "Two twos");
    EXPECT_EQ(reply.finish_reason, "stop");
    const std::string whole = R"({"choices": [{"text": "Four.", "index": 0, "finish_reason": "stop"}]})";
    EXPECT_EQ(read({whole}).text, "Four.");
}

TEST(ReplyReader, KeysAreKeptOutOfWhatIsKept) {
    const json choice{{"index", 0}, {"delta", {{"content", "the-key, sk-abcdefgh1"}}}, {"finish_reason", "the-key"}};
    const ChatReply reply = read({delta({{"reasoning", "It is the-"}}), delta({{"reasoning", "key."}}),
                                  event({{"model", "key=sk-abcdefgh1"}, {"choices", {choice}}}), done});
    EXPECT_EQ(reply.text, "..., sk-...");
    EXPECT_EQ(reply.thinking, "It is ....");
    EXPECT_EQ(reply.model, "key=...");
    EXPECT_EQ(reply.finish_reason, "...");
}

TEST(ReplyReader, TextIsHandedOnAsItComes) {
    std::vector<std::string> received;
    ReplyListener listener;
    listener.on_phase = [&](Phase phase) { received.push_back("(" + std::string(base::name(phase)) + ")"); };
    listener.on_text = [&](Phase, std::string_view text) { received.emplace_back(text); };
    ReplyReader reader("The server", "the-key", true, listener);
    EXPECT_FALSE(reader.handed_on());
    reader.push(content("<think>\nTwo"));
    EXPECT_THAT(received, ElementsAre("(thinking)", "Two"));
    EXPECT_TRUE(reader.handed_on());
    reader.push(content(" twos</th"));
    EXPECT_EQ(received.back(), " twos");
    reader.push(content("ink>\n\nFo") + content("ur."));
    EXPECT_THAT(received, ElementsAre("(thinking)", "Two", " twos", "(answer)", "Fo", "ur."));
    reader.push(end() + done);
    reader.finish();
    EXPECT_EQ(received.size(), 6u);
}

TEST(ReplyReader, WhatIsHandedOnIsTheReply) {
    EXPECT_EQ(handed_on(deepseek), "Four.|Two and two.");
    EXPECT_EQ(handed_on({content("Hm"), content(" so</think>"), content("Yes"), end(), done}), "Hm so!Yes|")
        << "what was handed on before its end was seen cannot be taken back";
    EXPECT_EQ(handed_on({content("Hm"), content(" so</think>"), content("Yes"), end(), done}, false),
              "Hm so</think>Yes|");
    EXPECT_EQ(handed_on({whole_with({{"content", "<think>Hm</think>Yes"}})}), "Yes|Hm");
    EXPECT_EQ(handed_on({content("a <"), end(), done}), "a <|");
    EXPECT_EQ(handed_on({content("<thi"), end(), done}), "<thi|");
    EXPECT_EQ(handed_on({delta({{"reasoning", "It is the-"}}), delta({{"reasoning", "key."}}), content("the-key, the-"),
                         end(), done}),
              "..., the-|It is ....");
    EXPECT_EQ(handed_on({raw_content("a \\ud83e"), raw_content("\\udd99"), raw_content("\\ud83e"), end(), done}),
              "a 🦙\uFFFD|");
}

TEST(ReplyReader, AStreamThatIsReadNoFurtherIsAReply) {
    ReplyReader reader("The server", "the-key", true, {});
    EXPECT_FALSE(reader.finish_here().has_value()) << "nothing has come";
    reader.push(delta({{"reasoning", "Two twos"}}) + content("Fo"));
    const std::optional<ChatReply> reply = reader.finish_here();
    ASSERT_TRUE(reply.has_value());
    EXPECT_TRUE(reply->cancelled);
    EXPECT_EQ(reply->text + "|" + reply->thinking, "Fo|Two twos");
    EXPECT_EQ(reply->tokens.thinking, Tokens(1));
    EXPECT_EQ(reply->tokens.counted_by, CountedBy::chunks);
}

// Before, each of these took from seconds to hours.
TEST(ReplyReader, ManyValuesTakeLinearTime) {
    std::string many;
    for (int i = 0; i < 160'000; ++i) many += "{},";
    const base::Nanoseconds begin = base::now();
    EXPECT_EQ(read({"data: {\"x\": [" + many + "{}]}\n\n", content("y"), end(), done}).text, "y");
    std::string lines = "data: {\"x\": [\n";
    for (int i = 0; i < 160'000; ++i) lines += "data: {},\n";
    EXPECT_EQ(read({lines + "data: {}]}\n\n", content("y"), end(), done}).text, "y");
    EXPECT_EQ(read({R"({"x": [)" + many + R"({}], "choices": [{"message": {"content": "y"}}]})"}).text, "y");
    EXPECT_LT((base::now() - begin).value(), 10'000'000'000);
}

TEST(ReplyReader, WhiteSpaceInPiecesTakesLinearTime) {
    const base::Nanoseconds begin = base::now();
    for (const char* const before : {"", "<|channel|>analysis<|message|>hm<|end|>"}) {
        std::vector<std::string> pieces{content(before)};
        for (int i = 0; i < (ergon::test::sanitized ? 4'000 : 40'000); ++i)
            pieces.push_back(content(std::string(100, ' ')));
        pieces.push_back(content("y"));
        pieces.push_back(end());
        pieces.emplace_back(done);
        EXPECT_THAT(read(pieces).text, ::testing::EndsWith("y"));
    }
    EXPECT_LT((base::now() - begin).value(), 10'000'000'000);
}

TEST(ReplyReader, BytesThatAreNoText) {
    const std::string broken =
        "data: {\"choices\": [{\"delta\": {\"content\": \"a\xFF\xC3z\"}, \"finish_reason\": \"stop\"}]}\n\n";
    EXPECT_EQ(read({broken, done}).text, "a\uFFFD\uFFFDz");
}

TEST(ReplyReader, NestingAndLengthHaveLimits) {
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    EXPECT_EQ(read({"data: {\"x\": " + deep + "}\n\n", content("y"), end(), done}).text, "y");
    const std::string long_text(3u << 20, 'x');
    expect_error(ErrorCode::out_of_budget, "longer than 16777216 bytes",
                 [&] { read(std::vector<std::string>(6, content(long_text))); });
    expect_error(ErrorCode::out_of_budget, "4194304 bytes", [] { read({"data: " + std::string(5u << 20, 'x')}); });
}

TEST(ReplyReader, TheKeyIsNeverRepeated) {
    for (const char* said :
         {R"(data: {"error": {"message": "wrong key the-key!"}})", R"(data: {"error": {"the-key": 1}})",
          "data: the-key is no JSON", "data: {\"error\": \"the-\\u006bey\"}"}) {
        try {
            read({std::string(said) + "\n\n"});
            FAIL() << said;
        } catch (const base::Error& error) {
            EXPECT_EQ(std::string(error.what()).find("the-key"), std::string::npos) << error.what();
        }
    }
}

std::string summary(const ChatReply& reply) {
    const auto number = [](const auto& tokens) { return tokens ? std::to_string(tokens->value()) : std::string("-"); };
    return reply.text + "|" + reply.thinking + "|" + reply.finish_reason + "|" + number(reply.tokens.prompt) + "|" +
           number(reply.tokens.thinking) + "|" + number(reply.tokens.answer) + "|" +
           std::string(name(reply.tokens.counted_by));
}

// The network may cut a stream anywhere: neither the reply nor the order of phases changes.
TEST(ReplyReader, CutsChangeNothing) {
    const std::vector<std::vector<std::string>> streams{
        deepseek,
        {content("<th"), content("ink>Grü"), content("ße</think> 世界"), end(), done},
        {content("Hm"), content("</thi"), content("nk>\n\nYes"), end(),
         usage({{"prompt_tokens", 3}, {"completion_tokens", 9}}), done},
        {"\xEF\xBB\xBF\n" + content("a"), content("b"), end(), done},
        {" \xEF\xBB\xBF{\"choices\": [{\"message\": {\"content\": \"b\"}, \"finish_reason\": \"stop\"}]}"},
        {raw_content("a \\ud83e"), raw_content("\\udd99"), end()},
        {"\n\n{\"choices\": [{\"message\": {\"content\": \"<think>a</think>b\"}, \"finish_reason\": \"stop\"}]}"}};
    base::RandomSequence random(3);
    for (const auto& stream : streams) {
        const std::string expected = summary(read(stream));
        const std::string expected_on = handed_on(stream);
        const std::vector<Phase> phases = phases_of(stream);
        std::string bytes;
        for (const std::string& piece : stream) bytes += piece;
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            const std::vector<std::string> two{bytes.substr(0, cut), bytes.substr(cut)};
            ASSERT_EQ(summary(read(two)), expected) << "cut at " << cut;
            ASSERT_EQ(phases_of(two), phases) << "cut at " << cut;
            ASSERT_EQ(handed_on(two), expected_on) << "cut at " << cut;
        }
        for (int round = 0; round < 200; ++round) {
            std::vector<std::string> pieces;
            for (std::size_t at = 0; at < bytes.size();) {
                const std::size_t length = 1 + random.below(20);
                pieces.push_back(bytes.substr(at, length));
                at += length;
            }
            ASSERT_EQ(summary(read(pieces)), expected);
        }
    }
}

// What is thought does not depend on how the server cuts the text into events either.
TEST(ReplyReader, CutsOfTheTextChangeNothing) {
    const std::vector<std::pair<std::string, std::string>> texts{
        {"<think>\nHm</think>\n\nYes", "Yes|Hm"},
        {"Hm < so</thin</think>Yes", "Yes|Hm < so</thin"},
        {"\n <think><think></thi</think></think>x", "</think>x|<think></thi"},
        {"<thinker> </thinks", "<thinker> </thinks|"},
        {"[THINK]Hm</think>[/THINK]\nYes", "Yes|Hm</think>"},
        {"<|channel|>final<|message|>Yes", "Yes|"}};
    for (const auto& [text, expected] : texts) {
        for (std::size_t first = 0; first <= text.size(); ++first) {
            for (std::size_t second = first; second <= text.size(); ++second) {
                const std::vector<std::string> pieces{content(text.substr(0, first)),
                                                      content(text.substr(first, second - first)),
                                                      content(text.substr(second)), end(), done};
                const ChatReply reply = read(pieces);
                ASSERT_EQ(reply.text + "|" + reply.thinking, expected) << first << " " << second;
                // What only its end makes a thought was handed on as an answer before.
                const bool unopened = text.starts_with("Hm");
                ASSERT_EQ(handed_on(pieces), unopened ? "Hm < so</thin!Yes|" : expected) << first << " " << second;
            }
        }
    }
}

// Each family's markers split a reply, whether the server repeats what its template opened or not; the markers of
// another family within it are text.
TEST(ReplyReader, KnowsEachFamilysMarkers) {
    for (const base::ThoughtMarkers& family : base::thought_families()) {
        SCOPED_TRACE(family.models);
        const std::string open(family.open), close(family.close), turn(family.turn), answer(family.answer);
        const auto said = [](const std::string& text, bool asked = true) {
            const ChatReply reply = read({content(text), end(), done}, {}, asked);
            return reply.text + "|" + reply.thinking;
        };
        EXPECT_EQ(said(open + "\nHm\n" + close + turn + answer + "\n\nYes " + close), "Yes " + close + "|Hm");
        EXPECT_EQ(said(turn + open + "Hm" + close + "Yes"), "Yes|Hm");
        EXPECT_EQ(said(open + close + turn + answer + "Yes"), "Yes|");
        EXPECT_EQ(said(open + "never ends"), "|never ends");
        EXPECT_EQ(said("He wrote " + open + "."), "He wrote " + open + ".|");
        if (family.turn.empty()) {
            EXPECT_EQ(said("Hm" + close + answer + "Yes"), "Yes|Hm");
            EXPECT_EQ(said("Hm" + close + "Yes", false), "Hm" + close + "Yes|");
        } else {
            EXPECT_EQ(said("Hm" + close + "Yes"), "Hm" + close + "Yes|");
            EXPECT_EQ(said(open + "a" + close + turn + open + "b" + close + turn + answer + "Yes"), "Yes|a\n\nb");
        }
        for (const base::ThoughtMarkers& other : base::thought_families()) {
            if (other.open == family.open) continue;
            const std::string inside = "x" + std::string(other.open) + std::string(other.close);
            EXPECT_EQ(said(open + inside + close + "Yes"), "Yes|" + inside) << other.models;
        }
    }
}

}  // namespace
}  // namespace ergon::client
