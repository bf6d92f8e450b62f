#include "tensor/dtype.h"

#include <gtest/gtest.h>
#include <limits>
#include <set>
#include <string>

namespace {

using namespace ergon::tensor;

struct Expected {
    DType type;
    const char* name;
    int values;
    int bytes;
};

// docs/formats.md: the published block layouts.
constexpr Expected expected[] = {
    {DType::f32, "F32", 1, 4},         {DType::f16, "F16", 1, 2},
    {DType::bf16, "BF16", 1, 2},       {DType::f64, "F64", 1, 8},
    {DType::i8, "I8", 1, 1},           {DType::i16, "I16", 1, 2},
    {DType::i32, "I32", 1, 4},         {DType::i64, "I64", 1, 8},
    {DType::u8, "U8", 1, 1},           {DType::boolean, "BOOL", 1, 1},
    {DType::f8_e4m3, "F8_E4M3", 1, 1}, {DType::f8_e5m2, "F8_E5M2", 1, 1},
    {DType::f8_e8m0, "F8_E8M0", 1, 1}, {DType::q4_0, "Q4_0", 32, 18},
    {DType::q4_1, "Q4_1", 32, 20},     {DType::q5_0, "Q5_0", 32, 22},
    {DType::q5_1, "Q5_1", 32, 24},     {DType::q8_0, "Q8_0", 32, 34},
    {DType::iq4_nl, "IQ4_NL", 32, 18}, {DType::mxfp4, "MXFP4", 32, 17},
    {DType::q2_k, "Q2_K", 256, 84},    {DType::q3_k, "Q3_K", 256, 110},
    {DType::q4_k, "Q4_K", 256, 144},   {DType::q5_k, "Q5_K", 256, 176},
    {DType::q6_k, "Q6_K", 256, 210},   {DType::iq4_xs, "IQ4_XS", 256, 136},
};

TEST(DType, EveryTypeHasItsPublishedNameAndBlock) {
    std::set<DType> seen;
    for (const Expected& e : expected) {
        EXPECT_EQ(name(e.type), e.name);
        EXPECT_EQ(info(e.type).block_values, e.values) << e.name;
        EXPECT_EQ(info(e.type).block_bytes, e.bytes) << e.name;
        EXPECT_EQ(is_quantised(e.type), e.values > 1) << e.name;
        seen.insert(e.type);
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(dtype_count));
}

TEST(DType, StorageIsWholeBlocksOrNothing) {
    EXPECT_EQ(storage_bytes(DType::q4_k, 512), 288);
    EXPECT_EQ(storage_bytes(DType::q4_k, 0), 0);
    EXPECT_EQ(storage_bytes(DType::q4_k, 255), std::nullopt);
    EXPECT_EQ(storage_bytes(DType::f32, -1), std::nullopt);
    EXPECT_EQ(storage_bytes(DType::f64, std::numeric_limits<std::int64_t>::max()), std::nullopt);
    EXPECT_EQ(storage_bytes(DType::u8, std::numeric_limits<std::int64_t>::max()),
              std::numeric_limits<std::int64_t>::max());
}

}  // namespace
