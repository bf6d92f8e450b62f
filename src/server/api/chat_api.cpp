#include "server/api/chat_api.h"

#include <chrono>
#include <map>

#include "base/json/json_text.h"
#include "base/strings/characters.h"
#include "server/api/answer_events.h"
#include "server/api/api_error.h"
#include "server/api/chat_request.h"
#include "server/api/usage.h"

namespace ergon::server {
namespace {

using base::Json;
using base::Phase;
using engine::StopReason;

/// A question as the engine takes it, and how its answer is to look.
struct Question {
    bool chat = true;
    CompletionOptions options;
    std::vector<std::vector<engine::TokenId>> prompts;  // of a chat one
    engine::GenerationOptions generation;

    /// Answers in all: for each prompt its choices, one after the other.
    std::size_t answers() const { return prompts.size() * static_cast<std::size_t>(options.choices); }
    const std::vector<engine::TokenId>& prompt_of(std::size_t answer) const {
        return prompts[answer / static_cast<std::size_t>(options.choices)];
    }
};

const char* finish_reason(StopReason reason) {
    const bool cut = reason == StopReason::max_tokens || reason == StopReason::context_full;
    return cut ? "length" : "stop";
}

std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void check_model(const CompletionOptions& options, const engine::LoadedModel& model) {
    if (options.model.empty() || options.model == model.name) return;
    throw ApiError(
        404, "model",
        fmt::format("There is no model \"{}\" here; there is \"{}\".", options.model.substr(0, 80), model.name),
        "model_not_found");
}

engine::GenerationOptions generation_options(const CompletionOptions& options, const engine::LoadedModel& model) {
    engine::GenerationOptions generation = options.settings.for_model(model.chat);
    generation.bias = options.bias;
    generation.logprobs = options.logprobs;
    return generation;
}

std::vector<engine::TokenId> known_tokens(std::span<const std::int64_t> ids, const engine::LoadedModel& model) {
    std::vector<engine::TokenId> tokens;
    for (const std::int64_t id : ids) {
        if (id < 0 || id >= model.model->vocabulary()) {
            refuse("prompt", "prompt holds the token {}; the vocabulary has {} tokens.", id, model.model->vocabulary());
        }
        tokens.push_back(static_cast<engine::TokenId>(id));
    }
    return tokens;
}

Question read_chat(std::string_view body, const engine::LoadedModel& model) {
    ChatRequest request = read_chat_request(body);
    check_model(request.options, model);
    Question question{true, std::move(request.options), {}, {}};
    question.prompts.push_back(engine::chat_prompt(model.chat, request.messages, !question.options.settings.no_think));
    question.generation = generation_options(question.options, model);
    for (const std::string& stop : engine::fallback_stops(model.chat)) question.generation.stop.push_back(stop);
    return question;
}

Question read_completion(std::string_view body, const engine::LoadedModel& model) {
    constexpr std::int64_t usual_tokens = 16;  // OpenAI's
    CompletionRequest request = read_completion_request(body);
    check_model(request.options, model);
    Question question{false, std::move(request.options), {}, {}};
    for (const CompletionRequest::Prompt& prompt : request.prompts) {
        question.prompts.push_back(prompt.ids.empty() ? engine::raw_prompt(model.chat, prompt.text)
                                                      : known_tokens(prompt.ids, model));
    }
    question.generation = generation_options(question.options, model);
    if (!question.options.settings.max_tokens) question.generation.max_tokens = usual_tokens;
    return question;
}

/// Answers to one question in the engine's hands; they end when this goes.
class Asked {
  public:
    Asked(const ApiContext& context, Exchange& exchange, const Question& question, const asio::any_io_executor& network)
        : exchange_(exchange), events_(std::make_shared<AnswerEvents>(network)) {
        for (std::size_t answer = 0; answer < question.answers(); ++answer) {
            engine::ServingRequest request{
                question.prompt_of(answer), question.generation, {}, events_->listener(answer)};
            request.options.choice = answer % static_cast<std::size_t>(question.options.choices);
            auto ticket = context.engine.submit(std::move(request));
            if (ticket == nullptr) {
                cancel();
                throw ApiError(429, {}, "Too many requests wait for an answer; try again later.", "queue_full");
            }
            tickets_.push_back(std::move(ticket));
        }
        exchange_.when_left([this] {
            cancel();
            AnswerEvent left;
            left.kind = AnswerEvent::Kind::left;
            events_->push(std::move(left));
        });
    }
    ~Asked() {
        exchange_.when_left({});
        cancel();
    }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;

