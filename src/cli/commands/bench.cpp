// ergon bench MODEL: how fast a model reads and generates, and the joules of a token.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "base/strings/format_number.h"
#include "cli/commands.h"
#include "cli/options/data_output.h"
#include "cli/options/generation_options.h"
#include "cli/options/machine_options.h"
#include "cli/options/model_path.h"
#include "cli/options/output_files.h"
#include "cli/options/thread_options.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/run_report.h"
#include "engine/benchmark.h"
#include "engine/loaded_model.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;
using engine::BenchmarkCase;
using engine::BenchmarkRun;
using engine::Workload;

struct BenchOptions {
    std::string model;
    std::vector<std::int64_t> prompts{512}, generates{128}, batches{1};
    std::vector<std::string> threads{"auto"};
    std::int64_t depth = 0;
    int repeats = 3;
    model::CacheType cache = model::CacheType::f16;
    model::LoadOptions load;
    bool accounting = false;
    DataOutput json;
};

/// The model as so many threads compute it.
struct Variant {
    engine::LoadedModel* model;
    ThreadChoice threads;

    model::LanguageModel& ready() const {
        model->model->use_threads(threads.threads);
        return *model->model;
    }
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// 95% interval of the median of ascending values, from their ranks: half of n +- z sqrt(n) / 2 (the binomial
/// distribution by its normal approximation).
std::pair<double, double> interval_of_median(const std::vector<double>& values) {
    const double half = static_cast<double>(values.size()) / 2, reach = energy::end_of_95_percent * std::sqrt(half / 2);
    const auto at = [&](double rank) {
        return values[static_cast<std::size_t>(std::clamp(rank, 0.0, static_cast<double>(values.size() - 1)))];
    };
    return {at(half - reach), at(std::ceil(half + reach))};
}

/// One row of the result: a case with so many threads, and its runs.
struct Row {
    BenchmarkCase test;
    Variant variant;
    std::vector<BenchmarkRun> runs;
    std::vector<double> accounting_costs{};  // see engine::accounting_costs; ascending

