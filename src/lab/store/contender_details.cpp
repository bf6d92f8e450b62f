#include "lab/store/contender_details.h"

#include "base/json/json_text.h"
#include "lab/store/json_fields.h"

namespace ergon::lab {
namespace {

using nlohmann::ordered_json;

constexpr const char* in_process_word = "in-process";
constexpr const char* server_word = "server";
constexpr const char* charged_processes = "its processes";
constexpr const char* charged_machine = "the whole machine";
constexpr const char* found_key = "found";
constexpr const char* vocabulary_key = "vocabulary";
constexpr const char* threads_key = "threads";
constexpr const char* timed_key = "threads_chosen";

void read_model(const ordered_json& json, ModelDetails& model) {
    model.architecture = text_field(json, "architecture");
    model.parameters = count_field(field(json, "parameters"), "total");
    model.active_parameters = count_field(field(json, "parameters"), "active");
    model.experts = count_field(json, "experts");
    model.bits_per_weight = real_field(json, "bits_per_weight");
    model.weight_bytes = count_field(json, "weight_bytes");
    model.vocabulary = text_field(json, vocabulary_key);
    model.software = text_field(json, "software");
}

void put_model(const ModelDetails& model, ordered_json& json) {
    const auto put = [](ordered_json& object, const char* key, const auto& value) {
        if (value) object[key] = *value;
    };
    put(json, "weight_bytes", model.weight_bytes);
    if (!model.architecture.empty()) json["architecture"] = model.architecture;
    if (model.parameters || model.active_parameters) {
        ordered_json& parameters = json["parameters"] = ordered_json::object();
        put(parameters, "total", model.parameters);
        put(parameters, "active", model.active_parameters);
    }
    put(json, "experts", model.experts);
    put(json, "bits_per_weight", model.bits_per_weight);
    if (!model.vocabulary.empty()) json[vocabulary_key] = model.vocabulary;
    if (!model.software.empty()) json["software"] = model.software;
}

ordered_json sampling_json(const std::vector<SamplingSetting>& settings) {
    ordered_json json = ordered_json::object();
    for (const SamplingSetting& one : settings) {
        ordered_json value;
        if (const auto* const whole = std::get_if<std::int64_t>(&one.value)) value = *whole;
        if (const auto* const real = std::get_if<double>(&one.value)) value = *real;
        json[one.name] = {{"value", value}, {"from", one.from}};
    }
    return json;
}

/// What was found out of a server's model stands beside what is known of models in this process.
ordered_json with_found(ordered_json json) {
    const auto found = json.find(found_key);
    if (found == json.end() || !found->is_object()) return json;
    ordered_json facts = std::move(*found);
    json.erase(found_key);
    facts.erase("hash");
    for (const auto& [key, value] : facts.items()) {
        if (!json.contains(key)) json[key] = value;
    }
    return json;
}

void put_in_process(const ContenderDetails& details, ordered_json& json) {
    const bool whole = !details.threads.empty() &&
                       details.threads.find_first_not_of("0123456789") == std::string::npos &&
                       details.threads.size() < 10;
    json[threads_key] = whole ? ordered_json(std::stoi(details.threads)) : ordered_json(details.threads);
    json["cache"] = details.cache;
    json["strict"] = value_or_null(details.strict);
    json["multiple_choice"] = details.multiple_choice;
    json["batch"] = value_or_null(details.batch);
    if (!details.model.vocabulary.empty()) json[vocabulary_key] = details.model.vocabulary;
    if (details.threads_timed) json[timed_key] = "timed";
    if (!details.forbidden.empty()) json["forbidden"] = details.forbidden;
    if (!details.unused.empty()) json["unused"] = details.unused;
    put_model(details.model, json);
}

void put_server(const ContenderDetails& details, ordered_json& json) {
    if (details.charge != Charge::unknown) {
        json["charged"] = details.charge == Charge::processes ? charged_processes : charged_machine;
    }
    if (!details.charge_reason.empty()) json["charged_because"] = details.charge_reason;
    if (!details.energy.empty()) json["energy"] = details.energy;
    if (details.assumed_joules_per_token) json["assumed_joules_per_token"] = *details.assumed_joules_per_token;
    ordered_json& found = json[found_key] = ordered_json::object();
    put_model(details.model, found);
    if (!details.found_hash.empty()) found["hash"] = details.found_hash;
}

}  // namespace

std::optional<std::vector<SamplingSetting>> sampling_settings(const ordered_json& json) {
    if (!json.is_object()) return std::nullopt;
    std::vector<SamplingSetting> settings;
    for (const auto& [name, entry] : json.items()) {
        const ordered_json& value = entry.is_object() ? field(entry, "value") : entry;
        SamplingSetting& setting = settings.emplace_back(SamplingSetting{name, {}, text_field(entry, "from")});
        if (value.is_number_integer()) {
            setting.value = value.get<std::int64_t>();
        } else if (value.is_number()) {
            setting.value = value.get<double>();
        }
    }
    return settings;
}

std::string value_text(const SamplingSetting& setting) {
    if (const auto* const whole = std::get_if<std::int64_t>(&setting.value)) return std::to_string(*whole);
    const auto* const real = std::get_if<double>(&setting.value);
    return real == nullptr ? std::string() : base::json_text(ordered_json(*real));
}

ContenderDetails contender_details(const ordered_json& json) {
    ContenderDetails details;
    details.record = json.is_object() ? with_found(json) : ordered_json::object();
    const ordered_json& all = details.record;
    const std::string kind = text_field(all, "kind");
    details.kind = kind == in_process_word ? ContenderKind::in_process
                   : kind == server_word   ? ContenderKind::server
                                           : ContenderKind::unknown;
    read_model(all, details.model);
    details.thinking = flag_field(all, "thinking");
    details.max_tokens = count_field(all, "max_tokens");
    details.max_thinking = count_field(all, "max_thinking");
    details.stop = texts_field(all, "stop");
    details.forbidden = texts_field(all, "forbidden");
    details.sampling = sampling_settings(field(all, "sampling"));
    details.has_thought_markers = flag_field(all, "thinks");
    const std::optional<std::int64_t> threads = count_field(all, threads_key);
    details.threads = threads ? std::to_string(*threads) : text_field(all, threads_key);
    details.threads_timed = !text_field(all, timed_key).empty();
    details.cache = text_field(all, "cache");
    details.strict = flag_field(all, "strict");
    details.multiple_choice = text_field(all, "multiple_choice");
    details.batch = count_field(all, "batch");
    details.unused = texts_field(all, "unused");
    details.address = text_field(all, "address");
    details.served_model = text_field(all, "model");
    details.on_this_machine = flag_field(all, "on_this_machine").value_or(false);
    const std::string charge = text_field(all, "charged");
    details.charge = charge == charged_processes ? Charge::processes
                     : charge == charged_machine ? Charge::machine
                                                 : Charge::unknown;
    details.charge_reason = text_field(all, "charged_because");
    details.energy = text_field(all, "energy");
    details.assumed_joules_per_token = real_field(all, "assumed_joules_per_token");
    details.found_hash = text_field(field(json, found_key), "hash");
    return details;
}

ordered_json details_json(const ContenderDetails& details) {
    const bool server = details.kind == ContenderKind::server;
    ordered_json json{{"kind", server ? server_word : in_process_word}};
    if (server) {
        json["address"] = details.address;
        json["model"] = details.served_model;
        json["on_this_machine"] = details.on_this_machine;
    } else {
        json["thinks"] = value_or_null(details.has_thought_markers);
    }
    json["thinking"] = value_or_null(details.thinking);
    json["max_tokens"] = value_or_null(details.max_tokens);
    json["max_thinking"] = value_or_null(details.max_thinking);
    json["stop"] = details.stop;
    json["sampling"] = sampling_json(details.sampling.value_or(std::vector<SamplingSetting>()));
    if (server) {
        put_server(details, json);
    } else {
        put_in_process(details, json);
    }
    return json;
}

bool asked_alike(const ContenderDetails& a, const ContenderDetails& b) {
    return a.sampling == b.sampling && a.max_tokens == b.max_tokens && a.max_thinking == b.max_thinking &&
           a.thinking == b.thinking && a.stop == b.stop && a.forbidden == b.forbidden && a.strict == b.strict &&
           a.cache == b.cache;
}

ordered_json without_found(ordered_json details) {
    if (details.is_object()) details.erase(found_key);
    return details;
}

ordered_json as_asked_for(ordered_json details) {
    details = without_found(std::move(details));
    if (details.is_object() && details.contains(timed_key)) details.erase(threads_key);
    return details;
}

}  // namespace ergon::lab