    AnswerEvents& events() { return *events_; }

  private:
    void cancel() {
        for (const auto& ticket : tickets_) ticket->cancel();
    }

    Exchange& exchange_;
    std::shared_ptr<AnswerEvents> events_;
    std::vector<std::shared_ptr<engine::ServingTicket>> tickets_;
};

Json head(const ApiContext& context, const Question& question, const std::string& id, bool chunk) {
    const char* const object = !question.chat ? "text_completion" : chunk ? "chat.completion.chunk" : "chat.completion";
    return {{"id", id}, {"object", object}, {"created", unix_seconds()}, {"model", context.engine.model().name}};
}

/// The client is not there to be told.
struct ClientLeft {};

constexpr base::Seconds longest_wait{3600};  // between looks; the events come by themselves

/// A token as both kinds of answers show it; bytes that are no text are replaced.
std::string shown(const text::Tokenizer& tokenizer, engine::TokenId id) {
    return base::in_utf8(tokenizer.bytes(id));
}

Json chat_token(const text::Tokenizer& tokenizer, engine::TokenId id, double logprob) {
    Json bytes = Json::array();
    for (const char byte : tokenizer.bytes(id)) bytes.push_back(static_cast<unsigned char>(byte));
    return {{"token", shown(tokenizer, id)}, {"logprob", logprob}, {"bytes", std::move(bytes)}};
}

/// {"content": [{"token", "logprob", "bytes", "top_logprobs": [...]}, ...]}, thought included
Json chat_logprobs(const text::Tokenizer& tokenizer, const engine::Answer& answer) {
    Json content = Json::array();
    for (const engine::TokenLogprob& one : answer.logprobs) {
        Json entry = chat_token(tokenizer, one.id, one.logprob);
        entry["top_logprobs"] = Json::array();
        for (const auto& [id, logprob] : one.top) {
            entry["top_logprobs"].push_back(chat_token(tokenizer, id, logprob));
        }
        content.push_back(std::move(entry));
    }
    return {{"content", std::move(content)}, {"refusal", nullptr}};
}

/// {"tokens", "token_logprobs", "top_logprobs", "text_offset"}, a list each
Json completion_logprobs(const text::Tokenizer& tokenizer, const engine::Answer& answer) {
    Json tokens = Json::array(), logprobs = Json::array(), tops = Json::array(), offsets = Json::array();
    std::size_t offset = 0;
    for (const engine::TokenLogprob& one : answer.logprobs) {
        tokens.push_back(shown(tokenizer, one.id));
        logprobs.push_back(one.logprob);
        offsets.push_back(offset);
        offset += tokenizer.bytes(one.id).size();
        Json top = Json::object();
        for (const auto& [id, logprob] : one.top) top[shown(tokenizer, id)] = logprob;
        tops.push_back(std::move(top));
    }
    return {{"tokens", std::move(tokens)},
            {"token_logprobs", std::move(logprobs)},
            {"top_logprobs", std::move(tops)},
            {"text_offset", std::move(offsets)}};
}

Json logprobs_of(const Question& question, const text::Tokenizer& tokenizer, const engine::Answer& answer) {
    if (!question.options.logprobs) return nullptr;
    return question.chat ? chat_logprobs(tokenizer, answer) : completion_logprobs(tokenizer, answer);
}

Json choice_of(const Question& question, std::size_t index, const engine::Answer& answer,
               const text::Tokenizer& tokenizer) {
    Json choice{{"index", index}};
    if (question.chat) {
        choice["message"] = {{"role", "assistant"}, {"content", answer.text}};
        if (!answer.thinking.empty()) choice["message"]["reasoning_content"] = answer.thinking;
    } else {
        choice["text"] = answer.thinking + answer.text;
    }
    choice["logprobs"] = logprobs_of(question, tokenizer, answer);
    choice["finish_reason"] = finish_reason(answer.stop);
    return choice;
}

/// The pieces of a stream, which one function makes and a coroutine sends (g++ 12 cannot have braced JSON in one).
class Chunks {
  public:
    Chunks(const ApiContext& context, const Question& question, const std::string& id)
        : context_(context), question_(question), id_(id) {}

