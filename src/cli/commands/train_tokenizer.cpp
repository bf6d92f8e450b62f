// ergon train-tokenizer TEXT...: a vocabulary learnt from text.

#include <chrono>
#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "base/strings/format_number.h"
#include "base/threads.h"
#include "cli/commands.h"
#include "cli/options/data_output.h"
#include "cli/options/generation_options.h"
#include "cli/options/output_files.h"
#include "cli/terminal/progress.h"
#include "train/tokenizer/tokenizer_files.h"
#include "train/tokenizer/training_text.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;

// Assumed: far above any published vocabulary (the largest have some 260,000).
constexpr std::int64_t largest_vocabulary = 1'000'000;

struct TrainTokenizerOptions {
    std::vector<std::string> files;
    std::string out;
    std::int64_t vocabulary = 4096;
    std::int64_t min_count = 2;
    int threads = 1;
    DataOutput json;
};

struct Outcome {
    std::int64_t vocabulary, merges;
    base::Bytes bytes;
    base::Tokens tokens;
    base::Seconds time;

    double bytes_per_token() const { return static_cast<double>(bytes.value()) / static_cast<double>(tokens.value()); }
};

train::TrainingText read(const TrainTokenizerOptions& options) {
    base::ThreadPool pool(options.threads);
    const std::vector<std::filesystem::path> files(options.files.begin(), options.files.end());
    train::TrainingText text = train::read_training_text(files, pool);
    if (text.pieces.empty()) {
        base::fail(ErrorCode::bad_file, "There is no text in {}; give files that hold what the models will read.",
                   fmt::join(options.files, ", "));
    }
    return text;
}

Outcome train_and_write(const TrainTokenizerOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    const train::TrainingText text = read(options);
    std::error_code exists_or_is_told_below;
    std::filesystem::create_directories(options.out, exists_or_is_told_below);
    std::vector<std::string> outputs = options.json.outputs();
    outputs.push_back(options.out + "/tokenizer.json");
    check_outputs(outputs, options.files);
    const std::int64_t max_merges = options.vocabulary - train::smallest_vocabulary;
    Progress progress("merges");
    const train::LearntMerges learnt =
        train::learn_merges(text.pieces, {.max_merges = max_merges, .min_count = options.min_count},
                            [&](std::int64_t merges) { progress.show(merges, max_merges); });
    progress.clear();
    train::write_tokenizer(options.out, learnt);
    const auto merges = static_cast<std::int64_t>(learnt.merges.size());
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    return {.vocabulary = train::smallest_vocabulary + merges,
            .merges = merges,
            .bytes = text.bytes,
            .tokens = learnt.tokens,
            .time = base::Seconds(time.count())};
}

void write_json(const TrainTokenizerOptions& options, const Outcome& outcome) {
    const base::Json json{{"vocabulary", outcome.vocabulary}, {"vocabulary_asked_for", options.vocabulary},
                          {"merges", outcome.merges},         {"bytes", outcome.bytes.value()},
                          {"tokens", outcome.tokens.value()}, {"bytes_per_token", outcome.bytes_per_token()},
                          {"seconds", outcome.time.value()},  {"folder", options.out}};
    options.json.write(base::json_text(json) + "\n");
}

void print_text(const TrainTokenizerOptions& options, const Outcome& outcome) {
    base::print("{} tokens (256 bytes, {} merges, {} markers) in {}\n", outcome.vocabulary, outcome.merges,
                train::smallest_vocabulary - train::byte_symbols, options.out);
    base::print("{} bytes of text are {} tokens: {:.3f} bytes per token\n",
                base::fixed(static_cast<double>(outcome.bytes.value()), 0),
                base::fixed(static_cast<double>(outcome.tokens.value()), 0), outcome.bytes_per_token());
    base::print("{:.2f} s\n", outcome.time.value());
}

void train_tokenizer(const TrainTokenizerOptions& options) {
    const Outcome outcome = train_and_write(options);
    if (outcome.vocabulary < options.vocabulary) {
        base::tell(
            "ergon: this text gives {} tokens instead of {}, because no other pair of symbols occurs at least {} "
            "times. "
            "Give more text, or use --vocab {}.",
            outcome.vocabulary, options.vocabulary, options.min_count, outcome.vocabulary);
    }
    if (options.json.asked()) write_json(options, outcome);
    if (!options.json.on_stdout()) print_text(options, outcome);
}

}  // namespace

void add_train_tokenizer(CLI::App& program) {
    auto options = std::make_shared<TrainTokenizerOptions>();
    CLI::App& command = *program.add_subcommand("train-tokenizer", "Train a byte-level BPE tokenizer on text");
    command
        .add_option("TEXT", options->files,
                    "Text files; from .jsonl files, the fields \"prompt\", \"thinking\", \"answer\" and \"text\"")
        ->required();
    command
        .add_option("--out", options->out,
                    "Output folder for tokenizer.json and tokenizer_config.json; existing files are replaced")
        ->required()
        ->type_name("FOLDER");
    command.add_option("--vocab", options->vocabulary, "Vocabulary size: 256 bytes, 7 control tokens, the rest merges")
        ->check(CLI::Range(train::smallest_vocabulary, largest_vocabulary))
        ->capture_default_str();
    command.add_option("--min-count", options->min_count, "Minimum pair frequency for a merge")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 53))
        ->capture_default_str();
    add_threads(command, options->threads);
    options->json.add_json(command, "the result");
    command.footer(
        "Uses DeepSeek's control tokens and V3.1 chat format, with one token per digit. Output does not depend on file "
        "order or thread count.\n\n"
        "Examples:\n"
        "  ergon train-tokenizer data/prompts/*.jsonl --vocab 1024 --out my-tokenizer\n"
        "  echo 'Hello world' | ergon tokenize my-tokenizer");
    command.callback([options] { train_tokenizer(*options); });
}

}  // namespace ergon::cli
