#include "formats/gguf.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <utility>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "formats/gguf_bytes.h"

namespace {

using namespace ergon;
using namespace ergon::formats;
using base::ErrorCode;
using tensor::DType;
using tensor::Shape;
using test::array_key;
using test::ByteString;
using test::expect_error;
using test::key;
using test::RawGguf;
using test::TemporaryDirectory;

const std::filesystem::path vocab = std::filesystem::path(ERGON_FIXTURES) / "vocab";

TEST(GgufFixture, VocabularyFilesOpen) {
    const Gguf file = Gguf::open(vocab / "deepseek-llm.gguf");
    EXPECT_EQ(file.version(), 3u);
    EXPECT_TRUE(file.tensors().empty());
    EXPECT_TRUE(file.missing_data().empty());
    EXPECT_EQ(file.text("tokenizer.ggml.model"), "gpt2");
    EXPECT_EQ(file.text("tokenizer.ggml.pre"), "deepseek-llm");
    const auto& tokens = file.texts("tokenizer.ggml.tokens");
    EXPECT_EQ(tokens.size(), file.integers("tokenizer.ggml.token_type").size());
    EXPECT_EQ(tokens.at(18), "3");
    EXPECT_FALSE(file.texts("tokenizer.ggml.merges").empty());
}

TEST(GgufFixture, R1DistillHasItsMarkers) {
    const Gguf file = Gguf::open(vocab / "r1-distill-qwen.gguf");
    EXPECT_EQ(file.text("tokenizer.ggml.pre"), "deepseek-r1-qwen");
    EXPECT_EQ(file.texts("tokenizer.ggml.tokens").at(151648), "<think>");
    EXPECT_EQ(file.integers("tokenizer.ggml.token_type").at(151648), 4);
    EXPECT_EQ(file.metadata_types().at("tokenizer.ggml.token_type"), GgufType::i32);
}

/// Every type of value, at the edges of its range.
RawGguf all_types() {
    using test::GgufType;
    RawGguf file;
    file.keys = {
        key("u8", GgufType::u8).number<std::uint8_t>(255),
        key("i8", GgufType::i8).number<std::int8_t>(-128),
        key("u16", GgufType::u16).number<std::uint16_t>(65535),
        key("i16", GgufType::i16).number<std::int16_t>(-32768),
        key("u32", GgufType::u32).number<std::uint32_t>(4294967295u),
        key("i32", GgufType::i32).number(std::numeric_limits<std::int32_t>::min()),
        key("u64", GgufType::u64).number(std::numeric_limits<std::uint64_t>::max()),
        key("i64", GgufType::i64).number(std::numeric_limits<std::int64_t>::min()),
        key("f32", GgufType::f32).number(0.1f),
        key("f64", GgufType::f64).number(0.1),
        key("yes", GgufType::boolean).number<std::uint8_t>(1),
        key("text", GgufType::string).text(std::string_view("a\0ü", 4)),
        array_key("u16s", GgufType::u16, 2).number<std::uint16_t>(1).number<std::uint16_t>(65535),
        array_key("i8s", GgufType::i8, 2).number<std::int8_t>(-1).number<std::int8_t>(1),
        array_key("f32s", GgufType::f32, 2).number(1.5f).number(-2.5f),
        array_key("bools", GgufType::boolean, 3)
            .number<std::uint8_t>(1)
            .number<std::uint8_t>(0)
            .number<std::uint8_t>(1),
        array_key("texts", GgufType::string, 2).text("").text("b"),
        array_key("none", GgufType::u64, 0),
    };
    return file;
}

TEST(Gguf, EveryMetadataTypeInBothVersions) {
    const TemporaryDirectory directory;
    for (const std::uint32_t version : {2u, 3u}) {
        RawGguf raw = all_types();
        raw.version = version;
        const Gguf file = Gguf::open(directory.write("a.gguf", raw.bytes()));
        EXPECT_EQ(file.version(), version);
        EXPECT_EQ(file.integer("u8"), 255);
        EXPECT_EQ(file.integer("i8"), -128);
        EXPECT_EQ(file.integer("u16"), 65535);
        EXPECT_EQ(file.integer("i16"), -32768);
        EXPECT_EQ(file.integer("u32"), 4294967295);
        EXPECT_EQ(file.integer("i32"), std::numeric_limits<std::int32_t>::min());
        EXPECT_EQ(file.integer("i64"), std::numeric_limits<std::int64_t>::min());
        EXPECT_EQ(file.real("f32"), static_cast<double>(0.1f));
        EXPECT_EQ(file.real("f64"), 0.1);
        EXPECT_TRUE(file.boolean("yes", false));
        EXPECT_EQ(file.text("text"), std::string("a\0ü", 4));
        EXPECT_EQ(file.integers("u16s"), (std::vector<std::int64_t>{1, 65535}));
        EXPECT_EQ(file.integers("i8s"), (std::vector<std::int64_t>{-1, 1}));
        EXPECT_EQ(file.reals("f32s"), (std::vector<double>{1.5, -2.5}));
        EXPECT_EQ(std::get<std::vector<bool>>(file.metadata().at("bools")), (std::vector<bool>{true, false, true}));
        EXPECT_EQ(file.texts("texts"), (std::vector<std::string>{"", "b"}));
        EXPECT_TRUE(file.integers("none").empty());
    }
}

TEST(GgufLookup, IntegersConvertWhereTheyFit) {
    const TemporaryDirectory directory;
    const Gguf file = Gguf::open(directory.write("a.gguf", all_types().bytes()));
    EXPECT_EQ(file.real("u8"), 255.0);
    EXPECT_EQ(file.reals("i8s"), (std::vector<double>{-1, 1}));
    expect_error(ErrorCode::bad_file, "metadata key \"u64\" is not an integer that fits in 64 bits with a sign",
                 [&] { file.integer("u64"); });
    expect_error(ErrorCode::bad_file, "metadata key \"f32\" is not an integer", [&] { file.integer("f32"); });
}

TEST(GgufLookup, AbsentAndMistakenKeysAreNamed) {
    const TemporaryDirectory directory;
    const auto path = directory.write("a.gguf", all_types().bytes());
    const Gguf file = Gguf::open(path);
    expect_error(ErrorCode::bad_file, path.string() + ": metadata key \"llama.block_count\" is missing",
                 [&] { file.integer("llama.block_count"); });
    EXPECT_EQ(file.integer("absent", 7), 7);
    EXPECT_EQ(file.real("absent", 0.5), 0.5);
    EXPECT_TRUE(file.boolean("absent", true));
    EXPECT_EQ(file.text("absent", "x"), "x");
    expect_error(ErrorCode::bad_file, "metadata key \"text\" is not an integer", [&] { file.integer("text", 7); });
    expect_error(ErrorCode::bad_file, "metadata key \"yes\" is not a number", [&] { file.real("yes", 7); });
    expect_error(ErrorCode::bad_file, "metadata key \"u8\" is not a truth value", [&] { file.boolean("u8", true); });
    expect_error(ErrorCode::bad_file, "metadata key \"u8\" is not a string", [&] { file.text("u8"); });
    expect_error(ErrorCode::bad_file, "metadata key \"text\" is not a list of strings", [&] { file.texts("text"); });
    expect_error(ErrorCode::bad_file, "metadata key \"f32s\" is not a list of integers",
                 [&] { file.integers("f32s"); });
    expect_error(ErrorCode::bad_file, "metadata key \"texts\" is not a list of numbers", [&] { file.reals("texts"); });
    expect_error(ErrorCode::bad_file, "metadata key \"bools\" is not a list of integers",
                 [&] { file.integers("bools"); });
}

TEST(Gguf, TensorsOfEveryTypeWithShapesReversed) {
    struct Type {
        std::uint32_t id;
        DType type;
    };
    const std::vector<Type> types = {
        {0, DType::f32},    {1, DType::f16},   {30, DType::bf16}, {28, DType::f64},    {24, DType::i8},
        {25, DType::i16},   {26, DType::i32},  {27, DType::i64},  {2, DType::q4_0},    {3, DType::q4_1},
        {6, DType::q5_0},   {7, DType::q5_1},  {8, DType::q8_0},  {10, DType::q2_k},   {11, DType::q3_k},
        {12, DType::q4_k},  {13, DType::q5_k}, {14, DType::q6_k}, {20, DType::iq4_nl}, {23, DType::iq4_xs},
        {39, DType::mxfp4},
    };
    for (const auto& [id, type] : types) {
        RawGguf raw;
        raw.tensors = {{.name = "w", .extents = {256, 3, 2}, .type = id}};
        raw.data_bytes = static_cast<std::size_t>(*tensor::storage_bytes(type, 256 * 3 * 2));
        const auto bytes = raw.bytes();
        const GgufContent content = parse_gguf(bytes, "memory");
        ASSERT_EQ(content.tensors.size(), 1u) << id;
        EXPECT_EQ(content.tensors[0].type, type) << id;
        EXPECT_EQ(content.tensors[0].shape, (Shape{2, 3, 256})) << id;
        EXPECT_EQ(content.tensors[0].bytes.size(), raw.data_bytes) << id;
        EXPECT_EQ(content.tensors[0].bytes[1], std::byte{1});
    }
}

TEST(Gguf, AlignmentMovesTheData) {
    RawGguf raw;
    raw.keys = {key("general.alignment", GgufType::u32).number<std::uint32_t>(128)};
    raw.alignment = 128;
    raw.tensors = {{.name = "a", .extents = {32}}, {.name = "b", .extents = {2}, .offset = 128}};
    raw.data_bytes = 136;
    const auto bytes = raw.bytes();
    const GgufContent content = parse_gguf(bytes, "memory");
    EXPECT_EQ(content.tensors[0].bytes[0], std::byte{0});
    EXPECT_EQ(content.tensors[1].bytes[0], std::byte{128});
}

TEST(Gguf, ScalarAndEmptyTensors) {
    RawGguf raw;
    raw.tensors = {{.name = "scalar", .extents = {}}, {.name = "empty", .extents = {0, 4}, .offset = 32}};
    raw.data_bytes = 4;
    const auto bytes = raw.bytes();
    const GgufContent content = parse_gguf(bytes, "memory");
    EXPECT_EQ(content.tensors[0].shape.rank(), 0);
    EXPECT_EQ(content.tensors[0].bytes.size(), 4u);
    EXPECT_EQ(content.tensors[1].shape, (Shape{4, 0}));
    EXPECT_TRUE(content.tensors[1].bytes.empty());
}

TEST(Gguf, FindsTensorsAlsoAfterMoving) {
    const TemporaryDirectory directory;
    RawGguf raw;
    raw.tensors = {{.name = "a", .extents = {8}}, {.name = "b", .extents = {8}, .offset = 32}};
    raw.data_bytes = 64;
    Gguf first = Gguf::open(directory.write("a.gguf", raw.bytes()));
    const Gguf second = std::move(first);
    ASSERT_NE(second.find("b"), nullptr);
    EXPECT_EQ(second.find("b")->bytes[0], std::byte{32});
    EXPECT_EQ(second.find("c"), nullptr);
}

TEST(GgufTruncated, MetadataOnlyOpensWhatIsThere) {
    const TemporaryDirectory directory;
    RawGguf raw;
    raw.keys = {key("general.architecture", GgufType::string).text("llama")};
    raw.tensors = {{.name = "a", .extents = {8}},
                   {.name = "b", .extents = {8}, .offset = 32},
                   {.name = "c", .extents = {8}, .offset = 64}};
    raw.data_bytes = 40;
    const auto path = directory.write("a.gguf", raw.bytes());
    const std::string sentence = path.string() +
                                 " is truncated at byte 232: tensor \"b\" needs bytes 224 to 256 "
                                 "(2 of 3 tensors are incomplete); fetch the file again";
    expect_error(ErrorCode::bad_file, sentence, [&] { Gguf::open(path); });

    const Gguf file = Gguf::open(path, Truncated::metadata_only);
    EXPECT_EQ(file.missing_data(), sentence);
    EXPECT_EQ(file.text("general.architecture"), "llama");
    EXPECT_EQ(file.find("a")->bytes.size(), 32u);
    EXPECT_TRUE(file.find("b")->bytes.empty());
    EXPECT_EQ(file.find("c")->shape, Shape{8});
}

// Three shards of one tensor each.
struct Shards {
    TemporaryDirectory directory;

