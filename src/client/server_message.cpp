#include "client/server_message.h"

#include <algorithm>

#include "base/error.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "base/secrets.h"
#include "base/strings/characters.h"
#include "base/strings/text.h"
#include "client/surrogates.h"

namespace ergon::client {
namespace {

using nlohmann::json;

constexpr std::size_t read_bytes = 1 << 16;  // of an error

/// FastAPI repeats the request, or the refused part of it, as "input".
void without_input(json& at) {
    if (at.is_object()) at.erase("input");
    if (!at.is_structured()) return;
    for (json& value : at) without_input(value);
}

/// The text in which an error is explained; what is no text is printed as JSON.
std::string explanation(const json& answer) {
    const json* at = &answer;
    for (const char* key : {"error", "message", "detail"}) {
        if (at->is_object() && at->contains(key)) at = &(*at)[key];
    }
    if (at->is_string()) return at->get<std::string>();
    json shown = *at;
    without_input(shown);
    return base::json_text(shown);
}

std::string explanation_in(std::string_view body) {
    const json answer = parse_answer(body.substr(0, read_bytes));
    return answer.is_discarded() ? std::string(body.substr(0, read_bytes)) : explanation(answer);
}

/// The fields that an error names as such: {"param": "seed"}, {"loc": ["body", "seed"]}, anywhere in it.
void collect_named(const json& at, std::vector<std::string>& named) {
    const auto add = [&](const json& place) {
        if (!place.is_string() || place == "body") return;
        const std::string& name = place.get_ref<const std::string&>();
        named.push_back(name.substr(0, name.find_first_of(".[")));  // "stream_options.include_usage"
    };
    if (at.is_object() && at.contains("param")) add(at["param"]);
    if (at.is_object() && at.contains("loc") && at["loc"].is_array()) {
        for (const json& one : at["loc"]) add(one);
    }
    if (!at.is_structured()) return;
    for (const auto& [key, value] : at.items()) {
        if (key != "input") collect_named(value, named);
    }
}

bool has_word(std::string_view text, std::string_view word) {
    const auto part_of_word = [](char c) { return base::is_letter(c) || base::is_digit(c) || c == '_'; };
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool begins = at == 0 || !part_of_word(text[at - 1]);
        if (begins && (end == text.size() || !part_of_word(text[end]))) return true;
    }
    return false;
}

}  // namespace

json parse_answer(std::string_view text) {
    constexpr int deepest = 32;  // real ones stay below 10 (assumed)
    try {
        return base::parse_json<json>(with_stand_ins(base::valid_utf8(text)), "it",
                                      {.depth = deepest, .deeper = base::DeeperValues::dropped});
    } catch (const base::Error&) {
        return json(json::value_t::discarded);
    }
}

std::string server_message(std::string_view body, const std::string& secret) {
    constexpr std::size_t longest = 300;
    const std::string message = base::one_line(explanation_in(body), read_bytes);
    return base::one_line(base::without_keys(joined_surrogates(message), secret), longest);
}

bool is_transient(std::int64_t status) {
    // 408 request timeout, 425 too early, 429 too many requests; 501 says that it will never be.
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501);
}

std::vector<std::string> refused_fields(std::string_view body, std::span<const char* const> fields) {
    std::vector<std::string> named;
    const json answer = parse_answer(body.substr(0, read_bytes));
    if (!answer.is_discarded()) collect_named(answer, named);
    std::vector<std::string> refused;
    for (const char* field : fields) {
        if (std::ranges::find(named, field) != named.end()) refused.emplace_back(field);
    }
    if (!named.empty()) return refused;
    const std::string message = explanation_in(body);
    const auto found = std::ranges::find_if(fields, [&](const char* field) { return has_word(message, field); });
    if (found != fields.end()) refused.emplace_back(*found);
    return refused;
}

}  // namespace ergon::client
