// Real models (tools/real-models brings them): sensible answers, the perplexity of float32, the same text for ever.

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/processors.h"
#include "engine/chat_prompt.h"
#include "engine/perplexity.h"
#include "engine/session.h"
#include "formats/hf_folder.h"

namespace ergon::engine {
namespace {

constexpr const char* question = "What is the capital of France?";

struct RealModel {
    const char* file;
    const char* greedy_answer;
};

class RealModels : public ::testing::TestWithParam<RealModel> {
  protected:
    void SetUp() override {
        path_ = base::cache_directory().value_or("/") / "models" / GetParam().file;
        if (!std::filesystem::exists(path_)) GTEST_SKIP() << path_ << " is not here: tools/real-models brings it";
    }
    LoadedModel load() { return load_model(path_, {}, pool_); }

    std::filesystem::path path_;
    base::ThreadPool pool_{base::available_processors()};
};

TEST_P(RealModels, KnowTheCapitalOfFrance) {
    const LoadedModel model = load();
    Session session(model, {.tokens = 512}, nullptr);
    const std::vector<Message> messages{{"user", question}};
    GenerationOptions options;
    options.max_tokens = 64;
    const Answer answer = session.answer(chat_prompt(model.chat, messages), options);
    EXPECT_THAT(answer.text, ::testing::HasSubstr("Paris"));
    // Greedy text is the same with every number of threads and every instruction set: a change of it is a change of the
    // arithmetic.
    EXPECT_EQ(answer.text, GetParam().greedy_answer);
    EXPECT_EQ(answer.stop, StopReason::end_token);
}

TEST_P(RealModels, PerplexityIsThatOfFloat32) {
    const LoadedModel model = load();
    const std::filesystem::path texts = ERGON_FIXTURES "/text";
    const base::Json reference = base::read_json(texts / "reference.json")["models"][GetParam().file];
    const std::vector<TokenId> ids = raw_prompt(model.chat, base::read_text(texts / "english.txt"));
    ASSERT_EQ(static_cast<std::int64_t>(ids.size()), reference["tokens"].get<std::int64_t>());

    const Perplexity found = perplexity(*model.model, pool_, ids, 512, model::CacheType::f16);
    EXPECT_EQ(found.tokens, reference["tokens_scored"].get<std::int64_t>());
    const double expected = reference["perplexity"].get<double>();
    EXPECT_NEAR(found.value / expected, 1, 0.003) << found.value << " instead of " << expected;
}

INSTANTIATE_TEST_SUITE_P(
    Files, RealModels,
    ::testing::Values(RealModel{"smollm2-135m-instruct-q4_1.gguf", "The capital of France is Paris."},
                      RealModel{"qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "The capital of France is Paris."}),
    [](const auto& test) { return std::string(test.index == 0 ? "SmolLM2" : "Qwen25Coder"); });

}  // namespace
}  // namespace ergon::engine
