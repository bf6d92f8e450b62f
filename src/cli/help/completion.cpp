#include "cli/help/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <vector>

#include "cli/help/man_page.h"

namespace ergon::cli {
namespace {

/// A command's own options and those of the commands above it, which may follow it.
std::vector<const CLI::Option*> options_of(const CLI::App& command) {
    std::vector<const CLI::Option*> options;
    for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
        for (const CLI::Option* option : app->get_options()) {
            const bool repeated = app != &command && (option->check_name("--help") || option->check_name("--version"));
            if (option->nonpositional() && !option->get_lnames().empty() && !repeated) options.push_back(option);
        }
    }
    return options;
}

bool takes_value(const CLI::Option& option) {
    return option.get_type_size() > 0 && option.get_expected_max() > 0;
}

/// The words that a value can be, where it can be few: "{f16,f32}" of IsMember.
std::vector<std::string> choices_of(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const std::size_t begin = type.find('{'), end = type.find('}');
    if (begin == type.npos || end == type.npos) return {};
    return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

/// Every command, the program first.
void visit(const CLI::App& command, const std::function<void(const CLI::App&)>& look) {
    look(command);
    for (const CLI::App* inner : listed_commands(command)) visit(*inner, look);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

/// Between single quotes of a shell.
std::string shell_word(const std::string& text) {
    return "'" + replaced(text, "'", "'\\''") + "'";
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
    std::vector<std::string> names;
    for (const CLI::App* one : commands) names.push_back(one->get_name());
    return names;
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
    std::string deeper, words, values;
    visit(program, [&](const CLI::App& command) {
        const std::string name = full_name(command);
        const std::vector<std::string> inner = names_of(listed_commands(command));
        std::vector<std::string> options;
        for (const CLI::Option* option : options_of(command)) {
            const std::string long_name = "--" + option->get_lnames()[0];
            options.push_back(long_name);
            if (const auto choices = choices_of(*option); !choices.empty()) {
                values += fmt::format("        '{} {}') words='{}' ;;\n", name, long_name, fmt::join(choices, " "));
            } else if (takes_value(*option)) {
                values += fmt::format("        '{} {}') return ;;\n", name, long_name);
            }
        }
        for (const std::string& one : inner)
            deeper += fmt::format("            '{} {}') command=\"$command $word\" ;;\n", name, one);
        words += fmt::format("        '{}') options='{}' commands='{}' ;;\n", name, fmt::join(options, " "),
                             fmt::join(inner, " "));
    });
    return fmt::format(R"(# Completion of ergon for bash.
_ergon() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
    local command=ergon word words='' options='' commands=''
    COMPREPLY=()
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$command $word" in
{}        esac
    done
    case "$command $previous" in
{}    esac
    case $command in
{}    esac
    if [[ -z $words ]]; then
        if [[ $current == -* ]]; then words=$options; else words=$commands; fi
    fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o bashdefault -o default -F _ergon ergon
)",
                       deeper, values, words);
}

std::string zsh_completion(const CLI::App& program) {
    const auto plain = [](const std::string& text) {
        std::string result = text;
        for (const char* sign : {"\\", "[", "]", ":"}) result = replaced(result, sign, std::string("\\") + sign);
        return result;
    };
    std::string deeper, cases;
    visit(program, [&](const CLI::App& command) {
        const std::string name = full_name(command);
        std::string specs;
        for (const CLI::Option* option : options_of(command)) {
            std::string spec = fmt::format("--{}[{}]", option->get_lnames()[0], plain(option->get_description()));
            if (const auto choices = choices_of(*option); !choices.empty()) {
                spec += fmt::format(":value:({})", fmt::join(choices, " "));
            } else if (takes_value(*option)) {
                spec += ":value:_files";
            }
            specs += fmt::format("                {} \\\n", shell_word(spec));
        }
        std::string inner;
        for (const CLI::App* one : listed_commands(command)) {
            deeper += fmt::format("            {}) command=\"$command $word\" ;;\n",
                                  shell_word(name + " " + one->get_name()));
            inner += fmt::format(" {}", shell_word(plain(one->get_name()) + ":" + plain(one->get_description())));
        }
        cases += fmt::format(
            "        {})\n            commands=({})\n            _arguments \\\n{}                '*: :_ergon_words' "
            ";;\n",
            shell_word(name), inner, specs);
    });
    return fmt::format(R"(#compdef ergon
# Completion of ergon for zsh.
_ergon_words() {{
    if (( ${{#commands}} )); then _describe command commands; else _files; fi
}}
_ergon() {{
    local command=ergon word
    local -a commands
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        case "$command $word" in
{}        esac
    done
    case $command in
{}    esac
}}
_ergon "$@"
)",
                       deeper, cases);
}

std::string fish_completion(const CLI::App& program) {
    std::string text = "# Completion of ergon for fish.\n";
    visit(program, [&](const CLI::App& command) {
        const std::vector<std::string> inner = names_of(listed_commands(command));
        std::string when =
            command.get_parent() == nullptr ? "true" : "__fish_seen_subcommand_from " + command.get_name();
        const std::string own =
            inner.empty() ? when
                          : fmt::format("{}; and not __fish_seen_subcommand_from {}", when, fmt::join(inner, " "));
        for (const CLI::App* one : listed_commands(command)) {
            text += fmt::format("complete -c ergon -n {} -a {} -d {}\n", shell_word(own), one->get_name(),
                                shell_word(one->get_description()));
        }
        for (const CLI::Option* option : command.get_options()) {
            if (!option->nonpositional() || option->get_lnames().empty()) continue;
            const std::vector<std::string> choices = choices_of(*option);
            text += fmt::format(
                "complete -c ergon -n {} -l {}{}{} -d {}\n", shell_word(when), option->get_lnames()[0],
                takes_value(*option) ? " -r" : "",
                choices.empty() ? "" : fmt::format(" -f -a {}", shell_word(fmt::format("{}", fmt::join(choices, " ")))),
                shell_word(option->get_description()));
        }
    });
    return text;
}

}  // namespace ergon::cli
