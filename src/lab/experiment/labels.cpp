#include "lab/experiment/labels.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace ergon::lab {
namespace {

/// Of a path or an address, from the last one on; dots that lead nowhere left out.
std::vector<std::string> parts_of(const std::string& model) {
    std::string text = model;
    if (text.find("://") == text.npos) text = std::filesystem::path(model).lexically_normal().string();
    std::vector<std::string> parts;
    for (std::size_t end = text.size(); end != text.npos;) {
        const std::size_t slash = end == 0 ? text.npos : text.rfind('/', end - 1);
        const std::size_t begin = slash == text.npos ? 0 : slash + 1;
        parts.push_back(text.substr(begin, end - begin));
        end = slash;
    }
    return parts;
}

/// For each of them the parts that tell it from the others, outermost first; as few as do.
std::vector<std::string> telling_parts(const std::vector<std::vector<std::string>>& paths) {
    std::vector<std::string> telling(paths.size());
    std::size_t longest = 0;
    for (const auto& path : paths) longest = std::max(longest, path.size());
    const std::size_t different = std::set(paths.begin(), paths.end()).size();
    for (std::size_t level = 0; level < longest; ++level) {
        if (std::set(telling.begin(), telling.end()).size() == different) break;
        std::vector<std::string> here;
        for (const auto& path : paths) here.push_back(level < path.size() ? path[level] : std::string());
        if (std::ranges::all_of(here, [&](const std::string& part) { return part == here.front(); })) continue;
        for (std::size_t i = 0; i < paths.size(); ++i) {
            if (here[i].empty()) continue;
            telling[i] = telling[i].empty() ? here[i] : here[i] + "/" + telling[i];
        }
    }
    return telling;
}

}  // namespace

void make_labels_distinct(std::vector<Contender>& contenders) {
    std::map<std::string, std::vector<std::size_t>> by_label;
    for (std::size_t i = 0; i < contenders.size(); ++i) by_label[contenders[i].label].push_back(i);
    for (const auto& [label, places] : by_label) {
        if (places.size() < 2) continue;
        std::vector<std::vector<std::string>> paths;
        for (const std::size_t place : places) paths.push_back(parts_of(contenders[place].model));
        const std::vector<std::string> telling = telling_parts(paths);
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (telling[i].empty()) continue;
            std::string& own = contenders[places[i]].label;
            const bool names_it =
                telling[i].ends_with(paths[i].front()) && std::filesystem::path(paths[i].front()).stem() == label;
            own = names_it ? telling[i] : telling[i] + "/" + label;
        }
    }
    std::map<std::string, int> same;
    for (const Contender& one : contenders) ++same[one.label];
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        if (same[contenders[i].label] > 1) contenders[i].label += fmt::format(" #{}", i + 1);
    }
}

}  // namespace ergon::lab
