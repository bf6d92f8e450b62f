#include "lab/experiment/server/endpoint_backend.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "base/error.h"
#include "base/http.h"
#include "base/random.h"
#include "base/secrets.h"
#include "energy/machine/listener.h"
#include "lab/experiment/server/phase_meter.h"
#include "lab/experiment/server/server_facts.h"
#include "lab/store/answer_keys.h"

namespace ergon::lab {
namespace {

using nlohmann::ordered_json;

// Assumed: with another batch, other hardware and another length, what was published of a model is right within this
// factor at best. (The batch alone moves it about tenfold.)
constexpr double assumed_factor = 3;

bool is_elsewhere(const EndpointOptions& options) {
    return options.elsewhere || !client::on_this_machine(client::parse_endpoint(options.address).base);
}

std::optional<double> temperature_of(const EndpointOptions& options) {
    return options.temperature || !options.usual ? options.temperature : options.usual->temperature;
}
std::optional<double> top_p_of(const EndpointOptions& options) {
    return options.top_p || !options.usual ? options.top_p : options.usual->top_p;
}

SamplingSetting sampling_setting(const char* name, const std::optional<double>& named,
                                 const std::optional<double>& sent) {
    SamplingSetting setting{name, {}, named ? "option" : sent ? "the other contenders" : "server"};
    if (sent) setting.value = *sent;
    return setting;
}

/// `problem`: why its processes are not known.
ContenderDetails details_of(const EndpointOptions& options, const client::EndpointAddress& address,
                            const std::string& problem, const ServerFacts& facts) {
    ContenderDetails details;
    details.kind = ContenderKind::server;
    details.model = facts.details;
    details.found_hash = facts.hash;
    details.thinking = options.thinking;
    details.max_tokens = options.max_tokens;
    details.stop = options.stop;
    details.sampling = {sampling_setting("temperature", options.temperature, temperature_of(options)),
                        sampling_setting("top_p", options.top_p, top_p_of(options))};
    details.address = address.base;
    details.served_model = address.model;
    details.on_this_machine = !is_elsewhere(options);
    if (!details.on_this_machine) {
        details.energy = options.assumed ? "assumed: " + options.assumed->source : "not known";
        if (options.assumed) details.assumed_joules_per_token = options.assumed->per_token.value();
        return details;
    }
    details.charge = problem.empty() ? Charge::processes : Charge::machine;
    details.charge_reason = problem;
    details.energy = problem.empty() ? "its processes' share of the machine, by processor time, and where a phase ends"
                                     : "the whole machine's, other programs included, and where a phase ends";
    return details;
}

energy::Figure assumed_figure(const AssumedEnergy& assumed, base::Tokens tokens) {
    const base::Joules joules = assumed.per_token * static_cast<double>(tokens.value());
    return {joules, joules / assumed_factor, joules * assumed_factor, energy::Method::estimated};
}

/// What came in one piece tells nothing of when each phase ended: their sum stands as the answer's.
void put_phases_together(Answer& answer) {
    PhaseResult& sum = answer[energy::Phase::answer];
    for (const energy::Phase phase : {energy::Phase::prompt, energy::Phase::thinking}) {
        PhaseResult& one = answer[phase];
        sum.total += one.total;
        sum.above_idle += one.above_idle;
        sum.seconds += one.seconds;
        one = {one.tokens, {}, {}, {}};
    }
}

class EndpointBackend final : public ServerBackend {
  public:
    explicit EndpointBackend(const EndpointOptions& options)
        : options_(options),
          address_(client::with_model(client::parse_endpoint(options.address), options.key, options.limits)) {
        const bool here = !is_elsewhere(options_);
        const base::Url url = base::parse_url(address_.base);
        energy::Listener listener;
        if (here) {
            listener = energy::find_listener(options_.meter.procfs, url.host, url.port);
            server_.emplace(options_.meter, listener.processes);
        }
        const ServerFacts facts = server_facts(
            address_, options_.key, options_.meter.procfs,
            here ? energy::with_descendants(options_.meter.procfs, listener.processes) : std::vector<int>());
        answered_ = facts.answered;
        client::EndpointAddress shown = address_;  // a server may call its model by the key that it was asked with
        shown.model = base::without_keys(shown.model, options_.key);
        const std::string& problem = listener.problem.empty() && server_ ? server_->problem() : listener.problem;
        contender_ = {options.label.empty() ? shown.model : options.label, shown.base + "#" + shown.model, "",
                      details_json(details_of(options_, shown, problem, facts))};
    }