    std::string role(std::size_t choice) const {
        return one(choice, Json{{"role", "assistant"}, {"content", ""}}, nullptr);
    }
    /// Empty if there is nothing to show yet: the newlines that end a thought are no part of it.
    std::string text(const AnswerEvent& event) {
        if (!question_.chat || event.phase != Phase::thinking) {
            return one(event.choice, Json{{"content", event.text}}, nullptr);
        }
        std::string& held = held_[event.choice];
        const std::string thought = held + event.text;
        const std::size_t end = thought.find_last_not_of('\n') + 1;
        held = thought.substr(end);
        if (end == 0) return {};
        return one(event.choice, Json{{"reasoning_content", thought.substr(0, end)}}, nullptr);
    }
    std::string progress(const AnswerEvent& event) const {
        const Json progress{
            {"total", question_.prompt_of(event.choice).size()}, {"cache", event.reused}, {"processed", event.read}};
        return one(event.choice, Json::object(), nullptr, &progress);
    }
    std::string end(const AnswerEvent& event) const {
        return one(event.choice, Json::object(), finish_reason(event.answer.stop));
    }
    std::string usage(std::span<const engine::Answer> answers) const {
        Json json = head(context_, question_, id_, true);
        json["choices"] = Json::array();
        json["usage"] = usage_json(answers, static_cast<std::size_t>(question_.options.choices));
        return data(json);
    }
    static std::string error(const AnswerEvent& event) {
        return "data: " + error_reply(api_error_of(base::Error(event.code, event.text))).body + "\n\n";
    }

  private:
    static std::string data(const Json& json) { return "data: " + base::json_text(json) + "\n\n"; }
    std::string one(std::size_t choice, Json delta, const char* finish, const Json* progress = nullptr) const {
        Json json = head(context_, question_, id_, true);
        Json only{{"index", choice}};
        if (question_.chat) {
            only["delta"] = std::move(delta);
        } else {
            only["text"] = delta.value("content", std::string());
        }
        only["logprobs"] = nullptr;
        only["finish_reason"] = finish == nullptr ? Json() : Json(finish);
        json["choices"] = Json::array({std::move(only)});
        if (progress != nullptr) json["prompt_progress"] = *progress;
        return data(json);
    }