    double tokens_per_second() const {
        std::vector<double> speeds;
        for (const BenchmarkRun& run : runs) speeds.push_back(run.tokens_per_second);
        return median(std::move(speeds));
    }
    /// Of a step of this case.
    int threads() const {
        const bool reads = test.workload == Workload::prefill;
        return variant.threads.threads.of(reads ? test.tokens * test.batch : test.batch);
    }
    base::Seconds processor_per_token() const {
        std::vector<double> seconds;
        for (const BenchmarkRun& run : runs) seconds.push_back(run.busy.value() / static_cast<double>(run.tokens));
        return base::Seconds(median(std::move(seconds)));
    }
    energy::Figure joules_per_token() const {
        energy::Figure sum;
        std::int64_t tokens = 0;
        for (const BenchmarkRun& run : runs) {
            sum += run.energy;
            tokens += run.tokens;
        }
        return sum / static_cast<double>(tokens);
    }
};

ThreadOption thread_option(const std::string& text) {
    return text == "auto" ? ThreadOption{} : ThreadOption{std::stoi(text)};
}

/// Threads that all of them need.
int pool_for(const BenchOptions& options) {
    int most = 1;
    for (const std::string& one : options.threads) most = std::max(most, thread_option(one).pool());
    return most;
}

std::vector<Variant> variants_of(const BenchOptions& options, engine::LoadedModel& model) {
    std::vector<Variant> variants;
    for (const std::string& one : options.threads) {
        variants.push_back({&model, thread_option(one).choose(model, options.cache, options.load)});
    }
    return variants;
}

/// Nothing is timed before the answers agree: in a batch and alone, in large and small pieces, with every number of
/// threads.
void check_answers(const BenchOptions& options, const std::vector<Variant>& variants) {
    for (const std::int64_t batch : options.batches) {
        std::vector<std::vector<model::TokenId>> first;
        for (const Variant& variant : variants) {
            auto tokens = engine::checked_answers(variant.ready(), batch, options.cache);
            if (first.empty()) first = tokens;
            if (tokens != first) {
                base::fail(ErrorCode::unsupported,
                           "{} threads give other tokens than {} do: this build computes wrongly here, so its speed is "
                           "not measured. Please report it.",
                           variant.threads.threads.many, variants[0].threads.threads.many);
            }
        }
    }
}

std::vector<Row> rows_of(const BenchOptions& options, const std::vector<Variant>& variants) {
    std::vector<Row> rows;
    for (const std::int64_t batch : options.batches) {
        for (const Variant& variant : variants) {
            for (const std::int64_t tokens : options.prompts) {
                rows.push_back({{Workload::prefill, tokens, batch, 0, options.cache}, variant, {}});
            }
            for (const std::int64_t tokens : options.generates) {
                rows.push_back({{Workload::decode, tokens, batch, options.depth, options.cache}, variant, {}});
            }
        }
    }
    std::erase_if(rows, [](const Row& row) { return row.test.tokens == 0; });
    return rows;
}

base::Json json_of(const std::vector<Row>& rows) {
    base::Json json = base::Json::array();
    for (const Row& row : rows) {
        base::Json entry{{"test", engine::name(row.test.workload)},
                         {"tokens", row.test.tokens},
                         {"batch", row.test.batch},
                         {"threads", row.threads()},
                         {"threads_chosen", row.variant.threads.json()["chosen"]},
                         {"tokens_per_second", row.tokens_per_second()},
                         {"processor_seconds_per_token", row.processor_per_token().value()},
                         {"joules_per_token", row.joules_per_token()}};
        if (row.test.depth > 0) entry["depth"] = row.test.depth;
        if (const auto& unused = row.variant.model->unused; !unused.empty()) entry["unused"] = unused;
        if (const std::vector<double>& costs = row.accounting_costs; !costs.empty()) {
            const auto [low, high] = interval_of_median(costs);
            entry["accounting"] = {
                {"median", median(costs)}, {"low", low}, {"high", high}, {"pairs_of_steps", costs.size()}};
        }
        json.push_back(std::move(entry));
    }
    return json;
}

void print_table(const std::vector<Row>& rows) {
    std::vector<double> seconds, energies;
    for (const Row& row : rows) {
        seconds.push_back(row.processor_per_token().value());
        energies.push_back(row.joules_per_token().value.value());
    }
    const base::Scale time = base::column_scale(std::move(seconds), {"s", base::Prefixes::below_one});
    const base::Scale energy = base::column_scale(std::move(energies), {"J"});
    base::print("{:<8} {:>7} {:>6} {:>8} {:>10}  {:>17} {:>12}  {}J/token\n", "test", "tokens", "batch", "threads",
                "tokens/s", "(range)", fmt::format("CPU {}s/token", time.prefix), energy.prefix);
    for (const Row& row : rows) {
        const auto [slowest, fastest] = std::ranges::minmax_element(row.runs, {}, &BenchmarkRun::tokens_per_second);
        const energy::Figure figure = row.joules_per_token();
        const auto joules = [&](base::Joules amount) { return base::significant(amount.value() / energy.factor); };
        base::print("{:<8} {:>7} {:>6} {:>8} {:>10}  {:>17} {:>12}  {} ({} to {}, {})\n",
                    engine::name(row.test.workload), row.test.tokens, row.test.batch,
                    fmt::format("{}{}", row.threads(), row.variant.threads.timed() ? " auto" : ""),
                    short_number(row.tokens_per_second()),
                    fmt::format("({} to {})", short_number(slowest->tokens_per_second),
                                short_number(fastest->tokens_per_second)),
                    base::significant(row.processor_per_token().value() / time.factor), joules(figure.value),
                    joules(figure.low), joules(figure.high), energy::name(figure.method));
    }
    for (const Row& row : rows) {
        const std::vector<double>& costs = row.accounting_costs;
        if (costs.empty()) continue;
        const auto [low, high] = interval_of_median(costs);
        base::print(
            "Accounting adds {:.2f}% to a step of decode (median of {} pairs of steps, 95% interval {:.2f}% to "
            "{:.2f}%).\n",
            100 * median(costs), costs.size(), 100 * low, 100 * high);
    }
}

void add_accounting(Row& row, energy::Meter& meter) {
    const std::vector<double> costs = accounting_costs(row.variant.ready(), meter, row.test);
    row.accounting_costs.insert(row.accounting_costs.end(), costs.begin(), costs.end());
    std::ranges::sort(row.accounting_costs);
}

void bench(const BenchOptions& options) {
    check_outputs(options.json.outputs(), {find_model(options.model).string()});
    base::ThreadPool pool(pool_for(options));
    engine::LoadedModel model = engine::load_model(find_model(options.model), options.load, pool);
    print_unused(model.name, model.unused);
    const std::vector<Variant> variants = variants_of(options, model);
    check_answers(options, variants);
    energy::Meter meter(machine_options());
    std::vector<Row> rows = rows_of(options, variants);
    // Rows take turns, so that what a shared machine does to one it does to all.
    Progress progress("runs");
    const auto all = static_cast<long>(rows.size()) * options.repeats;
    long done = 0;
    for (int i = 0; i < options.repeats; ++i) {
        for (Row& row : rows) {
            row.runs.push_back(run_benchmark(row.variant.ready(), meter, row.test));
            if (options.accounting && row.test.workload == Workload::decode) add_accounting(row, meter);
            progress.show(++done, all);
        }
    }
    progress.clear();
    if (options.json.asked()) options.json.write(base::json_text(json_of(rows), 2) + "\n");
    if (options.json.on_stdout()) return;
    print_table(rows);
    if (options.accounting) {
        base::print("The meter took {:.3f}% of a thread in all.\n", 100 * meter.overhead().share());
    }
}

}  // namespace

