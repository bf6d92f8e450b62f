// A model in this process.

#include <algorithm>
#include <fmt/format.h>

#include "base/error.h"
#include "engine/chat_prompt.h"
#include "engine/components.h"
#include "lab/experiment/backend.h"
#include "lab/experiment/fingerprint.h"
#include "lab/experiment/model_details.h"

namespace ergon::lab {
namespace {

/// One number where prompts are read by as many threads as generate.
std::string threads_text(const model::StepThreads& threads) {
    if (threads.few == threads.many) return std::to_string(threads.few);
    return fmt::format("{} to generate, {} to read", threads.few, threads.many);
}

/// What tells this contender from others, for the record and for what a comparison can show.
ContenderDetails details_of(const engine::LoadedModel& model, const LocalOptions& options) {
    const engine::GenerationOptions& generation = options.generation;
    ContenderDetails details;
    details.kind = ContenderKind::in_process;
    if (model.config) details.model = model_details(*model.config, model.weight_bytes);
    details.model.weight_bytes = model.weight_bytes.value();
    details.model.vocabulary = vocabulary_fingerprint(model.chat.tokenizer());
    details.thinking = options.thinking;
    details.max_tokens = generation.max_tokens;
    details.max_thinking = generation.max_thinking;
    details.stop = generation.stop;
    details.forbidden = generation.forbidden;
    details.sampling = options.sampling;
    details.has_thought_markers = model.chat.thinks();
    details.threads = threads_text(options.threads);
    details.threads_timed = options.threads_timed;
    details.cache = options.cache == model::CacheType::f16 ? "f16" : "f32";
    details.strict = options.strict;
    details.multiple_choice = options.by_likelihood ? choice_by_likelihood : choice_as_written;
    details.batch = 1;
    details.unused = model.unused;
    return details;
}

class LocalBackend final : public Backend {
  public:
    LocalBackend(const engine::LoadedModel& model, const LocalOptions& options, energy::Meter& meter)
        : model_(model),
          options_(options),
          meter_(meter),
          contender_{options.label, model.path.string(), file_fingerprint(model.path),
                     details_json(details_of(model, options))} {}

    const Contender& contender() const override { return contender_; }

    void prepare(std::span<const tasks::Prompt> prompts) override {
        std::int64_t longest = 0;
        const tasks::Prompt* longest_prompt = nullptr;
        for (const tasks::Prompt& prompt : prompts) {
            const auto length = static_cast<std::int64_t>(tokens_of(prompt.text).size());
            if (length > longest) {
                longest = length;
                longest_prompt = &prompt;
            }
        }
        const std::int64_t limit = model_.model->context_length(), answer = options_.generation.max_tokens;
        if (answer > limit - longest) {
            base::fail(base::ErrorCode::out_of_budget,
                       "Prompt \"{}\" has {} tokens for {}; with answers of up to {} it does not fit the model's "
                       "context of {}. Lower --max-tokens.",
                       longest_prompt->id, longest, model_.name, answer, limit);
        }
        session_.emplace(model_, engine::ContextOptions{.tokens = longest + answer, .cache = options_.cache}, &meter_);
    }

    std::optional<std::int64_t> prompt_tokens(const tasks::Prompt& prompt) const override {
        return static_cast<std::int64_t>(tokens_of(prompt.text).size());
    }

    void warm_up() override {
        engine::GenerationOptions generation = options_.generation;
        generation.max_tokens = std::min(generation.max_tokens, warm_up_tokens);
        model_.model->use_threads(options_.threads);
        session_->clear();
        session_->answer(tokens_of(warm_up_question), generation);
    }

    Answer answer(const tasks::Prompt& prompt, std::int64_t repeat) override {
        engine::GenerationOptions generation = options_.generation;
        generation.choice = static_cast<std::uint64_t>(repeat);
        const bool by_letter = options_.by_likelihood && !prompt.choices.empty();
        if (by_letter) {
            generation.allowed = letters(prompt.choices.size());
            generation.max_tokens = 1;
        }
        model_.model->use_threads(options_.threads);  // others may answer with the same weights and other threads
        session_->clear();
        const engine::Answer said = session_->answer(tokens_of(prompt.text, by_letter), generation);
        Answer answer;
        answer.prompt = prompt.id;
        answer.repeat = repeat;
        answer.category = prompt.category;
        answer.text = said.text;
        answer.thinking = said.thinking;
        const bool ended =
            by_letter || said.stop == engine::StopReason::end_token || said.stop == engine::StopReason::stop_string;
        answer.finish_reason = ended ? "stop" : "length";
        put_costs(said, answer);
        return answer;
    }

  private:
    /// The tokens of A, B, ...
    std::vector<engine::TokenId> letters(std::size_t count) const {
        std::vector<engine::TokenId> ids;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string letter(1, static_cast<char>('A' + i));
            const std::vector<engine::TokenId> encoded = model_.chat.tokenizer().encode(letter);
            if (encoded.size() != 1) {
                base::fail(base::ErrorCode::unsupported,
                           "The letter {} is no single token of {}, so its likelihood cannot be compared.", letter,
                           model_.name);
            }
            ids.push_back(encoded[0]);
        }
        return ids;
    }

    std::vector<engine::TokenId> tokens_of(const std::string& question, bool by_letter = false) const {
        std::vector<engine::Message> messages;
        if (!options_.system.empty()) messages.push_back({"system", options_.system});
        messages.push_back({"user", question});
        return chat_prompt(model_.chat, messages, options_.thinking && !by_letter);
    }

    void put_costs(const engine::Answer& said, Answer& answer) const {
        const energy::RequestFigures& energy = said.energy.value();
        for (const auto phase : {energy::Phase::prompt, energy::Phase::thinking, energy::Phase::answer}) {
            const energy::PhaseFigures& cost = energy[phase];
            answer[phase] = {base::Tokens(said[phase].tokens), said[phase].time, cost.total, cost.above_idle};
        }
        // Drafts that were thrown away are part of what the kept tokens cost.
        if (const energy::PhaseFigures& drafts = energy[energy::Phase::discarded]; drafts.tokens.value() > 0) {
            answer[energy::Phase::answer].total += drafts.total;
            answer[energy::Phase::answer].above_idle += drafts.above_idle;
        }
        answer.raw = energy::raw_json(energy);
        answer.measures.processor = base::to_seconds(energy.account.program_busy);
        answer.measures.others = base::to_seconds(energy.account.others_busy);
        answer.measures.elapsed = base::to_seconds(energy.account.elapsed);
        std::ranges::copy(said.work.bytes, answer.measures.bytes.begin());
        std::ranges::copy(said.work.operations, answer.measures.operations.begin());
        for (const energy::PhaseFigures& phase : energy.phases) {
            for (const auto& [component, joules] : phase.components) {
                answer.measures.components[engine::component_name(*model_.model, component)] += joules.value.value();
            }
        }
    }

    const engine::LoadedModel& model_;
    LocalOptions options_;
    energy::Meter& meter_;
    Contender contender_;
    std::optional<engine::Session> session_;
};

}  // namespace

std::unique_ptr<Backend> answer_locally(const engine::LoadedModel& model, const LocalOptions& options,
                                        energy::Meter& meter) {
    return std::make_unique<LocalBackend>(model, options, meter);
}

}  // namespace ergon::lab
