#include "lab/findings/confounders.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/strings/format_number.h"
#include "lab/attribution.h"
#include "lab/figure_text.h"

namespace ergon::lab {
namespace {

// What differs by less is the same size, or the same format (assumed).
constexpr double same_size = 0.05;
constexpr double same_bits = 0.02;

bool is_server(const ContenderSummary& one) {
    return one.details.kind == ContenderKind::server;
}

/// The values of a sampler's settings, without where they come from. What a server refuses to be told is its own.
std::optional<std::string> sampling_text(const ContenderSummary& one) {
    if (!one.details.sampling) return std::nullopt;
    std::string text;
    for (const SamplingSetting& setting : *one.details.sampling) {
        std::string value = value_text(setting);
        if (is_server(one) && (value.empty() || one.left_out.contains(setting.name))) value = "the server's own";
        text += fmt::format("{}{} {}", text.empty() ? "" : " ", setting.name, value.empty() ? "none" : value);
    }
    return text;
}

/// An empty text is one that is not known.
std::optional<std::string> said(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

/// Collects what differs, and what cannot be known to.
class Differences {
  public:
    void words(std::string what, std::optional<std::string> a, std::optional<std::string> b) {
        if (!a || !b) {
            not_known.push_back(std::move(what));
        } else if (*a != *b) {
            list.push_back({std::move(what), std::move(*a), std::move(*b)});
        }
    }
    template <typename Number>
    void amounts(const char* what, std::optional<Number> number_a, std::optional<Number> number_b, double tolerance,
                 std::string (*text)(double)) {
        if (!number_a || !number_b) {
            not_known.emplace_back(what);
            return;
        }
        const auto a = static_cast<double>(*number_a), b = static_cast<double>(*number_b);
        if (std::abs(a - b) > tolerance * std::max(std::abs(a), std::abs(b))) list.push_back({what, text(a), text(b)});
    }

    std::vector<Difference> list;
    std::vector<std::string> not_known;
};

/// A server whose joules were read from this machine.
bool on_this_machine(const ContenderSummary& one) {
    return is_server(one) && one.details.on_this_machine;
}

std::string kind_of(const ContenderSummary& one) {
    if (!is_server(one)) return "in this process";
    return on_this_machine(one) ? "a server on this machine" : "a server elsewhere";
}

std::optional<std::string> density(const ContenderSummary& one) {
    const std::optional<std::int64_t>& experts = one.details.model.experts;
    if (!experts) return std::nullopt;
    return *experts > 0 ? fmt::format("{} experts", *experts) : "dense";
}

/// What the two models are made of.
void compare_models(const ContenderSummary& a, const ContenderSummary& b, Differences& found) {
    found.words("sparse or dense", density(a), density(b));
    const auto count = [](double value) { return base::readable_count(std::llround(std::clamp(value, 0.0, 1e18))); };
    const ModelDetails &of_a = a.details.model, &of_b = b.details.model;
    found.amounts("parameters", of_a.parameters, of_b.parameters, same_size, count);
    found.amounts("parameters active per token", of_a.active_parameters, of_b.active_parameters, same_size, count);
    found.amounts("bits per weight", of_a.bits_per_weight, of_b.bits_per_weight, same_bits,
                  [](double value) { return base::significant(value); });
    found.words("architecture", said(of_a.architecture), said(of_b.architecture));
}

/// How a contender is asked, in words.
struct SettingsText {
    explicit SettingsText(const ContenderSummary& one) {
        const ContenderDetails& details = one.details;
        const bool server = is_server(one);
        const auto number = [](std::optional<std::int64_t> value) {
            return value ? std::optional(std::to_string(*value)) : std::nullopt;
        };
        max_tokens = number(details.max_tokens);
        if (!max_tokens && !server) max_tokens = "none";
        max_thinking = number(details.max_thinking).value_or("none");
        if (details.thinking) thinking = *details.thinking ? "yes" : "no";
        // Nobody can tell a server what is forbidden, nor have it choose a letter.
        forbidden = details.forbidden.empty() ? "none" : fmt::format("\"{}\"", fmt::join(details.forbidden, "\", \""));
        multiple_choice = server || details.multiple_choice.empty() ? choice_as_written : details.multiple_choice;
        batch = number(details.batch);
        threads = said(details.threads);
        cache = said(details.cache);
        sampling = sampling_text(one);
    }
    std::optional<std::string> max_tokens, max_thinking, thinking, forbidden, multiple_choice, batch, threads, cache,
        sampling;
};

void compare_settings(const ContenderSummary& one, const ContenderSummary& other, Differences& found) {
    const SettingsText a(one), b(other);
    found.words("where they run", kind_of(one), kind_of(other));
    found.words("limit on answer tokens", a.max_tokens, b.max_tokens);
    found.words("limit on thinking tokens", a.max_thinking, b.max_thinking);
    found.words("asked to think", a.thinking, b.thinking);
    found.words("forbidden texts", a.forbidden, b.forbidden);
    found.words("multiple choice", a.multiple_choice, b.multiple_choice);
    found.words("batch size", a.batch, b.batch);
    // Also where each has what was timed as best for it: another count is another number of joules per token.
    found.words("threads", a.threads, b.threads);
    found.words("cache format", a.cache, b.cache);
    found.words("sampling", a.sampling, b.sampling);
}

/// Files that differ are other weights, whatever else is alike.
std::optional<std::string> weights_of(const ContenderSummary& one) {
    return said(one.hash);
}

/// What can be said of experts.
std::string experts_sentence(const ContenderSummary& a, const ContenderSummary& b) {
    const ModelDetails &model_a = a.details.model, &model_b = b.details.model;
    const auto of_a = model_a.experts, of_b = model_b.experts;
    if (!of_a || !of_b)
        return "The make-up of at least one model is not known, so this says nothing about sparse experts.";
    if (*of_a == 0 && *of_b == 0) return "Both models are dense, so this says nothing about sparse experts.";
    if (*of_a > 0 && *of_b > 0) return {};
    const auto alike = [](std::optional<std::int64_t> x, std::optional<std::int64_t> y) {
        return x && y && static_cast<double>(std::abs(*x - *y)) <= same_size * static_cast<double>(std::max(*x, *y));
    };
    if (alike(model_a.active_parameters, model_b.active_parameters)) {
        return "One model is sparse, with as many active parameters as the other: the difference per token includes "
               "the "
               "cost of its inactive experts.";
    }
    if (alike(model_a.parameters, model_b.parameters)) {
        return "One model is sparse, with as many parameters in total as the other: the difference per token includes "
               "what "
               "its inactive experts save.";
    }
    return "One model is sparse and the other dense, but their sizes differ too: the two effects cannot be separated.";
}

/// Whether a server's joules are of the same kind as those of a model in this process.
std::string charge_sentence(const ContenderSummary& one) {
    if (!on_this_machine(one)) return {};
    if (const std::string why = incomparable(one); !why.empty()) {
        return fmt::format("Tokens and accuracy can be compared, joules cannot: {}.", why);
    }
    return fmt::format(
        "The joules of {} are its processes' share of the machine by processor time, the same method as for a model in "
        "this process.",
        shown(one.label));
}

std::vector<std::string> limitations(const ContenderSummary& a, const ContenderSummary& b, std::size_t models_differ,
                                     std::size_t settings_differ) {
    std::vector<std::string> sentences;
    const bool same_weights = !a.hash.empty() && a.hash == b.hash;
    const bool other_weights = !a.hash.empty() && !b.hash.empty() && a.hash != b.hash;
    if (same_weights) {
        sentences.push_back("Both are the same model, so the ratio shows the effect of their settings.");
    } else if (std::string experts = experts_sentence(a, b); !experts.empty()) {
        sentences.push_back(std::move(experts));
    }
    if (other_weights && models_differ == 0) {
        sentences.push_back(
            "They have the same shape and different weights, such as two checkpoints of one training run: the ratio "
            "shows "
            "the effect of training.");
    }
    if (a.reasons != b.reasons && a.graded == 0) {
        sentences.push_back(
            "One reasons and the other does not. These prompts have no reference answers, so this shows what reasoning "
            "costs, not whether it helps.");
    }
    if (is_server(a) != is_server(b)) {
        sentences.push_back(
            "One is a server: its batching, its cache and its other users are outside this program's control.");
    }
    for (const ContenderSummary* one : {&a, &b}) {
        if (std::string charge = charge_sentence(*one); !charge.empty()) sentences.push_back(std::move(charge));
    }
    if (models_differ + settings_differ > 1 && !same_weights) {
        sentences.push_back(
            fmt::format("{} things differ at once: the ratio is that of the two as they are, and cannot be attributed "
                        "to any single one.",
                        models_differ + settings_differ));
    }
    return sentences;
}

}  // namespace

Confounders confounders(const ContenderSummary& a, const ContenderSummary& b) {
    Differences found;
    const auto reasons = [](const ContenderSummary& one) { return one.reasons ? "reasons" : "does not reason"; };
    found.words("reasoning", reasons(a), reasons(b));
    const std::size_t before = found.list.size();
    compare_models(a, b, found);
    const std::size_t models_differ = found.list.size() - before;
    compare_settings(a, b, found);
    Confounders all;
    all.limitations = limitations(a, b, models_differ, found.list.size() - models_differ);
    found.words("weights (digest)", weights_of(a), weights_of(b));
    const std::string &of_a = a.details.model.vocabulary, &of_b = b.details.model.vocabulary;
    if (of_a.empty() || of_b.empty()) {
        found.not_known.emplace_back("tokenizer");
    } else {
        all.same_tokenizer = of_a == of_b;
        if (of_a != of_b) found.list.push_back({"tokenizer", "its own", "its own"});
    }
    all.differs = std::move(found.list);
    all.not_known = std::move(found.not_known);
    return all;
}

std::string differences_text(const Confounders& confounders) {
    std::vector<std::string> parts;
    for (const Difference& one : confounders.differs) {
        parts.push_back(one.a == one.b ? one.what : fmt::format("{} ({} / {})", one.what, one.a, one.b));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace ergon::lab
