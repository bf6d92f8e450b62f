#include "lab/findings/confounders.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json/json_text.h"
#include "base/strings/format_number.h"
#include "lab/attribution.h"
#include "lab/figure_text.h"

namespace ergon::lab {
namespace {

using nlohmann::ordered_json;

// What differs by less is the same size, or the same format (assumed).
constexpr double same_size = 0.05;
constexpr double same_bits = 0.02;

bool is_server(const ContenderSummary& one) {
    return one.details.value("kind", "") == "server";
}

std::optional<double> number(const ContenderSummary& one, const char* key) {
    const ordered_json& details = one.details;
    return details.contains(key) && details[key].is_number() ? std::optional(details[key].get<double>()) : std::nullopt;
}

std::optional<double> parameters(const ContenderSummary& one, const char* which) {
    const ordered_json& details = one.details;
    if (!details.contains("parameters") || !details["parameters"].contains(which)) return std::nullopt;
    const ordered_json& count = details["parameters"][which];
    return count.is_number() ? std::optional(count.get<double>()) : std::nullopt;
}

/// A setting in words. What is not among the details of a server is not known, for others it is switched off.
std::optional<std::string> setting_of(const ContenderSummary& one, const char* key) {
    const ordered_json& details = one.details;
    if (!details.contains(key)) return is_server(one) ? std::nullopt : std::optional<std::string>("none");
    if (details[key].is_null()) return "none";
    return details[key].is_string() ? details[key].get<std::string>() : base::json_text(details[key]);
}

/// Nobody can tell a server what is forbidden, nor have it choose a letter.
std::optional<std::string> setting_of(const ContenderSummary& one, const char* key, const char* of_servers) {
    return is_server(one) ? std::optional<std::string>(of_servers) : setting_of(one, key);
}

/// The values of a sampler's settings, without where they come from. What a server refuses to be told is its own.
std::optional<std::string> sampling_text(const ContenderSummary& one) {
    const ordered_json& details = one.details;
    if (!details.contains("sampling") || !details["sampling"].is_object()) return std::nullopt;
    std::string text;
    for (const auto& [name, entry] : details["sampling"].items()) {
        const ordered_json& value = entry.is_object() && entry.contains("value") ? entry["value"] : entry;
        const bool its_own = is_server(one) && (value.is_null() || one.left_out.contains(name));
        text += fmt::format("{}{} {}", text.empty() ? "" : " ", name, its_own ? "the server's own" : base::json_text(value));
    }
    return text;
}

/// Collects what differs, and what cannot be known to.
class Differences {
  public:
    Differences(const ContenderSummary& a, const ContenderSummary& b) : a_(a), b_(b) {}

    void words(std::string what, std::optional<std::string> a, std::optional<std::string> b) {
        if (!a || !b) {
            not_known.push_back(std::move(what));
        } else if (*a != *b) {
            list.push_back({std::move(what), std::move(*a), std::move(*b)});
        }
    }
    void setting(const char* what, const char* key) { words(what, setting_of(a_, key), setting_of(b_, key)); }
    void setting(const char* what, const char* key, const char* of_servers) {
        words(what, setting_of(a_, key, of_servers), setting_of(b_, key, of_servers));
    }
    void amounts(const char* what, std::optional<double> a, std::optional<double> b, double tolerance,
                 std::string (*text)(double)) {
        if (!a || !b) {
            not_known.emplace_back(what);
        } else if (std::abs(*a - *b) > tolerance * std::max(std::abs(*a), std::abs(*b))) {
            list.push_back({what, text(*a), text(*b)});
        }
    }

    std::vector<Difference> list;
    std::vector<std::string> not_known;

