#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/output.h"
#include "cli/chat/answerer.h"
#include "cli/options/machine_options.h"
#include "cli/terminal/run_report.h"
#include "lab/experiment/contenders.h"
#include "lab/store/answer_keys.h"
#include "lab/store/contender_details.h"

namespace ergon::cli {
namespace {

using base::Phase;
using engine::Message;

/// Somebody waits before the screen: what does not pass soon is told.
client::RequestLimits limits_of_a_chat(client::RequestLimits limits) {
    limits.retries = 2;                                       // assumed
    limits.longest_wait = base::Nanoseconds(10'000'000'000);  // assumed
    return limits;
}

std::unique_ptr<lab::ServerBackend> open_server(const RunOptions& options) {
    lab::ContenderOptions common;
    common.answer = options.answer;
    common.meter = machine_options();
    common.limits = limits_of_a_chat(options.limits);
    return lab::answer_by_server(lab::server_options(lab::parse_contender(options.model), common));
}

engine::StopReason stop_reason(const std::string& finish_reason) {
    if (finish_reason == lab::cancelled_reason) return engine::StopReason::cancelled;
    return finish_reason == "length" ? engine::StopReason::max_tokens : engine::StopReason::end_token;
}

class EndpointAnswerer final : public Answerer {
  public:
    explicit EndpointAnswerer(const RunOptions& options)
        : options_(options),
          server_(open_server(options)),
          details_(lab::contender_details(server_->contender().details)) {
        if (!options.json.on_stdout()) base::tell("{} at {}: {}", name(), details_.address, whose_joules());
    }

    const std::string& name() const override { return server_->contender().label; }

    engine::Answer answer(std::span<const Message> messages, engine::ChunkCallback on_chunk,
                          const std::atomic<bool>& interrupted) override {
        std::vector<client::ChatMessage> sent;
        for (const Message& one : messages) sent.push_back({one.role, one.content});
        client::ReplyListener listener;
        if (on_chunk) {
            listener.on_text = [&](Phase phase, std::string_view text) { on_chunk({phase, text}); };
            listener.on_phase = [&, last = Phase::prompt](Phase phase) mutable {
                if (phase == Phase::answer && std::exchange(last, phase) == Phase::answer)
                    tell_it_was_thought(on_chunk);
            };
        }
        reply_ = server_->reply(std::move(sent), 0, listener, &interrupted);
        tell_left_out();
        return to_answer(reply_);
    }

    /// The server alone knows, and says so where a conversation has become too long.
    std::int64_t context() const override { return 0; }
    std::int64_t prompt_tokens(std::span<const Message>) const override { return 0; }

    base::Json json(const engine::Answer& answer) const override {
        base::Json json{{"model", name()}};
        json.update(answer_json(answer));
        if (answer.energy) json.update(options_.cost.json(answer.energy->total));
        json["finish_reason"] = reply_.finish_reason;
        json["server"] = server_->contender().details;
        json["reply"] = reply_.raw;
        return json;
    }

  private:
    std::string whose_joules() const {
        if (!details_.on_this_machine) return "its joules are not known, because it runs on another machine.";
        if (details_.charge == lab::Charge::processes) return "its joules are its processes' share of this machine.";
        return fmt::format("its joules are those of the whole machine, other programs included: {}.",
                           details_.charge_reason);
    }

    /// A closing marker without an opening one comes after the text that it makes a thought of.
    static void tell_it_was_thought(const engine::ChunkCallback& on_chunk) {
        on_chunk({Phase::answer, "\n"});
        base::tell("The text above was the model's thinking: the server sent only the marker that ends it.");
    }

    void tell_left_out() {
        for (const auto& field : reply_.raw[lab::left_out_key].get<std::vector<std::string>>()) {
            // Nothing changes without the one, and the other is sent under its newer name.
            if (field == "stream_options" || field == "max_tokens" || !left_out_.insert(field).second) continue;
            base::tell("{} rejects the request field {}, which is no longer sent.", name(), field);
        }
    }

    static engine::Answer to_answer(const lab::Answer& reply) {
        engine::Answer answer;
        answer.text = reply.text;
        answer.thinking = reply.thinking;
        answer.stop = stop_reason(reply.finish_reason);
        answer.by_phase = !reply.raw[lab::in_one_piece_key].get<bool>();
        energy::RequestFigures figures;
        for (const Phase phase : {Phase::prompt, Phase::thinking, Phase::answer}) {
            const lab::PhaseResult& one = reply[phase];
            answer[phase].tokens = one.tokens.value();
            if (answer.by_phase && phase != Phase::prompt) answer[phase].steps = one.tokens.value();
            answer[answer.by_phase ? phase : Phase::answer].time += one.seconds;
            energy::PhaseFigures& figure = figures.phases[static_cast<std::size_t>(phase)];
            figure.total = one.total;
            figure.above_idle = one.above_idle;
            figures.total += one.total;
            figures.above_idle += one.above_idle;
        }
        if (const auto& cached = reply.raw["cached_prompt_tokens"]; cached.is_number()) {
            answer.reused = std::min(cached.get<std::int64_t>(), answer[Phase::prompt].tokens);
            answer[Phase::prompt].tokens -= answer.reused;
        }
        if (reply.metered) answer.energy = figures;
        return answer;
    }

    const RunOptions& options_;
    std::unique_ptr<lab::ServerBackend> server_;
    lab::ContenderDetails details_;
    lab::Answer reply_;               // the last one
    std::set<std::string> left_out_;  // fields of which it was said
};

}  // namespace

std::unique_ptr<Answerer> open_endpoint(const RunOptions& options) {
    return std::make_unique<EndpointAnswerer>(options);
}

}  // namespace ergon::cli
