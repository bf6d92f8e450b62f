#include "cli/help/man_page.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <sstream>
#include <vector>

namespace ergon::cli {
namespace {

/// What troff would take for its own is escaped.
std::string escaped(const std::string& text) {
    std::string result;
    bool at_start = true;
    for (const char c : text) {
        if (at_start && (c == '.' || c == '\'')) result += "\\&";
        at_start = c == '\n';
        result += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    }
    return result;
}

std::string heading(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return fmt::format(".SH {}\n", escaped(text));
}

std::string option_entry(const CLI::Option& option) {
    const CLI::Formatter formatter;
    const bool positional = option.get_positional();
    std::string usage = positional ? option.get_name(true) : option.get_name(false, true);
    std::ranges::replace(usage, ',', ' ');
    if (!positional) usage += formatter.make_option_opts(&option);
    return fmt::format(".TP\n.B {}\n{}\n", escaped(usage), escaped(option.get_description()));
}

std::string options_by_group(const CLI::App& command) {
    std::string text;
    const auto arguments = command.get_options([](const CLI::Option* option) { return option->get_positional(); });
    if (!arguments.empty()) text += heading("Arguments");
    for (const CLI::Option* option : arguments) text += option_entry(*option);
    for (const std::string& group : command.get_groups()) {
        const auto options = command.get_options(
            [&](const CLI::Option* option) { return option->get_group() == group && option->nonpositional(); });
        if (options.empty() || group.empty()) continue;
        text += heading(group);
        for (const CLI::Option* option : options) text += option_entry(*option);
    }
    return text;
}

/// The footer: paragraphs, then examples, whose lines are indented.
std::string footer(const CLI::App& command) {
    std::istringstream lines(command.get_footer());
    std::string text;
    bool described = false, literal = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("Example")) {
            text += std::string(literal ? ".EE\n" : "") + heading("Examples");
            literal = false;
        } else if (line.starts_with("  ")) {
            text += (literal ? "" : ".EX\n") + escaped(line.substr(2)) + "\n";
            literal = true;
        } else if (!line.empty()) {
            text += (described ? ".PP\n" : heading("Notes")) + escaped(line) + "\n";
            described = true;
        }
    }
    return text + (literal ? ".EE\n" : "");
}

}  // namespace

std::string full_name(const CLI::App& command) {
    const CLI::App* const parent = command.get_parent();
    return parent == nullptr ? "ergon" : full_name(*parent) + " " + command.get_name();
}

std::string page_name(const CLI::App& command) {
    std::string name = full_name(command);
    std::ranges::replace(name, ' ', '-');
    return name;
}

std::vector<const CLI::App*> listed_commands(const CLI::App& command) {
    return command.get_subcommands([](const CLI::App* inner) { return !inner->get_group().empty(); });
}

std::string man_page(const CLI::App& command, const std::string& version) {
    const CLI::Formatter formatter;
    const std::string name = page_name(command);
    std::string usage = formatter.make_usage(&command, full_name(command));
    usage = usage.substr(usage.find(' ') + 1);
    std::string page = fmt::format(".TH {} 1 \"\" \"ergon {}\" \"User Commands\"\n", escaped(name), version);
    page += fmt::format(".SH NAME\n{} \\- {}\n", escaped(name), escaped(command.get_description()));
    page += fmt::format(".SH SYNOPSIS\n.B {}", escaped(usage));
    if (const auto inner = listed_commands(command); !inner.empty()) {
        page += heading("Commands");
        for (const CLI::App* one : inner) {
            page += fmt::format(".TP\n.B {}\n{}\n", escaped(one->get_name()), escaped(one->get_description()));
        }
    }
    page += options_by_group(command) + footer(command);
    page += heading("See also");
    page += command.get_parent() == nullptr ? ".BR ergon\\-run (1),\n.BR ergon\\-compare (1)\n"
                                            : fmt::format(".BR {} (1)\n", escaped(page_name(*command.get_parent())));
    return page;
}

}  // namespace ergon::cli
