#include "lab/slice/layer_slice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "lab/slice/slice_findings.h"

namespace ergon::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Joules per token of sparse, active and total at batch 1 and 16; each round is off by `noise` of itself, up and down
/// as often, the dense ones the other way.
LayerSlice slice(const std::array<std::array<double, 2>, 3>& joules, double noise = 0.01,
                 energy::Method method = energy::Method::measured) {
    LayerSlice made;
    made.threads = 2;
    for (std::size_t shape = 0; shape < slice_shapes; ++shape) {
        for (std::size_t i = 0; i < slice_batches.size(); ++i) {
            SliceCell cell{static_cast<SliceShape>(shape), slice_batches[i], 100, {}, {}};
            for (int round = 0; round < 6; ++round) {
                const bool up = ((i == 0 ? round : round / 3) + (shape == 0 ? 0 : 1)) % 2 == 0;
                const double sign = up ? 1 : -1;
                const base::Joules one(joules[shape][i] * (1 + sign * noise));
                cell.joules_per_token.push_back({one, one * 0.9, one * 1.2, method});
                cell.seconds_per_token.push_back(0.01);
            }
            made.cells.push_back(std::move(cell));
        }
    }
    return made;
}

TEST(SliceModels, HaveTheSizesThatTheyAreComparedFor) {
    const auto count = [](SliceShape shape) { return model::count_parameters(slice_config(shape)); };
    const auto sparse = count(SliceShape::sparse), active = count(SliceShape::active), total = count(SliceShape::total);
    EXPECT_EQ(active.total, active.active);
    // All but the router's values, which a dense layer has not.
    EXPECT_EQ(sparse.active - active.active, 64 * 2048);
    EXPECT_EQ(sparse.total - total.total, 64 * 2048);
    // 26 such layers, a dense one of 10,944, attention and the embeddings are V2-Lite's 15.7 billion, 2.4 of them
    // active.
    const std::int64_t ffn = 3 * 2048 * 1408;
    EXPECT_GT(sparse.total, 66 * ffn);
    EXPECT_LT(sparse.total, 66 * ffn + 16'000'000);
}

TEST(SliceFindings, RatiosAreThoseOfTheRounds) {
    const SliceFindings found = slice_findings(slice({{{1, 2}, {0.5, 0.5}, {8, 2.5}}}, 0));
    EXPECT_NEAR(found.over_total.at[0].value, 0.125, 1e-12);
    EXPECT_NEAR(found.over_total.at[1].value, 0.8, 1e-12);
    EXPECT_NEAR(found.over_total.change.value, 6.4, 1e-12);
    EXPECT_NEAR(found.over_active.at[0].value, 2, 1e-12);
    EXPECT_NEAR(found.over_total.at[0].low, 0.125, 1e-12) << "measured, and no round differs";
    EXPECT_NEAR(found.joules_per_token[0][0].value.value(), 1, 1e-12);
    EXPECT_NEAR(found.joules_per_token[0][0].low.value(), 0.9, 1e-12) << "that of the instrument";
    EXPECT_NEAR(found.tokens_per_second[0][0], 100, 1e-9);
}

/// Logarithms of six rounds that are off by the same amount up and down: their deviation is known.
TEST(SliceFindings, IntervalsAreStudents) {
    const SliceFindings found = slice_findings(slice({{{1, 1}, {1, 1}, {1, 1}}}, 0.01));
    const double swing = std::log(1.01 / 0.99), deviation = swing * std::sqrt(6.0 / 5);
    EXPECT_NEAR(std::log(found.over_active.at[0].high), 2.5706 * deviation / std::sqrt(6.0), 1e-4);
    EXPECT_NEAR(std::log(found.over_active.at[0].low), -2.5706 * deviation / std::sqrt(6.0), 1e-4);
}

TEST(SliceFindings, EstimatedJoulesCannotTellKindsOfWorkApart) {
    LayerSlice estimated = slice({{{1.1, 1}, {1, 1}, {1, 1}}}, 0, energy::Method::estimated);
    estimated.kind_of_work_sd = 0.08;
    const SliceFindings found = slice_findings(estimated);
    EXPECT_NEAR(std::log(found.over_active.at[0].high / found.over_active.at[0].value), 1.96 * 0.08 * std::sqrt(2.0),
                1e-3);
    EXPECT_FALSE(excludes_one(found.over_active.at[0])) << "ten percent more busy time is no proof of more joules";
}

TEST(SliceSentence, SaysWhatTheIntervalsSay) {
    const std::string usual = slice_sentence(slice_findings(slice({{{1, 2}, {0.8, 0.5}, {7.8, 2.5}}})));
    EXPECT_THAT(usual, HasSubstr("Sparse experts add capacity, not free tokens"));
    EXPECT_THAT(usual, HasSubstr("0.13 times the joules ("));
    EXPECT_THAT(usual, HasSubstr("the advantage shrinks"));

    const std::string steady = slice_sentence(slice_findings(slice({{{1, 1}, {0.8, 0.8}, {8, 8}}})));
    EXPECT_THAT(steady, HasSubstr("is shown: 1.00 times"));
    EXPECT_THAT(steady, Not(HasSubstr("shrinks")));

    const std::string grows = slice_sentence(slice_findings(slice({{{1, 1}, {0.8, 0.8}, {2, 8}}})));
    EXPECT_THAT(grows, HasSubstr("the advantage grows"));

    const std::string dear = slice_sentence(slice_findings(slice({{{3, 9}, {0.8, 0.8}, {2, 2}}})));
    EXPECT_THAT(dear, Not(HasSubstr("add capacity")));
    EXPECT_THAT(dear, Not(HasSubstr("advantage"))) << "there is none that could shrink";

    const std::string free = slice_sentence(slice_findings(slice({{{1, 1}, {2, 2}, {8, 8}}})));
    EXPECT_THAT(free, Not(HasSubstr("not free"))) << "it took less than a dense one of its active size";
}

TEST(LayerSlice, IsKeptWithItsRunAndReadBack) {
    const test::TemporaryDirectory folder;
    Results results(folder / "r.sqlite");
    const RunId run = results.start({{}, 1, {}, "0.1.0", {}}, {{"a", "m", "h", {}}});
    EXPECT_FALSE(kept_slice(results, run).has_value());
    const LayerSlice made = slice({{{1, 2}, {0.5, 0.5}, {8, 2.5}}}, 0.02, energy::Method::apportioned);
    keep_slice(results, run, made);
    EXPECT_EQ(slice_json(kept_slice(results, run).value()), slice_json(made));
    EXPECT_EQ(slice_text(kept_slice(results, run).value()), slice_text(made));
    for (const char* broken : {R"({})", R"({"threads": 1, "kind_of_work_sd": 0, "rounds": []})",
                               R"({"threads": 1, "kind_of_work_sd": 0, "rounds": [{"shape": "round"}]})", R"([1])",
                               R"({"threads": "x", "rounds": 7})"}) {
        test::expect_error(base::ErrorCode::bad_file, "A stored slice is damaged",
                           [&] { slice_of(nlohmann::ordered_json::parse(broken)); });
    }
}

TEST(LayerSlice, TextFitsATerminal) {
    const std::string text = slice_text(slice({{{1, 2}, {0.5, 0.5}, {8, 2.5}}}));
    std::size_t column = 0;
    for (const char byte : text) {
        column = byte == '\n' ? 0 : column + 1;
        ASSERT_LE(column, 100u) << text;
    }
    EXPECT_THAT(text, HasSubstr("2 threads"));
}

}  // namespace
}  // namespace ergon::lab
