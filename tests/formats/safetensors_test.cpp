#include "formats/safetensors.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/temporary_directory.h"
#include "formats/safetensors_bytes.h"

namespace {

using namespace ergon;
using namespace ergon::formats;
using base::ErrorCode;
using tensor::DType;
using tensor::Shape;
using tensor::TensorView;
using test::expect_error;
using test::TemporaryDirectory;

const std::filesystem::path fixtures = ERGON_FIXTURES;

TEST(SafetensorsFixture, ASingleFile) {
    const Safetensors model = Safetensors::open_folder(fixtures / "qwen2");
    const TensorView* embedding = model.find("model.embed_tokens.weight");
    ASSERT_NE(embedding, nullptr);
    EXPECT_EQ(embedding->type, DType::f16);
    EXPECT_EQ(embedding->shape.rank(), 2);
    EXPECT_EQ(model.find("lm_head.weight"), nullptr);  // tied
}

TEST(SafetensorsFixture, ExpectedValuesHaveTheirShapes) {
    const Safetensors expected = Safetensors::open(fixtures / "llama-gqa/expected.safetensors");
    ASSERT_NE(expected.find("input_ids"), nullptr);
    EXPECT_EQ(expected.find("input_ids")->shape, Shape{40});
    EXPECT_EQ(expected.find("input_ids")->type, DType::i32);
    EXPECT_EQ(expected.find("greedy")->shape, Shape{32});
    EXPECT_EQ(expected.find("logits")->shape[0], 40);
    std::int32_t first = -1;
    std::memcpy(&first, expected.find("input_ids")->bytes.data(), sizeof first);
    EXPECT_EQ(first, 0);
}

TEST(SafetensorsFixture, AShardedFolder) {
    const Safetensors model = Safetensors::open_folder(fixtures / "deepseek-v3");
    const Safetensors first = Safetensors::open(fixtures / "deepseek-v3/model-00001-of-000002.safetensors");
    const Safetensors second = Safetensors::open(fixtures / "deepseek-v3/model-00002-of-000002.safetensors");
    EXPECT_EQ(model.tensors().size(), first.tensors().size() + second.tensors().size());
    for (const Safetensors* shard : {&first, &second}) {
        for (const TensorView& tensor : shard->tensors()) {
            ASSERT_NE(model.find(tensor.name), nullptr) << tensor.name;
            EXPECT_TRUE(std::ranges::equal(model.find(tensor.name)->bytes, tensor.bytes)) << tensor.name;
        }
    }
}

TEST(SafetensorsFixture, EightBitWeightsStayInEightBits) {
    const Safetensors model = Safetensors::open_folder(fixtures / "deepseek-v3-fp8");
    int checked = 0;
    for (const TensorView& tensor : model.tensors()) {
        const TensorView* scale = model.find(tensor.name + "_scale_inv");
        if (scale == nullptr) continue;
        EXPECT_EQ(tensor.type, DType::f8_e4m3) << tensor.name;
        EXPECT_EQ(scale->type, DType::f32) << tensor.name;
        EXPECT_EQ(scale->shape, (Shape{(tensor.shape[0] + 127) / 128, (tensor.shape[1] + 127) / 128})) << tensor.name;
        ++checked;
    }
    EXPECT_GT(checked, 50);
}

TEST(Safetensors, EveryDtype) {
    const std::vector<std::pair<std::string, DType>> types = {
        {"F64", DType::f64},         {"F32", DType::f32},         {"F16", DType::f16}, {"BF16", DType::bf16},
        {"F8_E4M3", DType::f8_e4m3}, {"F8_E5M2", DType::f8_e5m2}, {"I64", DType::i64}, {"F8_E8M0", DType::f8_e8m0},
        {"I32", DType::i32},         {"I16", DType::i16},         {"I8", DType::i8},   {"U8", DType::u8},
        {"BOOL", DType::boolean},
    };
    for (const auto& [name, type] : types) {
        const auto size = static_cast<std::size_t>(6 * tensor::info(type).block_bytes);
        const auto bytes = test::safetensors_bytes(
            fmt::format(R"({{"t":{{"dtype":"{}","shape":[2,3],"data_offsets":[0,{}]}}}}   )", name, size), size);
        const auto tensors = parse_safetensors(bytes, "x");
        ASSERT_EQ(tensors.size(), 1u);
        EXPECT_EQ(tensors[0].type, type);
        EXPECT_EQ(tensors[0].shape, (Shape{2, 3}));
        EXPECT_EQ(tensors[0].bytes.size(), size);
        EXPECT_EQ(tensors[0].bytes[5], std::byte{5});
    }
}

TEST(Safetensors, ScalarEmptyAndOutOfOrder) {
    const auto bytes = test::safetensors_bytes(R"({"__metadata__":{"format":"pt"},
        "late":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"none":{"dtype":"F32","shape":[0,7],"data_offsets":[4,4]},
        "scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
                                               6);
    const auto tensors = parse_safetensors(bytes, "x");
    ASSERT_EQ(tensors.size(), 3u);
    EXPECT_EQ(tensors[0].name, "late");
    EXPECT_EQ(tensors[0].bytes[0], std::byte{4});
    EXPECT_TRUE(tensors[1].bytes.empty());
    EXPECT_EQ(tensors[2].shape.rank(), 0);
    EXPECT_TRUE(parse_safetensors(test::safetensors_bytes("{}", 0), "x").empty());
}

TEST(SafetensorsWriter, WhatIsWrittenComesBackAligned) {
    const TemporaryDirectory directory;
    std::vector<std::byte> bytes(48);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
    const std::vector<TensorView> tensors = {
        {"odd", DType::u8, {3}, std::span(bytes).first(3)},
        {"half \"x\"", DType::bf16, {2, 3}, std::span(bytes).subspan(3, 12)},
        {"none", DType::f32, {0}, {}},
        {"double", DType::f64, {1, 2}, std::span(bytes).last(16)},
        {"float", DType::f32, {}, std::span(bytes).subspan(8, 4)},
        {"fp8", DType::f8_e4m3, {5}, std::span(bytes).first(5)},
    };
    write_safetensors(directory / "a.safetensors", tensors);
    const Safetensors file = Safetensors::open(directory / "a.safetensors");
    EXPECT_EQ(file.tensors().size(), tensors.size());
    for (const TensorView& written : tensors) {
        const TensorView* read = file.find(written.name);
        ASSERT_NE(read, nullptr) << written.name;
        EXPECT_EQ(read->type, written.type);
        EXPECT_EQ(read->shape, written.shape);
        EXPECT_TRUE(std::ranges::equal(read->bytes, written.bytes)) << written.name;
        const auto size = static_cast<std::uintptr_t>(tensor::info(written.type).block_bytes);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read->bytes.data()) % size, 0u) << written.name;
    }
}

