// Wrong GGUF files, one way each: the error's sentence names the file, the thing and the reason.

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/expect_error.h"
#include "formats/gguf_bytes.h"
#include "formats/gguf_parser.h"

namespace {

using namespace ergon;
using namespace ergon::formats;
using base::ErrorCode;
using test::array_key;
using test::ByteString;
using test::expect_error;
using test::key;
using test::RawGguf;
using test::RawTensor;

constexpr std::uint64_t huge = 0xFFFFFFFFFFFFFFFF;

void expect_gguf_refused(const std::vector<std::byte>& bytes, const std::string& fragment,
                         ErrorCode code = ErrorCode::bad_file) {
    for (const Truncated truncated : {Truncated::refuse, Truncated::metadata_only}) {
        expect_error(code, "m.gguf", [&] { parse_gguf(bytes, "m.gguf", truncated); });
        expect_error(code, fragment, [&] { parse_gguf(bytes, "m.gguf", truncated); });
    }
}
void expect_gguf_refused(const RawGguf& raw, const std::string& fragment, ErrorCode code = ErrorCode::bad_file) {
    expect_gguf_refused(raw.bytes(), fragment, code);
}
void expect_tensors_refused(std::vector<RawTensor> tensors, const std::string& fragment,
                            ErrorCode code = ErrorCode::bad_file) {
    RawGguf raw;
    raw.tensors = std::move(tensors);
    raw.data_bytes = 4096;
    expect_gguf_refused(raw, fragment, code);
}
void expect_key_refused(const ByteString& one, const std::string& fragment, ErrorCode code = ErrorCode::bad_file) {
    RawGguf raw;
    raw.keys = {one};
    expect_gguf_refused(raw, fragment, code);
}

TEST(GgufHostile, EmptyFile) {
    expect_gguf_refused(std::vector<std::byte>{},
                        "m.gguf is truncated or damaged: its beginning needs 4 bytes at byte 0, but only 0 are left; ");
}

TEST(GgufHostile, OtherFormat) {
    RawGguf raw;
    raw.magic = "PK\x03\x04";
    expect_gguf_refused(raw, R"(not a GGUF file: it begins with "PK\u0003\u0004"; expected "GGUF")");
}

// Found by fuzzing: the formatting library aborts on it, if asked to escape it.
TEST(GgufHostile, OtherFormatThatBeginsWithHalfACharacter) {
    RawGguf raw;
    raw.magic = "GGU\xC6";
    expect_gguf_refused(raw, R"(not a GGUF file: it begins with "GGU\ufffd"; expected "GGUF")");
}

TEST(GgufHostile, GitLfsPointer) {
    const ByteString pointer = ByteString().raw("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n");
    expect_gguf_refused(pointer.bytes(),
                        "is only a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'");
}

TEST(GgufHostile, OtherVersions) {
    RawGguf raw;
    raw.version = 1;
    expect_gguf_refused(raw, "is GGUF version 1; supported are 2 and 3", ErrorCode::unsupported);
    raw.version = 4;
    expect_gguf_refused(raw, "is GGUF version 4; supported are 2 and 3", ErrorCode::unsupported);
    raw.version = 0x03000000;
    expect_gguf_refused(raw, "is a big-endian GGUF file", ErrorCode::unsupported);
}

TEST(GgufHostile, EveryCutInsideTheHeaderIsRefused) {
    RawGguf raw;
    raw.keys = {key("general.architecture", GgufType::string).text("llama"),
                array_key("texts", GgufType::string, 2).text("one").text("two"),
                array_key("numbers", GgufType::f32, 2).number(1.0f).number(2.0f),
                key("yes", GgufType::boolean).number<std::uint8_t>(1)};
    raw.tensors = {{.name = "t"}};
    raw.alignment = 8;  // little padding
    const auto whole = raw.bytes();
    constexpr std::size_t padding = 7;
    for (std::size_t size = 0; size < whole.size() - padding; ++size) {
        expect_gguf_refused({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, "truncated or damaged");
    }
}

TEST(GgufHostile, AbsurdCounts) {
    RawGguf raw;
    raw.claimed_tensors = huge;
    expect_gguf_refused(raw, ": it claims 18446744073709551615 tensors, more than the 1048576 accepted");
    raw.claimed_tensors = 1000;
    expect_gguf_refused(raw, "the number of tensors needs 1000 x 24 bytes at byte 24, but only");
    raw.claimed_tensors = {};
    raw.claimed_keys = huge;
    expect_gguf_refused(raw, ": it claims 18446744073709551615 metadata keys, more than the 65536 accepted");
    raw.claimed_keys = 1000;
    expect_gguf_refused(raw, "the number of metadata keys needs 1000 x 13 bytes at byte 24, but only");
}

TEST(GgufHostile, AbsurdLengthOfAKey) {
    expect_key_refused(ByteString().number(huge).zeros(64), "metadata key 1 of 1 needs 18446744073709551615 bytes");
    expect_key_refused(ByteString().number<std::uint64_t>(65536).zeros(70000),
                       "metadata key 1 of 1 has a string of 65536 bytes; at most 65535 are accepted");
}

TEST(GgufHostile, AbsurdLengthOfAText) {
    expect_key_refused(key("k", GgufType::string).number(huge).zeros(64),
                       "the value of metadata key \"k\" needs 18446744073709551615 bytes");
}

TEST(GgufHostile, AbsurdCountOfAnArray) {
    for (const GgufType type : {GgufType::u8, GgufType::f64, GgufType::boolean, GgufType::string}) {
        expect_key_refused(array_key("k", type, huge).zeros(64),
                           "the value of metadata key \"k\" needs 18446744073709551615 bytes");
    }
    // 2^61 elements of 8 bytes: the product wraps to 0.
    expect_key_refused(array_key("k", GgufType::u64, std::uint64_t{1} << 61).zeros(64),
                       "needs 2305843009213693952 bytes");
    expect_key_refused(array_key("k", GgufType::u64, 20).zeros(64), "needs 20 x 8 bytes");
    expect_key_refused(array_key("k", GgufType::string, 20).zeros(64), "needs 20 x 8 bytes");
}

TEST(GgufHostile, MoreArrayElementsThanAccepted) {
    RawGguf raw;
    constexpr std::size_t half = std::size_t{1} << 23;
    raw.keys = {array_key("a", GgufType::u8, half).zeros(half), array_key("b", GgufType::u8, half + 1).zeros(half + 1)};
    expect_gguf_refused(raw, "metadata key \"b\" brings the number of array elements above the limit of 16777216");
}

TEST(GgufHostile, NestedArrays) {
    expect_key_refused(array_key("k", GgufType::array, 1).number<std::uint32_t>(0).number<std::uint64_t>(1).zeros(16),
                       "metadata key \"k\" is an array of arrays", ErrorCode::unsupported);
}

TEST(GgufHostile, UnknownMetadataTypes) {
    expect_key_refused(key("k", static_cast<GgufType>(13)).zeros(16), "metadata key \"k\" has the unknown type 13");
    expect_key_refused(array_key("k", static_cast<GgufType>(99), 1).zeros(16),
                       "metadata key \"k\" has the unknown type 99");
}

TEST(GgufHostile, NeitherTrueNorFalse) {
    expect_key_refused(key("k", GgufType::boolean).number<std::uint8_t>(2),
                       "metadata key \"k\" holds 2; expected a boolean");
    expect_key_refused(array_key("k", GgufType::boolean, 1).number<std::uint8_t>(255), "metadata key \"k\" holds 255");
}

TEST(GgufHostile, KeyTwice) {
    RawGguf raw;
    raw.keys = {key("k", GgufType::u8).zeros(1), key("k", GgufType::string).text("")};
    expect_gguf_refused(raw, "metadata key \"k\" occurs twice");
}

TEST(GgufHostile, KeyAndTensorWithoutAName) {
    expect_key_refused(key("", GgufType::u8).zeros(1), "metadata key 1 of 1 has no name");
    expect_tensors_refused({{.name = ""}}, "a tensor has no name");
}

TEST(GgufHostile, NamesAreShownEscapedAndCut) {
    expect_key_refused(key("a\n\x1b[31m\xff", GgufType::boolean).number<std::uint8_t>(2), R"("a\n\u001b[31m\ufffd")");
    const std::string name(300, 'n');
    expect_key_refused(key(name, GgufType::boolean).number<std::uint8_t>(2), '"' + name.substr(0, 100) + "\"...");
}

TEST(GgufHostile, ImpossibleAlignment) {
    for (const std::uint32_t alignment : {0u, 1u, 4u, 24u, 33u, 0x80000000u}) {
        expect_key_refused(
            key("general.alignment", GgufType::u32).number(alignment),
            "general.alignment must be a power of two from 8 to 1048576, found " + std::to_string(alignment));
    }
    expect_key_refused(key("general.alignment", GgufType::string).text("32"), "found not an unsigned integer");
}

TEST(GgufHostile, TensorTwice) {
    expect_tensors_refused({{.name = "t"}, {.name = "u", .offset = 32}, {.name = "t", .offset = 64}},
                           "tensor \"t\" occurs twice");
}

TEST(GgufHostile, TooManyDimensions) {
    expect_tensors_refused({{.extents = {1, 1, 1, 1, 1}}}, "tensor \"t\" has 5 dimensions; GGUF allows 4");
    RawGguf raw;
    raw.keys = {};
    raw.tensors = {{.name = "t"}};
    auto bytes = raw.bytes();
    bytes[24 + 8 + 1 + 3] = std::byte{0xFF};  // the rank's highest byte
    expect_gguf_refused(bytes, "tensor \"t\" has 4278190081 dimensions");
}

TEST(GgufHostile, ShapesThatOverflow) {
    const std::uint64_t half = std::uint64_t{1} << 32;
    for (const std::vector<std::uint64_t>& extents : {std::vector<std::uint64_t>{huge},
                                                      {half, half},
                                                      {half, half, 0},
                                                      {0, half, half},
                                                      {std::uint64_t{1} << 62},
                                                      {1u << 31, 1u << 31, 2}}) {
        expect_tensors_refused({{.extents = extents}}, "of tensor \"t\" is larger than any file can hold");
    }
}

TEST(GgufHostile, RowsThatAreNotWholeBlocks) {
    expect_tensors_refused({{.extents = {48, 2}, .type = 2}},
                           "tensor \"t\" has rows of 48 values, which Q4_0 cannot store: it takes blocks of 32");
    // 128 x 2 values would fill one block, but a block may not cross rows.
    expect_tensors_refused({{.extents = {128, 2}, .type = 12}},
                           "tensor \"t\" has rows of 128 values, which Q4_K cannot store");
}

TEST(GgufHostile, TypesThatErgonDoesNotRead) {
    expect_tensors_refused({{.type = 16}}, "tensor \"t\" has the type IQ2_XXS (16), which is not supported",
                           ErrorCode::unsupported);
    for (const std::uint32_t removed : {4u, 5u, 31u, 36u, 40u, 0xFFFFFFFFu}) {
        expect_tensors_refused({{.type = removed}}, std::to_string(removed) + " (unknown), which is not supported",
                               ErrorCode::unsupported);
    }
}

TEST(GgufHostile, MisalignedOffset) {
    expect_tensors_refused({{.offset = 8}},
                           "tensor \"t\" begins at byte 8 of the data, which is not a multiple of the alignment, 32");
}

TEST(GgufHostile, OffsetBeyondAnyFile) {
    expect_tensors_refused({{.offset = 0xFFFFFFFFFFFFFFE0}},
                           "tensor \"t\" begins at byte 18446744073709551584 of the data, beyond the end of any file");
    expect_tensors_refused({{.offset = 0x7FFFFFFFFFFFFFE0}}, "beyond the end of any file");
}

TEST(GgufHostile, OverlappingTensors) {
    expect_tensors_refused({{.name = "a", .extents = {16}}, {.name = "b", .offset = 32}},
                           "tensors \"a\" and \"b\" overlap at byte 32 of the data");
    expect_tensors_refused({{.name = "a"}, {.name = "b"}}, "tensors \"a\" and \"b\" overlap at byte 0 of the data");
}

TEST(GgufHostile, BytesThatBelongToNoTensor) {
    RawGguf raw;
    raw.tensors = {{.name = "a"}, {.name = "b", .offset = 64}};  // 32 bytes each
    raw.data_bytes = 96;
    expect_gguf_refused(
        raw,
        "m.gguf: 32 bytes of the data, from byte 32 on, belong to no tensor: tensor \"a\" ends there, and "
        "the next begins at byte 64");
    raw.tensors = {{.name = "a", .offset = 32}};
    raw.data_bytes = 64;
    expect_gguf_refused(raw, "32 bytes of the data, from byte 0 on, belong to no tensor: the header ends there");
    // A file ends with its last tensor, or with the padding behind it.
    raw.tensors = {{.name = "a", .extents = {4}}};
    raw.data_bytes = 33;
    expect_gguf_refused(
        raw,
        "17 bytes of the data, from byte 16 on, belong to no tensor: tensor \"a\" ends there, and no other "
        "follows");
    raw.tensors = {};
    expect_gguf_refused(raw, "33 bytes of the data, from byte 0 on, belong to no tensor");
}

TEST(GgufHostile, PaddingThatIsNotZero) {
    RawGguf raw;
    raw.tensors = {{.name = "a", .extents = {4}}};
    raw.data_bytes = 32;
    expect_gguf_refused(raw, "byte 16 of the data, between the end of tensor \"a\" and the alignment, is not zero");
}

TEST(GgufHostile, DataBeyondTheEnd) {
    RawGguf raw;
    raw.tensors = {{.name = "t", .extents = {std::uint64_t{1} << 60}}};
    raw.data_bytes = 64;
    const auto bytes = raw.bytes();
    expect_error(ErrorCode::bad_file,
                 "m.gguf is truncated at byte 128: tensor \"t\" needs bytes 64 to 4611686018427387968",
                 [&] { parse_gguf(bytes, "m.gguf"); });
    EXPECT_TRUE(parse_gguf(bytes, "m.gguf", Truncated::metadata_only).tensors[0].bytes.empty());
}

TEST(GgufHostile, AnEmptyTensorFarOutsideIsHarmless) {
    RawGguf raw;
    raw.tensors = {{.name = "t", .extents = {0}, .offset = 0x7FFFFFFFFFFFFFE0}};
    const auto bytes = raw.bytes();
    EXPECT_TRUE(parse_gguf(bytes, "m.gguf").tensors[0].bytes.empty());
}

}  // namespace
