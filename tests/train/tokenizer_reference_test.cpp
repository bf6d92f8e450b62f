// The trainer and its files against Hugging Face's libraries (tests/parity/make_trained_tokenizer.py).

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "base/json/json.h"
#include "base/temporary_directory.h"
#include "formats/hf_folder.h"
#include "text/chat_template.h"
#include "text/tokenizer/tokenizer.h"
#include "text/tokenizer/vocabulary.h"
#include "train/learnt.h"
#include "train/tokenizer/tokenizer_files.h"

namespace ergon::train {
namespace {

class TrainerReference : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(TrainerReference, LearnsTheSameMerges) {
    const auto& [name, file] = GetParam();
    const base::Json expected = base::read_json(ERGON_FIXTURES "/train/merges.json")[name];
    const LearntMerges learnt = test::learnt_from(base::read_text(std::string(ERGON_FIXTURES "/") + file), 1'000'000);

    ASSERT_GT(learnt.merges.size(), 300u);
    ASSERT_EQ(learnt.merges.size(), expected["merges"].size());
    const auto spelling = [&](SymbolId id) {
        return text::to_byte_alphabet(learnt.symbols[static_cast<std::size_t>(id)]);
    };
    for (std::size_t i = 0; i < learnt.merges.size(); ++i) {
        const base::Json merge = base::Json::array({spelling(learnt.merges[i].left), spelling(learnt.merges[i].right)});
        ASSERT_EQ(merge, expected["merges"][i]) << "merge " << i;
    }
    EXPECT_EQ(learnt.tokens.value(), expected["tokens"].get<std::int64_t>());
}

INSTANTIATE_TEST_SUITE_P(Texts, TrainerReference,
                         testing::Values(std::pair("english", "text/english.txt"),
                                         std::pair("mixed", "train/mixed.txt")),
                         [](const auto& text) { return std::string(text.param.first); });

// The folder that the reference libraries have read: as the trainer writes it today.
class TrainedFolder : public testing::Test {
  protected:
    const std::filesystem::path path_ = ERGON_FIXTURES "/train/folder";
    const base::Json cases_ = base::read_json(ERGON_FIXTURES "/train/cases.json");
    const text::Tokenizer tokenizer_ = text::Tokenizer::from_folder(formats::HfFolder::open_tokenizer(path_));
};

TEST_F(TrainedFolder, IsWhatTheTrainerWrites) {
    const test::TemporaryDirectory directory;
    write_tokenizer(directory.path(), test::learnt_from(base::read_text(ERGON_FIXTURES "/train/mixed.txt"), 200));
    for (const char* const file : {"tokenizer.json", "tokenizer_config.json"}) {
        EXPECT_EQ(base::read_text(directory / file), base::read_text(path_ / file)) << file;
    }
}

TEST_F(TrainedFolder, GivesTheIdsOfTheReferenceLibraries) {
    for (const auto& example : cases_["encode"]) {
        const auto text = example[0].get<std::string>();
        EXPECT_EQ(tokenizer_.encode_with_special(text), example[1].get<std::vector<text::TokenId>>()) << text;
    }
    EXPECT_GT(cases_["encode"].size(), 100u);
}

TEST_F(TrainedFolder, WritesChatsAsTheReferenceLibraryDoes) {
    const text::ChatTemplate chat_template(tokenizer_.chat_template());
    for (const auto& chat : cases_["chats"]) {
        base::Json variables = chat["options"];
        variables["messages"] = chat["messages"];
        variables["bos_token"] = tokenizer_.bytes(*tokenizer_.bos());
        variables["eos_token"] = tokenizer_.bytes(*tokenizer_.eos());
        EXPECT_EQ(chat_template.render(variables).text(), chat["text"].get<std::string>());
    }
    EXPECT_EQ(cases_["chats"].size(), 20u);
}

}  // namespace
}  // namespace ergon::train
