// What a profile says in sentences: the parts that take most, what holds them up, what to try.

#include <algorithm>
#include <fmt/format.h>

#include "base/memory.h"
#include "profile/profile.h"

namespace ergon::profile {
namespace {

// Assumed: a part that comes this near to a limit is held up by it; below, by the small loops and waits around it.
constexpr double near_limit = 0.5;
constexpr double worth_naming_idle = 0.25;
constexpr std::size_t named_parts = 3;

std::string percent(double share) {
    return fmt::format("{:.0f}%", 100 * share);
}

bool is(const std::string& name, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

std::string what_holds_it_up(const ComponentUse& use, const Closeness& near, const MachineLimits& limits) {
    if (near.memory >= near_limit && near.memory >= near.arithmetic) {
        return fmt::format("It reads {} at {} of this machine's {}", limits.from_cache ? "cache" : "memory",
                           percent(near.memory), near.memory > 1 ? "measured speed" : "speed");
    }
    if (near.arithmetic >= near_limit) {
        return fmt::format("Its arithmetic runs at {} of this machine's peak", percent(near.arithmetic));
    }
    if (use.all_operations() == 0 && use.memory_bytes() == 0) return {};
    return fmt::format(
        "It reaches {} of the {}'s speed and {} of peak arithmetic, so it is limited by small loops and waits",
        percent(near.memory), limits.from_cache ? "cache" : "memory", percent(near.arithmetic));
}

/// What makes this part cheaper, by what it is and by what holds it up.
std::string what_to_try(const ComponentUse& use, const Closeness& near, bool generating, const Profile& profile) {
    const bool by_memory = near.memory >= near.arithmetic;
    const bool weights = is(use.name, {"attention projections", "dense feed-forward", "shared expert", "output head"});
    if (use.name == "routed experts") {
        return generating && profile.settings.batch == 1
                   ? "Fewer bits in the experts' weights, fewer experts for each token, or several requests at once, "
                     "which share the cost of reading each expert's weights."
                   : "Fewer bits in the experts' weights, or fewer experts for each token.";
    }
    if (use.name == "attention") {
        return by_memory ? "A shorter context, a smaller number format in the cache, or a model whose keys and values "
                           "share heads or latents."
                         : "A shorter prompt, or one that stays in the cache.";
    }
    if (weights && by_memory) {
        return generating && profile.settings.batch == 1
                   ? "Fewer bits in these weights, or several requests at once: their weights are read once for all."
                   : "Fewer bits in these weights.";
    }
    if (weights) {
        return generating ? "Fewer bits help little here; shorter answers help."
                          : "A shorter prompt, or one that stays in the cache.";
    }
    if (use.name == "everything else") {
        return "It is waiting and small work between the parts: fewer threads may reduce it.";
    }
    return "It is small work on every token: several requests at once share its fixed cost.";
}

Hotspot hotspot_of(const Profile& profile, const PhaseProfile& phase, const ComponentUse& use) {
    const bool generating = phase.name != "prompt";
    Hotspot hotspot{phase.name, use.name, use.joules.value / profile.above_idle().value, {}};
    const Closeness near = closeness(use, phase.limits);
    const std::string held = what_holds_it_up(use, near, phase.limits);
    const double tokens = static_cast<double>(std::max<std::int64_t>(phase.tokens, 1));
    const std::string read =
        use.memory_bytes() > 0
            ? fmt::format(" It reads {} of weights and cache per token.",
                          base::readable(base::Bytes(static_cast<std::int64_t>(use.memory_bytes() / tokens))))
            : "";
    hotspot.sentence =
        fmt::format("{}, {}: {} of the joules above idle ({:.3g} J, {} of that phase).{}{} {}",
                    generating ? "Generating" : "Prompt processing", use.name, percent(hotspot.share),
                    use.joules.value.value(), percent(use.joules.value / phase.above_idle.value), read,
                    held.empty() ? "" : fmt::format(" {}.", held), what_to_try(use, near, generating, profile));
    return hotspot;
}

Hotspot idle_hotspot(const Profile& profile) {
    const double share = 1 - profile.above_idle().value / profile.total().value;
    return {"", "idle power", share,
            fmt::format("Idle power is {} of all joules: the machine draws it whatever it does, so finishing sooner or "
                        "serving several requests at once reduces it.",
                        percent(share))};
}

}  // namespace

std::vector<Hotspot> biggest_hotspots(const Profile& profile) {
    std::vector<Hotspot> hotspots;
    if (!(profile.above_idle().value > base::Joules(0))) return hotspots;
    for (const PhaseProfile& phase : profile.phases) {
        for (const ComponentUse& use : phase.components) {
            if (use.joules.value > base::Joules(0)) hotspots.push_back(hotspot_of(profile, phase, use));
        }
    }
    std::ranges::stable_sort(hotspots, [](const Hotspot& a, const Hotspot& b) { return a.share > b.share; });
    if (hotspots.size() > named_parts) hotspots.resize(named_parts);
    if (Hotspot idle = idle_hotspot(profile); idle.share >= worth_naming_idle) hotspots.push_back(std::move(idle));
    return hotspots;
}

}  // namespace ergon::profile
