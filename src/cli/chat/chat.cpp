#include "cli/chat/chat.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "base/strings/text.h"
#include "cli/chat/conversation.h"
#include "cli/chat/line_input.h"
#include "cli/terminal/run_interrupt.h"
#include "cli/terminal/run_printer.h"
#include "cli/terminal/run_report.h"

namespace ergon::cli {
namespace {

class Chat {
  public:
    Chat(Answerer& answerer, const RunOptions& options)
        : conversation_(answerer, options.system, options.answer.max_tokens),
          caps_{options.answer.max_tokens, options.answer.max_thinking, answerer.context()},
          cost_(options.cost) {}

    int run() {
        base::tell("/help lists the commands. Ctrl-C stops an answer, Ctrl-D leaves.");
        const std::unique_ptr<LineInput> input = can_edit_lines() ? edited_lines() : plain_lines();
        while (!over_) {
            const std::optional<std::string> text = input->next(interrupt_);
            if (!text) break;
            interrupt_.clear();
            if (base::trimmed(*text).empty()) continue;
            // A block of lines that begins with a slash is a text.
            const bool command = text->starts_with('/') && text->find('\n') == std::string::npos;
            command ? obey(*text) : answer(*text);
            interrupt_.clear();
        }
        if (!over_) base::tell("");  // behind "> "
        if (total_.answers() > 0) base::tell("{}", total_.text());
        if (total_.energy() && cost_.any()) base::tell("{}", cost_.text(*total_.energy()));
        return interrupt_.told_to_end() == 0 ? 0 : 128 + interrupt_.told_to_end();
    }

  private:
    struct Command {
        std::string_view name, argument, what;
        void (Chat::*run)(const std::string& argument);
    };
    static const std::array<Command, 6> commands;

    void obey(const std::string& line) {
        const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
        const std::string_view name = std::string_view(line).substr(0, end);
        std::vector<std::string_view> names;
        for (const Command& command : commands) {
            names.push_back(command.name);
            if (command.name == name)
                return (this->*command.run)(std::string(base::trimmed(std::string_view(line).substr(end))));
        }
        base::tell(
            "There is no command {}. The commands are {}. To send a message that begins with a slash, put a "
            "space before it.",
            name, fmt::join(names, ", "));
    }

    void help(const std::string&) {
        for (const Command& command : commands) {
            base::tell("  {:<14} {}", fmt::format("{} {}", command.name, command.argument), command.what);
        }
        base::tell("  A pasted block of lines is one message. Typed messages are not kept when the program ends.");
    }

    void clear(const std::string&) {
        conversation_.clear();
        saved_.clear();
        base::tell("The conversation is cleared{}.",
                   conversation_.system().empty() ? "" : "; the system message stays");
    }

    void system(const std::string& text) {
        if (!text.empty()) {
            conversation_.set_system(text);
            base::tell("The system message is set; it applies from the next answer on.");
        } else if (conversation_.system().empty()) {
            base::tell("There is no system message; /system TEXT sets one.");
        } else {
            base::tell("The system message is: {}", conversation_.system());
        }
    }

    void save(const std::string& file) {
        if (file.empty()) return base::tell("/save needs the name of a file.");
        try {
            const bool there = base::path_exists(file);
            if (there && !saved_.contains(file)) return base::tell("{} exists already; choose another name.", file);
            base::write_atomically(file, base::json_text(conversation_.json(), 2) + "\n");
            saved_.insert(file);
            const std::size_t answers = conversation_.answers();
            base::tell("Saved a conversation with {} {} to {}{}.", answers, answers == 1 ? "answer" : "answers", file,
                       there ? ", in place of what was saved before" : "");
        } catch (const base::Error& problem) {
            base::tell("{}", problem.what());
        }
    }

    void leave(const std::string&) { over_ = true; }

    void answer(const std::string& message) {
        AnswerPrinter printer;
        try {
            const engine::Answer answer = conversation_.answer(
                message, [&printer](const engine::TextChunk& chunk) { printer(chunk); }, interrupt_.value());
            printer.finish();
            print_usage(answer, caps_, cost_);
            total_.add(answer);
        } catch (const base::Error& problem) {
            printer.finish();
            base::tell("{}", problem.what());
        }
    }

    Conversation conversation_;
    AnswerCaps caps_;
    const CostOptions& cost_;
    InterruptFlag interrupt_;
    ChatTotal total_;
    std::set<std::string> saved_;  // files that this chat may write again
    bool over_ = false;
};

const std::array<Chat::Command, 6> Chat::commands{{
    {"/help", "", "List the commands.", &Chat::help},
    {"/clear", "", "Clear the conversation; the system message stays.", &Chat::clear},
    {"/system", "[TEXT]", "Set the system message, or show it.", &Chat::system},
    {"/save", "FILE", "Save the conversation as JSON.", &Chat::save},
    {"/exit", "", "Leave the chat (also Ctrl-D).", &Chat::leave},
    {"/quit", "", "The same as /exit.", &Chat::leave},
}};

}  // namespace

int run_chat(Answerer& answerer, const RunOptions& options) {
    return Chat(answerer, options).run();
}

}  // namespace ergon::cli
