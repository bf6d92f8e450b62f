#pragma once
// How far two words are from each other, to guess which one was meant.

#include <cstddef>
#include <string_view>

namespace ergon::base {

/// Letters to insert, remove or change (Levenshtein 1966).
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace ergon::base
