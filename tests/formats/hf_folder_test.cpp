#include "formats/hf_folder.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"

namespace {

using namespace ergon;
using namespace ergon::formats;
using base::ErrorCode;
using test::expect_error;
using test::TemporaryDirectory;

TEST(HfFolder, FixturesOpen) {
    const HfFolder folder = HfFolder::open(std::filesystem::path(ERGON_FIXTURES) / "deepseek-v3");
    EXPECT_EQ(folder.config["model_type"], "deepseek_v3");
    EXPECT_TRUE(folder.generation_config.is_null());
    EXPECT_TRUE(folder.tokenizer_config.is_null());
    EXPECT_EQ(folder.tokenizer_json().filename(), "tokenizer.json");
}

TEST(HfFolder, ReadsWhatIsThere) {
    const TemporaryDirectory directory;
    directory.write("config.json", R"({"model_type": "llama"})");
    directory.write("generation_config.json", R"({"temperature": 0.6})");
    directory.write("tokenizer_config.json", R"({"chat_template": "x"})");
    const HfFolder folder = HfFolder::open(directory.path());
    EXPECT_EQ(folder.generation_config["temperature"], 0.6);
    EXPECT_EQ(folder.tokenizer_config["chat_template"], "x");
}

TEST(HfFolder, ATokenizerNeedsNoModel) {
    const TemporaryDirectory directory;
    expect_error(ErrorCode::not_found, "has neither config.json nor tokenizer_config.json",
                 [&] { HfFolder::open_tokenizer(directory.path()); });
    directory.write("tokenizer_config.json", R"({"chat_template": "x"})");
    const HfFolder folder = HfFolder::open_tokenizer(directory.path());
    EXPECT_TRUE(folder.config.is_null());
    EXPECT_EQ(folder.tokenizer_config["chat_template"], "x");
    expect_error(ErrorCode::not_found, "it has no config.json", [&] { HfFolder::open(directory.path()); });
}

TEST(HfFolder, OtherFoldersAndFilesAreRefused) {
    const TemporaryDirectory directory;
    expect_error(ErrorCode::not_found, "is not a Hugging Face model folder: it has no config.json",
                 [&] { HfFolder::open(directory.path()); });
    expect_error(ErrorCode::not_found, "is not a Hugging Face model folder: it does not exist",
                 [&] { HfFolder::open(directory / "none"); });
    expect_error(ErrorCode::system, "cannot access",
                 [&] { HfFolder::open(directory.path() / std::string(5000, 'x')); });
    directory.write("config.json", "[]");
    expect_error(ErrorCode::bad_file, "config.json holds array; expected an object",
                 [&] { HfFolder::open(directory.path()); });
    directory.write("config.json", "{}");
    directory.write("generation_config.json", "{");
    expect_error(ErrorCode::bad_file, "generation_config.json is not valid JSON",
                 [&] { HfFolder::open(directory.path()); });
}

}  // namespace
