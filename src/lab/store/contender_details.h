#pragma once
// What is known of a contender, as a run keeps it: how it was asked, what its model is made of, what its joules are.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ergon::lab {

enum class ContenderKind : std::uint8_t { unknown, in_process, server };

/// Whose joules a server on this machine is charged with. Runs of older versions do not say.
enum class Charge : std::uint8_t { unknown, processes, machine };

/// What a model is made of. What is not known is left out: empty, or nothing.
struct ModelDetails {
    std::string architecture;
    std::optional<std::int64_t> parameters;
    std::optional<std::int64_t> active_parameters;  // for a token
    std::optional<std::int64_t> experts;            // 0: dense
    std::optional<double> bits_per_weight;
    std::optional<std::int64_t> weight_bytes;
    std::string vocabulary;  // its fingerprint
    std::string software;    // that serves it
};

/// A setting of the sampler. Without a value it is the server's own.
struct SamplingSetting {
    std::string name;
    std::variant<std::monostate, std::int64_t, double> value;
    std::string from;  // where it comes from: "option", "file"
    bool operator==(const SamplingSetting&) const = default;
};

struct ContenderDetails {
    ContenderKind kind = ContenderKind::unknown;
    ModelDetails model;

    // How it is asked.
    std::optional<bool> thinking;
    std::optional<std::int64_t> max_tokens;
    std::optional<std::int64_t> max_thinking;  // nothing: no cap
    std::vector<std::string> stop;
    std::vector<std::string> forbidden;
    std::optional<std::vector<SamplingSetting>> sampling;

    // In this process.
    std::optional<bool> has_thought_markers;
    std::string threads;  // "2", or "1 to generate, 2 to read"
    bool threads_timed = false;
    std::string cache;
    std::optional<bool> strict;
    std::string multiple_choice;  // "as it is written", or how else
    std::optional<std::int64_t> batch;
    std::vector<std::string> unused;  // of the model's files

    // A server.
    std::string address;
    std::string served_model;
    bool on_this_machine = false;
    Charge charge = Charge::unknown;
    std::string charge_reason;  // why it is the whole machine
    std::string energy;         // where its joules come from, in words
    std::optional<double> assumed_joules_per_token;
    std::string found_hash;  // of the model's files, where a server's could be read

    nlohmann::ordered_json record;  // all of it as it was read, what nobody here knows included: to be shown
};

inline constexpr const char* choice_as_written = "as it is written";
inline constexpr const char* choice_by_likelihood = "the likeliest letter";

/// From what is kept of a contender, by this version or an older one; of what has another shape nothing is known.
ContenderDetails contender_details(const nlohmann::ordered_json& json);
/// As it is kept; `record` is not looked at.
nlohmann::ordered_json details_json(const ContenderDetails& details);

/// {"temperature": {"value": 0.6, "from": "option"}, ...}; nothing for what is no object.
std::optional<std::vector<SamplingSetting>> sampling_settings(const nlohmann::ordered_json& json);
/// "0.6"; empty without a value.
std::string value_text(const SamplingSetting& setting);

/// Whether two contenders are asked in the same way, so that the same files give the same answers.
bool asked_alike(const ContenderDetails& a, const ContenderDetails& b);

/// Details as they are kept, without what was found out about a server's model: it depends on what the server happens
/// to have loaded, and two starts of a run may differ in it.
nlohmann::ordered_json without_found(nlohmann::ordered_json details);
/// Also without threads that were timed: the next time they may come out otherwise, where the choice could not be kept;
/// answers are the same bits with any.
nlohmann::ordered_json as_asked_for(nlohmann::ordered_json details);

}  // namespace ergon::lab
