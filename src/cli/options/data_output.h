#pragma once
// --json and --json-out FILE, --csv and --csv-out FILE: what a command found, for programs.

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::cli {

struct DataOutput {
    bool printed = false;  // on stdout, in place of what is for people
    std::string file;      // empty: none; "-": stdout

    /// `what` is written: "findings", say.
    void add_json(CLI::App& command, const std::string& what, const std::string& group = "Options");
    void add_csv(CLI::App& command, const std::string& what, const std::string& group = "Options");

    bool asked() const { return printed || !file.empty(); }
    bool on_stdout() const;
    /// For check_outputs.
    std::vector<std::string> outputs() const;
    void write(std::string_view text) const;
};

}  // namespace ergon::cli
