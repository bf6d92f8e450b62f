#include "server/api/chat_request.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/json/json_text.h"
#include "server/api/api_error.h"

namespace ergon::server {
namespace {

using base::Json;

constexpr std::int64_t max_choices = 16;
constexpr std::size_t max_stops = 16;
constexpr std::size_t max_prompts = 64;

bool given(const Json& object, const char* key) {
    return object.contains(key) && !object[key].is_null();
}

std::optional<double> number(const Json& body, const char* key, double least, double most) {
    if (!given(body, key)) return std::nullopt;
    const Json& value = body[key];
    const double read = value.is_number() ? value.get<double>() : std::nan("");
    if (!(read >= least && read <= most)) refuse(key, "{} must be a number from {} to {}.", key, least, most);
    return read;
}

std::optional<std::int64_t> integer(const Json& body, const char* key, std::int64_t least,
                                    std::int64_t most = std::numeric_limits<std::int32_t>::max()) {
    if (!given(body, key)) return std::nullopt;
    const Json& value = body[key];
    if (!base::holds_integer<std::int64_t>(value) || value.get<std::int64_t>() < least ||
        value.get<std::int64_t>() > most) {
        refuse(key, "{} must be a whole number from {} to {}.", key, least, most);
    }
    return value.get<std::int64_t>();
}

bool flag(const Json& body, const char* key) {
    if (!given(body, key)) return false;
    if (!body[key].is_boolean()) refuse(key, "{} must be true or false.", key);
    return body[key].get<bool>();
}

std::string text(const Json& value, const std::string& param) {
    if (!value.is_string()) refuse(param, "{} must be a string.", param);
    return value.get<std::string>();
}

std::vector<std::string> stops(const Json& body) {
    if (!given(body, "stop")) return {};
    const Json& stop = body["stop"];
    std::vector<std::string> all;
    if (stop.is_string()) {
        all.push_back(stop.get<std::string>());
    } else if (stop.is_array()) {
        for (const Json& one : stop) all.push_back(text(one, "stop"));
    } else {
        refuse("stop", "stop must be a string or a list of strings.");
    }
    if (all.size() > max_stops) refuse("stop", "stop has {} strings; at most {} are taken.", all.size(), max_stops);
    std::erase(all, "");
    return all;
}

/// How many alternatives are wanted: of a chat {"logprobs": true, "top_logprobs": n}, of a completion {"logprobs": n}.
std::optional<std::int64_t> logprobs(const Json& body) {
    constexpr std::int64_t most = 20;
    const auto top = integer(body, "top_logprobs", 0, most);
    if (!given(body, "logprobs") || body["logprobs"] == false) {
        if (top) refuse("top_logprobs", "top_logprobs may only be given with logprobs: true.");
        return std::nullopt;
    }
    if (body["logprobs"] == true) return top.value_or(0);
    return integer(body, "logprobs", 0, most);
}

/// {"token id": bias}
std::vector<std::pair<engine::TokenId, float>> logit_bias(const Json& body) {
    if (!given(body, "logit_bias")) return {};
    const Json& bias = body["logit_bias"];
    if (!bias.is_object()) refuse("logit_bias", "logit_bias must be an object from token ids to numbers.");
    std::vector<std::pair<engine::TokenId, float>> all;
    for (const auto& [key, value] : bias.items()) {
        engine::TokenId id = -1;
        const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), id);
        const bool known = problem == std::errc() && end == key.data() + key.size() && id >= 0;
        const double more = value.is_number() ? value.get<double>() : std::nan("");
        if (!known || !(more >= -100 && more <= 100)) {
            refuse("logit_bias", "logit_bias must map token ids to numbers from -100 to 100; found {}: {}.",
                   base::json_text(Json(key.substr(0, 40))), base::json_text(value).substr(0, 40));
        }
        all.emplace_back(id, static_cast<float>(more));
    }
    return all;
}

