#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "tasks/prompt_set.h"

namespace ergon::tasks {
namespace {

using ::testing::HasSubstr;

class PromptSet : public ::testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(file_); }
    std::vector<Prompt> read(const std::string& content) {
        std::ofstream(file_) << content;
        return read_prompts(file_);
    }
    std::string error_of(const std::string& content) {
        try {
            read(content);
        } catch (const base::Error& error) {
            return error.what();
        }
        return "accepted";
    }
    std::filesystem::path file_ =
        std::filesystem::temp_directory_path() / ("ergon-prompts-" + std::to_string(::getpid()) + ".jsonl");
};

TEST_F(PromptSet, OneObjectALine) {
    const auto prompts = read(
        "{\"id\": \"a\", \"category\": \"maths\", \"prompt\": \"1+1?\", \"answer\": \"2\"}\n"
        "\n"
        "{\"prompt\": \"Grüße\", \"id\": \"b\"}");
    ASSERT_EQ(prompts.size(), 2u);
    EXPECT_EQ(prompts[0].id, "a");
    EXPECT_EQ(prompts[0].category, "maths");
    EXPECT_EQ(prompts[0].text, "1+1?");
    EXPECT_EQ(prompts[0].answer, "2");
    EXPECT_EQ(prompts[1].text, "Grüße");
    EXPECT_EQ(prompts[1].answer, "");
}

TEST_F(PromptSet, MistakesAreNamedWithTheirLine) {
    const std::string good = "{\"id\": \"a\", \"prompt\": \"x\"}\n";
    EXPECT_THAT(error_of(good + "[1]"), HasSubstr("line 2: expected one JSON object"));
    EXPECT_THAT(error_of(good + "{\"id\": \"b\""), HasSubstr("line 2: expected one JSON object"));
    EXPECT_THAT(error_of("{\"id\": \"a\"}"), HasSubstr("line 1: \"prompt\""));
    EXPECT_THAT(error_of("{\"id\": 7, \"prompt\": \"x\"}"), HasSubstr("line 1: \"id\""));
    EXPECT_THAT(error_of("{\"id\": \"\", \"prompt\": \"x\"}"), HasSubstr("line 1: \"id\""));
    EXPECT_THAT(error_of("{\"id\": \"a\", \"prompt\": \"x\", \"answer\": 4}"), HasSubstr("\"answer\""));
    EXPECT_THAT(error_of(good + good), HasSubstr("line 2: the id \"a\" occurs twice"));
    EXPECT_THAT(error_of("\n \n"), HasSubstr("holds no prompts"));
}

TEST(PromptSets, AreFoundByFileOrName) {
    EXPECT_THROW(read_prompts("/no/such/file.jsonl"), base::Error);
    try {
        find_prompt_set("no-such-set");
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), base::ErrorCode::not_found);
        EXPECT_THAT(error.what(), HasSubstr("everyday"));
    }
}

// The set that ships: forty questions of everyday life, one of them whether one may lie to spare feelings.
TEST(PromptSets, Everyday) {
    const auto prompts = read_prompts(find_prompt_set("everyday"));
    EXPECT_EQ(prompts.size(), 40u);
    EXPECT_TRUE(std::ranges::any_of(prompts, [](const Prompt& prompt) {
        return prompt.text.find(" lie ") != std::string::npos && prompt.text.find("feelings") != std::string::npos;
    }));
    for (const Prompt& prompt : prompts) EXPECT_FALSE(prompt.category.empty()) << prompt.id;
}

}  // namespace
}  // namespace ergon::tasks
