#pragma once
// The phases of an answer: what is done for it, and what its joules and seconds are told apart by.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ergon::base {

enum class Phase : std::uint8_t {
    prompt,  // is read
    thinking,
    answer,
    discarded,  // drafts that were thrown away
};
inline constexpr int phase_count = 4;
inline constexpr int kept_phase_count = 3;  // those whose tokens stay: all but `discarded`
inline constexpr std::array<std::string_view, phase_count> phase_names{"prompt", "thinking", "answer", "discarded"};
constexpr std::string_view name(Phase phase) {
    return phase_names[static_cast<std::size_t>(phase)];
}

}  // namespace ergon::base
