#include "lab/compare.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "engine/chat.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;
using nlohmann::ordered_json;
using text::Phase;

// Long enough to bring weights into memory and clocks up to speed, short enough to be nothing beside forty answers
// (assumed).
constexpr std::int64_t warm_up_tokens = 8;
constexpr const char* warm_up_question = "Hello";

// A file is told from others by its name, its size and this many evenly spaced samples.
constexpr std::size_t fingerprint_samples = 256;
constexpr std::size_t fingerprint_sample_bytes = 4096;

std::vector<engine::TokenId> prompt_of(const Entrant& entrant, const std::string& question,
                                       const CompareSettings& settings) {
    std::vector<engine::Message> messages;
    if (!settings.system.empty()) messages.push_back({"system", settings.system});
    messages.push_back({"user", question});
    return chat_prompt(entrant.model, messages, settings.thinking);
}

/// A session that holds the longest prompt and a whole answer.
engine::Session open_session(const Entrant& entrant, std::span<const tasks::Prompt> prompts,
                             const CompareSettings& settings, energy::Meter& meter) {
    std::int64_t longest = 0;
    const tasks::Prompt* longest_prompt = nullptr;
    for (const tasks::Prompt& prompt : prompts) {
        const auto length = static_cast<std::int64_t>(prompt_of(entrant, prompt.text, settings).size());
        if (length > longest) {
            longest = length;
            longest_prompt = &prompt;
        }
    }
    const std::int64_t limit = entrant.model.model->context_length();
    if (entrant.options.max_tokens > limit - longest) {
        base::fail(ErrorCode::out_of_budget,
                   "Prompt \"{}\" has {} tokens for {}; with answers of up to {} it does not fit the model's context "
                   "of {}. Lower "
                   "--max-tokens.",
                   longest_prompt->id, longest, entrant.model.name, entrant.options.max_tokens, limit);
    }
    return {entrant.model, {.tokens = longest + entrant.options.max_tokens, .cache = settings.cache}, &meter};
}

RunDescription describe(std::span<const Entrant> entrants, std::span<const tasks::Prompt> prompts,
                        const CompareSettings& settings, const energy::Meter& meter) {
    const engine::GenerationOptions& caps = entrants[0].options;
    std::uint64_t digest = 0;
    for (const tasks::Prompt& prompt : prompts) {
        for (const std::string* part : {&prompt.id, &prompt.text}) {
            for (const char c : *part) digest = base::random_bits(digest, static_cast<unsigned char>(c), part->size());
        }
    }
    RunDescription run;
    run.settings = {{"prompts", settings.prompt_set},
                    {"prompt_count", prompts.size()},
                    {"prompt_digest", fmt::format("{:016x}", digest)},
                    {"system", settings.system},
                    {"thinking", settings.thinking},
                    {"max_tokens", caps.max_tokens},
                    {"max_thinking", caps.max_thinking ? ordered_json(*caps.max_thinking) : ordered_json()},
                    {"stop", caps.stop},
                    {"threads", settings.threads},
                    {"cache", settings.cache == model::CacheType::f16 ? "f16" : "f32"}};
    run.seed = caps.sampling.seed;
    run.machine = meter.machine();
    run.version = settings.version;
    run.protocol = {{"order", "alternating"},
                    {"batch", 1},
                    {"cache", "empty before each answer"},
                    {"warm_up_tokens", warm_up_tokens}};
    return run;
}

Answer to_result(const engine::Answer& answer, const Turn& turn, const tasks::Prompt& prompt) {
    Answer result;
    result.contender = static_cast<std::int64_t>(turn.entrant);
    result.prompt = prompt.id;
    result.text = answer.text;
    result.thinking = answer.thinking;
    const bool ended = answer.stop == engine::StopReason::end_token || answer.stop == engine::StopReason::stop_string;
    result.finish_reason = ended ? "stop" : "length";
    for (const Phase phase : {Phase::prompt, Phase::thinking, Phase::answer}) {
        const auto which = static_cast<energy::Phase>(phase);
        const energy::PhaseFigures& cost = (*answer.energy)[which];
        result[which] = {base::Tokens(answer[phase].tokens), answer[phase].time, cost.total, cost.above_idle};
    }
    // Drafts that were thrown away are part of what the kept tokens cost.
    if (const energy::PhaseFigures& drafts = (*answer.energy)[energy::Phase::discarded]; drafts.tokens.value() > 0) {
        result[energy::Phase::answer].total += drafts.total;
        result[energy::Phase::answer].above_idle += drafts.above_idle;
    }
    result.raw = energy::raw_json(*answer.energy);
    return result;
}

}  // namespace