    static RawGguf shard(std::uint16_t number, std::uint16_t count, std::string_view tensor) {
        RawGguf raw;
        raw.keys = {key("split.no", GgufType::u16).number(number), key("split.count", GgufType::u16).number(count),
                    key("split.tensors.count", GgufType::i32).number<std::int32_t>(3)};
        raw.tensors = {{.name = tensor, .extents = {8}}};
        raw.data_bytes = 32;
        return raw;
    }
    std::filesystem::path write(int number, const RawGguf& raw) const {
        return directory.write(fmt::format("m-{:05}-of-00003.gguf", number), raw.bytes());
    }
    Shards() {
        write(1, shard(0, 3, "a"));
        write(2, shard(1, 3, "b"));
        write(3, shard(2, 3, "c"));
    }
    std::filesystem::path first() const { return directory / "m-00001-of-00003.gguf"; }
};

TEST(GgufShards, AllAreFoundBesideTheFirst) {
    const Shards shards;
    const Gguf file = Gguf::open(shards.first());
    ASSERT_EQ(file.tensors().size(), 3u);
    for (const char* name : {"a", "b", "c"}) EXPECT_EQ(file.find(name)->bytes[1], std::byte{1});
}

TEST(GgufShards, AnotherThanTheFirstIsRefusedWithItsName) {
    const Shards shards;
    expect_error(ErrorCode::bad_argument, "is shard 2 of 3; give the first, " + shards.first().string(),
                 [&] { Gguf::open(shards.directory / "m-00002-of-00003.gguf"); });
}

TEST(GgufShards, AMissingOneIsNotFound) {
    const Shards shards;
    std::filesystem::remove(shards.directory / "m-00003-of-00003.gguf");
    expect_error(ErrorCode::not_found, "m-00003-of-00003.gguf", [&] { Gguf::open(shards.first()); });
}

TEST(GgufShards, ARenamedFirstIsRefused) {
    const Shards shards;
    std::filesystem::rename(shards.first(), shards.directory / "model.gguf");
    expect_error(ErrorCode::bad_file, "model.gguf is shard 1 of 3; it must be named NAME-00001-of-00003.gguf",
                 [&] { Gguf::open(shards.directory / "model.gguf"); });
}

TEST(GgufShards, OnesThatDoNotBelongTogetherAreRefused) {
    const Shards shards;
    shards.write(2, Shards::shard(2, 3, "b"));
    expect_error(ErrorCode::bad_file, "claims to be shard 3 of 3; expected 2 of 3",
                 [&] { Gguf::open(shards.first()); });
    shards.write(2, Shards::shard(1, 4, "b"));
    expect_error(ErrorCode::bad_file, "claims to be shard 2 of 4; expected 2 of 3",
                 [&] { Gguf::open(shards.first()); });
    shards.write(2, Shards::shard(1, 3, "a"));
    expect_error(ErrorCode::bad_file, "tensor \"a\" is in two shards", [&] { Gguf::open(shards.first()); });
}

TEST(GgufShards, NumbersThatMakeNoSenseAreRefused) {
    const Shards shards;
    shards.write(1, Shards::shard(3, 3, "a"));
    expect_error(ErrorCode::bad_file, "split.no 3 and split.count 3 contradict each other",
                 [&] { Gguf::open(shards.first()); });
    RawGguf raw;
    raw.keys = {key("split.no", GgufType::i64).number(std::numeric_limits<std::int64_t>::max()),
                key("split.count", GgufType::u64).number(std::numeric_limits<std::int64_t>::max())};
    shards.write(1, raw);
    expect_error(ErrorCode::bad_file, "contradict each other", [&] { Gguf::open(shards.first()); });
    raw.keys[0] = key("split.no", GgufType::string).text("1");
    expect_error(ErrorCode::bad_file, "contradict each other", [&] { Gguf::open(shards.write(1, raw)); });
}

TEST(GgufShards, TheNumberOfTensorsMustBeThePromised) {
    const Shards shards;
    RawGguf empty = Shards::shard(1, 3, "b");
    empty.tensors.clear();
    empty.data_bytes = 0;
    shards.write(2, empty);
    expect_error(ErrorCode::bad_file, "hold 2 tensors, but split.tensors.count is 3",
                 [&] { Gguf::open(shards.first()); });
}

}  // namespace
