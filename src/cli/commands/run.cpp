// ergon run MODEL [PROMPT]: a chat, or one answer.

#include <memory>
#include <unistd.h>

#include "base/error.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "base/strings/text.h"
#include "cli/chat/answerer.h"
#include "cli/chat/chat.h"
#include "cli/chat/conversation.h"
#include "cli/commands.h"
#include "cli/terminal/run_interrupt.h"
#include "cli/terminal/run_printer.h"
#include "cli/terminal/run_report.h"
#include "cli/terminal/standard_input.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;

/// One answer, to its end or to Ctrl-C.
int answer_once(const RunOptions& options, const std::string& prompt) {
    if (prompt.empty())
        base::fail(ErrorCode::bad_argument, "The prompt is empty: give one as an argument or on stdin.");
    const std::unique_ptr<Answerer> answerer = load_answerer(options);
    Conversation conversation(*answerer, options.system, options.answer.max_tokens);
    InterruptFlag interrupt;
    AnswerPrinter printer;
    engine::ChunkCallback on_chunk;
    if (!options.json) on_chunk = [&printer](const engine::TextChunk& chunk) { printer(chunk); };
    const engine::Answer answer = conversation.answer(prompt, on_chunk, interrupt.value());
    printer.finish();
    if (options.json) {
        base::print_data("{}\n", base::json_text(answerer->json(answer), 2));
    } else {
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
    if (options.prompt_given || ::isatty(STDIN_FILENO) == 0) return answer_once(options, whole_prompt(options));
    if (options.json || options.raw) {
        base::fail(ErrorCode::bad_argument, "--json and --raw need a prompt: give one as an argument or on stdin.");
    }
    return run_chat(*load_answerer(options), options);
}

}  // namespace

void add_run(CLI::App& program) {
    auto options = std::make_shared<RunOptions>();
    CLI::App& command =
        *program.add_subcommand("run", "Chat with a model or get one answer, with tokens, speed and joules");
    add_model(command, options->model);
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
    command.add_flag("--raw", options->raw, "Continue the prompt as plain text, without the chat template")
        ->excludes(system);
    command.add_flag("--json", options->json, "Print the answer, its tokens, times and joules as JSON");
    options->answer.add(command);
    options->cost.add(command);
    command.footer(
        "The answer goes to stdout. The thinking goes to stderr: dim on a terminal (below [thinking] with NO_COLOR or\n"
        "TERM=dumb), otherwise between <think> and </think>. The last line on stderr gives tokens, speed and "
        "joules.\n\n"
        "In a chat, /help lists the commands. Ctrl-C stops an answer; at an empty prompt, Ctrl-C and Ctrl-D leave.\n"
        "When the context is nearly full, the oldest turns are dropped.\n\n"
        "Examples:\n"
        "  ergon run qwen2.5-coder-0.5b-instruct-q4_k_m\n"
        "  ergon run model.gguf 'What is the capital of France?'\n"
        "  cat notes.txt | ergon run model.gguf 'Summarise these notes.'\n"
        "  ergon run model.gguf --json --max-think 200 - < question.txt");
    command.callback([options, prompt] {
        options->prompt_given = prompt->count() > 0;
        const int code = run(*options);
        if (code != 0) throw CLI::RuntimeError(code);
    });
}

}  // namespace ergon::cli
