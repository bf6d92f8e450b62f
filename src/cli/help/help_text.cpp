#include "cli/help/help_text.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <sstream>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

#include "base/strings/edit_distance.h"
#include "base/strings/wrapped.h"
#include "cli/help/man_page.h"

namespace ergon::cli {
namespace {

constexpr int width_in_a_pipe = 80, least_width = 60, max_width = 120;

std::string without_last_break(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

/// Paragraphs are wrapped, lines that are indented (examples) stay as they are.
std::string wrapped_paragraphs(const std::string& text) {
    std::istringstream lines(text);
    std::string result;
    for (std::string line; std::getline(lines, line);) {
        result += line.empty() || line.starts_with("  ") ? line + "\n" : base::wrapped(line, help_width());
    }
    return result;
}

}  // namespace

int help_width() {
    int width = 0;
    if (const char* const columns = std::getenv("COLUMNS")) {
        const std::string_view text(columns);
        std::from_chars(text.data(), text.data() + text.size(), width);
    }
    winsize size{};
    if (width <= 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) width = size.ws_col;
    return width <= 0 ? width_in_a_pipe : std::clamp(width, least_width, max_width);
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
    const int width = help_width() - static_cast<int>(get_column_width());
    return without_last_break(base::wrapped(CLI::Formatter::make_option_desc(option), width));
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
    const int width = help_width() - static_cast<int>(get_column_width());
    std::ostringstream line;
    CLI::detail::format_help(line, command->get_name(),
                             without_last_break(base::wrapped(command->get_description(), width)), get_column_width());
    return line.str();
}

std::string HelpFormatter::make_description(const CLI::App* command) const {
    return wrapped_paragraphs(CLI::Formatter::make_description(command));
}

std::string HelpFormatter::make_footer(const CLI::App* command) const {
    return wrapped_paragraphs(CLI::Formatter::make_footer(command));
}

std::string suggestion(const CLI::App& command, const std::string& word) {
    std::vector<std::string> names;
    if (word.starts_with("-")) {
        for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
            for (const CLI::Option* option : app->get_options()) {
                for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
            }
        }
    } else {
        for (const CLI::App* inner : listed_commands(command)) names.push_back(inner->get_name());
    }
    const std::string plain = word.substr(0, word.find('='));
    const auto distance = [&](const std::string& name) { return base::edit_distance(plain, name); };
    const auto nearest = std::ranges::min_element(names, {}, distance);
    // A third of a word may be wrong: beyond that everything is near to something.
    if (nearest == names.end() || 3 * distance(*nearest) > plain.size()) return {};
    return fmt::format(" Did you mean '{}'?", *nearest);
}

}  // namespace ergon::cli
