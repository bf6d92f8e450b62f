#include "profile/profile.h"

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "engine/components.h"
#include "engine/scheduler.h"
#include "tasks/readers/readers.h"

namespace ergon::profile {
namespace {

using base::ErrorCode;
using base::Phase;
using base::Seconds;
using energy::Arithmetic;
using energy::ComponentId;
using engine::TokenId;

// Enough to bring weights into memory and clocks up to speed (assumed).
constexpr std::int64_t warm_up_prompt = 16;
constexpr std::int64_t warm_up_steps = 4;

/// As much of the shipped prompts as is wanted, over and over if need be.
std::vector<TokenId> some_text(const engine::LoadedModel& model, std::int64_t count) {
    std::vector<TokenId> ids;
    const text::Tokenizer* const tokenizer = model.chat.find_tokenizer();
    if (tokenizer != nullptr) {
        std::string text;
        for (const tasks::Prompt& prompt : tasks::open_task("everyday", {})) {
            text += prompt.text + "\n\n";
        }
        ids = tokenizer->encode(text);
    }
    base::RandomSequence random(20240517);
    while (tokenizer == nullptr && std::ssize(ids) < count) {
        ids.push_back(static_cast<TokenId>(random.below(static_cast<std::uint64_t>(model.model->vocabulary()))));
    }
    const std::size_t once = ids.size();
    while (std::ssize(ids) < count) ids.push_back(ids[ids.size() - once]);
    return ids;
}

/// Sequences that are read in one step and then generate together.
class Sequences {
  public:
    Sequences(const engine::LoadedModel& model, energy::Meter& meter, const ProfileSettings& settings,
              const std::vector<TokenId>& text, std::int64_t prompt, std::int64_t generate)
        : scheduler_(*model.model, nullptr, &meter, settings.batch * prompt) {
        engine::GenerationOptions options;
        options.max_tokens = generate + 1;  // the first token comes from reading; the others take a step each
        for (std::int64_t i = 0; i < settings.batch; ++i) {
            caches_.push_back(model.model->make_cache(prompt + generate, settings.cache));
            const auto begin = text.begin() + i * prompt;
            answers_.push_back(
                scheduler_.add({std::vector<TokenId>(begin, begin + prompt), options, caches_.back().get(), {}, {}}));
        }
    }
    bool step() { return scheduler_.step(); }
    const energy::WorkAccount& work() const { return scheduler_.last_work(); }
    const auto& answers() const { return answers_; }

