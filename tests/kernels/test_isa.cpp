// Which builds of the kernels this machine can run; the other tests compare those.

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

#include "base/expect_error.h"
#include "kernels/isa.h"

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

INSTANTIATE_TEST_SUITE_P(All, Build, testing::Values(Isa::scalar, Isa::avx2, Isa::avx512),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace ergon::kernels
