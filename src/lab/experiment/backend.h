#pragma once
// Whoever answers in an experiment: a model in this process, or a server.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "energy/meter.h"
#include "engine/loaded_model.h"
#include "engine/session.h"
#include "lab/store/contender_details.h"
#include "lab/store/results.h"
#include "tasks/prompt_set.h"

namespace ergon::lab {

/// The short answer before the first that counts: long enough to bring weights into memory and clocks up to speed,
/// short enough to be nothing beside forty answers (assumed).
inline constexpr std::int64_t warm_up_tokens = 8;
inline constexpr const char* warm_up_question = "Hello";

class Backend {
  public:
    virtual ~Backend() = default;
    /// As the results store keeps it.
    virtual const Contender& contender() const = 0;
    /// Gets what will be asked, before the first answer. Throws Error(out_of_budget) for a prompt that with the caps
    /// does not fit the model's context.
    virtual void prepare(std::span<const tasks::Prompt> prompts) = 0;
    /// A short answer that nobody keeps: weights come into memory, clocks up to speed.
    virtual void warm_up() = 0;
    /// Tokens that the prompt has for it; nothing if only a server knows.
    virtual std::optional<std::int64_t> prompt_tokens(const tasks::Prompt& prompt) const = 0;
    /// Answers from an empty cache. Everything of the answer but its contender and grade is filled. Throws base::Error.
    virtual Answer answer(const tasks::Prompt& prompt, std::int64_t repeat) = 0;
};

/// How a model in this process is asked.
struct LocalOptions {
    engine::GenerationOptions generation;
    std::vector<SamplingSetting> sampling;  // for the record
    std::string label;
    std::string system;  // what it is told before the question, if not empty
    bool thinking = true;
    model::CacheType cache = model::CacheType::f16;
    model::StepThreads threads{};
    bool threads_timed = false;  // chosen by what they take on this machine, not given
    bool strict = false;
    /// Multiple choice is answered by the likeliest letter, without thinking or writing.
    bool by_likelihood = false;
};

/// `model` stays where it is as long as the answerer lives; so does `meter`.
std::unique_ptr<Backend> answer_locally(const engine::LoadedModel& model, const LocalOptions& options,
                                        energy::Meter& meter);

}  // namespace ergon::lab