  private:
    std::vector<std::unique_ptr<model::Cache>> caches_;
    std::vector<std::shared_ptr<const engine::Answer>> answers_;
    engine::Scheduler scheduler_;
};

using Uses = std::map<ComponentId, ComponentUse>;
using Experts = std::map<std::int32_t, std::map<std::int32_t, std::int64_t>>;  // tokens by layer and expert

void add_work(const energy::WorkAccount& account, Uses& uses, Experts& experts) {
    for (const energy::Work& work : account.records()) {
        ComponentUse& use = uses[work.component];
        use.elapsed += base::to_seconds(work.elapsed);
        use.busy += base::to_seconds(work.busy);
        for (std::size_t i = 0; i < use.bytes.size(); ++i) use.bytes[i] += work.bytes[i];
        for (std::size_t i = 0; i < use.operations.size(); ++i) use.operations[i] += work.operations[i];
        if (work.expert < 0) continue;
        for (const energy::User& user :
             account.users().subspan(static_cast<std::size_t>(work.first_user), static_cast<std::size_t>(work.users))) {
            experts[work.layer][work.expert] += user.amount;
        }
    }
}

ExpertUse table_of(const Experts& experts) {
    ExpertUse use;
    std::int32_t count = 0;
    for (const auto& [layer, tokens] : experts) count = std::max(count, tokens.rbegin()->first + 1);
    for (const auto& [layer, tokens] : experts) {
        use.layers.push_back(layer);
        auto& row = use.tokens.emplace_back(static_cast<std::size_t>(count));
        for (const auto& [expert, used] : tokens) row[static_cast<std::size_t>(expert)] = used;
    }
    return use;
}

/// The ledger's cells of experts, of all phases and sequences.
void add_joules(const Sequences& sequences, ExpertUse& use) {
    for (const auto& row : use.tokens) use.joules.emplace_back(row.size());
    for (const auto& answer : sequences.answers()) {
        for (const energy::Charge& phase : answer->energy->account.phases) {
            for (const auto& [cell, energy] : phase.cells) {
                const auto layer = std::ranges::find(use.layers, std::int64_t{cell.layer});
                if (cell.expert < 0 || layer == use.layers.end()) continue;
                use.joules[static_cast<std::size_t>(layer - use.layers.begin())]
                          [static_cast<std::size_t>(cell.expert)] += base::to_joules(energy).value();
            }
        }
    }
}

PhaseProfile phase_of(const engine::LoadedModel& model, const Sequences& sequences, Phase phase, Uses uses) {
    PhaseProfile profile;
    profile.name = base::name(phase);
    for (const auto& answer : sequences.answers()) {
        const energy::PhaseFigures& figures = (*answer->energy)[phase];
        profile.total += figures.total;
        profile.above_idle += figures.above_idle;
        profile.tokens += figures.tokens.value();
        profile.seconds = std::max(profile.seconds, figures.seconds);
        for (const auto& [component, joules] : figures.components) uses[component].joules += joules;
    }
    for (auto& [component, use] : uses) {
        use.name = engine::component_name(*model.model, component);
        profile.components.push_back(std::move(use));
    }
    std::ranges::stable_sort(profile.components, [](const ComponentUse& a, const ComponentUse& b) {
        return a.joules.value > b.joules.value;
    });
    return profile;
}

void check(const engine::LoadedModel& model, const ProfileSettings& settings) {
    const std::int64_t wanted = settings.prompt_tokens + settings.tokens + 1, limit = model.model->context_length();
    if (wanted > limit) {
        base::fail(
            ErrorCode::bad_argument,
            "{} prompt tokens and {} generated tokens do not fit into the context of {}, which holds {}; use fewer.",
            settings.prompt_tokens, settings.tokens, model.name, limit);
    }
}

}  // namespace

double ComponentUse::memory_bytes() const {
    return static_cast<double>(bytes[static_cast<std::size_t>(energy::Source::weights)] +
                               bytes[static_cast<std::size_t>(energy::Source::cache)]);
}

double ComponentUse::int8_operations() const {
    return static_cast<double>(operations[static_cast<std::size_t>(Arithmetic::int8)]);
}

double ComponentUse::float_operations() const {
    return static_cast<double>(std::accumulate(operations.begin(), operations.end(), std::int64_t{0})) -
           int8_operations();
}

Closeness closeness(const ComponentUse& use, const MachineLimits& limits) {
    const double seconds = use.elapsed.value();
    if (!(seconds > 0) || !(limits.bytes_per_second > 0)) return {};
    return {use.memory_bytes() / limits.bytes_per_second / seconds,
            (use.float_operations() / limits.float_operations_per_second +
             use.int8_operations() / limits.int8_operations_per_second) /
                seconds};
}

bool any_passes(const Profile& profile) {
    return std::ranges::any_of(profile.phases, [](const PhaseProfile& phase) {
        return std::ranges::any_of(phase.components,
                                   [&](const ComponentUse& use) { return closeness(use, phase.limits).passes(); });
    });
}

Profile profile(const engine::LoadedModel& model, energy::Meter& meter, const ProfileSettings& settings) {
    check(model, settings);
    model.model->use_threads(settings.threads);
    const std::vector<TokenId> text =
        some_text(model, settings.batch * std::max(settings.prompt_tokens, warm_up_prompt));
    Sequences warm_up(model, meter, settings, text, std::min(settings.prompt_tokens, warm_up_prompt), warm_up_steps);
    while (warm_up.step()) {
    }

    Sequences sequences(model, meter, settings, text, settings.prompt_tokens, settings.tokens);
    Uses reading, generating;
    Experts experts;
    for (bool first = true; sequences.step(); first = false) {
        add_work(sequences.work(), first ? reading : generating, experts);
    }
    ExpertUse expert_use = table_of(experts);
    add_joules(sequences, expert_use);
    return {.model = model.name,
            .weight_bytes = model.weight_bytes,
            .settings = settings,
            .machine = meter.machine(),
            .energy_source = meter.describe(),
            .phases = {phase_of(model, sequences, Phase::prompt, std::move(reading)),
                       phase_of(model, sequences, Phase::answer, std::move(generating))},
            .experts = std::move(expert_use)};
}

}  // namespace ergon::profile
