// Which builds of the kernels this machine can run; the other tests compare those.

#include "kernels/builds/isa.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

#include "base/expect_error.h"
#include "kernels/throughput.h"

namespace ergon::kernels {
namespace {

class Build : public testing::TestWithParam<Isa> {
  protected:
    void TearDown() override { use_isa(available_isas().back()); }
};

TEST_P(Build, RunsHere) {
    const std::vector<Isa>& available = available_isas();
    if (std::find(available.begin(), available.end(), GetParam()) == available.end()) {
        test::expect_error(base::ErrorCode::bad_argument, "cannot run", [] { use_isa(GetParam()); });
        GTEST_SKIP() << "no " << name(GetParam()) << " here";
    }
    use_isa(GetParam());
    EXPECT_EQ(current_isa(), GetParam());
}

/// The chains check what they computed themselves.
TEST(Throughput, CountsTheOperationsOfEachBuild) {
    for (const Isa isa : available_isas()) {
        use_isa(isa);
        for (const std::int64_t rounds : {1, 7, 24, 25, 1000}) {
            const std::int64_t floats = run_float_chains(rounds);
            EXPECT_EQ(floats, rounds * run_float_chains(1));
            EXPECT_EQ(run_byte_chains(4 * rounds), 4 * rounds * run_byte_chains(4) / 4);
        }
        EXPECT_GT(run_float_chains(1), 0);
        EXPECT_GT(run_byte_chains(std::int64_t{1} << 20), 0);
    }
    use_isa(available_isas().back());
}

INSTANTIATE_TEST_SUITE_P(All, Build, testing::Values(Isa::scalar, Isa::avx2, Isa::avx512),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace ergon::kernels
