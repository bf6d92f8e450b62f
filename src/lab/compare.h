#pragma once
// The comparison loop: the same prompts, the same caps, in alternating order, each answer kept as it comes.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "energy/meter.h"
#include "engine/loaded_model.h"
#include "engine/session.h"
#include "lab/results.h"
#include "tasks/prompt_set.h"

namespace ergon::lab {

/// A model that takes part, and how it is asked.
struct Entrant {
    engine::LoadedModel model;
    engine::GenerationOptions options;
    nlohmann::ordered_json sampling;  // the sampler's settings and where they come from
    std::string hash;                 // of the files (file_fingerprint)
};

struct CompareSettings {
    std::string prompt_set;  // its name, for the record
    std::string system;      // a system message for all, if not empty
    bool thinking = true;
    model::CacheType cache = model::CacheType::f16;
    int threads = 1;
    std::string version;  // of ergon
};

/// One answer to be made.
struct Turn {
    std::size_t entrant = 0;
    std::size_t prompt = 0;
    bool operator==(const Turn&) const = default;
};

/// Every entrant answers every prompt; from prompt to prompt the order turns round (AB, BA, ...), so that what drifts
/// (heat, other programs) meets all alike.
std::vector<Turn> alternating_turns(std::size_t entrants, std::size_t prompts);

/// An answer that has just been kept.
struct CompareProgress {
    std::int64_t done = 0;  // of `all`, those of an earlier start included
    std::int64_t all = 0;
    std::int64_t already = 0;  // were there when it started
    const Contender* contender = nullptr;
    const Answer* answer = nullptr;
};

/// What takes part, as the results store describes it. Labels are the models' names, numbered if two are the same.
std::vector<Contender> contenders_of(std::span<const Entrant> entrants);

/// Runs what the store does not hold yet of this comparison (a killed one goes on) and returns the run, marked as
/// finished. Before the first answer each entrant gives a short one that is not kept. Each answer starts from an empty
/// cache. Throws base::Error: a prompt that with the cap does not fit a model's context, results that cannot be
/// written.
RunId compare(std::span<Entrant> entrants, std::span<const tasks::Prompt> prompts, const CompareSettings& settings,
              Results& results, energy::Meter& meter, const std::function<void(const CompareProgress&)>& on_answer);

/// Tells files apart without reading gigabytes: names, sizes and evenly spaced samples of all files of a model, as 16
/// hexadecimal digits.
std::string file_fingerprint(const std::filesystem::path& path);

}  // namespace ergon::lab
