// Wrong safetensors files and folders, one way each.

#include <cstdint>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "formats/safetensors.h"
#include "formats/safetensors_bytes.h"

namespace {

using namespace ergon;
using namespace ergon::formats;
using base::ErrorCode;
using test::ByteString;
using test::expect_error;
using test::safetensors_bytes;
using test::TemporaryDirectory;

void expect_refused(const std::vector<std::byte>& bytes, const std::string& fragment,
                    ErrorCode code = ErrorCode::bad_file) {
    expect_error(code, "m.safetensors", [&] { parse_safetensors(bytes, "m.safetensors"); });
    expect_error(code, fragment, [&] { parse_safetensors(bytes, "m.safetensors"); });
}
void expect_refused(std::string_view header, std::size_t data_bytes, const std::string& fragment,
                    ErrorCode code = ErrorCode::bad_file) {
    expect_refused(safetensors_bytes(header, data_bytes), fragment, code);
}

TEST(SafetensorsHostile, EmptyAndShortFiles) {
    expect_refused(
        std::vector<std::byte>{},
        "m.safetensors is truncated or damaged: its beginning needs 8 bytes at byte 0, but only 0 are left; ");
    expect_refused(ByteString().number<std::uint64_t>(10).raw("{}").bytes(),
                   "the header needs 10 bytes at byte 8, but only 2 are left");
}

TEST(SafetensorsHostile, GitLfsPointer) {
    expect_refused(ByteString().raw("version https://git-lfs.github.com/spec/v1\n").bytes(),
                   "is only a Git LFS pointer");
}

TEST(SafetensorsHostile, AbsurdHeaderLength) {
    expect_refused(ByteString().number(~std::uint64_t{0}).zeros(64).bytes(),
                   ": it claims a header of 18446744073709551615 bytes; at most 100000000 are accepted");
}

TEST(SafetensorsHostile, HeadersThatAreNotOne) {
    expect_refused("{", 0, "the header of m.safetensors is not valid JSON: line 1, column 2");
    expect_refused("[]", 0, "its header is not a JSON object");
    expect_refused("{} {}", 0, "is not valid JSON");
    expect_refused(std::string(100'000, '['), 0, "nests deeper than 3 levels");
    expect_refused(R"({"__metadata__":{"a":1}})", 0, "__metadata__ must be an object of strings");
    expect_refused(R"({"__metadata__":"a"})", 0, "__metadata__ must be an object of strings");
}

TEST(SafetensorsHostile, TensorTwice) {
    expect_refused(
        R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
        2, "has the key \"t\" twice");
}

TEST(SafetensorsHostile, IncompleteEntries) {
    expect_refused(R"({"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1, "a tensor has no name");
    expect_refused(R"({"t":1})", 0, "the entry of tensor \"t\" is not an object");
    expect_refused(R"({"t":{"shape":[1],"data_offsets":[0,1]}})", 1, "tensor \"t\" has no dtype");
    expect_refused(R"({"t":{"dtype":"U8","data_offsets":[0,1]}})", 1, "tensor \"t\" has no shape");
    expect_refused(R"({"t":{"dtype":"U8","shape":[1]}})", 1, "tensor \"t\" has no data_offsets");
    expect_refused(R"({"t":{"dtype":7,"shape":[1],"data_offsets":[0,1]}})", 1,
                   "the dtype of tensor \"t\" is not a string");
    expect_refused(R"({"t":{"dtype":"U8","shape":1,"data_offsets":[0,1]}})", 1,
                   "the shape of tensor \"t\" is not a list");
    expect_refused(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1, "must be a start and an end");
    expect_refused(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}})", 1, "must be a start and an end");
}

TEST(SafetensorsHostile, NumbersThatAreNotWholeOrTooLarge) {
    for (const char* number : {"-1", "1.0", "1e3", "true", "\"1\"", "9223372036854775808", "18446744073709551616"}) {
        expect_refused(fmt::format(R"({{"t":{{"dtype":"U8","shape":[{}],"data_offsets":[0,1]}}}})", number), 1,
                       "the shape of tensor \"t\" must be whole numbers of at most 63 bits");
    }
    expect_refused(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}})", 1,
                   "the data_offsets of tensor \"t\" must be whole");
}

TEST(SafetensorsHostile, UnknownDtype) {
    expect_refused(R"({"t":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}})", 1,
                   "tensor \"t\" has the dtype \"F4\", which is not supported", ErrorCode::unsupported);
    // A block type of GGUF is none of safetensors.
    expect_refused(R"({"t":{"dtype":"Q8_0","shape":[32],"data_offsets":[0,34]}})", 34, "which is not supported",
                   ErrorCode::unsupported);
}