    const ApiContext& context_;
    const Question& question_;
    const std::string& id_;
    std::map<std::size_t, std::string> held_;  // newlines of a thought that may go on, by choice
};

Reply whole_reply(const ApiContext& context, const Question& question, const std::string& id,
                  std::span<const engine::Answer> answers) {
    Json json = head(context, question, id, false);
    Json choices = Json::array();
    const text::Tokenizer& tokenizer = context.engine.model().chat.tokenizer();
    for (std::size_t i = 0; i < answers.size(); ++i) choices.push_back(choice_of(question, i, answers[i], tokenizer));
    json["choices"] = std::move(choices);
    json["usage"] = usage_json(answers, static_cast<std::size_t>(question.options.choices));
    return {.body = base::json_text(json), .headers = energy_headers(answers)};
}

asio::awaitable<void> answer_whole(const ApiContext& context, Exchange& exchange, const Question& question,
                                   const std::string& id) {
    Asked asked(context, exchange, question, co_await asio::this_coro::executor);
    std::vector<engine::Answer> answers(question.answers());
    for (std::size_t ended = 0; ended < answers.size();) {
        const std::optional<AnswerEvent> event = co_await asked.events().next(longest_wait);
        if (!event) continue;
        if (event->kind == AnswerEvent::Kind::left) throw ClientLeft();
        if (event->kind == AnswerEvent::Kind::error) throw api_error_of(base::Error(event->code, event->text));
        if (event->kind != AnswerEvent::Kind::end) continue;
        if (event->answer.stop == StopReason::cancelled) throw ApiError(503, {}, "The server is stopping.");
        answers[event->choice] = event->answer;
        ++ended;
    }
    const Reply reply = whole_reply(context, question, id, answers);
    co_await exchange.reply(reply);
}

asio::awaitable<void> answer_stream(const ApiContext& context, Exchange& exchange, const Question& question,
                                    const std::string& id) {
    Asked asked(context, exchange, question, co_await asio::this_coro::executor);
    Chunks chunks(context, question, id);
    const Headers headers{{"X-Accel-Buffering", "no"}};
    const std::string content_type = "text/event-stream";
    co_await exchange.begin(content_type, headers);
    std::vector<engine::Answer> answers(question.answers());
    for (std::size_t i = 0; question.chat && i < answers.size(); ++i) co_await exchange.send(chunks.role(i));
    for (std::size_t ended = 0; ended < answers.size();) {
        const std::optional<AnswerEvent> event = co_await asked.events().next(context.ping);
        std::string piece;
        if (!event) {
            piece = ": ping\n\n";
        } else if (event->kind == AnswerEvent::Kind::left) {
            throw ClientLeft();
        } else if (event->kind == AnswerEvent::Kind::error) {
            co_await exchange.send(Chunks::error(*event));
            co_await exchange.finish();
            co_return;
        } else if (event->kind == AnswerEvent::Kind::prompt) {
            if (question.options.return_progress) piece = chunks.progress(*event);
        } else if (event->kind == AnswerEvent::Kind::text) {
            piece = chunks.text(*event);
        } else {
            answers[event->choice] = event->answer;
            ++ended;
            piece = chunks.end(*event);
        }
        co_await exchange.send(piece);
    }
    if (question.options.include_usage) co_await exchange.send(chunks.usage(answers));
    co_await exchange.send("data: [DONE]\n\n");
    co_await exchange.finish();
}

void check_length(std::span<const engine::TokenId> prompt, const Question& question,
                  const engine::ServingEngine& engine) {
    if (std::ssize(prompt) <= engine.context()) return;
    throw ApiError(400, question.chat ? "messages" : "prompt",
                   fmt::format("The prompt has {} tokens, but the context holds {}.", prompt.size(), engine.context()),
                   "context_length_exceeded");
}

asio::awaitable<void> answer(const ApiContext& context, Exchange& exchange, const std::string& id,
                             Question (*read)(std::string_view, const engine::LoadedModel&)) {
    // A long text is read aside, so that others go on being served.
    const auto aside = [&]() -> asio::awaitable<Question> { co_return read(exchange.body(), context.engine.model()); };
    const Question question = co_await asio::co_spawn(context.heavy, aside, asio::use_awaitable);
    for (const std::vector<engine::TokenId>& prompt : question.prompts) check_length(prompt, question, context.engine);
    try {
        if (question.options.stream) {
            co_await answer_stream(context, exchange, question, id);
        } else {
            co_await answer_whole(context, exchange, question, id);
        }
    } catch (const ClientLeft&) {
    }
}

}  // namespace

asio::awaitable<void> chat_completions(const ApiContext& context, Exchange& exchange, const std::string& id) {
    co_await answer(context, exchange, "chatcmpl-" + id, read_chat);
}

asio::awaitable<void> completions(const ApiContext& context, Exchange& exchange, const std::string& id) {
    co_await answer(context, exchange, "cmpl-" + id, read_completion);
}

}  // namespace ergon::server
