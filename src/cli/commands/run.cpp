// ergon run MODEL [PROMPT]: a chat, or one answer.

#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "base/json/json_text.h"
#include "base/memory.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/cost_options.h"
#include "cli/options/generation_options.h"
#include "cli/options/machine_options.h"
#include "cli/options/model_path.h"
#include "cli/options/thread_options.h"
#include "cli/terminal/run_interrupt.h"
#include "cli/terminal/run_printer.h"
#include "cli/terminal/run_report.h"
#include "cli/terminal/standard_input.h"
#include "engine/chat.h"
#include "engine/components.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;
using engine::Message;

struct RunOptions {
    std::string model, prompt, system;
    bool prompt_given = false;
    bool raw = false;
    bool json = false;
    ThreadOption threads;
    engine::ContextOptions context;
    model::LoadOptions load;
    AnswerOptions answer;
    CostOptions cost;
};

/// A loaded model that answers, and what the options make of it.
class Conversation {
  public:
    explicit Conversation(const RunOptions& options)
        : options_(options),
          pool_(options.threads.pool()),
          model_(engine::load_model(find_model(options.model), options.load, pool_)),
          threads_(options.threads.choose(model_, options.context.cache, options.load)),
          settings_(options.answer.for_model(model_)),
          session_(open_context()) {
        if (!options.raw) {
            for (const std::string& stop : fallback_stops(model_.chat)) settings_.stop.push_back(stop);
        }
        if (!options.system.empty()) messages_.push_back({"system", options.system});
    }

    engine::Answer answer(const std::string& words, engine::PieceCallback on_piece, const InterruptFlag& interrupt) {
        if (options_.raw) {
            return session_.answer(raw_prompt(model_.chat, words), settings_, std::move(on_piece), &interrupt.value());
        }
        messages_.push_back({"user", words});
        engine::Answer answer = session_.answer(chat_prompt(model_.chat, messages_, !options_.answer.no_think), settings_,
                                                std::move(on_piece), &interrupt.value());
        messages_.push_back({"assistant", answer.text});
        return answer;
    }

    /// Begins anew: only the system message stays.
    void forget() {
        std::erase_if(messages_, [](const Message& message) { return message.role != "system"; });
        session_.clear();
    }

    base::Json json(const engine::Answer& answer) const {
        base::Json json{{"model", model_.name}};
        json.update(answer_json(answer));
        if (answer.energy) {
            json.update(options_.cost.json(answer.energy->total));
            json["energy"]["components"] = components_json(*answer.energy);
        }
        json["sampling"] = options_.answer.sampling_json(model_);
        json["context"] = {{"tokens", session_.context()},
                           {"bytes", session_.context_bytes().value()},
                           {"cache", name(options_.context.cache)}};
        json["threads"] = threads_.json();
        json["machine"] = meter_.machine();
        if (!model_.unused.empty()) json["unused"] = model_.unused;
        return json;
    }

  private:
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
        if (!options_.json)
            base::tell("{}: context of {} tokens, {}; {}", model_.name, tokens, base::readable(bytes),
                       threads_.text());
        return engine::Session(model_, options_.context, &meter_);
    }

    const RunOptions& options_;
    base::ThreadPool pool_;
    energy::Meter meter_{machine_options()};
    engine::LoadedModel model_;
    ThreadChoice threads_;
    engine::GenerationOptions settings_;
    engine::Session session_;
    std::vector<Message> messages_;
};

void print_usage(const engine::Answer& answer, const CostOptions& cost) {
    base::tell("{}{}", answer.stop == engine::StopReason::context_full ? "The context is full. " : "",
               usage_line(answer));
    if (cost.any() && answer.energy) base::tell("{}", cost.text(answer.energy->total));
}

/// One answer, to its end or to Ctrl-C.
int answer_once(const RunOptions& options, const std::string& prompt) {
    if (prompt.empty())
        base::fail(ErrorCode::bad_argument, "The prompt is empty: give one as an argument, or through a pipe.");
    Conversation conversation(options);
    InterruptFlag interrupt;
    AnswerPrinter printer;
    engine::PieceCallback on_piece;
    if (!options.json) on_piece = [&printer](const engine::Piece& piece) { printer(piece); };
    const engine::Answer answer = conversation.answer(prompt, on_piece, interrupt);
    printer.finish();
    if (options.json) {
        base::print_data("{}\n", base::json_text(conversation.json(answer), 2));
    } else {
        print_usage(answer, options.cost);
    }
    return answer.stop == engine::StopReason::cancelled ? 1 : 0;
}