/// What would change the answer and is not there: passing over it would be a wrong answer without a word.
void refuse_unsupported(const Json& body) {
    const auto empty = [](const Json& value) {
        return value.is_null() || value == false || value == 0 || value == "none" ||
               ((value.is_array() || value.is_object()) && value.empty());
    };
    for (const char* const key :
         {"tools", "functions", "function_call", "frequency_penalty", "presence_penalty", "audio", "prediction",
          "grammar", "json_schema", "echo", "suffix", "web_search_options"}) {
        if (body.contains(key) && !empty(body[key])) {
            if ((std::string_view(key) == "tools" || std::string_view(key) == "functions") && !body[key].is_array()) {
                refuse(key, "{} must be a list.", key);
            }
            refuse(key, "{} is not supported by this server; remove it.", key);
        }
    }
    if (given(body, "response_format")) {
        const Json& format = body["response_format"];
        if (!format.is_object() || format.value("type", Json()) != "text") {
            refuse("response_format",
                   "response_format must be {{\"type\": \"text\"}}: other formats are not supported by this server.");
        }
    }
    if (given(body, "modalities") && body["modalities"] != Json::array({"text"})) {
        refuse("modalities", "modalities must be [\"text\"].");
    }
    if (given(body, "best_of") && body["best_of"] != 1) refuse("best_of", "best_of must be 1.");
}

/// Thinking is asked for, or not, in the ways of several clients.
bool no_think(const Json& body) {
    if (given(body, "reasoning_effort")) {
        const Json& effort = body["reasoning_effort"];
        static const std::vector<Json> known{"none", "minimal", "low", "medium", "high", "xhigh"};
        if (std::ranges::find(known, effort) == known.end()) {
            refuse("reasoning_effort", "reasoning_effort must be none, minimal, low, medium, high or xhigh.");
        }
        if (effort == "none") return true;
    }
    if (given(body, "thinking")) {
        const Json& thinking = body["thinking"];
        const bool known =
            thinking.is_boolean() || (thinking.is_object() && (thinking.value("type", Json()) == "enabled" ||
                                                               thinking.value("type", Json()) == "disabled"));
        if (!known) refuse("thinking", "thinking must be true, false, or {{\"type\": \"enabled\" | \"disabled\"}}.");
        if (thinking == false || (thinking.is_object() && thinking["type"] == "disabled")) return true;
    }
    if (given(body, "chat_template_kwargs")) {
        const Json& kwargs = body["chat_template_kwargs"];
        if (!kwargs.is_object()) refuse("chat_template_kwargs", "chat_template_kwargs must be an object.");
        for (const auto& [key, value] : kwargs.items()) {
            if ((key != "enable_thinking" && key != "thinking") || !value.is_boolean()) {
                refuse("chat_template_kwargs",
                       "chat_template_kwargs may hold enable_thinking or thinking, true or false.");
            }
            if (value == false) return true;
        }
    }
    return false;
}

CompletionOptions read_options(const Json& body) {
    refuse_unsupported(body);
    CompletionOptions options;
    if (given(body, "model")) options.model = text(body["model"], "model");
    options.stream = flag(body, "stream");
    options.return_progress = flag(body, "return_progress");
    if (given(body, "stream_options")) {
        const Json& stream = body["stream_options"];
        if (!stream.is_object()) refuse("stream_options", "stream_options must be an object.");
        if (!options.stream) refuse("stream_options", "stream_options may only be given with stream: true.");
        options.include_usage = flag(stream, "include_usage");
    }
    options.choices = integer(body, "n", 1, max_choices).value_or(1);
    engine::AnswerSettings& settings = options.settings;
    settings.temperature = number(body, "temperature", 0, 2);
    settings.top_p = number(body, "top_p", 0, 1);
    settings.min_p = number(body, "min_p", 0, 1);
    settings.top_k = integer(body, "top_k", 0);
    settings.repeat_penalty = number(body, "repeat_penalty", 0.01, 100);
    settings.max_tokens = integer(body, "max_tokens", 1);
    if (const auto newer = integer(body, "max_completion_tokens", 1)) settings.max_tokens = newer;
    settings.max_thinking = integer(body, "max_thinking_tokens", 0);
    if (const auto seed =
            integer(body, "seed", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max())) {
        settings.seed = static_cast<std::uint64_t>(*seed);
    }
    settings.stop = stops(body);
    settings.no_think = no_think(body);
    options.bias = logit_bias(body);
    options.logprobs = logprobs(body);
    if (options.logprobs && options.stream) {
        refuse("logprobs", "logprobs are not supported in a stream by this server; remove one of them.");
    }
    return options;
}

