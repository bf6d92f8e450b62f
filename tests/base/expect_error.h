#pragma once
// Checks that something refuses with the right code and sentence.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "base/error.h"

namespace ergon::test {

/// Calls `action`, which must throw base::Error with this code and a sentence that holds `fragment`.
template <typename Action>
void expect_error(base::ErrorCode code, const std::string& fragment, const Action& action) {
    try {
        action();
        FAIL() << "nothing was refused; expected: " << fragment;
    } catch (const base::Error& error) {
        EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
        EXPECT_THAT(error.what(), testing::HasSubstr(fragment));
    }
}

}  // namespace ergon::test
