#include "client/chat_completion.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/http.h"
#include "base/json/json_text.h"
#include "base/random.h"
#include "client/server_message.h"
#include "client/server_request.h"

namespace ergon::client {
namespace {

using base::ErrorCode;
using base::Nanoseconds;
using nlohmann::ordered_json;

/// What can be left out without asking another question. Without a seed or with the server's own sampling it is
/// another draw: the reply says so, and whoever compares must. Caps are never left out.
constexpr std::array optional_fields{"stream_options", "chat_template_kwargs", "thinking", "reasoning_effort", "seed",
                                     "top_p",          "temperature"};
constexpr const char* cap = "max_tokens";
constexpr const char* newer_cap = "max_completion_tokens";

ordered_json body_of(const EndpointAddress& address, const ChatRequest& request) {
    ordered_json body{{"model", address.model}, {"messages", ordered_json::array()}};
    for (const ChatMessage& message : request.messages) {
        body["messages"].push_back({{"role", message.role}, {"content", message.content}});
    }
    const auto set = [&](const char* key, const auto& value) {
        if (value) body[key] = *value;
    };
    set("max_tokens", request.max_tokens);
    set("temperature", request.temperature);
    set("top_p", request.top_p);
    set("seed", request.seed);
    if (!request.stop.empty()) body["stop"] = request.stop;
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
    if (request.no_think) {
        // Templates read one of the two names (vLLM, SGLang, llama.cpp); DeepSeek's API has a field of its own; so have
        // Ollama and OpenAI. A server passes over what it does not know, or refuses it by name.
        body["chat_template_kwargs"] = {{"enable_thinking", false}, {"thinking", false}};
        body["thinking"] = {{"type", "disabled"}};
        body["reasoning_effort"] = "none";
    }
    return body;
}

/// Drops a field; the cap gets its newer name instead.
void leave_out(ordered_json& body, const std::string& field) {
    if (field == cap && body.contains(cap)) body[newer_cap] = body[cap];
    body.erase(field);
}

/// Drops the fields that a refusal names; their names, none if there is nothing to drop.
std::vector<std::string> adapt(ordered_json& body, const std::string& refusal) {
    std::vector<std::string> fields;
    if (body.contains(cap) && !refused_fields(refusal, std::array{newer_cap}).empty()) {
        fields.emplace_back(cap);
    } else {
        std::vector<const char*> sent;
        std::ranges::copy_if(optional_fields, std::back_inserter(sent),
                             [&](const char* field) { return body.contains(field); });
        fields = refused_fields(refusal, sent);
    }
    for (const std::string& field : fields) leave_out(body, field);
    return fields;
}

std::string attempts_text(int attempts) {
    return attempts > 1 ? fmt::format(" after {} attempts", attempts) : std::string();
}

/// Patience with servers that may answer when they are asked again.
class Patience {
  public:
    Patience(const std::string& where, const RequestLimits& limits, const std::atomic<bool>* cancelled)
        : where_(where), limits_(limits), cancelled_(cancelled), began_(base::now()) {}

    int attempts() const { return times_ + 1; }
    bool cancelled() const { return cancelled_ != nullptr && *cancelled_; }

    /// Waits as long as the server asks to (0: it does not say), else exponentially longer each time, with a jitter
    /// that keeps those whom it refused together from coming back together. False if the time is not given.
    bool wait(Nanoseconds asked) {
        const Nanoseconds own(limits_.first_wait.value() << std::min(times_, 20));
        const double jitter = 0.5 + 0.5 * base::random_uniform(limits_.seed, 0, static_cast<std::uint64_t>(times_));
        const Nanoseconds jittered(
            static_cast<std::int64_t>(jitter * static_cast<double>(std::min(own, limits_.longest_wait).value())));
        const Nanoseconds time = asked > Nanoseconds(0) ? asked : jittered;
        const Nanoseconds end = base::now() + time;
        if (times_ >= limits_.retries || time > limits_.longest_wait || end - began_ > limits_.patience) return false;
        ++times_;
        while (base::now() < end) {
            if (cancelled()) base::fail(ErrorCode::system, "The request to {} was cancelled.", where_);
            const Nanoseconds step = std::min(end - base::now(), Nanoseconds(50'000'000));
            std::this_thread::sleep_for(std::chrono::nanoseconds(step.value()));
        }
        return true;
    }

    /// What http_request or a reader threw may be a matter of the moment.
    void wait_or_throw(const base::Error& error) {
        const bool passes = error.code() == ErrorCode::system || error.code() == ErrorCode::bad_file;
        if (passes && !cancelled() && wait(Nanoseconds(0))) return;
        if (!passes || attempts() == 1) throw base::Error(error);
        base::fail(error.code(), "{} ({} attempts failed.)", error.what(), attempts());
    }

    void wait_or_refuse(const base::HttpResponse& response, const std::string& message) {
        if (wait(response.retry_after)) return;
        const std::string said = message.empty() ? "without a message" : "with: " + message;
        const std::string wish =
            response.retry_after > Nanoseconds(0)
                ? fmt::format(" The server asks to wait {:.0f} s.", base::to_seconds(response.retry_after).value())
                : std::string();
        const bool busy = response.status == 429 || response.status == 503;
        base::fail(ErrorCode::system, "{} {} HTTP {}{}, {}.{}", where_, busy ? "is busy:" : "responds with",
                   response.status, attempts_text(attempts()), said, wish);
    }

  private:
    const std::string& where_;
    const RequestLimits& limits_;
    const std::atomic<bool>* cancelled_;
    Nanoseconds began_;
    int times_ = 0;
};

}  // namespace

ChatReply chat_completion(const EndpointAddress& address, const std::string& key, const ChatRequest& request,
                          const ReplyListener& listener, const RequestLimits& limits,
                          const std::atomic<bool>* cancelled) {
    const std::string where = address.base + "/chat/completions";
    ordered_json body = body_of(address, request);
    std::vector<std::string> left_out = request.leave_out;
    for (const std::string& field : left_out) leave_out(body, field);
    base::HttpRequest http = request_to(where, key, limits);
    http.headers.emplace_back("Content-Type: application/json");
    http.cancelled = cancelled;
    Patience patience(where, limits, cancelled);
    for (;;) {
        http.body = base::json_text(body);
        ReplyReader reader(where, key, !request.no_think, listener);
        http.on_bytes = [&](std::string_view bytes) { return reader.push(bytes); };
        if (listener.on_phase) listener.on_phase(Phase::prompt);
        const Nanoseconds sent = base::now();
        const auto complete = [&](ChatReply reply) {
            reply.sent = sent;
            reply.retries = patience.attempts() - 1;
            reply.left_out = left_out;
            return reply;
        };
        base::HttpResponse response;
        try {
            response = base::http_request(http);
            if (response.status >= 200 && response.status < 300) return complete(reader.finish());
        } catch (const base::Error& error) {
            auto cut = patience.cancelled() ? reader.finish_here() : std::nullopt;
            if (cut) return complete(std::move(*cut));
            if (reader.handed_on()) throw;
            patience.wait_or_throw(error);
            continue;
        }
        const std::string message = server_message(response.body, key);
        if (is_transient(response.status)) {
            patience.wait_or_refuse(response, message);
            continue;
        }
        const bool refused = response.status == 400 || response.status == 422;
        const std::vector<std::string> fields = refused ? adapt(body, response.body) : std::vector<std::string>();
        if (fields.empty()) refuse(where, response.status, message);
        left_out.insert(left_out.end(), fields.begin(), fields.end());
    }
}

}  // namespace ergon::client
