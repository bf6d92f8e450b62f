#pragma once
// Help on a terminal: as wide as it is, and a guess at what was meant by a word that is not known.

#include <CLI/CLI.hpp>
#include <string>

namespace ergon::cli {

/// Columns of help: COLUMNS, or the terminal's own; 80 in a pipe, 120 at most.
int help_width();

/// Option and command descriptions, wrapped at help_width().
class HelpFormatter : public CLI::Formatter {
  public:
    std::string make_option_desc(const CLI::Option* option) const override;
    std::string make_subcommand(const CLI::App* command) const override;
    std::string make_description(const CLI::App* command) const override;
    std::string make_footer(const CLI::App* command) const override;
};

/// " Did you mean 'compare'?" for a word near to one of a command's own; empty where none is.
std::string suggestion(const CLI::App& command, const std::string& word);

}  // namespace ergon::cli
