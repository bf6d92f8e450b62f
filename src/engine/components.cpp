#include "engine/components.h"

#include <fmt/format.h>

namespace ergon::engine {

std::string component_name(const model::LanguageModel& model, energy::ComponentId component) {
    if (component == sampling_component) return "sampling";
    if (component == tokenising_component) return "tokenising";
    if (component == energy::everything_else) return "everything else";
    const std::vector<std::string>& names = model.component_names();
    return component < names.size() ? names[component] : fmt::format("component {}", component);
}

}  // namespace ergon::engine