TEST(SafetensorsHostile, ShapesThatOverflowOrHaveTooManyDimensions) {
    for (const char* shape :
         {"4294967296,4294967296", "4294967296,4294967296,0", "0,4294967296,4294967296", "4611686018427387904"}) {
        expect_refused(fmt::format(R"({{"t":{{"dtype":"F32","shape":[{}],"data_offsets":[0,0]}}}})", shape), 0,
                       "of tensor \"t\" is larger than any file can hold");
    }
    expect_refused(R"({"t":{"dtype":"U8","shape":[1,1,1,1,1],"data_offsets":[0,1]}})", 1,
                   "tensor \"t\" has 5 dimensions; at most 4", ErrorCode::unsupported);
}

TEST(SafetensorsHostile, OffsetsThatDoNotMatchTheShape) {
    expect_refused(R"({"t":{"dtype":"F32","shape":[2,3],"data_offsets":[0,23]}})", 24,
                   "tensor \"t\" of shape [2, 3] and dtype F32 takes 24 bytes, but its data_offsets span 23");
    expect_refused(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "must be a start and an end");
}

TEST(SafetensorsHostile, CutOffData) {
    expect_refused(R"({"t":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", 23,
                   "is truncated: tensor \"t\" ends at byte 24 of the data, but only 23 are there");
}

TEST(SafetensorsHostile, OverlapHolesAndTrailingBytes) {
    const auto two = [](int a, int b) {
        return fmt::format(
            R"({{"a":{{"dtype":"U8","shape":[4],"data_offsets":[{},{}]}},"b":{{"dtype":"U8","shape":[4],"data_offsets":[{},{}]}}}})",
            a, a + 4, b, b + 4);
    };
    expect_refused(two(0, 3), 8, "tensors \"a\" and \"b\" overlap at byte 3 of the data");
    expect_refused(two(0, 5), 9, "bytes 4 to 5 of the data belong to no tensor");
    expect_refused(two(1, 5), 9, "bytes 0 to 1 of the data belong to no tensor");
    expect_refused(two(0, 4), 9, "1 bytes follow the last tensor's data");
    EXPECT_EQ(parse_safetensors(safetensors_bytes(two(4, 0), 8), "x").size(), 2u);
}

constexpr std::string_view one_tensor = R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";

/// A folder whose index says that tensor "t" lies in `file`.
void expect_index_refused(std::string_view file, const std::string& fragment, ErrorCode code = ErrorCode::bad_file) {
    const TemporaryDirectory outer;
    std::filesystem::create_directory(outer / "folder");
    outer.write("secret.safetensors", safetensors_bytes(one_tensor, 1));
    outer.write("folder/real.safetensors", safetensors_bytes(one_tensor, 1));
    outer.write("folder/model.safetensors.index.json", fmt::format(R"({{"weight_map": {{"t": {}}}}})", file));
    expect_error(code, fragment, [&] { Safetensors::open_folder(outer / "folder"); });
}

TEST(SafetensorsHostile, IndexThatLeavesTheFolder) {
    for (const char* file : {R"("../secret.safetensors")", R"("/etc/x.safetensors")", R"("sub/x.safetensors")",
                             R"("..\\secret.safetensors")", R"("x\u0000/../y.safetensors")", R"("..")", R"("")",
                             R"("config.json")", "7"}) {
        expect_index_refused(file, "tensor \"t\" must be in a .safetensors file of the same folder, not in");
    }
}

TEST(SafetensorsHostile, IndexOfFilesOrTensorsThatAreNotThere) {
    expect_index_refused(R"("absent.safetensors")", "absent.safetensors", ErrorCode::not_found);
    expect_index_refused(R"("real.safetensors", "u": "real.safetensors")",
                         "says that tensor \"u\" is in \"real.safetensors\", but it is not");
}

TEST(SafetensorsHostile, IndexWithoutAMap) {
    const TemporaryDirectory directory;
    for (const char* index : {"[]", "7", "{}", R"({"weight_map": []})", R"({"weight_map": {}})"}) {
        directory.write("model.safetensors.index.json", index);
        expect_error(ErrorCode::bad_file, "has no weight_map", [&] { Safetensors::open_folder(directory.path()); });
    }
}

TEST(SafetensorsHostile, ATensorInTwoShards) {
    const TemporaryDirectory directory;
    directory.write("a.safetensors", safetensors_bytes(one_tensor, 1));
    directory.write(
        "b.safetensors",
        safetensors_bytes(
            R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"u":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
            2));
    directory.write("model.safetensors.index.json", R"({"weight_map": {"t": "a.safetensors", "u": "b.safetensors"}})");
    expect_error(ErrorCode::bad_file, "tensor \"t\" is in", [&] { Safetensors::open_folder(directory.path()); });
}

TEST(SafetensorsHostile, AFolderWithoutAModel) {
    const TemporaryDirectory directory;
    expect_error(ErrorCode::not_found, "holds neither model.safetensors nor model.safetensors.index.json",
                 [&] { Safetensors::open_folder(directory.path()); });
}

}  // namespace
