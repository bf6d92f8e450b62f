#pragma once
// What is known of a contender: keys of its details and of an answer's raw record that more than one place reads.

#include <nlohmann/json.hpp>

namespace ergon::lab {

inline constexpr const char* found_key = "found";  // what a server says of its model: not what was asked of it
inline constexpr const char* charged_key = "charged";
inline constexpr const char* charged_because_key = "charged_because";
inline constexpr const char* charged_processes = "its processes";
inline constexpr const char* charged_machine = "the whole machine";
inline constexpr const char* cards_component = "graphics cards";  // of AnswerMeasures::components
inline constexpr const char* in_one_piece_key = "in_one_piece";
inline constexpr const char* assumed_key = "assumed_joules_per_token";

/// Whether the joules of a contender with these details are an assumption times its tokens.
inline bool joules_are_assumed(const nlohmann::ordered_json& details) {
    return details.is_object() && details.contains(assumed_key) && details[assumed_key].is_number();
}

}  // namespace ergon::lab
