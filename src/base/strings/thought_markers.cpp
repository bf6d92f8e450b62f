#include "base/strings/thought_markers.h"

#include <algorithm>

namespace ergon::base {
namespace {

// From the models' chat templates; the last two are written as plain words by models whose vocabulary has no such
// token.
constexpr ThoughtMarkers families[] = {
    {.models = "DeepSeek-R1, Qwen3, GLM and most others", .open = "<think>", .close = "</think>"},
    {.models = "Magistral", .open = "[THINK]", .close = "[/THINK]"},
    {.models = "gpt-oss (harmony)",
     .open = "<|channel|>analysis<|message|>",
     .close = "<|end|>",
     .answer = "<|channel|>final<|message|>",
     .turn = "<|start|>assistant"},
    {.models = "Seed-OSS", .open = "<seed:think>", .close = "</seed:think>"},
    {.models = "Command A Reasoning",
     .open = "<|START_THINKING|>",
     .close = "<|END_THINKING|>",
     .answer = "<|START_RESPONSE|>"},
    {.models = "Kimi-VL-Thinking", .open = "◁think▷", .close = "◁/think▷"},
    {.models = "Gemma 4", .open = "<|channel>thought", .close = "<channel|>"},
    {.models = "Apertus", .open = "<|inner_prefix|>", .close = "<|inner_suffix|>"},
    {.models = "EXAONE Deep", .open = "<thought>", .close = "</thought>"},
    {.models = "fine-tuned models", .open = "<thinking>", .close = "</thinking>"},
};

}  // namespace

std::span<const ThoughtMarkers> thought_families() {
    return families;
}

bool holds_thought_marker(std::string_view text) {
    return std::ranges::any_of(families, [text](const ThoughtMarkers& family) {
        // What closes harmony's thought closes any of its messages.
        const bool closes = family.turn.empty() && text.find(family.close) != std::string_view::npos;
        return closes || text.find(family.open) != std::string_view::npos;
    });
}

}  // namespace ergon::base
