#include "formats/gguf_writer.h"

#include <cstdint>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/temporary_directory.h"
#include "formats/gguf.h"

namespace {

using namespace ergon;
using namespace ergon::formats;
using base::ErrorCode;
using tensor::DType;
using tensor::Shape;
using tensor::TensorView;
using test::expect_error;
using test::TemporaryDirectory;

std::vector<std::byte> pattern(std::size_t size, int seed) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + static_cast<std::size_t>(seed));
    return bytes;
}

const std::vector<GgufField> all_kinds = {
    {"general.architecture", std::string("llama")},
    {"u32", std::uint64_t{4294967295}},
    {"u64", std::uint64_t{4294967296}},
    {"i32", std::int64_t{-2147483648}},
    {"i64", std::int64_t{-2147483649}},
    {"f32", 0.5},
    {"f64", 0.1, GgufType::f64},
    {"u8", std::uint64_t{255}, GgufType::u8},
    {"i16", std::int64_t{-300}, GgufType::i16},
    {"yes", true},
    {"u64s", std::vector<std::uint64_t>{1, std::uint64_t{1} << 40}},
    {"i32s", std::vector<std::int64_t>{-1, 1}},
    {"f32s", std::vector<double>{1.5, -2.5}},
    {"bools", std::vector<bool>{true, false}},
    {"texts", std::vector<std::string>{"", "ü"}},
};

TEST(GgufWriter, MetadataComesBackWithItsWidths) {
    const TemporaryDirectory directory;
    write_gguf(directory / "a.gguf", all_kinds, {});
    const Gguf file = Gguf::open(directory / "a.gguf");
    EXPECT_EQ(file.version(), 3u);
    ASSERT_EQ(file.metadata().size(), all_kinds.size());
    for (const GgufField& field : all_kinds) EXPECT_EQ(file.metadata().at(field.key), field.value) << field.key;
    const MetadataTypes expected = {
        {"general.architecture", GgufType::string},
        {"u32", GgufType::u32},
        {"u64", GgufType::u64},
        {"i32", GgufType::i32},
        {"i64", GgufType::i64},
        {"f32", GgufType::f32},
        {"f64", GgufType::f64},
        {"u8", GgufType::u8},
        {"i16", GgufType::i16},
        {"yes", GgufType::boolean},
        {"u64s", GgufType::u64},
        {"i32s", GgufType::i32},
        {"f32s", GgufType::f32},
        {"bools", GgufType::boolean},
        {"texts", GgufType::string},
    };
    EXPECT_EQ(file.metadata_types(), expected);
}

TEST(GgufWriter, TensorsComeBackAligned) {
    const TemporaryDirectory directory;
    for (const std::uint64_t alignment : {8, 32, 4096}) {
        const std::vector<GgufField> metadata = {{"general.alignment", alignment}};
        const auto a = pattern(5 * 4, 1), b = pattern(2 * 3 * 144, 2), c = pattern(17, 3);
        const std::vector<TensorView> tensors = {{"a", DType::f32, {5}, a},
                                                 {"empty", DType::f16, {4, 0}, {}},
                                                 {"b", DType::q4_k, {2, 3, 256}, b},
                                                 {"c", DType::mxfp4, {32}, c}};
        write_gguf(directory / "a.gguf", metadata, tensors);
        const Gguf file = Gguf::open(directory / "a.gguf");
        ASSERT_EQ(file.tensors().size(), tensors.size());
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            const TensorView& read = file.tensors()[i];
            EXPECT_EQ(read.name, tensors[i].name);
            EXPECT_EQ(read.type, tensors[i].type);
            EXPECT_EQ(read.shape, tensors[i].shape);
            EXPECT_TRUE(std::ranges::equal(read.bytes, tensors[i].bytes)) << read.name;
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.bytes.data()) % alignment, 0u) << read.name;
        }
    }
}

