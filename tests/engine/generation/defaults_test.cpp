#include "engine/generation/defaults.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "formats/gguf_writer.h"

namespace ergon::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class Defaults : public ::testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    GenerationDefaults of_gguf(const std::vector<formats::GgufField>& fields, bool thinks = false) {
        std::vector<formats::GgufField> all{{"general.architecture", std::string("llama")}};
        all.insert(all.end(), fields.begin(), fields.end());
        formats::write_gguf(folder_ / "model.gguf", all, {});
        return generation_defaults(formats::Gguf::open(folder_ / "model.gguf"), thinks);
    }
    GenerationDefaults of_config(const std::string& generation_config, bool thinks = false) {
        formats::HfFolder folder;
        folder.path = folder_;
        if (!generation_config.empty()) folder.generation_config = base::parse_json(generation_config, "test");
        return generation_defaults(folder, thinks);
    }
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("ergon-defaults-" + std::to_string(::getpid()));
};

TEST_F(Defaults, SilentFilesAreGreedyUnlessTheModelThinks) {
    EXPECT_EQ(of_gguf({}).sampling, SamplerSettings{});
    EXPECT_TRUE(of_gguf({}).origin.empty());
    EXPECT_EQ(of_config("").sampling, SamplerSettings{});
    for (const GenerationDefaults& defaults : {of_gguf({}, true), of_config("", true), of_config("{}", true)}) {
        EXPECT_EQ(defaults.sampling, (SamplerSettings{.temperature = 0.6, .top_p = 0.95}));
        EXPECT_THAT(defaults.origin, ElementsAre(Pair("temperature", "recommended for DeepSeek-R1"),
                                                 Pair("top_p", "recommended for DeepSeek-R1")));
    }
}

TEST_F(Defaults, GgufKeys) {
    const GenerationDefaults defaults = of_gguf({{"general.sampling.temp", 0.7},
                                                 {"general.sampling.top_k", std::int64_t{20}},
                                                 {"general.sampling.top_p", 0.95},
                                                 {"general.sampling.min_p", 0.05},
                                                 {"general.sampling.penalty_repeat", 1.1}},
                                                true);
    EXPECT_EQ(defaults.sampling,
              (SamplerSettings{.temperature = 0.7, .top_k = 20, .top_p = 0.95, .min_p = 0.05, .repeat_penalty = 1.1}))
        << "F32 in the file, yet 0.7 and not 0.699999988";
    EXPECT_EQ(defaults.origin.at("temperature"), "general.sampling.temp");
    EXPECT_EQ(of_gguf({{"general.sampling.top_k", std::int64_t{-1}}}).sampling.top_k, 0);
}

TEST_F(Defaults, GgufValuesOutOfRangeNameTheFile) {
    try {
        of_gguf({{"general.sampling.top_p", 3.0}});
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), base::ErrorCode::bad_file);
        EXPECT_THAT(error.what(), HasSubstr("model.gguf"));
        EXPECT_THAT(error.what(), HasSubstr("top-p is 3"));
    }
    test::expect_error(base::ErrorCode::bad_file, "general.sampling.temp", [&] {
        of_gguf({{"general.sampling.temp", std::string("hot")}});
    });
}

TEST_F(Defaults, GenerationConfig) {
    const GenerationDefaults defaults =
        of_config(R"({"do_sample": true, "temperature": 0.7, "top_k": 20, "top_p": 0.8, "repetition_penalty": 1.05})");
    EXPECT_EQ(defaults.sampling,
              (SamplerSettings{.temperature = 0.7, .top_k = 20, .top_p = 0.8, .repeat_penalty = 1.05}));
    EXPECT_EQ(defaults.origin.at("repeat_penalty"), "generation_config.json");
    EXPECT_EQ(of_config(R"({"do_sample": false, "temperature": 0.7})").sampling.temperature, 0);
    EXPECT_EQ(of_config(R"({"do_sample": true})").sampling.temperature, 1);
    EXPECT_EQ(of_config(R"({"temperature": null})").sampling, SamplerSettings{});
}

TEST_F(Defaults, GenerationConfigMistakesAreNamed) {
    for (const char* config : {R"({"temperature": "warm"})", R"({"temperature": -1})", R"({"top_k": 1e300})"}) {
        try {
            of_config(config);
            FAIL() << config;
        } catch (const base::Error& error) {
            EXPECT_THAT(error.what(), HasSubstr("generation_config.json")) << config;
        }
    }
}

}  // namespace
}  // namespace ergon::engine
