#include "lab/store/run_summary.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <set>

#include "base/digest.h"
#include "base/error.h"
#include "base/files/paths.h"
#include "base/json/json_text.h"
#include "energy/estimate/estimate.h"
#include "lab/store/contender_details.h"
#include "lab/store/design.h"
#include "lab/store/run_details.h"
#include "report/exchange.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;

struct RunPart {
    std::unique_ptr<Results> owned;
    Results* results = nullptr;
    RunId run = 0;
    RunDescription description;
    std::vector<Contender> contenders;
};

RunId run_of(Results& results, std::optional<RunId> wanted) {
    if (wanted) return *wanted;
    const std::optional<RunId> last = results.last_run();
    if (!last) base::fail(ErrorCode::not_found, "{} holds no run yet.", results.path().string());
    return *last;
}

RunPart open_part(std::unique_ptr<Results> owned, Results& results, std::optional<RunId> wanted) {
    RunPart part;
    part.owned = std::move(owned);
    part.results = &results;
    part.run = run_of(results, wanted);
    part.description = results.description(part.run);
    part.contenders = results.contenders(part.run);
    return part;
}

Shard shard_of(const RunPart& part) {
    return protocol_of(part.description).shard;
}

/// Parts of one experiment differ in their machine, their shard and where the models' files lie.
void check_same_experiment(const RunPart& first, const RunPart& other) {
    const auto refuse = [&](const char* what) {
        base::fail(ErrorCode::bad_argument,
                   "{} and {} hold runs of different experiments (their {} differ), so they cannot be merged.",
                   first.results->path().string(), other.results->path().string(), what);
    };
    if (first.description.settings != other.description.settings) refuse("settings or prompts");
    if (first.description.seed != other.description.seed) refuse("seeds");
    const auto same = [](const Contender& a, const Contender& b) {
        return a.label == b.label && a.hash == b.hash && as_asked_for(a.details) == as_asked_for(b.details);
    };
    if (!std::ranges::equal(first.contenders, other.contenders, same)) refuse("contenders");
}

void check_shards(const std::vector<RunPart>& parts) {
    for (const RunPart& part : parts) {
        if (shard_of(part).count == shard_of(parts.front()).count) continue;
        base::fail(
            ErrorCode::bad_argument,
            "{} holds shard {} and {} shard {} of the experiment, so some answers would count twice: give parts of one "
            "division.",
            parts.front().results->path().string(), shard_text(shard_of(parts.front())), part.results->path().string(),
            shard_text(shard_of(part)));
    }
    std::set<std::int64_t> shards;
    for (const RunPart& part : parts) {
        if (shards.insert(shard_of(part).index).second) continue;
        base::fail(ErrorCode::bad_argument, "{} holds shard {} again: each part of the experiment may be given once.",
                   part.results->path().string(), shard_text(shard_of(part)));
    }
}

/// Of a longer text a page shows the beginning.
std::size_t shown_bytes(const std::string& text) {
    return std::min(text.size(), report::max_shown_characters);
}

std::size_t shown_bytes(const ShownPrompt& one) {
    std::size_t bytes = shown_bytes(one.prompt.text);
    for (const Answer& answer : one.answers) bytes += shown_bytes(answer.thinking) + shown_bytes(answer.text);
    return bytes;
}

/// The first prompts with their answers, as far as there is room; one at least.
void add_shown(const RunPart& part, std::vector<ShownPrompt>& shown) {
    std::size_t bytes = 0;
    for (const ShownPrompt& one : shown) bytes += shown_bytes(one);
    for (const AskedPrompt& prompt : part.results->prompts(part.run)) {
        if (shown.size() >= max_shown_prompts || bytes >= max_shown_bytes) return;
        ShownPrompt one{prompt, {}};
        for (std::size_t i = 0; i < part.contenders.size(); ++i) {
            if (auto answer = part.results->find(part.run, static_cast<std::int64_t>(i), prompt.id, 0)) {
                one.answers.push_back(std::move(*answer));
            }
        }
        if (one.answers.empty()) continue;
        bytes += shown_bytes(one);
        shown.push_back(std::move(one));
    }
}

/// The design that was kept with the parts, which must be one.
std::vector<Factor> factors_of(const std::vector<RunPart>& parts) {
    std::vector<Factor> found;
    for (const RunPart& part : parts) {
        std::vector<Factor> kept = kept_factors(*part.results, part.run);
        if (!found.empty() && !kept.empty() && kept != found) {
            base::fail(ErrorCode::bad_argument,
                       "{} and {} were run with different factors: name those that count with --factor.",
                       parts.front().results->path().string(), part.results->path().string());
        }
        if (found.empty()) found = std::move(kept);
    }
    return found;
}

/// The widest of the machines.
double kind_of_work(const std::vector<RunPart>& parts) {
    double widest = 0;
    for (const RunPart& part : parts) {
        widest = std::max(widest,
                          machine_details(part.description).kind_of_work_sd.value_or(energy::assumed_kind_of_work_sd));
    }
    return widest;
}