    const Contender& contender() const override { return contender_; }
    void prepare(std::span<const tasks::Prompt>) override {}
    std::optional<std::int64_t> prompt_tokens(const tasks::Prompt&) const override { return std::nullopt; }
    void warm_up() override {
        client::ChatRequest request = request_for(question(warm_up_question), 0);
        request.max_tokens = std::min(options_.max_tokens.value_or(warm_up_tokens), warm_up_tokens);
        client::RequestLimits limits = options_.limits;
        // Where nobody has ever answered, nobody may be there.
        constexpr int few = 2;
        if (!answered_) limits.retries = std::min(limits.retries, few);
        try {
            left_out_ = client::chat_completion(address_, options_.key, request, {}, limits).left_out;
        } catch (const base::Error& error) {
            if (error.code() != base::ErrorCode::unsupported) throw;  // it answers, if not with words
        }
    }

    Answer answer(const tasks::Prompt& prompt, std::int64_t repeat) override {
        Answer answer = reply(question(prompt.text), repeat, {}, nullptr);
        answer.prompt = prompt.id;
        answer.category = prompt.category;
        return answer;
    }

    Answer reply(std::vector<client::ChatMessage> messages, std::int64_t repeat, const client::ReplyListener& listener,
                 const std::atomic<bool>* cancelled) override {
        std::optional<PhaseMeter> meter;
        if (server_) meter.emplace(*server_);
        std::optional<base::Phase> last;
        const auto on_phase = [&](base::Phase phase) {
            if (listener.on_phase) listener.on_phase(phase);
            if (!meter) return;
            if (last == base::Phase::answer && phase == base::Phase::answer) {
                meter->answer_was_thought();
            } else {
                meter->enter(phase);
            }
            last = phase;
        };
        client::RequestLimits limits = options_.limits;
        limits.seed = base::random_bits(options_.seed, asked_++, 0);
        const client::ChatReply reply =
            client::chat_completion(address_, options_.key, request_for(std::move(messages), repeat),
                                    {on_phase, listener.on_text}, limits, cancelled);
        left_out_ = reply.left_out;
        Answer answer = to_answer(reply, repeat);
        if (meter) {
            meter->finish(answer);
            if (answer.raw[in_one_piece_key].get<bool>()) put_phases_together(answer);
        }
        return answer;
    }

  private:
    std::vector<client::ChatMessage> question(const std::string& text) const {
        std::vector<client::ChatMessage> messages;
        if (!options_.system.empty()) messages.push_back({"system", options_.system});
        messages.push_back({"user", text});
        return messages;
    }

    client::ChatRequest request_for(std::vector<client::ChatMessage> messages, std::int64_t repeat) const {
        client::ChatRequest request;
        request.messages = std::move(messages);
        request.max_tokens = options_.max_tokens;
        request.temperature = temperature_of(options_);
        request.top_p = top_p_of(options_);
        request.seed = static_cast<std::int64_t>((options_.seed + static_cast<std::uint64_t>(repeat)) & 0x7FFFFFFF);
        request.stop = options_.stop;
        request.no_think = !options_.thinking;
        request.leave_out = left_out_;
        return request;
    }

