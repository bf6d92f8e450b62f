#include "json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "bytes.h"

namespace ergon::fuzz {
namespace {

using Json = nlohmann::ordered_json;

// Deeper or longer text is left to libFuzzer: this mutator recurses, and must be quick.
constexpr std::size_t deepest = 64;
constexpr std::size_t longest = 256 << 10;

struct Span {
    std::size_t begin = 0, end = 0;
};

/// The text from an opening bracket to the one that closes it.
std::optional<Span> value_at(const std::string& text, std::size_t begin) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = begin; i < text.size() && i - begin < longest; ++i) {
        const char c = text[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
            continue;
        }
        quoted = c == '"';
        if (c == '{' || c == '[') depth += 1;
        if (depth > deepest) return std::nullopt;
        if ((c == '}' || c == ']') && --depth == 0) return Span{begin, i + 1};
    }
    return std::nullopt;
}

/// The first value, or any.
std::optional<Span> some_value(const std::string& text, Choices& choices) {
    const std::size_t from = choices.one_in(2) ? 0 : choices.below(text.size());
    const std::size_t begin = std::min(text.find_first_of("{[", from), text.find_first_of("{["));
    return begin == text.npos ? std::nullopt : value_at(text, begin);
}

void collect(Json& node, std::vector<Json*>& nodes) {
    nodes.push_back(&node);
    if (!node.is_structured()) return;
    for (Json& child : node) collect(child, nodes);
}

/// Values that are of another kind than a reader expects, or at the end of its range.
Json hostile(Choices& choices) {
    switch (choices.below(14)) {
        case 0: return nullptr;
        case 1: return choices.one_in(2);
        case 2: return -1;
        case 3: return choices.number(0);
        case 4: return -static_cast<std::int64_t>(choices.bits() >> 1);
        case 5: return 1e308;
        case 6: return 0.5;
        case 7: return "";
        case 8: return std::string(choices.below(300), 'a');
        case 9: return "\xEE\x80\x80\x1b[31m <|im_end|>";
        case 10: return Json::array();
        case 11: return Json::object();
        case 12: return Json::array({Json::array({1, "a"}), nullptr});
        default: return Json{{"type", "Sequence"}, {"content", {{"String", "a"}}}};
    }
}

void change_container(Json& node, Choices& choices) {
    const std::size_t at = choices.below(node.size());
    auto chosen = node.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(at));
    const Json copy = *chosen;
    switch (choices.below(3)) {
        case 0: node.erase(chosen); break;
        case 1:
            if (node.is_array()) {
                node.insert(node.begin() + static_cast<std::ptrdiff_t>(choices.below(node.size())), copy);
            } else {
                node[plainly_mutated(chosen.key(), 8)] = copy;
            }
            break;
        default: {  // the same under another name, or in another place
            auto other = node.begin();
            std::advance(other, static_cast<std::ptrdiff_t>(choices.below(node.size())));
            std::swap(*chosen, *other);
        }
    }
}

void change(Json& node, Choices& choices) {
    if (node.is_structured() && !node.empty() && !choices.one_in(4)) return change_container(node, choices);
    if (node.is_string() && !choices.one_in(3)) {
        node = plainly_mutated(node.get<std::string>());
    } else if (node.is_number_integer() && !choices.one_in(3)) {
        node = static_cast<std::int64_t>(choices.number(node.get<std::uint64_t>()));
    } else {
        node = hostile(choices);
    }
}

}  // namespace

std::string json_mutated(const std::string& input, Choices& choices) {
    const auto span = some_value(input, choices);
    if (!span) return plainly_mutated(input);
    Json tree = Json::parse(input.begin() + static_cast<std::ptrdiff_t>(span->begin),
                            input.begin() + static_cast<std::ptrdiff_t>(span->end), nullptr, false);
    if (tree.is_discarded()) return plainly_mutated(input);
    for (std::size_t changes = 1 + choices.below(3); changes > 0; --changes) {
        std::vector<Json*> nodes;
        collect(tree, nodes);
        change(*nodes[choices.below(nodes.size())], choices);
    }
    // Names and texts may hold any bytes by now; half of the time they stay so.
    std::string text = tree.dump(-1, ' ', false, Json::error_handler_t::replace);
    return input.substr(0, span->begin) + text + input.substr(span->end);
}

}  // namespace ergon::fuzz
