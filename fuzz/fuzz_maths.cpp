// Any bytes as a right answer and as an answer to it: a value that is equal to itself, the same verdict twice, and
// numbers that stand where they say.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tasks/graders/final_number.h"
#include "tasks/graders/maths/value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ergon::tasks;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string_view whole(text);
    const std::string_view right = whole.substr(0, whole.find('\n')), found = whole.substr(right.size());
    if (!maths::parse_value(right, maths::Commas::groups).text.empty() && !maths::same_maths(right, right, {}))
        std::abort();
    if (maths::same_maths(right, found, {}) != maths::same_maths(right, found, {})) std::abort();
    for (const maths::Number& number : maths::numbers_in(whole)) {
        if (number.begin >= number.end || number.end > text.size() || !number.value.known()) std::abort();
    }
    final_number(whole);
    return 0;
}
