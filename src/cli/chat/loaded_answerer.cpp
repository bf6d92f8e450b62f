#include <utility>

#include "base/memory.h"
#include "base/output.h"
#include "cli/chat/answerer.h"
#include "cli/options/machine_options.h"
#include "cli/options/model_path.h"
#include "cli/options/model_purpose.h"
#include "cli/terminal/run_report.h"
#include "engine/components.h"

namespace ergon::cli {
namespace {

using engine::Message;

class LoadedAnswerer final : public Answerer {
  public:
    explicit LoadedAnswerer(const RunOptions& options)
        : options_(options),
          pool_(options.threads.pool()),
          model_(engine::load_model(find_model(options.model), options.load, pool_)),
          threads_(options.threads.choose(model_, options.context.cache, options.load)),
          settings_(options.answer.for_model(model_.chat)),
          session_(open_context()) {
        if (options.raw) return;
        for (const std::string& stop : fallback_stops(model_.chat)) settings_.stop.push_back(stop);
    }

    const std::string& name() const override { return model_.name; }

    engine::Answer answer(std::span<const Message> messages, engine::ChunkCallback on_chunk,
                          const std::atomic<bool>& interrupted) override {
        return session_.answer(prompt(messages), settings_, std::move(on_chunk), &interrupted);
    }

    std::int64_t context() const override { return session_.context(); }
    std::int64_t prompt_tokens(std::span<const Message> messages) const override {
        return std::ssize(prompt(messages));
    }

    base::Json json(const engine::Answer& answer) const override {
        base::Json json{{"model", model_.name}};
        json.update(answer_json(answer));
        if (answer.energy) {
            json.update(options_.cost.json(answer.energy->total));
            json["energy"]["components"] = components_json(*answer.energy);
        }
        json["sampling"] = options_.answer.sampling_json(model_.chat);
        json["context"] = {{"tokens", session_.context()},
                           {"bytes", session_.context_bytes().value()},
                           {"cache", cli::name(options_.context.cache)}};
        json["threads"] = threads_.json();
        json["machine"] = meter_.machine();
        if (!model_.unused.empty()) json["unused"] = model_.unused;
        return json;
    }

  private:
    std::vector<text::TokenId> prompt(std::span<const Message> messages) const {
        if (options_.raw) return raw_prompt(model_.chat, messages.back().content);
        return chat_prompt(model_.chat, messages, !options_.answer.no_think);
    }

    /// {"answer": {"attention": figure, ...}, ...}: each phase's joules above idle by part of the model.
    base::Json components_json(const energy::RequestFigures& figures) const {
        base::Json json = base::Json::object();
        for (std::size_t i = 0; i < energy::phase_count; ++i) {
            for (const auto& [component, joules] : figures.phases[i].components) {
                json[std::string(energy::phase_names[i])][engine::component_name(*model_.model, component)] = joules;
            }
        }
        return json;
    }

    engine::Session open_context() {
        model_.chat.tokenizer();  // says so before memory is taken
        print_unused(model_.name, model_.unused);
        const std::int64_t tokens =
            options_.context.tokens > 0 ? options_.context.tokens : engine::default_context(model_);
        const base::Bytes bytes = engine::context_bytes(model_, options_.context);
        if (!options_.json.on_stdout()) {
            const std::string purpose = model_purpose(model_.path);
            if (!purpose.empty()) base::tell("{}: {}", model_.name, purpose);
            base::tell("{}: context of {} tokens, {}; {}", model_.name, tokens, base::readable(bytes), threads_.text());
        }
        return engine::Session(model_, options_.context, &meter_);
    }

    const RunOptions& options_;
    base::ThreadPool pool_;
    energy::Meter meter_{machine_options()};
    engine::LoadedModel model_;
    ThreadChoice threads_;
    engine::GenerationOptions settings_;
    engine::Session session_;
};

}  // namespace

std::unique_ptr<Answerer> load_answerer(const RunOptions& options) {
    return std::make_unique<LoadedAnswerer>(options);
}

}  // namespace ergon::cli