void add_bench(CLI::App& program) {
    auto options = std::make_shared<BenchOptions>();
    CLI::App& command = *program.add_subcommand("bench", "Measure tokens per second and energy per token");
    const auto add_list = [&command](const char* name, auto& values, const char* description) {
        return command.add_option(name, values, description)->delimiter(',')->capture_default_str();
    };
    add_model(command, options->model);
    add_list("--prompt-tokens", options->prompts, "Prompt tokens to process (prefill); 0: skip")
        ->check(CLI::Range(std::int64_t{0}, max_token_count));
    add_list("--generate-tokens", options->generates, "Tokens to generate (decode); 0: skip")
        ->check(CLI::Range(std::int64_t{0}, max_token_count));
    add_list("--batch", options->batches, "Batch size: sequences processed together")->check(CLI::Range(1, 4096));
    add_list("--threads", options->threads,
             "Number of worker threads, or auto (lowest energy within 5% of the best speed, measured)")
        ->check(CLI::Validator(check_thread_count, ""))
        ->type_name("N|auto");
    command.add_option("--depth", options->depth, "Context length before decoding starts")
        ->check(CLI::Range(std::int64_t{0}, max_token_count))
        ->capture_default_str();
    command.add_option("--repeats", options->repeats, "Runs of each measurement; the median is reported")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    add_cache(command, options->cache);
    add_loading(command, options->load);
    command.add_flag("--accounting", options->accounting, "Also measure the overhead of energy accounting on decoding");
    options->json.add_json(command, "an array with one object per measurement");
    command.footer(
        "Prefill and decode are measured separately, on random tokens. Before timing, batched output is checked "
        "against "
        "each sequence run alone. Lists are comma-separated; their combinations run in turns.\n\n"
        "Example:\n"
        "  ergon bench model.gguf --prompt-tokens 512,2048 --generate-tokens 128 --threads 1,2,auto --json");
    command.callback([options] { bench(*options); });
}

}  // namespace ergon::cli
