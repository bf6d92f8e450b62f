// Real files, brought by tools/real-models.

#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include "base/expect_error.h"
#include "base/files/paths.h"
#include "formats/gguf.h"

namespace {

using namespace ergon;
using namespace ergon::formats;
using tensor::DType;

std::filesystem::path model(const char* name) {
    return base::cache_directory().value_or("/") / "models" / name;
}

#define SKIP_UNLESS_THERE(path) \
    if (!std::filesystem::exists(path)) GTEST_SKIP() << (path).string() << " is not here; tools/real-models brings it"

std::map<DType, int> types_of(const Gguf& file) {
    std::map<DType, int> types;
    for (const tensor::TensorView& tensor : file.tensors()) ++types[tensor.type];
    return types;
}

TEST(RealModels, SmolLm2IsWhole) {
    const auto path = model("smollm2-135m-instruct-q4_1.gguf");
    SKIP_UNLESS_THERE(path);
    const Gguf file = Gguf::open(path);
    EXPECT_EQ(file.text("general.architecture"), "llama");
    EXPECT_EQ(file.integer("llama.block_count"), 30);
    EXPECT_EQ(file.integer("llama.embedding_length"), 576);
    EXPECT_EQ(file.tensors().size(), 272u);
    EXPECT_EQ(file.find("token_embd.weight")->type, DType::q8_0);
    EXPECT_EQ(file.find("token_embd.weight")->shape, (tensor::Shape{49152, 576}));
    EXPECT_TRUE(file.missing_data().empty());
}

TEST(RealModels, QwenMixesItsTypes) {
    const auto path = model("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
    SKIP_UNLESS_THERE(path);
    const Gguf file = Gguf::open(path);
    EXPECT_EQ(file.tensors().size(), 291u);
    const auto types = types_of(file);
    for (const DType type : {DType::f32, DType::q5_0, DType::q8_0, DType::q4_k, DType::q6_k})
        EXPECT_TRUE(types.contains(type));
    EXPECT_EQ(types.size(), 5u);
}

TEST(RealModels, TheHeadOfR1DistillOpensForItsMetadataOnly) {
    const auto path = model("r1-distill-qwen-7b-head.gguf");
    SKIP_UNLESS_THERE(path);
    test::expect_error(base::ErrorCode::bad_file, "is truncated at byte 99614720: tensor", [&] { Gguf::open(path); });
    const Gguf file = Gguf::open(path, Truncated::metadata_only);
    EXPECT_EQ(file.text("general.architecture"), "qwen2");
    EXPECT_EQ(file.integer("qwen2.block_count"), 28);
    EXPECT_EQ(file.tensors().size(), 339u);
    EXPECT_NE(file.text("tokenizer.chat_template").find("</think>"), std::string::npos);
    EXPECT_NE(file.missing_data().find("tensors are incomplete"), std::string::npos);
}

}  // namespace
