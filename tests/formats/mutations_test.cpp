// Property: a valid file with bytes flipped, written over, or cut off gives either a valid object or base::Error.

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <vector>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/random.h"
#include "base/temporary_directory.h"
#include "formats/gguf_parser.h"
#include "formats/gguf_writer.h"
#include "formats/safetensors.h"

namespace {

using namespace ergon;
using namespace ergon::formats;
using tensor::DType;
using tensor::TensorView;

using Bytes = std::vector<std::byte>;

Bytes bytes_of(const std::filesystem::path& path) {
    const base::MappedFile file(path);
    return {file.bytes().begin(), file.bytes().end()};
}

/// One to four random changes. Half of them are numbers at the edges of their range, which lengths and counts dislike
/// most.
Bytes mutated(const Bytes& original, base::RandomSequence& random) {
    Bytes bytes = original;
    const auto changes = 1 + random.below(4);
    for (std::uint64_t i = 0; i < changes && !bytes.empty(); ++i) {
        const auto at = static_cast<std::size_t>(random.below(bytes.size()));
        switch (random.below(4)) {
            case 0: bytes[at] ^= static_cast<std::byte>(1u << random.below(8)); break;
            case 1: bytes[at] = static_cast<std::byte>(random()); break;
            case 2: bytes.resize(at); break;
            default: {
                constexpr std::uint64_t edges[] = {
                    0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, ~std::uint64_t{0}};
                const std::uint64_t edge = edges[random.below(std::size(edges))];
                const auto raw = std::as_bytes(std::span(&edge, 1));
                std::copy_n(raw.begin(), std::min<std::size_t>(raw.size(), bytes.size() - at),
                            bytes.begin() + static_cast<std::ptrdiff_t>(at));
            }
        }
    }
    return bytes;
}

/// What a valid object promises: bytes that can all be read, of the size that type and shape take.
void expect_sound(const std::vector<TensorView>& tensors, bool may_lack_data) {
    for (const TensorView& tensor : tensors) {
        const auto size = tensor::storage_bytes(tensor.type, tensor.shape.values());
        ASSERT_TRUE(size.has_value());
        if (may_lack_data && tensor.bytes.empty()) continue;
        ASSERT_EQ(tensor.bytes.size(), static_cast<std::size_t>(*size));
        volatile unsigned sum = 0;
        for (const std::byte byte : tensor.bytes) sum = sum + std::to_integer<unsigned>(byte);
    }
}

struct Outcomes {
    int accepted = 0;
    int refused = 0;
};

template <typename Parse>
Outcomes run_mutations(const Bytes& original, int count, const Parse& parse) {
    Outcomes outcomes;
    base::RandomSequence random(20260101);
    for (int i = 0; i < count; ++i) {
        const Bytes bytes = mutated(original, random);
        try {
            parse(bytes);
            ++outcomes.accepted;
        } catch (const base::Error& error) {
            EXPECT_LT(std::string_view(error.what()).size(), 1000u);
            ++outcomes.refused;
        }
    }
    return outcomes;
}

constexpr int mutations = 20'000;

TEST(Mutations, OfAGgufFile) {
    const test::TemporaryDirectory directory;
    const std::vector<GgufField> metadata = {{"general.architecture", std::string("llama")},
                                             {"general.alignment", std::uint64_t{8}},
                                             {"llama.rope.freq_base", 10000.0},
                                             {"yes", true},
                                             {"tokens", std::vector<std::string>{"a", "bc", ""}},
                                             {"types", std::vector<std::int64_t>{1, -2, 3}},
                                             {"bits", std::vector<bool>{true, false}}};
    const Bytes data(144);
    const std::vector<TensorView> tensors = {
        {"token_embd.weight", DType::q4_k, {1, 256}, data},
        {"output_norm.weight", DType::f32, {4}, std::span(data).first(16)},
        {"blk.0.ffn_gate_exps.weight", DType::q8_0, {2, 1, 32}, std::span(data).first(68)}};
    write_gguf(directory / "a.gguf", metadata, tensors);
    const Bytes original = bytes_of(directory / "a.gguf");
    for (const Truncated truncated : {Truncated::refuse, Truncated::metadata_only}) {
        const Outcomes outcomes = run_mutations(original, mutations, [&](const Bytes& bytes) {
            expect_sound(parse_gguf(bytes, "m", truncated).tensors, truncated == Truncated::metadata_only);
        });
        // Both happen often, or the changes would test nothing.
        EXPECT_GT(outcomes.accepted, mutations / 50);
        EXPECT_GT(outcomes.refused, mutations / 4);
    }
}

TEST(Mutations, OfASafetensorsFile) {
    const test::TemporaryDirectory directory;
    const Bytes data(64);
    const std::vector<TensorView> tensors = {{"a", DType::f32, {2, 3}, std::span(data).first(24)},
                                             {"b", DType::f8_e4m3, {5, 1}, std::span(data).first(5)},
                                             {"c", DType::i64, {}, std::span(data).first(8)}};
    write_safetensors(directory / "a.safetensors", tensors);
    const Outcomes outcomes = run_mutations(bytes_of(directory / "a.safetensors"), mutations, [](const Bytes& bytes) {
        expect_sound(parse_safetensors(bytes, "m"), false);
    });
    EXPECT_GT(outcomes.accepted, mutations / 50);
    EXPECT_GT(outcomes.refused, mutations / 4);
}

TEST(Mutations, EveryCutOfASafetensorsFileIsRefused) {
    const test::TemporaryDirectory directory;
    const Bytes data(64);
    const std::vector<TensorView> tensors = {{"a", DType::f32, {2, 3}, std::span(data).first(24)}};
    write_safetensors(directory / "a.safetensors", tensors);
    const Bytes whole = bytes_of(directory / "a.safetensors");
    const std::size_t length = 8, header = whole.size() - length - 24;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const std::string sentence =
            size < length
                ? fmt::format("m is truncated or damaged: its beginning needs 8 bytes at byte 0, but only {} ", size)
            : size < length + header
                ? fmt::format("m is truncated or damaged: the header needs {} bytes at byte 8, but only {} are left",
                              header, size - length)
                : fmt::format("m: it is truncated: tensor \"a\" ends at byte 24 of the data, but only {} are there",
                              size - length - header);
        test::expect_error(base::ErrorCode::bad_file, sentence,
                           [&] { parse_safetensors(std::span(whole).first(size), "m"); });
    }
}

}  // namespace
