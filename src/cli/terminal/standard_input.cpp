#include "cli/terminal/standard_input.h"

#include <array>
#include <cstdio>

#include "base/error.h"

namespace ergon::cli {

std::string read_standard_input() {
    constexpr std::size_t limit = std::size_t{256} << 20;
    std::string text;
    std::array<char, 1 << 16> block{};
    while (const std::size_t size = std::fread(block.data(), 1, block.size(), stdin)) {
        text.append(block.data(), size);
        if (text.size() > limit)
            base::fail(base::ErrorCode::out_of_budget, "stdin holds more than {} MiB, the most that are read at once; give it in parts.", limit >> 20);
    }
    if (std::ferror(stdin) != 0) base::fail(base::ErrorCode::system, "stdin cannot be read.");
    return text;
}

}  // namespace ergon::cli