TEST(SafetensorsWriter, ACopyOfAModelHoldsTheSame) {
    const TemporaryDirectory directory;
    const Safetensors original = Safetensors::open_folder(fixtures / "deepseek-v3-fp8");
    write_safetensors(directory / "model.safetensors", original.tensors());
    const Safetensors copy = Safetensors::open_folder(directory.path());
    ASSERT_EQ(copy.tensors().size(), original.tensors().size());
    for (const TensorView& tensor : original.tensors()) {
        EXPECT_TRUE(std::ranges::equal(copy.find(tensor.name)->bytes, tensor.bytes)) << tensor.name;
    }
}

TEST(SafetensorsWriter, WhatCouldNotBeReadAgainIsRefused) {
    const TemporaryDirectory directory;
    const std::vector<std::byte> bytes(64);
    const auto expect_unwritable = [&](ErrorCode code, const std::string& fragment,
                                       const std::vector<TensorView>& tensors) {
        expect_error(code, fragment, [&] { write_safetensors(directory / "a.safetensors", tensors); });
        EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
    };
    const auto four = std::span(bytes).first(4);
    const auto bad = ErrorCode::bad_argument;
    expect_unwritable(bad, "cannot write a tensor named \"\"", {{"", DType::u8, {4}, four}});
    expect_unwritable(bad, "cannot write a tensor named \"__metadata__\"", {{"__metadata__", DType::u8, {4}, four}});
    expect_unwritable(bad, "cannot write tensor \"t\" twice",
                      {{"t", DType::u8, {4}, four}, {"t", DType::u8, {4}, four}});
    expect_unwritable(bad, "tensor \"t\" of shape [5] takes 5 bytes, but 4 were given", {{"t", DType::u8, {5}, four}});
    expect_unwritable(bad, "is not valid UTF-8", {{"\xff", DType::u8, {4}, four}});
    expect_unwritable(ErrorCode::unsupported, "safetensors has no type Q8_0; write GGUF instead",
                      {{"t", DType::q8_0, {32}, std::span(bytes).first(34)}});
}

}  // namespace