std::vector<Turn> alternating_turns(std::size_t entrants, std::size_t prompts) {
    std::vector<Turn> turns;
    for (std::size_t prompt = 0; prompt < prompts; ++prompt) {
        for (std::size_t i = 0; i < entrants; ++i) {
            turns.push_back({prompt % 2 == 0 ? i : entrants - 1 - i, prompt});
        }
    }
    return turns;
}

std::vector<Contender> contenders_of(std::span<const Entrant> entrants) {
    std::vector<Contender> contenders;
    for (const Entrant& entrant : entrants) {
        const auto same =
            std::ranges::count_if(entrants, [&](const Entrant& e) { return e.model.name == entrant.model.name; });
        const std::string label =
            same == 1 ? entrant.model.name : fmt::format("{} #{}", entrant.model.name, contenders.size() + 1);
        contenders.push_back({label,
                              entrant.model.path.string(),
                              entrant.hash,
                              {{"sampling", entrant.sampling},
                               {"thinks", entrant.model.thinks()},
                               {"weight_bytes", entrant.model.weight_bytes.value()}}});
    }
    return contenders;
}

RunId compare(std::span<Entrant> entrants, std::span<const tasks::Prompt> prompts, const CompareSettings& settings,
              Results& results, energy::Meter& meter, const std::function<void(const CompareProgress&)>& on_answer) {
    const std::vector<Contender> contenders = contenders_of(entrants);
    const RunId run = results.start_or_resume(describe(entrants, prompts, settings, meter), contenders);
    const std::set<AnswerKey> present = results.present(run);
    CompareProgress progress;
    progress.all = static_cast<std::int64_t>(entrants.size() * prompts.size());
    progress.done = progress.already = static_cast<std::int64_t>(present.size());

    std::vector<engine::Session> sessions;
    for (const Entrant& entrant : entrants) sessions.push_back(open_session(entrant, prompts, settings, meter));
    for (std::size_t i = 0; i < entrants.size() && progress.done < progress.all; ++i) {
        engine::GenerationOptions options = entrants[i].options;
        options.max_tokens = std::min(options.max_tokens, warm_up_tokens);
        sessions[i].answer(prompt_of(entrants[i], warm_up_question, settings), options);
    }
    for (const Turn& turn : alternating_turns(entrants.size(), prompts.size())) {
        const tasks::Prompt& prompt = prompts[turn.prompt];
        if (present.contains({static_cast<std::int64_t>(turn.entrant), prompt.id, 0})) continue;
        const Entrant& entrant = entrants[turn.entrant];
        sessions[turn.entrant].clear();
        const Answer answer = to_result(
            sessions[turn.entrant].answer(prompt_of(entrant, prompt.text, settings), entrant.options), turn, prompt);
        results.add(run, answer);
        ++progress.done;
        progress.contender = &contenders[turn.entrant];
        progress.answer = &answer;
        if (on_answer) on_answer(progress);
    }
    results.finish(run);
    return run;
}

std::string file_fingerprint(const std::filesystem::path& path) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(path)) {
        for (const auto& entry : std::filesystem::directory_iterator(path)) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
        std::ranges::sort(files);
    } else {
        files.push_back(path);
    }
    std::uint64_t digest = 0;
    const auto add = [&digest](std::span<const std::byte> bytes) {
        for (const std::byte byte : bytes)
            digest = base::random_bits(digest, static_cast<std::uint64_t>(byte), bytes.size());
    };
    for (const std::filesystem::path& path_of_file : files) {
        const base::MappedFile file(path_of_file);
        const std::span<const std::byte> bytes = file.bytes();
        add(std::as_bytes(std::span(path_of_file.filename().native())));
        digest = base::random_bits(digest, bytes.size(), files.size());
        const std::size_t stride = std::max(bytes.size() / fingerprint_samples, fingerprint_sample_bytes);
        for (std::size_t begin = 0; begin < bytes.size(); begin += stride) {
            add(bytes.subspan(begin, std::min(fingerprint_sample_bytes, bytes.size() - begin)));
        }
    }
    return fmt::format("{:016x}", digest);
}

}  // namespace ergon::lab
