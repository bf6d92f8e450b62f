#include "lab/slice/shapes.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "lab/output/comparison_page.h"

namespace ergon::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* measured =
    R"({"measured": "2026-01-02", "command": "python3 bench/shapes.py b", "machine": "M, 2 threads",
 "shapes": [
  {"shape": "sparse <64>", "parameters": {"total": 15000, "active": 2000}, "bytes": 9000,
   "prefill": {"tokens_per_second": 90, "joules_per_token": {"value": 0.1, "unit": "J", "low": 0.05, "high": 0.2, "method": "estimated"}},
   "decode": {"tokens_per_second": 9, "joules_per_token": {"value": 0.5, "unit": "J", "low": 0.2, "high": 0.9, "method": "estimated"}}},
  {"shape": "dense", "parameters": {"total": 15000, "active": 15000}, "bytes": 9000,
   "prefill": {"tokens_per_second": 10, "joules_per_token": {"value": 1, "unit": "J", "low": 0.5, "high": 2, "method": "estimated"}},
   "decode": {"tokens_per_second": 2, "joules_per_token": {"value": 2.5, "unit": "J", "low": 1, "high": 4, "method": "estimated"}},
   "joules_of_sparse": {"value": 5, "low": 4.5, "high": 5.5}}]})";

Shapes shapes_from(const std::string& text) {
    const test::TemporaryDirectory folder;
    const auto file = folder.path() / "shapes.json";
    std::ofstream(file) << text;
    return read_shapes(file);
}

/// Of one model with so many bytes of weights on a processor with 32 MiB of cache.
ComparisonReport report_of(std::int64_t weight_bytes) {
    ComparisonReport report;
    ContenderSummary one;
    one.label = "small";
    one.details.model.weight_bytes = weight_bytes;
    report.comparison.contenders.push_back(std::move(one));
    report.run.machine["cache_bytes"] = 32 << 20;
    return report;
}

TEST(Shapes, AreReadAndShownWhereModelsFitIntoACache) {
    const Shapes shapes = shapes_from(measured);
    ASSERT_EQ(shapes.shapes.size(), 2u);
    EXPECT_EQ(shapes.shapes[0].active, 2000);
    const energy::References references = energy::read_references();
    const std::string page = comparison_page(report_of(8'000'000), references, shapes);
    for (const char* part : {"Measured where weights are read from memory", "sparse &lt;64&gt;",
                             "dense: 5.00 times the joules of the sparse one for a generated token (4.50 to 5.50 over "
                             "the turns, estimated)",
                             "2026-01-02", "M, 2 threads"}) {
        EXPECT_THAT(page, HasSubstr(part));
    }
    EXPECT_THAT(comparison_page(report_of(80'000'000), references, shapes),
                Not(HasSubstr("where weights are read from memory")));
    EXPECT_THAT(comparison_page(report_of(8'000'000), references),
                Not(HasSubstr("where weights are read from memory")));
}

TEST(Shapes, TheFileThatShipsIsRead) {
    const Shapes shapes = read_shapes();
    ASSERT_EQ(shapes.shapes.size(), 3u);
    EXPECT_LT(shapes.shapes[0].active, shapes.shapes[0].total / 4);
    EXPECT_NEAR(static_cast<double>(shapes.shapes[1].total), static_cast<double>(shapes.shapes[0].active),
                0.02 * static_cast<double>(shapes.shapes[0].active));
    EXPECT_NEAR(static_cast<double>(shapes.shapes[2].total), static_cast<double>(shapes.shapes[0].total),
                0.02 * static_cast<double>(shapes.shapes[0].total));
}

TEST(Shapes, WhatIsNoneIsRefused) {
    const auto refused = [](const std::string& text) {
        test::expect_error(base::ErrorCode::bad_file, "shapes.json", [&] { shapes_from(text); });
    };
    refused("");
    refused("{}");
    refused(R"({"measured": "d", "command": "c", "machine": "m", "shapes": []})");
    refused(R"({"measured": "d", "command": "c", "machine": "m", "shapes": [{"shape": 3}]})");
}

}  // namespace
}  // namespace ergon::lab
