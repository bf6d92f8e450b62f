// The program: chooses the command, turns what goes wrong into one sentence and an exit code.

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json_text.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/commit.h"
#include "cli/help/help_text.h"
#include "cli/options/machine_options.h"
#include "kernels/builds/isa.h"

namespace ergon::cli {
namespace {

enum ExitCode { succeeded = 0, failed = 1, wrong_use = 2 };

int complain(std::string_view sentence, ExitCode code) {
    base::tell("ergon: {}", sentence);
    return code;
}

void describe_program(CLI::App& program) {
    program.formatter(std::make_shared<HelpFormatter>());
    program.description("Run and compare reasoning models on this machine, and measure the energy of every answer.");
    program.footer(
        "MODEL is a GGUF file (the first, if sharded), a Hugging Face folder, or a name (or its unambiguous beginning) "
        "of a model that ships or lies in ~/.cache/ergon/models. Run 'ergon COMMAND --help' for details and "
        "examples.\n\n"
        "Exit status: 0 success, 1 failure, 2 usage error; 128 + N if killed by signal N.");
    program.require_subcommand(1);
    program.fallthrough();  // --log-level may stand behind the command, too
    program.set_version_flag("--version", "ergon " + version_and_commit(), "Print version and exit");
    program
        .add_option_function<std::string>(
            "--log-level", [](const std::string& level) { base::set_up_log(spdlog::level::from_str(level)); },
            "Log level on stderr [warning]")
        ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
        ->type_name("LEVEL");
    add_machine_options(program);
}

/// What CLI11 has to say: help and version on stdout, wrong use as a sentence.
int report(const CLI::App& program, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
        std::ostringstream text;
        program.exit(error, text, text);
        base::write_text(base::Stream::out, text.str());
        return succeeded;
    }
    const std::vector<std::string> rest = program.remaining();
    if (program.get_subcommands().empty() && !rest.empty() && !rest.front().starts_with('-')) {
        return complain(fmt::format("There is no command '{}'.{} Try 'ergon --help'.", rest.front(),
                                    suggestion(program, rest.front())),
                        wrong_use);
    }
    std::string command = "ergon";
    const CLI::App* last = &program;
    while (!last->get_subcommands().empty()) {
        last = last->get_subcommands().back();
        command += " " + last->get_name();
    }
    const auto unknown = std::ranges::find_if(rest, [](const std::string& word) { return word.starts_with("-"); });
    const std::string guess = unknown == rest.end() ? std::string() : suggestion(*last, *unknown);
    return complain(fmt::format("{}.{} Try '{} --help'.", error.what(), guess, command), wrong_use);
}

/// What libraries throw, as a sentence.
std::string sentence_of(const std::exception& thrown) {
    if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&thrown)) {
        return fmt::format("{}: {}.", file->path1().string(), file->code().message());
    }
    if (dynamic_cast<const std::system_error*>(&thrown) != nullptr) {
        return fmt::format(
            "the system refused what was asked of it ({}): close other programs, or raise this one's limits.",
            thrown.what());
    }
    if (dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr) return "there is not enough memory.";
    if (const auto* json = dynamic_cast<const nlohmann::json::exception*>(&thrown)) {
        return fmt::format("JSON has another form than is expected: {}.", base::json_reason(*json));
    }
    return fmt::format("unexpected: {}.", thrown.what());
}

/// Results that could not be written are a failure. A reader that left (`ergon ... | head`) is none.
int finish(int code) {
    base::flush_output();
    const int problem = base::output_problem();
    if (code != succeeded || problem == 0 || problem == EPIPE) return code;
    return complain(fmt::format("cannot write to stdout: {}.", std::strerror(problem)), failed);
}

/// Whole numbers are decimal, also with zeros before them (the library takes 010 for 8), and real ones are numbers (it
/// takes nan, which is outside no range, and nothing at all).
std::string plain_number(std::string& text, bool whole) {
    const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    const std::size_t first = std::min(text.find_first_not_of('0', sign), text.size());
    if (whole && sign < text.size() && text.find_first_not_of("0123456789", sign) == text.npos) {
        text = text.substr(0, sign) + (first == text.size() ? "0" : text.substr(first));
        return {};
    }
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [read, problem] = std::from_chars(text.data() + (text.starts_with('+') ? 1 : 0), end, number);
    const bool plain = problem == std::errc() && read == end && std::isfinite(number);
    return !whole && plain ? std::string()
                           : fmt::format("expected a {}number, not \"{}\"", whole ? "whole " : "", text);
}

/// An empty name is no file: it comes of a script's variable that is not set.
std::string file_name(const std::string& name) {
    return name.empty() ? "expected the name of a file" : "";
}

/// For the values of all options, on top of what each one checks.
void check_values(CLI::App& command) {
    for (CLI::Option* option : command.get_options()) {
        const std::string type = option->get_type_name();
        if (type.find("FILE") != type.npos && !option->get_positional()) option->check(CLI::Validator(file_name, ""));
        const bool whole = type.find("INT") != type.npos, real = type.find("FLOAT") != type.npos;
        const bool or_word = type.find(" OR ") != type.npos;  // --threads auto
        if ((!whole && !real) || or_word) continue;
        option->transform(CLI::Validator([whole](std::string& text) { return plain_number(text, whole); }, ""));
    }
    for (CLI::App* inner : command.get_subcommands({})) check_values(*inner);
}

int run(int argc, char** argv) {
    CLI::App program;
    describe_program(program);
    add_run(program);
    add_serve(program);
    add_compare(program);
    add_eval(program);
    add_report(program);
    add_plan(program);
    add_bench(program);
    add_profile(program);
    add_meter(program);
    add_perplexity(program);
    add_inspect(program);
    add_tokenize(program);
    add_train(program);
    add_train_tokenizer(program);
    add_template(program);
    add_puzzles(program);
    add_logits(program);
    add_write_help(program);
    check_values(program);
    if (argc > 1 && argv[argc - 1] == std::string_view("--")) {
        return complain("Nothing stands behind --; give a command there, or leave it out.", wrong_use);
    }
    if (argc < 2) {
        base::write_text(base::Stream::error, program.help());
        return wrong_use;
    }
    try {
        base::check_stack();
        kernels::current_isa();  // a wrong ERGON_ISA is told here, where the error can be caught
        program.parse(argc, argv);
        return succeeded;
    } catch (const CLI::RuntimeError& ended) {
        return ended.get_exit_code();
    } catch (const CLI::ParseError& error) {
        return report(program, error);
    } catch (const base::Error& error) {
        return complain(error.what(), error.code() == base::ErrorCode::bad_argument ? wrong_use : failed);
    } catch (const std::exception& error) {
        return complain(sentence_of(error), failed);
    }
}

}  // namespace

std::string version() {
    return ERGON_VERSION;
}

std::string version_and_commit() {
    return commit().empty() ? version() : fmt::format("{} (commit {})", version(), commit());
}

}  // namespace ergon::cli

int main(int argc, char** argv) {
    ergon::base::hold_standard_descriptors();
    // Writing to a reader that left, or beyond the largest size of a file, gives an error and not a signal.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    // Some who start programs ignore it, and children's exit codes would be lost.
    std::signal(SIGCHLD, SIG_DFL);
    ergon::base::install_mapped_file_guard();
    ergon::base::install_out_of_memory_guard();
    ergon::base::set_up_log();
    return ergon::cli::finish(ergon::cli::run(argc, argv));
}
