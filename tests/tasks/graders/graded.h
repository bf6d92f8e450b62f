#pragma once
// A table of answers and whether they are right.

#include <gtest/gtest.h>
#include <span>
#include <string>

#include "tasks/graders/grader.h"

namespace ergon::tasks {

struct GradedAnswer {
    bool right;
    std::string answer;
};

inline void expect_grades(const Prompt& prompt, std::initializer_list<GradedAnswer> table) {
    for (const GradedAnswer& row : table) {
        EXPECT_EQ(grade(prompt, row.answer), std::optional(row.right))
            << "asked for " << prompt.answer << ": " << row.answer;
    }
}

}  // namespace ergon::tasks
