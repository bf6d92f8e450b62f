// ergon run MODEL [PROMPT]: a chat, or one answer.

#include <array>
#include <fmt/ranges.h>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "base/error.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "base/secrets.h"
#include "base/strings/text.h"
#include "cli/chat/answerer.h"
#include "cli/chat/chat.h"
#include "cli/chat/conversation.h"
#include "cli/commands.h"
#include "cli/options/model_path.h"
#include "cli/options/output_files.h"
#include "cli/terminal/run_interrupt.h"
#include "cli/terminal/run_printer.h"
#include "cli/terminal/run_report.h"
#include "cli/terminal/standard_input.h"
#include "lab/experiment/contenders.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;

// Of the options of `run`, what only one kind of answerer obeys.
constexpr std::array for_models{"--context", "--threads", "--cache",          "--strict",    "--allow-unused", "--raw",
                                "--top-k",   "--min-p",   "--repeat-penalty", "--max-think", "--forbid"};
constexpr std::array for_servers{"--timeout"};
constexpr std::array for_joules{"--carbon", "--price"};

/// An option that changes nothing would be passed over in silence.
void check_options(const CLI::App& command, const lab::ContenderSpec& spec) {
    const auto refuse = [&](std::span<const char* const> options, std::string_view what) {
        std::vector<std::string> given;
        for (const char* option : options) {
            if (command.count(option) > 0) given.emplace_back(option);
        }
        if (given.empty()) return;
        base::fail(ErrorCode::bad_argument, "{} is {} {}; remove {}.", base::without_credentials(spec.model), what,
                   fmt::join(given, ", "), given.size() == 1 ? "it" : "them");
    };
    if (!spec.is_server()) return refuse(for_servers, "a model on this machine, which does not support");
    refuse(for_models, "a server, which does not support");
    if (lab::any_elsewhere(std::array{spec})) {
        refuse(for_joules, "a server on another machine, whose joules are not known, as needed for");
    }
}

std::unique_ptr<Answerer> open_answerer(const RunOptions& options) {
    return lab::parse_contender(options.model).is_server() ? open_endpoint(options) : load_answerer(options);
}

/// One answer, to its end or to Ctrl-C.
int answer_once(const RunOptions& options, const std::string& prompt) {
    if (prompt.empty())
        base::fail(ErrorCode::bad_argument, "The prompt is empty: give one as an argument or on stdin.");
    const std::unique_ptr<Answerer> answerer = open_answerer(options);
    Conversation conversation(*answerer, options.system, options.answer.max_tokens);
    InterruptFlag interrupt;
    AnswerPrinter printer;
    engine::ChunkCallback on_chunk;
    if (!options.json.on_stdout()) on_chunk = [&printer](const engine::TextChunk& chunk) { printer(chunk); };
    const engine::Answer answer = conversation.answer(prompt, on_chunk, interrupt.value());
    printer.finish();
    if (options.json.asked()) options.json.write(base::json_text(answerer->json(answer), 2) + "\n");
    if (!options.json.on_stdout()) {
        print_usage(answer, {options.answer.max_tokens, options.answer.max_thinking, answerer->context()},
                    options.cost);
    }
    return answer.stop == engine::StopReason::cancelled ? 1 : 0;
}

/// The prompt and, below it, what is piped in; "-" stands for what is piped in alone.
std::string whole_prompt(const RunOptions& options) {
    const bool alone = !options.prompt_given || options.prompt == "-";
    if (::isatty(STDIN_FILENO) == 1 && options.prompt != "-") return options.prompt;
    const std::string piped = read_piped_text();
    if (alone) return piped;
    return base::trimmed(piped).empty() ? options.prompt : options.prompt + "\n\n" + piped;
}

int run(const RunOptions& options) {
    const bool server = lab::parse_contender(options.model).is_server();
    check_outputs(options.json.outputs(), {server ? std::string() : find_model(options.model).string()});
    if (options.prompt_given || ::isatty(STDIN_FILENO) == 0) return answer_once(options, whole_prompt(options));
    if (options.json.asked() || options.raw) {
        base::fail(ErrorCode::bad_argument,
                   "--json, --json-out and --raw need a prompt: give one as an argument or on stdin.");
    }
    return run_chat(*open_answerer(options), options);
}

}  // namespace

void add_run(CLI::App& program) {
    auto options = std::make_shared<RunOptions>();
    CLI::App& command =
        *program.add_subcommand("run", "Chat with a model or get one answer, with tokens, speed and joules");
    add_model(command, options->model);
    command.get_option("MODEL")->description(
        "A GGUF file, Hugging Face folder or model name, or an OpenAI-compatible server: http(s)://host/v1#name, "
        "http(s)://host/v1#name:key=VARIABLE with a key from the environment");
    auto* const prompt =
        command.add_option("PROMPT", options->prompt,
                           "Prompt; text piped to stdin is added below it. \"-\" reads the whole prompt from stdin. "
                           "Without a prompt, stdin is read, or on a terminal a chat begins");
    auto* const system = command.add_option("--system", options->system, "System message");
    command
        .add_option("--context", options->context.tokens,
                    "Context size in tokens (prompt, thinking and answers together)")
        ->check(CLI::Range(std::int64_t{1}, max_token_count));
    options->threads.add(command);
    add_cache(command, options->context.cache);
    add_loading(command, options->load);
    add_timeout(command, options->limits);
    command.add_flag("--raw", options->raw, "Continue the prompt as plain text, without the chat template")
        ->excludes(system);
    options->json.add_json(command, "the answer, its tokens, times and joules");
    options->answer.add(command);
    options->cost.add(command);
    command.footer(
        "The answer goes to stdout. The thinking goes to stderr: dim on a terminal (below [thinking] with NO_COLOR or\n"
        "TERM=dumb), otherwise between <think> and </think>. The last line on stderr gives tokens, speed and "
        "joules.\n\n"
        "In a chat, /help lists the commands. Ctrl-C stops an answer; at an empty prompt, Ctrl-C and Ctrl-D leave.\n"
        "When the context is nearly full, the oldest turns are dropped; a server has to be told with /clear.\n\n"
        "The joules of a server on this machine are metered; those of one elsewhere are not known.\n\n"
        "Examples:\n"
        "  ergon run qwen2.5-coder-0.5b-instruct-q4_k_m\n"
        "  ergon run model.gguf 'What is the capital of France?'\n"
        "  cat notes.txt | ergon run model.gguf 'Summarise these notes.'\n"
        "  ergon run http://localhost:8080/v1#qwen3 'What is the capital of France?'\n"
        "  ergon run model.gguf --json --max-think 200 - < question.txt");
    command.callback([&command, options, prompt] {
        options->prompt_given = prompt->count() > 0;
        check_options(command, lab::parse_contender(options->model));
        const int code = run(*options);
        if (code != 0) throw CLI::RuntimeError(code);
    });
}

}  // namespace ergon::cli
