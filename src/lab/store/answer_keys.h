#pragma once
// Keys of an answer's raw record that are read again, and a name among its components.

namespace ergon::lab {

inline constexpr const char* in_one_piece_key = "in_one_piece";
inline constexpr const char* counted_by_key = "tokens_counted_by";
inline constexpr const char* left_out_key = "left_out";           // fields of a request that a server refused
inline constexpr const char* cards_component = "graphics cards";  // of AnswerMeasures::components

}  // namespace ergon::lab