TEST(GgufWriter, PiecesMakeTheSameFileAsWholeTensors) {
    const TemporaryDirectory directory;
    const auto a = pattern(100 * 4, 1), b = pattern(64, 2);
    const std::vector<TensorView> tensors = {{"a", DType::f32, {100}, a}, {"b", DType::i8, {64}, b}};
    write_gguf(directory / "whole.gguf", all_kinds, tensors);
    GgufWriter writer(directory / "pieces.gguf", all_kinds, {{"a", DType::f32, {100}}, {"b", DType::i8, {64}}});
    for (std::size_t i = 0; i < a.size(); i += 25) writer.append("a", std::span(a).subspan(i, 25));
    writer.append("b", b);
    EXPECT_FALSE(std::filesystem::exists(directory / "pieces.gguf"));
    writer.finish();
    EXPECT_EQ(base::read_text(directory / "pieces.gguf"), base::read_text(directory / "whole.gguf"));
}

TEST(GgufWriter, ACopyOfARealVocabularyHoldsTheSame) {
    const TemporaryDirectory directory;
    const Gguf original = Gguf::open(std::filesystem::path(ERGON_FIXTURES) / "vocab/smollm2.gguf");
    write_gguf(directory / "copy.gguf", gguf_fields(original.metadata(), original.metadata_types()), {});
    const Gguf copy = Gguf::open(directory / "copy.gguf");
    EXPECT_EQ(copy.metadata(), original.metadata());
    EXPECT_EQ(copy.metadata_types(), original.metadata_types());
}

TEST(GgufWriter, LeavesNothingWithoutFinish) {
    const TemporaryDirectory directory;
    const auto a = pattern(32, 1);
    {
        GgufWriter writer(directory / "a.gguf", {}, {{"a", DType::i8, {64}}});
        writer.append("a", a);
        expect_error(ErrorCode::bad_argument, "tensor \"a\" has 32 of its 64 bytes", [&] { writer.finish(); });
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(GgufWriter, TensorsOutOfTurnOrTooLongAreRefused) {
    const TemporaryDirectory directory;
    const auto a = pattern(65, 1);
    GgufWriter writer(directory / "a.gguf", {}, {{"a", DType::i8, {64}}, {"b", DType::i8, {1}}});
    expect_error(ErrorCode::bad_argument, "expected tensor \"a\" next, not \"b\"", [&] { writer.append("b", a); });
    expect_error(ErrorCode::bad_argument, "tensor \"a\" takes 64 bytes, but 65 were given",
                 [&] { writer.append("a", a); });
    writer.append("a", std::span(a).first(64));
    writer.append("b", std::span(a).first(1));
    expect_error(ErrorCode::bad_argument, "expected tensor (none) next", [&] { writer.append("b", a); });
}

void expect_unwritable(ErrorCode code, const std::string& fragment, const std::vector<GgufField>& metadata,
                       const std::vector<TensorHeader>& tensors = {}) {
    const TemporaryDirectory directory;
    expect_error(code, fragment, [&] { GgufWriter(directory / "a.gguf", metadata, tensors); });
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(GgufWriter, WhatCouldNotBeReadAgainIsRefused) {
    const auto bad = ErrorCode::bad_argument;
    expect_unwritable(bad, "cannot write metadata key \"k\" twice", {{"k", true}, {"k", false}});
    expect_unwritable(bad, "cannot write a metadata key without a name", {{"", true}});
    expect_unwritable(bad, "cannot write tensor \"t\" twice", {}, {{"t", DType::i8, {1}}, {"t", DType::i8, {1}}});
    expect_unwritable(bad, "cannot write a tensor without a name", {}, {{"", DType::i8, {1}}});
    expect_unwritable(bad, "rows of 33 values, which Q8_0 cannot store", {}, {{"t", DType::q8_0, {33}}});
    expect_unwritable(bad, "its value does not fit into the GGUF type 0", {{"k", std::uint64_t{256}, GgufType::u8}});
    expect_unwritable(bad, "its value does not fit into the GGUF type 5", {{"k", std::uint64_t{1}, GgufType::i32}});
    expect_unwritable(bad, "its value does not fit into the GGUF type 8", {{"k", true, GgufType::string}});
    expect_unwritable(bad, "does not fit into F32", {{"k", 1e300}});
    expect_unwritable(bad, "general.alignment must be an unsigned power of two",
                      {{"general.alignment", std::uint64_t{24}}});
    expect_unwritable(ErrorCode::unsupported, "cannot write tensor \"t\": GGUF has no type F8_E4M3", {},
                      {{"t", DType::f8_e4m3, {1}}});
}

}  // namespace