  private:
    const ContenderSummary& a_;
    const ContenderSummary& b_;
};

/// A server whose joules were read from this machine.
bool on_this_machine(const ContenderSummary& one) {
    return is_server(one) && one.details.value("on_this_machine", false);
}

std::string kind_of(const ContenderSummary& one) {
    if (!is_server(one)) return "in this process";
    return on_this_machine(one) ? "a server on this machine" : "a server elsewhere";
}

std::optional<std::string> density(const ContenderSummary& one) {
    const auto experts = number(one, "experts");
    if (!experts) return std::nullopt;
    return *experts > 0 ? fmt::format("{:.0f} experts", *experts) : "dense";
}

/// What the two models are made of.
void compare_models(const ContenderSummary& a, const ContenderSummary& b, Differences& found) {
    found.words("sparse or dense", density(a), density(b));
    const auto count = [](double value) { return base::readable_count(std::llround(std::clamp(value, 0.0, 1e18))); };
    found.amounts("parameters", parameters(a, "total"), parameters(b, "total"), same_size, count);
    found.amounts("parameters active per token", parameters(a, "active"), parameters(b, "active"), same_size, count);
    found.amounts("bits per weight", number(a, "bits_per_weight"), number(b, "bits_per_weight"), same_bits,
                  [](double value) { return base::significant(value); });
    const auto text = [](const ContenderSummary& one, const char* key) -> std::optional<std::string> {
        const std::string value = one.details.contains(key) && one.details[key].is_string()
                                      ? one.details[key].get<std::string>()
                                      : std::string();
        return value.empty() ? std::nullopt : std::optional(value);
    };
    found.words("architecture", text(a, "architecture"), text(b, "architecture"));
}

void compare_settings(const ContenderSummary& a, const ContenderSummary& b, Differences& found) {
    found.words("where they run", kind_of(a), kind_of(b));
    found.setting("cap on the answer's tokens", "max_tokens");
    found.setting("cap on thinking tokens", "max_thinking");
    found.setting("asked to think", "thinking");
    found.setting("forbidden texts", "forbidden", "none");
    found.setting("multiple choice", "multiple_choice", "as it is written");
    found.setting("batch", "batch");
    // Also where each has what was timed as best for it: another count is another number of joules per token.
    found.setting("threads", "threads");
    found.setting("cache", "cache");
    found.words("sampling", sampling_text(a), sampling_text(b));
}

/// Files that differ are other weights, whatever else is alike.
std::optional<std::string> weights_of(const ContenderSummary& one) {
    return one.hash.empty() ? std::nullopt : std::optional(one.hash);
}

/// What can be said of experts.
std::string experts_sentence(const ContenderSummary& a, const ContenderSummary& b) {
    const auto of_a = number(a, "experts"), of_b = number(b, "experts");
    if (!of_a || !of_b) return "What one of them is made of is not known, so this says nothing about sparse experts.";
    if (*of_a == 0 && *of_b == 0) return "Both are dense, so this says nothing about sparse experts.";
    if (*of_a > 0 && *of_b > 0) return {};
    const auto total_a = parameters(a, "total"), total_b = parameters(b, "total");
    const auto active_a = parameters(a, "active"), active_b = parameters(b, "active");
    const auto alike = [](std::optional<double> x, std::optional<double> y) {
        return x && y && std::abs(*x - *y) <= same_size * std::max(*x, *y);
    };
    if (alike(active_a, active_b)) {
        return "One is sparse, with as many active parameters as the other: what differs per token includes the price "
               "of "
               "the experts that rest.";
    }
    if (alike(total_a, total_b)) {
        return "One is sparse, with as many parameters in all as the other: what differs per token includes what the "
               "resting experts save.";
    }
    return "One is sparse and the other dense, but their sizes differ too: this cannot tell the one from the other.";
}

/// Whether a server's joules are of the same kind as those of a model in this process.
std::string charge_sentence(const ContenderSummary& one) {
    if (!on_this_machine(one)) return {};
    if (const std::string why = incomparable(one); !why.empty()) {
        return fmt::format("Tokens and right answers can be compared, joules cannot: {}.", why);
    }
    return fmt::format(
        "The joules of {} are its processes' share of the machine by processor time, as those of a model in this "
        "process are.",
        shown(one.label));
}

std::vector<std::string> shows(const ContenderSummary& a, const ContenderSummary& b, std::size_t models_differ,
                               std::size_t settings_differ) {
    std::vector<std::string> sentences;
    const bool same_weights = !a.hash.empty() && a.hash == b.hash;
    const bool other_weights = !a.hash.empty() && !b.hash.empty() && a.hash != b.hash;
    if (same_weights) {
        sentences.push_back("Both are the same model, so the ratio is that of their settings.");
    } else if (std::string experts = experts_sentence(a, b); !experts.empty()) {
        sentences.push_back(std::move(experts));
    }
    if (other_weights && models_differ == 0) {
        sentences.push_back(
            "They are made alike and their weights differ, such as two states of one training: the ratio is that of "
            "what they have learnt.");
    }
    if (a.reasons != b.reasons && a.graded == 0) {
        sentences.push_back(
            "One reasons and the other does not; these prompts have no right answers, so this shows what the thinking "
            "costs, not what it is worth.");
    }
    if (is_server(a) != is_server(b)) {
        sentences.push_back(
            "One is a server, whose batches, cache and other users are not under this program's control.");
    }
    for (const ContenderSummary* one : {&a, &b}) {
        if (std::string charge = charge_sentence(*one); !charge.empty()) sentences.push_back(std::move(charge));
    }
    if (models_differ + settings_differ > 1 && !same_weights) {
        sentences.push_back(fmt::format(
            "{} things differ at once: the ratio is that of the two as they are, and cannot be laid to one of them.",
            models_differ + settings_differ));
    }
    return sentences;
}

}  // namespace

Confounders confounders(const ContenderSummary& a, const ContenderSummary& b) {
    Differences found(a, b);
    const auto reasons = [](const ContenderSummary& one) { return one.reasons ? "reasons" : "does not reason"; };
    found.words("reasoning", reasons(a), reasons(b));
    const std::size_t before = found.list.size();
    compare_models(a, b, found);
    const std::size_t models_differ = found.list.size() - before;
    compare_settings(a, b, found);
    Confounders fair;
    fair.shows = shows(a, b, models_differ, found.list.size() - models_differ);
    found.words("weights, by their digest", weights_of(a), weights_of(b));
    const std::string of_a = a.details.value("vocabulary", ""), of_b = b.details.value("vocabulary", "");
    if (of_a.empty() || of_b.empty()) {
        found.not_known.emplace_back("tokenizer");
    } else {
        fair.same_tokenizer = of_a == of_b;
        if (of_a != of_b) found.list.push_back({"tokenizer", "its own", "its own"});
    }
    fair.differs = std::move(found.list);
    fair.not_known = std::move(found.not_known);
    return fair;
}

std::string differences_text(const Confounders& confounders) {
    std::vector<std::string> parts;
    for (const Difference& one : confounders.differs) {
        parts.push_back(one.a == one.b ? one.what : fmt::format("{} ({} / {})", one.what, one.a, one.b));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace ergon::lab
