#include <gtest/gtest.h>

#include "formats/gguf.h"
#include "text/reasoning.h"

namespace ergon::text {
namespace {

class Reasoning : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        r1_ = std::make_unique<Tokenizer>(
            Tokenizer::from_gguf(formats::Gguf::open(ERGON_FIXTURES "/vocab/r1-distill-qwen.gguf")));
    }
    static void TearDownTestSuite() { r1_.reset(); }

    // What a chat shows of a generation: thought and answer.
    static std::pair<std::string, std::string> split(std::string_view prompt, std::string_view generated) {
        ReasoningSplitter splitter(*r1_, r1_->encode_with_special(prompt));
        std::vector<TokenId> thought, answer;
        for (const TokenId id : r1_->encode_with_special(generated)) {
            const auto piece = splitter.push(id);
            if (!piece.marker) (piece.phase == Phase::thinking ? thought : answer).push_back(id);
        }
        return {r1_->decode(thought), r1_->decode(answer)};
    }

    static std::unique_ptr<Tokenizer> r1_;
};
std::unique_ptr<Tokenizer> Reasoning::r1_;

using Parts = std::pair<std::string, std::string>;

TEST_F(Reasoning, ThePromptMayHaveOpenedTheThought) {
    EXPECT_EQ(split("<｜User｜>hi<｜Assistant｜><think>\n", "hm</think>hello"), Parts("hm", "hello"));
    EXPECT_EQ(split("<｜User｜>hi<｜Assistant｜>", "<think>hm</think>hello"), Parts("hm", "hello"));
    EXPECT_EQ(split("<｜User｜>hi<｜Assistant｜></think>", "hello"), Parts("", "hello"));
    EXPECT_EQ(split("<think>a</think>b<｜User｜>hi<｜Assistant｜>", "hello"), Parts("", "hello"));
    EXPECT_EQ(split("", "hello"), Parts("", "hello"));
}

TEST_F(Reasoning, UnfinishedThoughtIsThought) {
    EXPECT_EQ(split("<think>\n", "hm, and"), Parts("hm, and", ""));
    EXPECT_EQ(split("", "<think>hm"), Parts("hm", ""));
}

TEST_F(Reasoning, ThoughtsMayComeAgain) {
    EXPECT_EQ(split("", "<think>a</think>b<think>c</think>d"), Parts("ac", "bd"));
    EXPECT_EQ(split("<think>", "<think>a</think>b"), Parts("a", "b"));
    EXPECT_EQ(split("", "a</think>b"), Parts("", "ab"));
}

TEST_F(Reasoning, EachTokenHasItsPhase) {
    ReasoningSplitter splitter(*r1_, {});
    EXPECT_TRUE(splitter.can_think());
    EXPECT_EQ(splitter.open_marker(), r1_->find("<think>"));
    EXPECT_EQ(splitter.close_marker(), r1_->find("</think>"));
    EXPECT_EQ(splitter.phase(), Phase::answer);
    const auto open = splitter.push(*splitter.open_marker());
    EXPECT_EQ(open.phase, Phase::thinking);
    EXPECT_TRUE(open.marker);
    EXPECT_EQ(splitter.push(0).phase, Phase::thinking);
    const auto close = splitter.push(*splitter.close_marker());
    EXPECT_EQ(close.phase, Phase::thinking);
    EXPECT_TRUE(close.marker);
    EXPECT_EQ(splitter.phase(), Phase::answer);
    EXPECT_FALSE(splitter.push(0).marker);
}

TEST_F(Reasoning, AModelWithoutTheTagsOnlyAnswers) {
    const auto smollm = Tokenizer::from_gguf(formats::Gguf::open(ERGON_FIXTURES "/vocab/smollm2.gguf"));
    ReasoningSplitter splitter(smollm, smollm.encode("<think>"));
    EXPECT_FALSE(splitter.can_think());
    for (const TokenId id : smollm.encode_with_special("<think>hm</think>")) {
        EXPECT_EQ(splitter.push(id).phase, Phase::answer);
    }
}

}  // namespace
}  // namespace ergon::text
