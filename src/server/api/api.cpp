#include "server/api/api.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/json/json_text.h"
#include "base/log.h"
#include "base/random.h"
#include "engine/chat_prompt.h"
#include "server/api/api_error.h"
#include "server/api/chat_request.h"

namespace ergon::server {
namespace {

using base::Json;

/// A long step of a large model takes a minute; one that takes longer than this is taken for dead (assumed).
constexpr base::Seconds longest_step{180};

Reply json_reply(const Json& json, int status = 200) {
    return {.status = status, .body = base::json_text(json)};
}

/// Without port: "[::1]:8080" -> "[::1]".
std::string_view host_of(std::string_view authority) {
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool port = colon != authority.npos && (bracket == authority.npos || colon > bracket);
    return port ? authority.substr(0, colon) : authority;
}

bool is_this_machine(std::string_view authority) {
    const std::string host(host_of(authority));
    if (host == "localhost" || host == "[::1]") return true;
    error_code no_address;
    return asio::ip::make_address_v4(host, no_address).is_loopback() && !no_address;
}

/// A page from elsewhere can send a browser here, under a name of its own (DNS rebinding) or this machine's.
void check_origin(const Exchange& exchange) {
    if (!is_this_machine(exchange.header("Host"))) {
        throw ApiError(403, {},
                       "The Host of the request is not this machine; use http://127.0.0.1 or http://localhost.");
    }
    const std::string_view origin = exchange.header("Origin");
    if (origin.empty()) return;
    const std::size_t scheme = origin.find("://");
    if (scheme == origin.npos || !is_this_machine(origin.substr(scheme + 3))) {
        throw ApiError(403, {}, "Pages of other origins may not ask this server.");
    }
}

/// No two requests have the same, nor do two starts of the server.
std::string next_id() {
    static const auto start = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    static std::atomic<std::uint64_t> count{0};
    const std::uint64_t number = ++count;
    return fmt::format("{:016x}{:08x}", base::random_bits(start, number, 0), number);
}

Json model_json(const engine::ServingEngine& engine) {
    return {{"id", engine.model().name},
            {"object", "model"},
            {"created", 0},
            {"owned_by", "ergon"},
            {"max_model_len", engine.context()}};
}

Json energy_json(const energy::Meter& meter) {
    const energy::MeterTotals totals = meter.totals();
    return {{"nanojoules",
             {{"counter", totals.counter.value()},
              {"requests", totals.requests.value()},
              {"idle", totals.idle.value()},
              {"loading", totals.program.value()},
              {"other_programs", totals.others.value()}}},
            {"method", std::string(energy::name(meter.method()))},
            {"source", meter.describe()}};
}

Json tokens_json(const engine::ServingEngine& engine, std::string_view body) {
    const Json request = read_object(body);
    const char* const key = request.contains("content") ? "content" : "prompt";
    if (!request.contains(key) || !request[key].is_string()) refuse(key, "{} must be a string.", key);
    const std::string text = request[key].get<std::string>();
    const bool bos = request.contains("add_special") && request["add_special"] == true;
    const engine::ChatFormat& chat = engine.model().chat;
    const auto ids = bos ? engine::raw_prompt(chat, text) : chat.tokenizer().encode(text);
    return {{"tokens", ids}, {"count", ids.size()}};
}

Json text_json(const engine::ServingEngine& engine, std::string_view body) {
    const Json request = read_object(body);
    if (!request.contains("tokens") || !request["tokens"].is_array())
        refuse("tokens", "tokens must be a list of token ids.");
    std::vector<engine::TokenId> ids;
    const text::Tokenizer& tokenizer = engine.model().chat.tokenizer();
    for (const Json& id : request["tokens"]) {
        if (!base::holds_integer<engine::TokenId>(id) || id.get<engine::TokenId>() < 0 ||
            id.get<engine::TokenId>() >= tokenizer.size()) {
            refuse("tokens", "tokens holds {}; expected ids from 0 to {}.", base::json_text(id).substr(0, 40),
                   tokenizer.size() - 1);
        }
        ids.push_back(id.get<engine::TokenId>());
    }
    return {{"content", tokenizer.decode(ids, true)}};
}

constexpr std::string_view models_path = "/v1/models/";

asio::awaitable<void> health(const ApiContext& context, Exchange& exchange, const std::string&) {
    const engine::ServingState state = context.engine.state();
    const bool alive = context.engine.alive(longest_step);
    Json json{
        {"status", alive ? "ok" : "no step has ended lately"}, {"running", state.running}, {"waiting", state.waiting}};
    const Reply reply = json_reply(json, alive ? 200 : 503);
    co_await exchange.reply(reply);
}

asio::awaitable<void> models(const ApiContext& context, Exchange& exchange, const std::string&) {
    const Reply reply = json_reply({{"object", "list"}, {"data", Json::array({model_json(context.engine)})}});
    co_await exchange.reply(reply);
}

/// /v1/models/NAME
asio::awaitable<void> one_model(const ApiContext& context, Exchange& exchange, const std::string&) {
    const std::string name(exchange.path().substr(models_path.size()));
    if (name != context.engine.model().name) {
        throw ApiError(404, "model", fmt::format("There is no model \"{}\" here.", name.substr(0, 80)),
                       "model_not_found");
    }
    const Reply reply = json_reply(model_json(context.engine));
    co_await exchange.reply(reply);
}

asio::awaitable<void> energy_totals(const ApiContext& context, Exchange& exchange, const std::string&) {
    const Reply reply = json_reply(energy_json(context.meter));
    co_await exchange.reply(reply);
}

/// What takes time, but not the model's: aside.
template <Json (*make)(const engine::ServingEngine&, std::string_view)>
asio::awaitable<void> made_aside(const ApiContext& context, Exchange& exchange, const std::string&) {
    const auto aside = [&]() -> asio::awaitable<Reply> { co_return json_reply(make(context.engine, exchange.body())); };
    const Reply reply = co_await asio::co_spawn(context.heavy, aside, asio::use_awaitable);
    co_await exchange.reply(reply);
}

using Answerer = asio::awaitable<void> (*)(const ApiContext& context, Exchange& exchange, const std::string& id);
struct Route {
    std::string_view method, path;
    Answerer answer;
};
constexpr std::array<Route, 8> routes{{{"POST", "/v1/chat/completions", chat_completions},
                                       {"POST", "/v1/completions", completions},
                                       {"GET", "/v1/models", models},
                                       {"GET", models_path, one_model},
                                       {"GET", "/v1/energy", energy_totals},
                                       {"GET", "/health", health},
                                       {"POST", "/tokenize", made_aside<tokens_json>},
                                       {"POST", "/detokenize", made_aside<text_json>}}};

Answerer find_route(const Exchange& exchange) {
    const std::string_view method = exchange.method() == "HEAD" ? "GET" : exchange.method();
    std::string allowed;
    for (const Route& route : routes) {
        const bool fits =
            route.path.ends_with('/') ? exchange.path().starts_with(route.path) : exchange.path() == route.path;
        if (!fits) continue;
        if (route.method == method) return route.answer;
        allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", route.method);
    }
    if (allowed.empty()) {
        throw ApiError(404, {}, fmt::format("There is nothing at {}.", std::string(exchange.path().substr(0, 100))),
                       "unknown_path");
    }
    throw ApiError(405, {}, fmt::format("{} takes {}.", std::string(exchange.path()), allowed), "wrong_method");
}

asio::awaitable<void> answer_request(const ApiContext& context, Exchange& exchange) {
    const std::string id = next_id();
    exchange.add_header("X-Request-Id", id);
    std::optional<Reply> refusal;
    try {
        check_origin(exchange);
        co_await find_route(exchange)(context, exchange, id);
    } catch (const ApiError& error) {
        refusal = error_reply(error);
    } catch (const base::Error& error) {
        refusal = error_reply(api_error_of(error));
    }
    if (!refusal) co_return;
    co_await exchange.reply(*refusal);
}

}  // namespace

Handler make_api(const ApiContext& context) {
    return [&context](Exchange& exchange) { return answer_request(context, exchange); };
}

}  // namespace ergon::server