void answer_question(Conversation& conversation, const std::string& question, InterruptFlag& interrupt,
                     const CostOptions& cost) {
    interrupt.clear();
    AnswerPrinter printer;
    try {
        const engine::Answer answer = conversation.answer(
            question, [&printer](const engine::Piece& piece) { printer(piece); }, interrupt);
        printer.finish();
        print_usage(answer, cost);
    } catch (const base::Error& error) {
        if (error.code() != ErrorCode::out_of_budget) throw;
        base::tell("{}", error.what());
        base::tell("The conversation begins anew.");
        conversation.forget();
    }
    interrupt.clear();
}

/// Lines of the terminal. It is asked for its input in short waits: a signal that comes just before a read would not
/// end it, and one after half a line (Ctrl-D gives that) must.
class Lines {
  public:
    /// False at the end, or after Ctrl-C.
    bool next(std::string& line, const InterruptFlag& interrupt) {
        constexpr int wait_ms = 100;  // no reader feels it (assumed)
        std::size_t end = 0;
        while ((end = begun_.find('\n')) == std::string::npos) {
            if (interrupt.value()) return false;
            pollfd terminal{STDIN_FILENO, POLLIN, 0};
            if (::poll(&terminal, 1, wait_ms) <= 0) continue;
            char block[4096];
            const ssize_t size = ::read(STDIN_FILENO, block, sizeof block);
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0) {
                line = std::exchange(begun_, {});
                return !line.empty();
            }
            begun_.append(block, static_cast<std::size_t>(size));
        }
        line = begun_.substr(0, end);
        begun_.erase(0, end + 1);
        return true;
    }

  private:
    std::string begun_;
};

/// Questions from the terminal until it ends (Ctrl-D), or Ctrl-C where a question is awaited.
int chat(const RunOptions& options) {
    Conversation conversation(options);
    InterruptFlag interrupt;
    base::tell("Ctrl-C stops an answer, Ctrl-D leaves.");
    Lines lines;
    for (std::string line; true;) {
        base::write_text(base::Stream::error, "> ");
        if (!lines.next(line, interrupt)) break;
        if (line.empty()) continue;
        answer_question(conversation, line, interrupt, options.cost);
    }
    base::tell("");
    return interrupt.told_to_end() == 0 ? 0 : 128 + interrupt.told_to_end();
}

int run(const RunOptions& options) {
    if (options.prompt_given) return answer_once(options, options.prompt);
    if (::isatty(STDIN_FILENO) == 0) {
        std::string piped = read_standard_input();
        if (piped.ends_with('\n')) piped.pop_back();
        return answer_once(options, piped);
    }
    if (options.json || options.raw) {
        base::fail(ErrorCode::bad_argument, "--json and --raw need a prompt: as an argument, or from a pipe.");
    }
    return chat(options);
}

}  // namespace

void add_run(CLI::App& program) {
    auto options = std::make_shared<RunOptions>();
    CLI::App& command = *program.add_subcommand("run", "Chat with a model, or get one answer, and see what it cost");
    add_model(command, options->model);
    auto* const prompt =
        command.add_option("PROMPT", options->prompt, "The question; without one, stdin is read or a chat begins");
    auto* const system =
        command.add_option("--system", options->system, "What the model is told before the conversation");
    command.add_option("--context", options->context.tokens, "Tokens that the conversation may have in all")
        ->check(CLI::Range(std::int64_t{1}, most_tokens));
    options->threads.add(command);
    add_cache(command, options->context.cache);
    add_loading(command, options->load);
    command.add_flag("--raw", options->raw, "Continue the prompt as plain text, without the model's chat template")
        ->excludes(system);
    command.add_flag("--json", options->json, "Print one JSON object with the answer, its tokens, times and joules");
    options->answer.add(command);
    options->cost.add(command);
    command.footer(
        "The answer goes to stdout. What the model thinks goes to stderr: dim on a terminal, else between <think> and "
        "</think>. The last line "
        "on stderr tells tokens, speed and joules.\nCtrl-C stops an answer, not the chat; where a question is awaited "
        "it leaves.\n\n"
        "Examples:\n"
        "  ergon run qwen2.5-coder-0.5b-instruct-q4_k_m\n"
        "  ergon run model.gguf 'What is the capital of France?'\n"
        "  ergon run model.gguf --json --max-think 200 < question.txt");
    command.callback([options, prompt] {
        options->prompt_given = prompt->count() > 0;
        const int code = run(*options);
        if (code != 0) throw CLI::RuntimeError(code);
    });
}

}  // namespace ergon::cli
