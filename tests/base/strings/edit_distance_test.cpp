#include "base/strings/edit_distance.h"

#include <gtest/gtest.h>

namespace ergon::base {
namespace {

TEST(EditDistance, CountsInsertionsRemovalsAndChanges) {
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("abc", ""), 3u);
    EXPECT_EQ(edit_distance("compare", "compare"), 0u);
    EXPECT_EQ(edit_distance("comapre", "compare"), 2u);
}

}  // namespace
}  // namespace ergon::base