/// A string, or a list of parts of type text.
std::string content(const Json& message, const std::string& at) {
    const std::string param = at + ".content";
    if (!message.contains("content")) refuse(param, "{} is missing.", param);
    const Json& value = message["content"];
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null() && message.value("role", Json()) == "assistant") return {};
    if (!value.is_array()) refuse(param, "{} must be a string or a list of parts.", param);
    std::string joined;
    for (const Json& part : value) {
        if (!part.is_object() || !part.contains("type") || !part["type"].is_string()) {
            refuse(param, "each part of {} must be an object with a type.", param);
        }
        const std::string type = part["type"].get<std::string>();
        if (type != "text" && type != "input_text" && type != "output_text") {
            refuse(param, "a part of {} has the type \"{}\"; this model reads text only.", param, type.substr(0, 40));
        }
        joined += text(part.value("text", Json()), param);
    }
    return joined;
}

engine::Message read_message(const Json& message, std::size_t place) {
    const std::string at = fmt::format("messages[{}]", place);
    if (!message.is_object()) refuse(at, "{} must be an object with role and content.", at);
    std::string role = text(message.value("role", Json()), at + ".role");
    if (role == "developer") role = "system";
    if (role == "tool" || role == "function") refuse(at + ".role", "tool results are not supported by this server.");
    if (role != "system" && role != "user" && role != "assistant") {
        refuse(at + ".role", "{}.role must be system, developer, user or assistant.", at);
    }
    if (given(message, "tool_calls")) refuse(at + ".tool_calls", "tool calls are not supported by this server.");
    return {std::move(role), content(message, at)};
}

CompletionRequest::Prompt read_prompt(const Json& prompt) {
    CompletionRequest::Prompt read;
    if (prompt.is_string()) {
        read.text = prompt.get<std::string>();
        if (read.text.empty()) refuse("prompt", "prompt is empty.");
        return read;
    }
    if (!prompt.is_array() || prompt.empty()) refuse("prompt", "each prompt must be a string or a list of token ids.");
    for (const Json& id : prompt) {
        if (!base::holds_integer<std::int64_t>(id)) {
            refuse("prompt", "prompt holds {}; expected token ids.", base::json_text(id).substr(0, 40));
        }
        read.ids.push_back(id.get<std::int64_t>());
    }
    return read;
}

}  // namespace

Json read_object(std::string_view body) {
    try {
        Json json = base::parse_json(body, "The body");
        if (!json.is_object()) refuse("", "The body must be a JSON object.");
        return json;
    } catch (const base::Error& error) {
        refuse("", "{}", error.what());
    }
}

ChatRequest read_chat_request(std::string_view body) {
    const Json json = read_object(body);
    ChatRequest request{read_options(json), {}};
    if (!json.contains("messages") || !json["messages"].is_array() || json["messages"].empty()) {
        refuse("messages", "messages must be a list of at least one message.");
    }
    for (const Json& message : json["messages"]) {
        request.messages.push_back(read_message(message, request.messages.size()));
    }
    return request;
}

CompletionRequest read_completion_request(std::string_view body) {
    const Json json = read_object(body);
    CompletionRequest request{read_options(json), {}};
    const Json prompt = json.value("prompt", Json());
    const bool one_of_ids = prompt.is_array() && !prompt.empty() && prompt[0].is_number();
    if (prompt.is_string() || one_of_ids) {
        request.prompts.push_back(read_prompt(prompt));
    } else if (prompt.is_array() && !prompt.empty() && prompt.size() <= max_prompts) {
        for (const Json& one : prompt) request.prompts.push_back(read_prompt(one));
    } else {
        refuse("prompt", "prompt must be a string, a list of token ids, or a list of at most {} of these.",
               max_prompts);
    }
    return request;
}

}  // namespace ergon::server