    Answer to_answer(const client::ChatReply& reply, std::int64_t repeat) const {
        Answer answer;
        answer.repeat = repeat;
        answer.text = reply.text;
        answer.thinking = reply.thinking;
        answer.finish_reason = reply.cancelled ? cancelled_reason : reply.finish_reason;
        const client::ReplyTokens& tokens = reply.tokens;
        answer[energy::Phase::prompt].tokens = tokens.prompt.value_or(base::Tokens(0));
        answer[energy::Phase::thinking].tokens = tokens.thinking.value_or(base::Tokens(0));
        answer[energy::Phase::answer].tokens = tokens.answer.value_or(base::Tokens(0));
        put_times(reply, answer);
        answer.metered = server_ || options_.assumed;
        if (!server_ && options_.assumed) {
            for (const energy::Phase phase : {energy::Phase::thinking, energy::Phase::answer}) {
                answer[phase].total = answer[phase].above_idle =
                    assumed_figure(*options_.assumed, answer[phase].tokens);
            }
            answer[energy::Phase::prompt].total.method = energy::Method::estimated;
            answer[energy::Phase::prompt].above_idle.method = energy::Method::estimated;
        }
        answer.raw = {{"model", reply.model},
                      {counted_by_key, std::string(client::name(tokens.counted_by))},
                      {"tokens_split_estimated", tokens.split_estimated},
                      {"cached_prompt_tokens", tokens.cached ? ordered_json(tokens.cached->value()) : ordered_json()},
                      {"streamed", reply.streamed},
                      {in_one_piece_key, !reply.streamed || reply.collected},
                      {"retries", reply.retries},
                      {left_out_key, reply.left_out}};
        return answer;
    }

    static void put_times(const client::ChatReply& reply, Answer& answer) {
        const base::Nanoseconds answering = reply.first_answer.value_or(reply.ended);
        const base::Nanoseconds thinking = reply.first_thinking.value_or(answering);
        answer[energy::Phase::prompt].seconds = base::to_seconds(thinking - reply.sent);
        answer[energy::Phase::thinking].seconds = base::to_seconds(answering - thinking);
        answer[energy::Phase::answer].seconds = base::to_seconds(reply.ended - answering);
    }

    EndpointOptions options_;
    client::EndpointAddress address_;
    std::optional<ServerShare> server_;  // for one on this machine
    Contender contender_;
    std::vector<std::string> left_out_;  // fields that it has refused
    std::uint64_t asked_ = 0;
    bool answered_ = false;
};

}  // namespace

AssumedEnergy parse_assumed(const std::string& text, const energy::References& references) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) {
        if (!(number > 0 && number < 1e9)) {
            base::fail(base::ErrorCode::bad_argument, "Joules per token to assume must be positive, not {}.", text);
        }
        return {base::Joules(number), fmt::format("{} J per generated token, as given", text)};
    }
    std::vector<const energy::PublishedFigure*> fitting;
    std::vector<std::string> names;
    for (const energy::PublishedFigure& one : references.published) {
        if (!one.per_token) continue;
        names.push_back(fmt::format("{} ({}{})", one.model, one.hardware.empty() ? "hardware not said" : one.hardware,
                                    one.batch ? fmt::format(", batch {}", *one.batch) : ""));
        if (names.back().find(text) != std::string::npos) fitting.push_back(&one);
    }
    if (fitting.size() != 1) {
        base::fail(
            base::ErrorCode::bad_argument,
            "Energy to assume must be joules per token, or a text that fits one published model; \"{}\" fits {} of "
            "these: {}.",
            text, fitting.size(), fmt::join(names, "; "));
    }
    const energy::PublishedFigure& one = *fitting.front();
    return {*one.per_token,
            fmt::format("{} J per token published of {} by {}", one.per_token->value(), one.model, one.source.name)};
}

std::unique_ptr<ServerBackend> answer_by_server(const EndpointOptions& options) {
    return std::make_unique<EndpointBackend>(options);
}

}  // namespace ergon::lab