void add(const Answer& answer, base::Digest& digest) {
    digest.add(answer.prompt);
    digest.add(static_cast<std::uint64_t>(answer.contender), static_cast<std::uint64_t>(answer.repeat));
    digest.add(static_cast<std::uint64_t>(answer.session), answer.right ? 1 + (*answer.right ? 1 : 0) : 0);
    for (const std::string* const text : {&answer.text, &answer.thinking, &answer.finish_reason}) digest.add(*text);
    for (const PhaseResult& phase : answer.phases) {
        digest.add(static_cast<std::uint64_t>(phase.tokens.value()),
                   std::bit_cast<std::uint64_t>(phase.seconds.value()));
        digest.add(std::bit_cast<std::uint64_t>(phase.total.value.value()), answer.metered ? 1 : 0);
    }
}

/// Of a part: what it is, who answers and every answer.
base::Digest digest_of(const RunPart& part) {
    base::Digest digest;
    for (const auto* const json : {&part.description.settings, &part.description.machine, &part.description.protocol}) {
        digest.add(base::json_text(*json));
    }
    digest.add(part.description.version);
    digest.add(part.description.seed, part.contenders.size());
    for (const Contender& one : part.contenders) {
        digest.add(one.label);
        digest.add(one.hash);
    }
    return digest;
}

std::string whole_digest(const std::set<std::string>& parts) {
    if (parts.size() == 1) return *parts.begin();
    base::Digest whole;
    for (const std::string& part : parts) whole.add(part);
    return whole.text();
}

RunSummary sum_up(std::vector<RunPart> parts, std::span<const Factor> factors) {
    RunSummary loaded;
    for (const RunPart& part : parts) check_same_experiment(parts.front(), part);
    check_shards(parts);
    std::set<std::string> digests;  // the same in whatever order the parts are given
    ComparisonBuilder builder(parts.front().contenders, kind_of_work(parts));
    for (const RunPart& part : parts) {
        base::Digest digest = digest_of(part);
        part.results->for_each(part.run, [&](const Answer& answer) {
            builder.add(answer);
            add(answer, digest);
        });
        digests.insert(digest.text());
        const std::string started = part.results->started(part.run);
        if (loaded.report.started.empty() || started < loaded.report.started) loaded.report.started = started;
        for (const Failure& failure : part.results->failures(part.run)) builder.add_failure(failure);
        loaded.answers += part.results->answers(part.run);
        loaded.finished = loaded.finished && part.results->finished(part.run);
        loaded.parts.push_back({part.results->path(), part.run});
        add_shown(part, loaded.report.shown);
        if (!loaded.report.slice) loaded.report.slice = kept_slice(*part.results, part.run);
        std::ranges::move(part.results->machine_events(part.run), std::back_inserter(loaded.report.machine_events));
        if (const std::string source = machine_details(part.description).energy_source;
            loaded.energy_source.find(source) == source.npos) {
            loaded.energy_source += (loaded.energy_source.empty() ? "" : " ") + source;
        }
        loaded.report.results += (loaded.report.results.empty() ? "" : ", ") + part.results->path().filename().string();
    }
    loaded.report.digest = whole_digest(digests);
    loaded.report.run = parts.front().description;
    // What one of the machines could not see may have been in the whole.
    const bool unseen = std::ranges::any_of(
        parts, [](const RunPart& part) { return protocol_of(part.description).throttling == Throttling::not_visible; });
    if (unseen) note_throttling_not_visible(loaded.report.run);
    const std::vector<Factor> kept = factors.empty() ? factors_of(parts) : std::vector<Factor>();
    loaded.report.comparison =
        builder.finish(loaded.report.run.seed, factors.empty() ? std::span<const Factor>(kept) : factors);
    for (const RunPart& part : parts) loaded.report.comparison.parts.push_back(shard_of(part));
    loaded.report.comparison.margin = settings_of(loaded.report.run).margin.value_or(default_margin);
    loaded.report.prompts = std::ssize(loaded.report.comparison.prompts);
    return loaded;
}

}  // namespace

RunSummary load_runs(const std::vector<std::filesystem::path>& files, std::optional<RunId> run,
                     std::span<const Factor> factors) {
    std::vector<RunPart> parts;
    for (const std::filesystem::path& file : files) {
        if (!base::path_exists(file)) {
            base::check_reachable(file);
            base::fail(ErrorCode::not_found, "There is no results file {}.", file.string());
        }
        auto results = std::make_unique<Results>(file, Access::read);
        Results& opened = *results;
        parts.push_back(open_part(std::move(results), opened, run));
    }
    return sum_up(std::move(parts), factors);
}

RunSummary load_run(Results& results, RunId run, std::span<const Factor> factors) {
    std::vector<RunPart> parts;
    parts.push_back(open_part(nullptr, results, run));
    return sum_up(std::move(parts), factors);
}

}  // namespace ergon::lab
