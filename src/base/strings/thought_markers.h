#pragma once
// What families of models write around a thought: one table for models in this process and for servers.

#include <span>
#include <string_view>

namespace ergon::base {

struct ThoughtMarkers {
    std::string_view models;  // who writes so
    std::string_view open, close;
    std::string_view answer = {};  // opens the answer, in families that mark it too
    std::string_view turn = {};  // stands before `open` and `answer` where each part of a reply is a message of its own
};

/// The known families, those met most first. No marker of one begins with a marker of another.
std::span<const ThoughtMarkers> thought_families();

/// Whether a text holds the marker of any family, so that a thought was left in it, or half of one.
bool holds_thought_marker(std::string_view text);

}  // namespace ergon::base
