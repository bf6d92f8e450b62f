#include "lab/fairness.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/format_number.h"
#include "lab/terminal_text.h"

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

std::string text_of(const ordered_json& details, const char* key) {
    if (!details.contains(key) || details[key].is_null()) return "none";
    return details[key].is_string() ? details[key].get<std::string>() : details[key].dump();
}

/// The values of a sampler's settings, without where they come from.
std::string sampling_text(const ordered_json& details) {
    if (!details.contains("sampling") || !details["sampling"].is_object()) return "not known";
    std::string text;
    for (const auto& [name, entry] : details["sampling"].items()) {
        const ordered_json& value = entry.is_object() && entry.contains("value") ? entry["value"] : entry;
        text += fmt::format("{}{} {}", text.empty() ? "" : " ", name, value.dump());
    }
    return text;
}

/// Collects what differs.
class Differences {
  public:
    Differences(const ContenderSummary& a, const ContenderSummary& b) : a_(a), b_(b) {}

    void words(std::string what, std::string a, std::string b) {
        if (a != b) list_.push_back({std::move(what), std::move(a), std::move(b)});
    }
    void setting(const char* what, const char* key) { words(what, text_of(a_.details, key), text_of(b_.details, key)); }
    void amounts(const char* what, std::optional<double> a, std::optional<double> b, double tolerance,
                 std::string (*text)(double)) {
        const auto shown = [&](std::optional<double> one) { return one ? text(*one) : "not known"; };
        const bool alike = a && b && std::abs(*a - *b) <= tolerance * std::max(std::abs(*a), std::abs(*b));
        if (!alike && (a || b)) list_.push_back({what, shown(a), shown(b)});
    }
    std::vector<Difference> take() { return std::move(list_); }

  private:
    const ContenderSummary& a_;
    const ContenderSummary& b_;
    std::vector<Difference> list_;
};

/// A server whose joules were read from this machine.
bool on_this_machine(const ContenderSummary& one) {
    return is_server(one) && one.details.value("on_this_machine", false);
}

std::string kind_of(const ContenderSummary& one) {
    if (!is_server(one)) return "in this process";
    return on_this_machine(one) ? "a server on this machine" : "a server elsewhere";
}

std::string density(const ContenderSummary& one) {
    const auto experts = number(one, "experts");
    if (!experts) return "not known";
    return *experts > 0 ? fmt::format("{:.0f} experts", *experts) : "dense";
}

std::vector<Difference> differences(const ContenderSummary& a, const ContenderSummary& b) {
    Differences found(a, b);
    const auto reasons = [](const ContenderSummary& one) { return one.reasons ? "reasons" : "does not reason"; };
    found.words("reasoning", reasons(a), reasons(b));
    found.words("sparse or dense", density(a), density(b));
    const auto count = [](double value) { return base::readable_count(std::llround(std::clamp(value, 0.0, 1e18))); };
    found.amounts("parameters", parameters(a, "total"), parameters(b, "total"), same_size, count);
    found.amounts("parameters active per token", parameters(a, "active"), parameters(b, "active"), same_size, count);
    found.amounts("bits per weight", number(a, "bits_per_weight"), number(b, "bits_per_weight"), same_bits,
                  [](double value) { return base::significant(value); });
    found.setting("architecture", "architecture");
    found.words("where they run", kind_of(a), kind_of(b));
    found.setting("cap on the answer's tokens", "max_tokens");
    found.setting("cap on thinking tokens", "max_thinking");
    found.setting("asked to think", "thinking");
    found.setting("forbidden texts", "forbidden");
    found.setting("multiple choice", "multiple_choice");
    found.setting("batch", "batch");
    found.setting("threads", "threads");
    found.setting("cache", "cache");
    found.words("sampling", sampling_text(a.details), sampling_text(b.details));
    return found.take();
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

std::vector<std::string> shows(const ContenderSummary& a, const ContenderSummary& b, std::size_t differing) {
    std::vector<std::string> sentences;
    const bool same_weights = !a.hash.empty() && a.hash == b.hash;
    if (same_weights) {
        sentences.push_back("Both are the same model, so the ratio is that of their settings.");
    } else if (std::string experts = experts_sentence(a, b); !experts.empty()) {
        sentences.push_back(std::move(experts));
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
    if (on_this_machine(a) != on_this_machine(b)) {
        sentences.push_back(
            "The server's joules are those of the whole machine while it answered: what other programs took meanwhile "
            "is among them, which it is not for a model in this process.");
    }
    if (differing > 1 && !same_weights) {
        sentences.push_back(fmt::format(
            "{} things differ at once: the ratio is that of the two as they are, and cannot be laid to one of them.",
            differing));
    }
    return sentences;
}

}  // namespace

Fairness fairness(const ContenderSummary& a, const ContenderSummary& b) {
    Fairness found;
    found.differs = differences(a, b);
    found.shows = shows(a, b, found.differs.size());
    const std::string vocabulary = a.details.value("vocabulary", "");
    found.same_tokenizer = !vocabulary.empty() && vocabulary == b.details.value("vocabulary", "");
    if (!found.same_tokenizer) found.differs.push_back({"tokenizer", "its own", "its own"});
    return found;
}

std::string differences_text(const Fairness& fairness) {
    std::vector<std::string> parts;
    for (const Difference& one : fairness.differs) {
        parts.push_back(one.a == one.b ? one.what : fmt::format("{} ({} / {})", one.what, one.a, one.b));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace ergon::lab
