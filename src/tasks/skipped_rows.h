#pragma once
// Rows of a file of prompts that are none.

#include <cstdint>
#include <string>

namespace ergon::tasks {

struct SkippedRows {
    std::int64_t count = 0;
    std::string first;  // what is wrong with the first of them, and where
};

}  // namespace ergon::tasks
